import numpy as np

from unweave.data import factors_of, grid_classes


def test_the_last_factor_is_fastest() -> None:
    classes = grid_classes((2, 3, 4))
    assert classes.shape == (24, 3)
    assert classes[:5].tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 2], [0, 0, 3], [0, 1, 0]]
    np.testing.assert_array_equal(np.ravel_multi_index(tuple(classes.T), (2, 3, 4)), np.arange(24))


def test_columns_become_factors() -> None:
    table = np.column_stack([np.arange(20) % 4 * 0.5, np.arange(20) ** 2, np.ones(20)])
    factors, notes = factors_of(table, ("a", "b", "c"), classes=False)
    assert factors is not None
    assert factors.names == ("a", "b")
    assert factors.sizes == (4, None)
    assert factors.values[:5].tolist() == [[0, 0], [1, 1], [2, 4], [3, 9], [0, 16]]
    assert notes == ("constant factors left out: c",)
    all_discrete, _ = factors_of(table, ("a", "b", "c"), classes=True)
    assert all_discrete is not None
    assert all_discrete.sizes == (4, 20)


def test_nothing_varies() -> None:
    assert factors_of(np.ones((5, 1)), ("a",), classes=True) == (
        None,
        ("constant factors left out: a",),
    )
