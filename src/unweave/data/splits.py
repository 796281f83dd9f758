"""Splits into train, validation and test rows: 80/10/10 by a fixed seed, or as published."""

from __future__ import annotations

import numpy as np

from unweave.errors import RequestError

MINIMUM_ROWS = 16
SPLIT_SEED = 20_180_501
Splits = dict[str, np.ndarray]


def require_rows(count: int, source: str, what: str = "rows") -> None:
    """Refuse data with too few rows to split and to train on.

    Parameters
    ----------
    count : int
        The number of rows.
    source : str
        What to call the data in the error.
    what : str
        What a row is: ``"rows"``, ``"images"``.

    Raises
    ------
    RequestError
        If there are fewer than 16 rows (or images).
    """
    if count < MINIMUM_ROWS:
        raise RequestError(
            f"{source} has {count} {what}; at least {MINIMUM_ROWS} are needed: add more {what}"
        )


def split_rows(count: int, groups: np.ndarray | None = None, seed: int = SPLIT_SEED) -> Splits:
    """Split ``range(count)`` into 80 % train, 10 % validation and 10 % test.

    The split depends on `count`, `groups` and `seed` alone, so the same data is always
    split in the same way. Below 16 rows, too few to learn from, all rows are test rows.

    Parameters
    ----------
    count : int
        The number of rows.
    groups : numpy.ndarray, optional
        `count` integers; rows of one group stay in one split. Ignored where keeping
        them together would leave a split empty (see `groups_can_be_kept`).
    seed : int
        Fixes which rows go where.

    Returns
    -------
    dict of str to numpy.ndarray
        Sorted int64 row indices under ``train``, ``validation`` and ``test``.
    """
    if count < MINIMUM_ROWS:
        none = np.empty(0, dtype=np.int64)
        return {"train": none, "validation": none.copy(), "test": np.arange(count)}
    assigned = None if groups is None else _assign_groups(groups, seed)
    if assigned is None:
        assigned = _assign(np.ones(count, dtype=np.int64), seed)
    return {
        name: np.flatnonzero(assigned == code)
        for code, name in enumerate(("train", "validation", "test"))
    }


def groups_can_be_kept(groups: np.ndarray, seed: int = SPLIT_SEED) -> bool:
    """Tell whether `split_rows` keeps these groups whole: no split would be left empty."""
    return _assign_groups(groups, seed) is not None


def split_published(train_count: int, test_count: int, seed: int = SPLIT_SEED) -> Splits:
    """Keep a published test partition; a sixth of its training rows are for validation.

    Parameters
    ----------
    train_count, test_count : int
        The published sizes; the test rows follow the training rows.
    seed : int
        Fixes which training rows are for validation.

    Returns
    -------
    dict of str to numpy.ndarray
        Sorted int64 row indices under ``train``, ``validation`` and ``test``.
    """
    order = np.random.default_rng(seed).permutation(train_count)
    held_out = max(1, train_count // 6)
    return {
        "train": np.sort(order[held_out:]),
        "validation": np.sort(order[:held_out]),
        "test": np.arange(train_count, train_count + test_count),
    }


def _assign_groups(groups: np.ndarray, seed: int) -> np.ndarray | None:
    """Give every row its group's split, or None if a split would stay empty."""
    _, first, group_of_row, sizes = np.unique(
        groups, return_index=True, return_inverse=True, return_counts=True
    )
    # Walk over the groups as they first appear: what they are called must not matter.
    by_appearance = np.argsort(first)
    assigned_groups = np.empty(len(sizes), dtype=np.int64)
    assigned_groups[by_appearance] = _assign(sizes[by_appearance], seed)
    assigned: np.ndarray = assigned_groups[group_of_row]
    return assigned if len(np.unique(assigned)) == 3 else None


def _assign(sizes: np.ndarray, seed: int) -> np.ndarray:
    """Walk over the groups in random order and fill test, then validation, then train."""
    order = np.random.default_rng(seed).permutation(len(sizes))
    assigned = np.zeros(len(sizes), dtype=np.int64)
    tenth = max(1, int(sizes.sum()) // 10)
    room = {2: tenth, 1: tenth}
    for group in order:
        size = int(sizes[group])
        for split in room:
            if size <= room[split]:
                assigned[group] = split
                room[split] -= size
                break
        if not any(room.values()):
            break
    return assigned
