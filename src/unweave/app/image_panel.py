"""The panel of a model of images: sliders, the edited image live, strips, swapped classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
import numpy as np

from unweave.app.exhibit import Exhibit
from unweave.app.markup import Shown, keep_link, message_html, stage_html, strip_html
from unweave.app.panel import (
    LIVE,
    SLOW,
    Hall,
    Visitor,
    add_about,
    add_readings,
    answering,
    short_titles,
)
from unweave.app.visit import Visit, visit_row, visit_upload
from unweave.app.widgets import (
    THUMBS,
    board,
    board_at,
    choice_of,
    moved,
    picker,
    places_of,
    plain_html,
    thumbs,
)
from unweave.data import unit_scale
from unweave.editing.edits import swap_class
from unweave.editing.pictures import reads_pictures
from unweave.errors import RequestError

STRIP = 7


def image_panel(hall: Hall, visitor: Visitor) -> None:
    """Build the panel; called while the page is rendered."""
    exhibit = hall.exhibit
    visit = visitor.at(exhibit)
    strip_of = next((each.name for each in exhibit.controls), None)
    with hall.tabs():
        with hall.tab("Edit"):
            choice = picker(exhibit, uploads=reads_pictures(exhibit.model))
            beside = hall.beside()
            with gr.Row(equal_height=False):
                with gr.Column(scale=3, min_width=320, elem_classes="stage-column"):
                    stage = plain_html(stage_of([exhibit], visit, {}), elem_classes="stages")
                with gr.Column(scale=2, min_width=320, visible=bool(exhibit.controls)):
                    sliders = board(exhibit, visit.code(exhibit))
            named = gr.Dropdown(
                [(each.label, each.name) for each in exhibit.controls],
                value=strip_of,
                label="Strip of",
                info="One slider from end to end, the others where they stand",
                visible=bool(exhibit.controls),
            )
            strip = plain_html(strip_of_control(exhibit, visit, strip_of, {}))
            classes = plain_html(classes_of(exhibit, visit), visible=_exclusive(exhibit))
        if exhibit.kind == "images":
            _add_traversals(hall)
            add_readings(hall)
        add_about(hall)

    def show(visitor: Visitor, sent: str, titles: list[str]) -> str:
        return stage_of(hall.chosen(titles), visitor.at(exhibit), moved(exhibit, sent))

    def show_strip(visitor: Visitor, sent: str, name: str) -> str:
        return strip_of_control(exhibit, visitor.at(exhibit), name, moved(exhibit, sent))

    def choose(visitor: Visitor, sent: str, titles: list[str], name: str) -> list[Any]:
        try:
            update = _chosen(exhibit, visitor, choice_of(sent))
        except RequestError as error:
            update = {"problem": str(error)}
        if update:
            return [gr.update(value="", **update), *[gr.skip()] * 4]
        visit = visitor.at(exhibit)
        return [
            gr.update(value="", problem=""),
            board_at(exhibit, visit.code(exhibit)),
            stage_of(hall.chosen(titles), visit, {}),
            strip_of_control(exhibit, visit, name, {}),
            classes_of(exhibit, visit),
        ]

    place = [hall.visitor, sliders]
    gr.on([sliders.input, beside.change], answering(show), [*place, beside], stage, **LIVE)
    gr.on([sliders.release, named.change], answering(show_strip), [*place, named], strip, **LIVE)
    choice.input(
        answering(choose),
        [hall.visitor, choice, beside, named],
        [choice, sliders, stage, strip, classes],
        **LIVE,
    )


def stage_of(exhibits: list[Exhibit], visit: Visit, values: Mapping[str, float]) -> str:
    """Return the sample, its reconstruction and what becomes of it, for every run."""
    rows = []
    pairs = visit.outputs(exhibits, values)
    for title, (first, second) in zip(short_titles(exhibits), pairs, strict=True):
        shown = [
            Shown(first, "reconstruction", "reconstruction"),
            Shown(second, "edited", "edited"),
        ]
        if visit.samples is not None:
            shown.insert(0, Shown(unit_scale(visit.samples)[0], visit.title, "original"))
        rows.append((title, shown))
    keep = keep_link(pairs[0][1], "edited", "Keep the edited image")
    note = "" if visit.samples is not None else message_html(_no_sample(exhibits[0]))
    if not exhibits[0].controls:
        note += message_html(
            f"{exhibits[0].model.name} was told no labels: it has nothing to move."
        )
    return f"{note}{stage_html(rows)}{keep}"


def strip_of_control(
    exhibit: Exhibit, visit: Visit, name: str | None, values: Mapping[str, float]
) -> str:
    """Return the sample with one control at values from end to end."""
    control = next((each for each in exhibit.controls if each.name == name), None)
    if control is None:
        return ""
    places = places_of(control, STRIP)
    images = visit.sweep(exhibit, control.name, np.array(places), values)
    shown = [
        Shown(image, f"{round(place, 2):g}") for image, place in zip(images, places, strict=True)
    ]
    return strip_html([("", shown)], f"strip-{control.name}")


def classes_of(exhibit: Exhibit, visit: Visit) -> str:
    """Return the sample as every class; "" where the labels do not exclude each other."""
    targets = exhibit.model.targets
    if not _exclusive(exhibit):
        return ""
    code = visit.code(exhibit)
    codes = np.concatenate([swap_class(code, targets, name) for name in targets.names])
    images = exhibit.model.decode_features(codes)
    shown = [
        Shown(image, name, f"class-{name}")
        for image, name in zip(images, targets.names, strict=True)
    ]
    return strip_html([("As every class", shown)], "classes")


def traversals_of(exhibit: Exhibit, visit: Visit) -> str:
    """Return a row for every informative dimension: the sample as it moves from end to end."""
    shown = [each for each in exhibit.controls if not each.folded] or exhibit.controls[:5]
    rows = []
    for control in shown:
        places = places_of(control, STRIP)
        images = visit.sweep(exhibit, control.name, np.array(places), {})
        pictures = [
            Shown(image, f"{round(at, 2):g}") for image, at in zip(images, places, strict=True)
        ]
        rows.append((control.label, pictures))
    return strip_html(rows, "traversals")


def _add_traversals(hall: Hall) -> None:
    exhibit = hall.exhibit
    with hall.tab("Traversals") as tab:
        gr.Markdown("One dimension moves, the others stay: the chosen image, row by row.")
        out = plain_html(elem_classes="traversals")
        tab.select(
            lambda visitor: traversals_of(exhibit, visitor.at(exhibit)), hall.visitor, out, **SLOW
        )


def _chosen(exhibit: Exhibit, visitor: Visitor, choice: Mapping[str, Any]) -> dict[str, Any]:
    """Do what the picker asks for; return what is to change in it, if the sample stays."""
    if "others" in choice:
        return {"thumbs": thumbs(exhibit, choice["others"] + THUMBS), "problem": ""}
    if "file" in choice:
        visitor.visit = visit_upload(exhibit, choice["file"])
    elif "row" in choice:
        visitor.visit = visit_row(exhibit, choice["row"])
    return {}


def _exclusive(exhibit: Exhibit) -> bool:
    targets = exhibit.model.targets
    return targets.exclusive and len(targets) > 0


def _no_sample(exhibit: Exhibit) -> str:
    own = "drop in a picture, or " if reads_pictures(exhibit.model) else ""
    return f"The run's data is not at hand: {own}move the sliders from the middle of the code."
