"""Pairs of samples: drawn by their factors, or given."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.data import Factors, grid_classes, load_data
from unweave.data.pairing import FactorPairs

GRID = grid_classes((3, 2, 4))


def drawn(values: np.ndarray, changed: int, count: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    pairs = FactorPairs(np.arange(len(values)), values)
    generator = torch.Generator().manual_seed(0)
    places = torch.randint(len(pairs), (count,), generator=generator)
    first, second = values[pairs.draw(places, generator, changed).numpy()].transpose(1, 0, 2)
    return first, second


@pytest.mark.parametrize("changed", [1, 2])
def test_pairs_of_a_grid_differ_in_as_many_factors_as_asked(changed: int) -> None:
    first, second = drawn(GRID, changed)
    different = first != second
    assert (different.sum(1) == changed).all()
    # Every factor is as likely to change: 3000 of Bernoulli's draws are within 4 deviations.
    share = changed / 3
    assert np.abs(different.mean(0) - share).max() < 4 * np.sqrt(share * (1 - share) / 3000)


def test_the_new_value_is_any_other() -> None:
    first, second = drawn(GRID, 1, 12_000)
    of_first = (first[:, 2] == 1) & (first[:, 2] != second[:, 2])
    counts = np.bincount(second[of_first, 2], minlength=4)
    assert counts[1] == 0
    assert counts[[0, 2, 3]].min() > 0.75 * counts.sum() / 3


def test_a_random_number_of_factors_leaves_one_at_least() -> None:
    first, second = drawn(GRID, 0)
    counts = np.bincount((first != second).sum(1), minlength=4)
    assert counts[0] == counts[3] == 0
    assert abs(counts[1] - counts[2]) < 4 * np.sqrt(3000)


@given(st.integers(0, 10**6), st.integers(8, 24))
@settings(max_examples=25, deadline=None)
def test_pairs_of_any_rows_agree_but_in_one_factor(seed: int, count: int) -> None:
    rows = np.sort(np.random.default_rng(seed).choice(24, count, replace=False))
    values = GRID[rows]
    pairs = FactorPairs(rows, values)
    agreeing = (values[:, None] != values).sum(2) == 1
    assert len(pairs) == agreeing.any(1).sum()
    if len(pairs):
        generator = torch.Generator().manual_seed(seed)
        found = pairs.draw(torch.arange(len(pairs)), generator, 1)
        assert ((GRID[found[:, 0]] != GRID[found[:, 1]]).sum(1) == 1).all()
        assert np.isin(found, rows).all()


def test_many_combinations_do_not_run_over() -> None:
    generator = np.random.default_rng(0)
    values = generator.integers(0, 1000, (1000, 9)).astype(float)
    values[1::2] = values[::2]
    values[1::2, 4] += 1000
    pairs = FactorPairs(np.arange(1000), values)
    assert len(pairs) == 1000
    found = pairs.draw(torch.arange(1000), torch.Generator(), 1)
    assert (found[:, 0] // 2 == found[:, 1] // 2).all()


def test_pairs_are_of_training_rows() -> None:
    dataset = load_data("sprites:scales=2,orientations=2,positions=4")
    pairs = dataset.training_pairs
    found = pairs.draw(torch.arange(len(pairs)), torch.Generator(), 0)
    assert np.isin(found, dataset.rows("train")).all()


def test_given_arrays_are_pairs_in_one_split() -> None:
    first = np.arange(40.0).reshape(20, 2)
    dataset = load_data((first, torch.from_numpy(first + 100)))
    assert dataset.pairs is not None
    assert dataset.pairs.tolist() == [[row, row + 20] for row in range(20)]
    for rows in dataset.splits.values():
        assert set(rows % 20) == set(rows[: len(rows) // 2] % 20)
    pairs = dataset.training_pairs
    found = pairs.draw(torch.arange(len(pairs)), torch.Generator(), 1)
    assert len(pairs) == len(dataset.rows("train")) // 2
    assert (found[:, 1] - found[:, 0] == 20).all()


def test_frames_are_pairs_too() -> None:
    frame = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0) ** 2})
    assert len(load_data((frame, frame + 1))) == 40


def test_a_file_may_name_its_pairs(tmp_path: Path, refuses: Callable[..., str]) -> None:
    images = np.random.default_rng(0).integers(0, 255, (20, 8, 8)).astype(np.uint8)
    pairs = np.arange(20).reshape(10, 2)
    np.savez(tmp_path / "pairs.npz", imgs=images, pairs=pairs)
    dataset = load_data(tmp_path / "pairs.npz")
    np.testing.assert_array_equal(dataset.pairs, pairs)
    np.savez(tmp_path / "beyond.npz", imgs=images, pairs=pairs + 1)
    refuses(lambda: load_data(tmp_path / "beyond.npz"), "beyond the 20")
    np.savez(tmp_path / "three.npz", imgs=images, pairs=pairs.reshape(4, 5))
    refuses(lambda: load_data(tmp_path / "three.npz"), "P x 2")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((np.zeros((20, 2)), np.zeros((19, 2))), ["20 first and 19 second"]),
        ((np.zeros((20, 2)), np.zeros((20, 3))), ["shape (2,)", "(3,)"]),
        ((np.zeros((20, 2)),) * 3, ["a tuple of 3", "(first, second)"]),
        ((np.zeros((20, 2)), pd.DataFrame(np.zeros((20, 2)))), ["DataFrame"]),
        (("sprites", "sprites"), ["str is no array"]),
    ],
)
def test_no_pairs(given: tuple, words: list[str], refuses: Callable[..., str]) -> None:
    refuses(lambda: load_data(given), *words)


def test_data_without_pairs(refuses: Callable[..., str]) -> None:
    table = load_data("fa15:rows=64")
    refuses(lambda: table.training_pairs, "fa15", "continuous", "(first, second)")
    refuses(lambda: replace(table, factors=None).training_pairs, "fa15", "no factors")
    one = Factors(("a",), np.arange(64.0)[:, None] % 4, (4,))
    refuses(lambda: replace(table, factors=one).training_pairs, "fa15", "one factor alone")
