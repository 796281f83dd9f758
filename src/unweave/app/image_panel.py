"""The panel for a model of images: sliders, the edited image, strips, swapped classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
import numpy as np

from unweave.app.loaded_run import LoadedRun
from unweave.app.markup import (
    Shown,
    keep_link,
    message_html,
    stage_html,
    strip_html,
    written,
)
from unweave.app.page_state import PageState
from unweave.app.panel import (
    LIVE,
    SLOW,
    PanelContext,
    add_about,
    add_names,
    add_readings,
    answering,
    short_titles,
)
from unweave.app.sample import Sample, sample_of_row, sample_of_upload
from unweave.app.widgets import (
    THUMBS,
    before_after,
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
from unweave.reporting.run_facts import health_warning

STRIP = 7


def image_panel(context: PanelContext, state: PageState) -> None:
    """Build the panel while the page is rendered."""
    run = context.run
    sample = state.sample_for(run)
    strip_of = next((each.name for each in run.controls), None)
    with context.tabs():
        with context.tab("Edit"):
            choice = picker(run, uploads=reads_pictures(run.model))
            beside = context.beside()
            with gr.Row(equal_height=False):
                with gr.Column(scale=3, min_width=320, elem_classes="stage-column"):
                    stage = plain_html(stage_of([run], sample, {}), elem_classes="stages")
                    before_after(visible=bool(run.controls))
                with gr.Column(scale=2, min_width=320, visible=bool(run.controls)):
                    sliders = board(run, sample, context.wanted)
                    add_names(context, sliders)
            named = gr.Dropdown(
                [(each.label, each.name) for each in run.controls],
                value=strip_of,
                label="Strip of",
                info="One slider from end to end, the others where they stand",
                visible=bool(run.controls),
            )
            strip = plain_html(strip_of_control(run, sample, strip_of, {}))
            classes = plain_html(classes_of(run, sample), visible=_exclusive(run))
        if run.panel_kind == "images" and run.controls:
            _add_traversals(context)
            add_readings(context)
        add_about(context)

    def show(state: PageState, sent: str, titles: list[str]) -> str:
        return stage_of(context.chosen(titles), state.sample_for(run), moved(run, sent))

    def show_strip(state: PageState, sent: str, name: str) -> str:
        return strip_of_control(run, state.sample_for(run), name, moved(run, sent))

    def choose(state: PageState, sent: str, titles: list[str], name: str) -> list[Any]:
        try:
            update = _chosen(run, state, choice_of(sent))
        except RequestError as error:
            update = {"problem": str(error)}
        if update:
            return [gr.update(value="", **update), *[gr.skip()] * 4]
        sample = state.sample_for(run)
        return [
            gr.update(value="", problem=""),
            board_at(run, sample),
            stage_of(context.chosen(titles), sample, {}),
            strip_of_control(run, sample, name, {}),
            classes_of(run, sample),
        ]

    place = [context.state, sliders]
    gr.on([sliders.input, beside.change], answering(show), [*place, beside], stage, **LIVE)
    gr.on([sliders.release, named.change], answering(show_strip), [*place, named], strip, **LIVE)
    choice.input(
        answering(choose),
        [context.state, choice, beside, named],
        [choice, sliders, stage, strip, classes],
        **LIVE,
    )


def stage_of(runs: list[LoadedRun], sample: Sample, values: Mapping[str, float]) -> str:
    """Return the sample, its reconstruction and the edited image, for every run."""
    rows = []
    pairs = sample.outputs(runs, values)
    for title, (first, second) in zip(short_titles(runs), pairs, strict=True):
        shown = [
            Shown(first, "reconstruction", "reconstruction"),
            Shown(second, "edited", "edited", under=first),
        ]
        if sample.array is not None:
            shown.insert(0, Shown(unit_scale(sample.array)[0], sample.title, "original"))
        rows.append((title, shown))
    keep = keep_link(pairs[0][1], "edited", "Keep the edited image")
    note = "" if sample.array is not None else message_html(_no_sample(runs[0]))
    if not runs[0].controls:
        learned = f"{runs[0].model.name} learned no labels, so it has nothing to move."
        note += message_html(health_warning(runs[0].model) or learned)
    return f"{note}{stage_html(rows)}{keep}"


def strip_of_control(
    run: LoadedRun, sample: Sample, name: str | None, values: Mapping[str, float]
) -> str:
    """Return the sample with one control at evenly spaced values from end to end."""
    control = next((each for each in run.controls if each.name == name), None)
    if control is None:
        return ""
    places = places_of(control, STRIP)
    images = sample.sweep(run, control.name, np.array(places), values)
    shown = [Shown(image, written(place)) for image, place in zip(images, places, strict=True)]
    return strip_html([("", shown)], f"strip-{control.name}")


def classes_of(run: LoadedRun, sample: Sample) -> str:
    """Return the sample swapped to every class; "" where labels do not exclude each other."""
    targets = run.model.targets
    if not _exclusive(run):
        return ""
    code = sample.code(run)
    codes = np.concatenate([swap_class(code, targets, name) for name in targets.names])
    images = run.model.decode_features(codes)
    shown = [
        Shown(image, name, f"class-{name}")
        for image, name in zip(images, targets.names, strict=True)
    ]
    return strip_html([("As every class", shown)], "classes")


def traversals_of(run: LoadedRun, sample: Sample) -> str:
    """Return a row for every informative dimension, moved from end to end."""
    shown = [each for each in run.controls if not each.folded] or run.controls[:5]
    rows = []
    for control in shown:
        places = places_of(control, STRIP)
        images = sample.sweep(run, control.name, np.array(places), {})
        pictures = [Shown(image, written(at)) for image, at in zip(images, places, strict=True)]
        rows.append((control.label, pictures))
    return strip_html(rows, "traversals") if rows else ""


def _add_traversals(context: PanelContext) -> None:
    run = context.run
    with context.tab("Traversals") as tab:
        gr.Markdown("In each row one dimension of the chosen image moves, and the others stay.")
        out = plain_html(elem_classes="traversals")
        tab.select(
            lambda state: traversals_of(run, state.sample_for(run)), context.state, out, **SLOW
        )


def _chosen(run: LoadedRun, state: PageState, choice: Mapping[str, Any]) -> dict[str, Any]:
    """Do what the picker asks for; return its update where the sample stays the same."""
    if "others" in choice:
        return {"thumbs": thumbs(run, choice["others"] + THUMBS), "problem": ""}
    if "file" in choice:
        state.sample = sample_of_upload(run, choice["file"])
    elif "row" in choice:
        state.sample = sample_of_row(run, choice["row"])
    return {}


def _exclusive(run: LoadedRun) -> bool:
    targets = run.model.targets
    return targets.exclusive and len(targets) > 0


def _no_sample(run: LoadedRun) -> str:
    own = "drop in a picture, or " if reads_pictures(run.model) else ""
    return f"The run's data cannot be found: {own}move the sliders from the middle of the code."
