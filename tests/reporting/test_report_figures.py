"""Figures show what they say: bars, curves, grids, correlations."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from unweave.data import Dataset, Factors
from unweave.models.families import FAMILIES, VARIATIONAL
from unweave.models.family import Family
from unweave.objectives.term import Term
from unweave.reporting.columns import (
    chosen_columns,
    determination,
    draw_column_reconstructions,
)
from unweave.reporting.correlations import draw_factor_correlations, rank_correlation
from unweave.reporting.curves import draw_history
from unweave.reporting.divergences import draw_kl
from unweave.reporting.drawing import ACCENT, MUTED, look, png_bytes
from unweave.reporting.labels import term_axis, term_label, term_unit
from unweave.reporting.pictures import draw_image_reconstructions, draw_image_samples
from unweave.runs.history import History
from unweave.runs.model import Model

RunOf = Callable[..., Model]


@pytest.fixture(autouse=True)
def in_the_house_look() -> object:
    with look():
        yield


def stays_on_paper(figure: Figure) -> bool:
    """Draw, and tell whether anything was clipped by the paper's edge."""
    assert png_bytes(figure).startswith(b"\x89PNG")
    box = figure.get_tightbbox(figure.canvas.get_renderer())
    width, height = figure.get_size_inches()
    return bool(min(box.x0, box.y0) >= -0.01 and box.x1 <= width + 0.01 and box.y1 <= height + 0.01)


@pytest.mark.parametrize("count", [1, 4, 10, 50])
def test_kl_bars_stand_in_order_the_informative_ones_coloured(count: int) -> None:
    kl = [[8.0, 0.002, 0.09, 0.11][index % 4] for index in range(count)]
    figure = draw_kl(kl, "KL by dimension")
    axes = figure.axes[0]
    colours = [bar.get_facecolor() for bar in axes.patches]
    assert len(colours) == count
    assert axes.get_yscale() == "log"
    for value, bar in zip(kl, axes.patches, strict=True):
        expected = ACCENT if value > 0.1 else MUTED
        assert bar.get_facecolor()[:3] == pytest.approx(_rgb(expected))
        assert bar.get_y() + bar.get_height() == pytest.approx(value)
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        f"z{index}" for index in range(count)
    ]
    assert axes.texts[0].get_text() == "8.00"
    assert stays_on_paper(figure)


def test_a_kl_of_zero_or_unknown_is_drawn() -> None:
    figure = draw_kl([0.0, float("nan"), 1e-9, 1.0], "KL")
    assert figure.axes[0].texts[0].get_text() == "<0.001"
    assert stays_on_paper(figure)


def test_every_loss_term_has_its_panel_and_its_unit(table: Dataset, run_of: RunOf) -> None:
    run = run_of(table)
    figure = draw_history(run.history, run.family.all_terms, "Loss terms")
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles == ["loss", "KL", "covariance diagonal"]
    # The loss adds up terms of two units.
    units = ["weighted sum", "nats", "squared covariance"]
    assert [axes.get_ylabel() for axes in figure.axes] == units
    np.testing.assert_allclose(figure.axes[1].lines[0].get_ydata(), [5, 10, 15])
    assert term_unit("total_correlation", (), run.family.all_terms) == "nats"
    assert stays_on_paper(figure)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_units_are_those_that_the_family_declares(family: Family) -> None:
    terms = family.all_terms
    history = History()
    history.add(1, {"loss": 1.0, **{term.name: 1.0 for term in terms}})
    figure = draw_history(history, terms, "Loss terms")
    shown = {axes.get_title("left"): axes.get_ylabel() for axes in figure.axes}
    assert len(shown) == 1 + len(terms)
    for term in terms:
        assert term_unit(term.name, history.terms, terms) == term.unit
        assert shown[term_label(term.name)] == (term.unit or term.symbol)


