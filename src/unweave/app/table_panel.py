"""The panel of a model of a table: a row, its dimensions moved, what becomes of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd

from unweave.app.exhibit import Exhibit
from unweave.app.markup import Column, changes_html, message_html
from unweave.app.panel import LIVE, Hall, Visitor, add_about, add_readings, answering, short_titles
from unweave.app.visit import Visit, visit_row
from unweave.app.widgets import board, board_at, moved, plain_html


def table_panel(hall: Hall, visitor: Visitor) -> None:
    """Build the panel; called while the page is rendered."""
    exhibit = hall.exhibit
    visit = visitor.at(exhibit)
    last = len(exhibit.dataset) - 1 if exhibit.dataset is not None else 0
    at_hand = exhibit.dataset is not None
    with hall.tabs():
        with hall.tab("Edit"):
            with gr.Row(visible=at_hand, elem_classes="row-choice"):
                row = gr.Number(
                    visit.row or 0,
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
            beside = hall.beside()
            with gr.Row(equal_height=False):
                with gr.Column(scale=2, min_width=320):
                    sliders = board(exhibit, visit.code(exhibit))
                with gr.Column(scale=3, min_width=320):
                    out = plain_html(columns_of([exhibit], visit, {}), elem_classes="columns")
        add_readings(hall)
        add_about(hall)

    def show(visitor: Visitor, sent: str, titles: list[str]) -> str:
        return columns_of(hall.chosen(titles), visitor.at(exhibit), moved(exhibit, sent))

    def choose(visitor: Visitor, number: float | None, titles: list[str]) -> list[Any]:
        visitor.visit = visit_row(exhibit, None if number is None else int(number))
        shown = columns_of(hall.chosen(titles), visitor.visit, {})
        return [board_at(exhibit, visitor.visit.code(exhibit)), shown]

    def choose_another(visitor: Visitor, titles: list[str]) -> list[Any]:
        number = int(np.random.default_rng().choice(exhibit.test_rows))
        return [number, *choose(visitor, number, titles)]

    inputs = [hall.visitor, sliders, beside]
    gr.on([sliders.input, beside.change], answering(show), inputs, out, **LIVE)
    gr.on(
        [row.submit, row.blur],
        answering(choose),
        [hall.visitor, row, beside],
        [sliders, out],
        **LIVE,
    )
    another.click(answering(choose_another), [hall.visitor, beside], [row, sliders, out], **LIVE)


def columns_of(exhibits: list[Exhibit], visit: Visit, values: Mapping[str, float]) -> str:
    """Return the columns of a row as they are and as they become, in their own units."""
    columns = []
    if visit.samples is not None:
        columns.append(Column(visit.title, _restored(exhibits[0], visit.samples)))
    pairs = visit.outputs(exhibits, values)
    titles = short_titles(exhibits)
    for exhibit, title, (first, second) in zip(exhibits, titles, pairs, strict=True):
        of = f" ({title})" if title else ""
        columns += [
            Column(f"edited{of}", _restored(exhibit, second[None])),
            Column(f"change, in sd{of}", change=_by_column(exhibit, second - first)),
        ]
    reconstruction = _restored(exhibits[0], pairs[0][0][None])
    columns.append(Column("reconstruction", reconstruction))
    note = "" if visit.samples is not None else message_html("From the prior's mean: no data here.")
    return f"{note}{changes_html(list(map(str, reconstruction.columns)), columns)}"


def _restored(exhibit: Exhibit, samples: np.ndarray) -> pd.DataFrame:
    table = exhibit.model.table
    if table is None:
        return pd.DataFrame(samples, columns=[f"feature {j + 1}" for j in range(samples.shape[1])])
    return table.restore(samples)


def _by_column(exhibit: Exhibit, change: np.ndarray) -> np.ndarray:
    """Return the changes of features at the places of the columns that `_restored` returns."""
    table = exhibit.model.table
    if table is None:
        return change
    place = {column.name: number for number, column in enumerate(table.features)}
    names = _restored(exhibit, change[None]).columns
    return np.array([change[place[name]] if name in place else 0.0 for name in names])
