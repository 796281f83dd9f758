"""Two components made for the page: the board of sliders and the picker of samples."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import gradio as gr
import numpy as np

from unweave.app.loaded_run import LoadedRun
from unweave.app.markup import image_address
from unweave.app.sample import Sample
from unweave.app.uploads import FORMATS, MOST_BYTES
from unweave.data import unit_scale
from unweave.editing.controls import Control
from unweave.errors import RequestError
from unweave.reporting.labels import nats

THUMBS = 12
# A search field pays only for more sliders than this.
SEARCHED = 12
_STEP = 0.01
_SURPRISES = 12
_ROW = """
<div class="control">
  <label for="{{this.id}}" title="{{this.hint}}">{{this.label}}</label>
  <output for="{{this.id}}"></output>
  <input type="range" id="{{this.id}}" name="{{this.name}}" aria-label="{{this.label}}"
    min="{{this.low}}" max="{{this.high}}" step="{{this.step}}" data-from="{{this.from}}">
</div>"""
_BOARD = f"""
<div class="board" data-run="{{{{run}}}}" data-row="{{{{row}}}}">
  <div class="board-head">
    {{{{#if search}}}}<input type="search" placeholder="{{{{search}}}}"
      aria-label="{{{{search}}}}">{{{{/if}}}}
    {{{{#each names}}}}<button type="button" class="preset">{{{{this}}}}</button>{{{{/each}}}}
    {{{{#if row}}}}<button type="button" class="link">Link to this</button>{{{{/if}}}}
    <button type="button" class="reset">Reset</button>
  </div>
  <p class="linked" hidden>The address of this page now leads to what you see.</p>
  {{{{#each controls}}}}{_ROW}{{{{/each}}}}
  <p class="none" hidden>No slider has this name.</p>
  {{{{#if folded.length}}}}<details><summary>{{{{folded_label}}}}</summary>
  {{{{#each folded}}}}{_ROW}{{{{/each}}}}</details>{{{{/if}}}}
</div>"""
_BEFORE_AFTER = """
<label class="cut">before <input type="range" min="0" max="100" value="0"
  aria-label="Uncover the reconstruction below the edited picture"> after</label>"""
_PICKER = f"""
<div class="picker">
  <div class="thumbs" role="group" aria-label="Images of the data">
  {{{{#each thumbs}}}}<button type="button" class="thumb" data-row="{{{{this.row}}}}"
    data-place="{{{{this.place}}}}"
    title="row {{{{this.row}}}}"><img src="{{{{this.address}}}}" alt="row {{{{this.row}}}}">
    </button>{{{{/each}}}}
  </div>
  <div class="picker-foot">
  {{{{#if thumbs.length}}}}<button type="button" class="others">Other images</button>{{{{/if}}}}
  {{{{#if uploads}}}}<label class="drop" data-most="{MOST_BYTES}">Or drop in a picture of your own
    <input type="file" accept="{",".join(f"image/{kind.lower()}" for kind in FORMATS)}"></label>
  {{{{/if}}}}
  </div>
  <p class="problem" role="alert">{{{{problem}}}}</p>
</div>"""


def plain_html(value: str = "", **options: Any) -> gr.HTML:
    """Return HTML that only the page's own style sheet applies to."""
    return gr.HTML(value, apply_default_css=False, **options)


def before_after(visible: bool) -> gr.HTML:
    """Return the bar that uncovers what is below the edited pictures."""
    return gr.HTML(
        _BEFORE_AFTER,
        js_on_load=_script("before_after.js"),
        apply_default_css=False,
        visible=visible,
    )


def board(run: LoadedRun, sample: Sample, wanted: Mapping[str, float] | None = None) -> gr.HTML:
    """Return the sliders of a run, set to a sample's code, some of them moved to `wanted`."""
    count = len(run.controls)
    presets = presets_of(run)
    return gr.HTML(
        value="{}",
        html_template=_BOARD,
        js_on_load=_script("board.js"),
        search=f"Search {count} sliders" if count > SEARCHED else "",
        apply_default_css=False,
        elem_classes="unweave-board",
        presets=presets,
        names=list(presets),
        wanted=dict(wanted or {}),
        **_positions(run, sample),
    )


def board_at(run: LoadedRun, sample: Sample) -> Any:
    """Return the update that sets all sliders to a sample's code."""
    return gr.update(value="{}", **_positions(run, sample))


def presets_of(run: LoadedRun) -> dict[str, list[dict[str, float]]]:
    """Return settings of all sliders by name; a name has several where each click takes another."""
    names = [each.name for each in run.controls if not each.folded]
    if not names:
        return {}
    if not run.model.can_be_read:
        return {"None": [dict.fromkeys(names, 0.0)], "All": [dict.fromkeys(names, 1.0)]}
    places = [run.model.code_names.index(name) for name in names]
    draws = np.random.default_rng(0).choice(run.posterior.draws, _SURPRISES)[:, places]
    surprises = [dict(zip(names, draw.round(2).tolist(), strict=True)) for draw in draws]
    return {"Middle": [dict.fromkeys(names, 0.0)], "Surprise me": surprises}


def moved(run: LoadedRun, text: str | None) -> dict[str, float]:
    """Read the controls that were moved from what the board sends.

    Raises
    ------
    RequestError
        If the text does not come from the board of this run.
    """
    try:
        read = json.loads(text or "{}")
        values = {str(name): float(value) for name, value in read.items()}
    except (ValueError, TypeError, AttributeError):
        raise RequestError("the sliders' values did not arrive; load the page again") from None
    known = {control.name for control in run.controls}
    # Right after a change of run, the sliders of the previous one may still send.
    return {name: value for name, value in values.items() if name in known and _usable(value)}


def picker(run: LoadedRun, *, uploads: bool) -> gr.HTML:
    """Return the picker of samples for a model of images."""
    return gr.HTML(
        value="",
        html_template=_PICKER,
        js_on_load=_script("picker.js"),
        thumbs=thumbs(run, 0),
        uploads=uploads,
        problem="",
        apply_default_css=False,
        elem_classes="unweave-picker",
    )


def thumbs(run: LoadedRun, first: int) -> list[dict[str, Any]]:
    """Return small pictures of the gallery from place `first`, wrapping around its end."""
    return [dict(each) for each in _thumbs(run, first)]


@lru_cache(maxsize=100)  # Visitors share the texts of the pictures.
def _thumbs(run: LoadedRun, first: int) -> list[dict[str, Any]]:
    rows = run.gallery
    if run.dataset is None:
        return []
    places = np.arange(first, first + min(THUMBS, len(rows))) % len(rows)
    images = unit_scale(np.asarray(run.dataset.samples[rows[places]]))
    return [
        {"row": int(row), "place": int(place), "address": image_address(image)}
        for row, place, image in zip(rows[places], places, images, strict=True)
    ]


def _positions(run: LoadedRun, sample: Sample) -> dict[str, Any]:
    code = sample.code(run)
    controls, folded = (
        [_slider(run, each, code) for each in run.controls if each.folded == which]
        for which in (False, True)
    )
    label = f"{len(folded)} dimensions that are not informative"
    row = "" if sample.row is None else str(sample.row)
    return {
        "controls": controls,
        "folded": folded,
        "folded_label": label,
        "run": str(run.number),
        "row": row,
    }


def _slider(run: LoadedRun, control: Control, code: np.ndarray) -> dict[str, Any]:
    value = float(code[0, run.model.code_names.index(control.name)])
    # A sample may lie beyond the range, which then grows by whole units.
    return {
        "id": f"control-{run.number}-{control.name}",
        "name": control.name,
        "label": control.label,
        "hint": f"KL {nats(control.kl)} nats" if math.isfinite(control.kl) else "",
        "low": round(min(control.low, math.floor(value)), 4),
        "high": round(max(control.high, math.ceil(value)), 4),
        "step": _STEP,
        "from": f"{value:.2f}",
    }


def _usable(value: float) -> bool:
    return abs(value) <= float(np.finfo(np.float32).max)


@cache
def _script(name: str) -> str:
    return files("unweave.app").joinpath(name).read_text(encoding="utf-8")


def places_of(control: Control, count: int) -> Sequence[float]:
    """Return `count` evenly spaced values of a control from one end to the other."""
    return [float(value) for value in np.linspace(control.low, control.high, count)]


def choice_of(text: str | None) -> Mapping[str, Any]:
    """Read the choice that the picker sends.

    Raises
    ------
    RequestError
        If the text does not come from the picker.
    """
    try:
        read = json.loads(text or "")
        if isinstance(read.get("file", ""), str) and all(
            isinstance(read[key], int) for key in ("row", "others") if key in read
        ):
            return dict(read)
    except (ValueError, TypeError, AttributeError):
        pass
    raise RequestError("the choice did not arrive; load the page again")