def test_a_new_term_brings_its_unit_and_a_plain_number_has_none() -> None:
    made = [
        Term(name, f"symbol of {name}", unit, "a paper", lambda outputs: outputs, watched=watched)
        for name, unit, watched in (("fit", "lux", 0), ("share", "", 1), ("more", "lux", 0))
    ]
    history = History()
    history.add(1, {"loss": 3.0, "fit": 1.0, "share": 0.5, "more": 2.0, "unknown": 1.0})
    figure = draw_history(history, made, "Loss terms")
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "lux",
        "lux",
        "symbol of share",
        "lux",
        "",
    ]
    assert term_unit("share", history.terms, made) == ""
    assert term_unit("unknown", history.terms, made) == ""
    # What is only watched is no part of the loss.
    assert term_unit("loss", history.terms, made) == "lux"
    assert term_axis("loss", ("loss", "share"), made) == "weighted sum"


def test_a_history_of_one_row_is_drawn() -> None:
    history = History()
    history.add(3, {"loss": 1.0, "kl": float("nan")})
    assert stays_on_paper(draw_history(history, VARIATIONAL.all_terms, "Loss terms"))


@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_originals_stand_above_reconstructions(
    kind: str, run_of: RunOf, request: pytest.FixtureRequest
) -> None:
    dataset: Dataset = request.getfixturevalue(kind)
    run = run_of(dataset)
    figure = draw_image_reconstructions(run, dataset)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["original", "reconstructed"]
    pixels = np.asarray(axes.images[0].get_array())
    first = dataset.samples[int(dataset.rows("test")[0])]
    assert (pixels[0, 0] == np.broadcast_to(first[:, 0, 0], 3)).all()
    assert stays_on_paper(figure)
    assert stays_on_paper(draw_image_samples(run))


def test_columns_are_drawn_in_their_own_units(table: Dataset, run_of: RunOf) -> None:
    figure = draw_column_reconstructions(run_of(table), table)
    assert len(figure.axes) == 7
    points = np.asarray(figure.axes[0].collections[0].get_offsets())
    assert 8 < points[:, 0].mean() < 12
    assert figure.axes[0].get_title("left").startswith("feature 0\nR² = ")
    assert stays_on_paper(figure)


def test_determination_is_one_for_perfect_and_zero_for_the_mean() -> None:
    observed = np.random.default_rng(0).standard_normal((50, 3))
    observed[:, 2] = 1
    guess = np.column_stack([observed[:, 0], np.full(50, observed[:, 1].mean()), observed[:, 2]])
    np.testing.assert_allclose(determination(observed, guess), [1, 0, np.nan], atol=1e-12)


def test_of_many_columns_the_shown_ones_run_from_worst_to_best() -> None:
    scores = np.random.default_rng(0).random(100)
    shown = chosen_columns(scores)
    assert len(shown) == 12
    assert shown[0] == scores.argmin()
    assert shown[-1] == scores.argmax()
    assert chosen_columns(scores[:5]) == [0, 1, 2, 3, 4]
    assert len(chosen_columns(np.full(20, np.nan))) == 12


def test_rank_correlation_knows_monotone_and_constant() -> None:
    factors = np.random.default_rng(0).standard_normal((200, 2))
    codes = np.column_stack([np.exp(factors[:, 1]), -(factors[:, 0] ** 3), np.zeros(200)])
    matrix = rank_correlation(factors, codes)
    assert matrix.shape == (2, 3)
    assert matrix[1, 0] == pytest.approx(1)
    assert matrix[0, 1] == pytest.approx(-1)
    assert np.isnan(matrix[:, 2]).all()


@pytest.mark.parametrize("codes", [4, 30])
def test_the_heat_map_is_annotated(table: Dataset, run_of: RunOf, codes: int) -> None:
    values = np.random.default_rng(0).standard_normal((len(table), 3))
    values[:, 2] = 1.0
    known = Factors(("scale", "a factor with quite a long name", "constant"), values, (None,) * 3)
    dataset = dataclasses.replace(table, factors=known)
    figure = draw_factor_correlations(run_of(table, codes=codes), dataset)
    axes = figure.axes[0]
    shown = min(codes, 20)
    assert len(axes.texts) == 3 * shown
    assert axes.get_xticklabels()[0].get_text() == "z0*"
    assert axes.texts[-1].get_text() == "–"
    assert stays_on_paper(figure)


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
