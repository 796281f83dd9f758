from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.data import require_rows, split_rows
from unweave.data.splits import groups_can_be_kept, split_published


def is_partition(splits: dict[str, np.ndarray], count: int) -> bool:
    together = np.concatenate(list(splits.values()))
    return np.array_equal(np.sort(together), np.arange(count)) and all(
        (np.diff(rows) > 0).all() for rows in splits.values()
    )


@settings(deadline=None)
@given(st.integers(16, 3000))
def test_eighty_ten_ten(count: int) -> None:
    splits = split_rows(count)
    assert is_partition(splits, count)
    assert len(splits["test"]) == len(splits["validation"]) == count // 10


def test_the_seed_is_fixed() -> None:
    for name, rows in split_rows(100).items():
        np.testing.assert_array_equal(rows, split_rows(100)[name])
    assert not np.array_equal(split_rows(100)["test"], split_rows(100, seed=1)["test"])


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), min_size=16, max_size=400))
def test_groups_stay_whole_or_are_given_up(groups: list[int]) -> None:
    labels = np.array(groups)
    splits = split_rows(len(labels), labels)
    assert is_partition(splits, len(labels))
    assert all(len(rows) > 0 for rows in splits.values())
    if groups_can_be_kept(labels):
        sets = [set(labels[rows]) for rows in splits.values()]
        assert sum(len(one) for one in sets) == len(set(groups))


def test_groups_of_one_row_change_nothing() -> None:
    alone = split_rows(500, np.arange(500))
    for name, rows in split_rows(500).items():
        np.testing.assert_array_equal(rows, alone[name])


def test_one_group_of_all_rows_cannot_be_kept() -> None:
    assert not groups_can_be_kept(np.zeros(50))
    assert len(split_rows(50, np.zeros(50))["test"]) == 5


@pytest.mark.parametrize("count", [0, 1, 15])
def test_too_few_rows_are_all_test(count: int) -> None:
    splits = split_rows(count)
    assert is_partition(splits, count)
    assert len(splits["test"]) == count


def test_published_partition() -> None:
    splits = split_published(60_000, 10_000)
    assert is_partition(splits, 70_000)
    assert [len(splits[name]) for name in ("train", "validation", "test")] == [
        50_000,
        10_000,
        10_000,
    ]
    np.testing.assert_array_equal(splits["test"], np.arange(60_000, 70_000))


def test_sixteen_rows_are_needed(refuses: Callable[..., str]) -> None:
    require_rows(16, "x.csv")
    refuses(lambda: require_rows(15, "x.csv"), "x.csv", "15 rows", "16")
