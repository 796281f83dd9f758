"""The panel for a model of a table: a row, sliders for its dimensions, its columns' changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from unweave.app.loaded_run import LoadedRun
from unweave.app.markup import Column, changes_html, keep_table_link, message_html
from unweave.app.page_state import PageState
from unweave.app.panel import (
    LIVE,
    PanelContext,
    add_about,
    add_names,
    add_readings,
    answering,
    short_titles,
)
from unweave.app.sample import MOST_TEXT, Sample, sample_of_row, sample_of_text
from unweave.app.widgets import board, board_at, moved, plain_html


def table_panel(context: PanelContext, state: PageState) -> None:
    """Build the panel while the page is rendered."""
    run = context.run
    sample = state.sample_for(run)
    last = len(run.dataset) - 1 if run.dataset is not None else 0
    has_data = run.dataset is not None
    with context.tabs():
        with context.tab("Edit"):
            with gr.Row(visible=has_data, elem_classes="row-choice"):
                row = gr.Number(
                    sample.row or 0,
                    label=f"Row, 0 to {last}",
                    precision=0,
                    minimum=0,
                    maximum=last,
                    interactive=True,
                    elem_classes="row-number",
                    scale=0,
                    min_width=220,
                )
                another = gr.Button("Another row", scale=0, min_width=160)
            beside = context.beside()
            with gr.Row(equal_height=False):
                with gr.Column(scale=2, min_width=320, visible=bool(run.controls)):
                    sliders = board(run, sample, context.wanted)
                    add_names(context, sliders)
                with gr.Column(scale=3, min_width=320):
                    out = plain_html(columns_of([run], sample, {}), elem_classes="columns")
            with gr.Accordion("Rows of your own", open=False, visible=run.model.table is not None):
                own = gr.Textbox(
                    label="A row of headings, then rows, as copied from a spreadsheet or a CSV",
                    lines=4,
                    max_length=MOST_TEXT,
                    elem_classes="own-rows",
                )
                which = gr.Number(1, label="Which of the rows", precision=0, minimum=1, scale=0)
                take = gr.Button("Take this row", scale=0, elem_classes="take-row")
        if run.controls:
            add_readings(context)
        add_about(context)

    def show(state: PageState, sent: str, titles: list[str]) -> str:
        return columns_of(context.chosen(titles), state.sample_for(run), moved(run, sent))

    def choose(state: PageState, number: float | None, titles: list[str]) -> list[Any]:
        wanted = None if number is None else int(number)
        if state.sample is not None and wanted is not None and state.sample.row == wanted:
            # The field was left without a change: sliders that were moved stay so.
            return [gr.skip(), gr.skip()]
        state.sample = sample_of_row(run, wanted)
        shown = columns_of(context.chosen(titles), state.sample, {})
        return [board_at(run, state.sample), shown]

    def choose_own(state: PageState, text: str, number: float, titles: list[str]) -> list[Any]:
        state.sample = sample_of_text(run, text, int(number or 1))
        shown = columns_of(context.chosen(titles), state.sample, {})
        return [board_at(run, state.sample), shown]

    def choose_another(state: PageState, titles: list[str]) -> list[Any]:
        shown = None if state.sample is None else state.sample.row
        others = run.test_rows[run.test_rows != shown]
        number = int(np.random.default_rng().choice(others if len(others) else run.test_rows))
        return [number, *choose(state, number, titles)]

    inputs = [context.state, sliders, beside]
    gr.on([sliders.input, beside.change], answering(show), inputs, out, **LIVE)
    gr.on(
        [row.submit, row.blur],
        answering(choose),
        [context.state, row, beside],
        [sliders, out],
        **LIVE,
    )
    take.click(answering(choose_own), [context.state, own, which, beside], [sliders, out], **LIVE)
    another.click(answering(choose_another), [context.state, beside], [row, sliders, out], **LIVE)


def columns_of(runs: list[LoadedRun], sample: Sample, values: Mapping[str, float]) -> str:
    """Return the columns of a row as they are and after the edit, in their own units."""
    columns = []
    if sample.array is not None:
        columns.append(Column(sample.title, _restored(runs[0], sample.array)))
    pairs = sample.outputs(runs, values)
    titles = short_titles(runs)
    for run, title, (first, second) in zip(runs, titles, pairs, strict=True):
        of = f" ({title})" if title else ""
        columns += [
            Column(f"edited{of}", _restored(run, second[None])),
            Column(f"change, in sd{of}", change=_by_column(run, second - first)),
        ]
    reconstruction = _restored(runs[0], pairs[0][0][None])
    columns.append(Column("reconstruction", reconstruction))
    note = (
        ""
        if sample.array is not None
        else message_html("The run's data cannot be found: the edit starts from the prior's mean.")
    )
    # The row as it is, where there is one, its reconstruction, and the edited ones.
    frames = {each.head: each.frame for each in columns if each.frame is not None}
    rows = pd.concat(frames.values(), ignore_index=True)
    rows.insert(0, "row", list(frames), allow_duplicates=True)
    keep = keep_table_link(rows, "edited", "Keep these rows")
    return f"{note}{changes_html(list(map(str, reconstruction.columns)), columns)}{keep}"


def _restored(run: LoadedRun, samples: np.ndarray) -> pd.DataFrame:
    table = run.model.table
    if table is None:
        return pd.DataFrame(samples, columns=[f"feature {j + 1}" for j in range(samples.shape[1])])
    return table.restore(samples)


def _by_column(run: LoadedRun, change: np.ndarray) -> np.ndarray:
    """Return the changes of features in the order of the columns that `_restored` returns."""
    table = run.model.table
    if table is None:
        return change
    place = {column.name: number for number, column in enumerate(table.features)}
    names = _restored(run, change[None]).columns
    return np.array([change[place[name]] if name in place else 0.0 for name in names])
