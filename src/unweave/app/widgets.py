"""The page's two components of its own: the board of sliders and the picker of samples."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import gradio as gr
import numpy as np

from unweave.app.exhibit import Control, Exhibit
from unweave.app.markup import image_address
from unweave.app.uploads import FORMATS, MOST_BYTES
from unweave.data import unit_scale
from unweave.errors import RequestError

THUMBS = 12
# With fewer sliders a search field is in the way.
SEARCHED = 12
_STEP = 0.01
_ROW = """
<div class="control">
  <label for="{{this.id}}">{{this.label}}</label><output for="{{this.id}}"></output>
  <input type="range" id="{{this.id}}" name="{{this.name}}" aria-label="{{this.label}}"
    min="{{this.low}}" max="{{this.high}}" step="{{this.step}}" data-from="{{this.from}}">
</div>"""
_BOARD = f"""
<div class="board">
  <div class="board-head">
    {{{{#if search}}}}<input type="search" placeholder="{{{{search}}}}"
      aria-label="{{{{search}}}}">{{{{/if}}}}
    <button type="button" class="reset">Reset</button>
  </div>
  {{{{#each controls}}}}{_ROW}{{{{/each}}}}
  <p class="none" hidden>No slider has such a name.</p>
  {{{{#if folded.length}}}}<details><summary>{{{{folded_words}}}}</summary>
  {{{{#each folded}}}}{_ROW}{{{{/each}}}}</details>{{{{/if}}}}
</div>"""
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
    """Return HTML that only the page's own style sheet dresses."""
    return gr.HTML(value, apply_default_css=False, **options)


def board(exhibit: Exhibit, code: np.ndarray) -> gr.HTML:
    """Return the sliders of a run, standing at a code."""
    count = len(exhibit.controls)
    return gr.HTML(
        value="{}",
        html_template=_BOARD,
        js_on_load=_script("board.js"),
        search=f"Search {count} sliders" if count > SEARCHED else "",
        apply_default_css=False,
        elem_classes="unweave-board",
        **_positions(exhibit, code),
    )


def board_at(exhibit: Exhibit, code: np.ndarray) -> Any:
    """Return the update that puts all sliders to a code."""
    return gr.update(value="{}", **_positions(exhibit, code))


def moved(exhibit: Exhibit, text: str | None) -> dict[str, float]:
    """Read what the board sends: the controls that were moved.

    Raises
    ------
    RequestError
        If it is not what the board of this run sends.
    """
    try:
        read = json.loads(text or "{}")
        values = {str(name): float(value) for name, value in read.items()}
    except (ValueError, TypeError, AttributeError):
        raise RequestError("the sliders' values did not arrive; load the page again") from None
    known = {control.name for control in exhibit.controls}
    # Right after a change of the model the sliders of the one before may still speak.
    return {name: value for name, value in values.items() if name in known and _usable(value)}


def picker(exhibit: Exhibit, *, uploads: bool) -> gr.HTML:
    """Return the choice of samples of a model of images."""
    return gr.HTML(
        value="",
        html_template=_PICKER,
        js_on_load=_script("picker.js"),
        thumbs=thumbs(exhibit, 0),
        uploads=uploads,
        problem="",
        apply_default_css=False,
        elem_classes="unweave-picker",
    )


def thumbs(exhibit: Exhibit, first: int) -> list[dict[str, Any]]:
    """Return small pictures of the gallery, from the place `first` on, around its end."""
    rows = exhibit.gallery
    if exhibit.dataset is None:
        return []
    places = np.arange(first, first + min(THUMBS, len(rows))) % len(rows)
    images = unit_scale(np.asarray(exhibit.dataset.samples[rows[places]]))
    return [
        {"row": int(row), "place": int(place), "address": image_address(image)}
        for row, place, image in zip(rows[places], places, images, strict=True)
    ]


def _positions(exhibit: Exhibit, code: np.ndarray) -> dict[str, Any]:
    controls, folded = (
        [_slider(exhibit, each, code) for each in exhibit.controls if each.folded == which]
        for which in (False, True)
    )
    words = f"{len(folded)} dimensions that are not informative"
    return {"controls": controls, "folded": folded, "folded_words": words}


def _slider(exhibit: Exhibit, control: Control, code: np.ndarray) -> dict[str, Any]:
    value = float(code[0, exhibit.model.code_names.index(control.name)])
    # A sample may stand beyond the range; the slider reaches it in whole steps.
    return {
        "id": f"control-{exhibit.number}-{control.name}",
        "name": control.name,
        "label": control.label,
        "low": round(min(control.low, math.floor(value)), 4),
        "high": round(max(control.high, math.ceil(value)), 4),
        "step": _STEP,
        "from": f"{value:.2f}",
    }


def _usable(value: float) -> bool:
    return abs(value) <= float(np.finfo(np.float32).max)


def _script(name: str) -> str:
    return files("unweave.app").joinpath(name).read_text(encoding="utf-8")


def places_of(control: Control, count: int) -> Sequence[float]:
    """Return `count` values of a control from one end to the other."""
    return [float(value) for value in np.linspace(control.low, control.high, count)]


def choice_of(text: str | None) -> Mapping[str, Any]:
    """Read what the picker sends.

    Raises
    ------
    RequestError
        If it is not what the picker sends.
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
