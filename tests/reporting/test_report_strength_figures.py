"""Curves of edits: drawn in order of the values, each where its numbers are."""

import dataclasses
import math

import numpy as np
import pytest

from unweave.editing.degrees import DegreeCurve
from unweave.editing.strength_curves import Direction, StrengthCurve
from unweave.reporting.drawing import look, png_bytes
from unweave.reporting.strength_figures import draw_degrees, draw_strength


def curve_of(name: str = "Smiling", direction: Direction = "add") -> StrengthCurve:
    return StrengthCurve(
        attribute=name,
        direction=direction,
        values=(1.0, 0.0, 0.5),
        error=(0.1, 0.9, 0.4),
        error_sd=(0.01, 0.02, 0.03),
        svm_accuracy=0.876,
        svm_misses=0.12,
        error_reconstruction=0.95,
        change_inside=(0.3, 0.1, 0.2),
        change_outside=(0.05, 0.01, 0.02),
        others_flipped=(),
        count=12,
    )


def test_a_panel_for_each_attribute_in_order_of_values() -> None:
    names = [f"attribute {k}" for k in range(6)]
    figure = draw_strength({name: curve_of(name) for name in names}, "Strength: a run")
    titles = [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes]
    assert titles == [f"{name} (SVM 0.88, n = 12)" for name in names]
    for axes in figure.axes:
        error, change, misses, start = axes.lines
        np.testing.assert_array_equal(error.get_xydata(), [[0, 0.9], [0.5, 0.4], [1, 0.1]])
        np.testing.assert_array_equal(change.get_xydata(), [[0, 0.01], [0.5, 0.02], [1, 0.05]])
        assert set(misses.get_ydata()) == {0.12}
        assert set(start.get_ydata()) == {0.95}
        low, high = axes.get_ylim()
        assert low < 0
        assert high > 1
        assert axes.get_xlabel()
        assert axes.get_ylabel()
    assert [axes.get_legend() is not None for axes in figure.axes] == [True] + 5 * [False]
    words = figure.get_suptitle()
    assert words.startswith("Strength: a run")
    assert "'without'" in " ".join(words.split())


def test_removals_say_so() -> None:
    figure = draw_strength({"Smiling": curve_of(direction="remove")}, "title")
    assert figure.axes[0].get_title().startswith("no Smiling")
    assert "'with'" in " ".join(figure.get_suptitle().split())


def test_what_is_not_known_is_not_drawn() -> None:
    unknown = dataclasses.replace(curve_of(), svm_accuracy=math.nan, svm_misses=math.nan)
    with look():
        figure = draw_strength({"Smiling": unknown}, "title")
        assert png_bytes(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["Smiling", "costs $5 & more_$"])
def test_degrees_beside_the_diagonal(name: str) -> None:
    curve = DegreeCurve(
        asked=(0.0, 0.5, 1.0),
        drawn=(0.1, 0.4, 0.8),
        sd=(0.0, 0.1, 0.2),
        spearman=0.93,
        spearman_of_means=1.0,
        slope=0.7,
        intercept=0.08,
        r2=0.9,
        monotone=True,
        change=0.3,
        others={},
        largest_other=0.0,
        mean_other=0.0,
    )
    with look():
        figure = draw_degrees({name: curve}, "Degrees: a run")
        assert png_bytes(figure).startswith(b"\x89PNG")
    (axes,) = figure.axes
    diagonal, drawn = axes.lines
    np.testing.assert_array_equal(diagonal.get_xydata(), [[0, 0], [1, 1]])
    np.testing.assert_array_equal(drawn.get_xydata(), [[0, 0.1], [0.5, 0.4], [1, 0.8]])
    assert axes.get_title(loc="left") == f"{name} (rank corr. 0.93)"
