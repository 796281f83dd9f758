"""Regions of planted attributes, whose place and effect size are known."""

from collections.abc import Callable

import numpy as np
import pytest

from unweave.editing import regions as regions_module
from unweave.editing.regions import attribute_regions, change_inside_outside, effect_sizes

SIDE = 32
CORNER = (slice(0, 6), slice(0, 6))
BOTTOM = (slice(26, 32), slice(8, 24))
DEVIATION = 0.1


def planted(count: int = 1_200) -> tuple[np.ndarray, np.ndarray]:
    """Noise of sd 0.1; attribute 0 brightens a corner by 0.2, attribute 1 darkens the bottom."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, (count, 2))
    images = 0.5 + DEVIATION * generator.standard_normal((count, 3, SIDE, SIDE))
    images[labels[:, 0] == 1, :, *CORNER] += 0.2
    images[labels[:, 1] == 1, :, *BOTTOM] -= 0.1
    return images.astype(np.float32), labels


def mask(*places: tuple[slice, slice]) -> np.ndarray:
    there = np.zeros((SIDE, SIDE), bool)
    for place in places:
        there[place] = True
    return there


def test_the_effect_size_is_the_difference_in_standard_deviations() -> None:
    images, labels = planted()
    effects = effect_sizes(images, labels, np.arange(len(images)))
    assert effects.shape == (2, SIDE, SIDE)
    assert effects[0][CORNER].mean() == pytest.approx(2, abs=0.05)
    assert effects[1][BOTTOM].mean() == pytest.approx(1, abs=0.05)
    assert effects[0][~mask(CORNER)].max() < 0.25


def test_it_is_pooled_within_the_classes_as_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions_module, "_CHUNK", 7)
    images, labels = planted(60)
    labels = labels.copy()
    labels[::5, 0] = -1
    rows = np.random.default_rng(1).permutation(60)[:50]
    found = effect_sizes(images, labels, rows)[0]
    without, having = (images[rows[labels[rows, 0] == value]].astype(float) for value in (0, 1))
    sums = len(without) * without.var(0) + len(having) * having.var(0)
    deviation = np.sqrt(sums / (len(without) + len(having)))
    wanted = np.abs(having.mean(0) - without.mean(0)) / deviation
    np.testing.assert_allclose(found, wanted.mean(0), rtol=1e-4)


def test_the_region_is_where_the_attribute_was_planted() -> None:
    images, labels = planted()
    found = attribute_regions(images, labels, np.arange(len(images)))
    assert found.sum((1, 2)).tolist() == [round(0.2 * SIDE**2)] * 2
    assert found[0][CORNER].all()
    assert found[1][BOTTOM].all()
    # As large as the corner itself: blurring moves its border, not its middle.
    tight = attribute_regions(images, labels, np.arange(len(images)), share=36 / SIDE**2)[0]
    assert tight.sum() == 36
    assert (tight & mask(CORNER)).sum() > 30


def test_an_effect_without_any_spread_is_an_effect() -> None:
    labels = (np.arange(20) % 2)[:, None]
    images = np.zeros((20, 1, SIDE, SIDE), np.uint8)
    images[labels[:, 0] == 1, :, *CORNER] = 200
    effects = effect_sizes(images, labels, np.arange(20))[0]
    np.testing.assert_allclose(effects[CORNER], 200, rtol=1e-5)
    assert not effects[~mask(CORNER)].any()


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, float("nan")])
def test_a_share_that_leaves_no_inside_or_outside_is_refused(
    share: float, refuses: Callable[..., str]
) -> None:
    images, labels = planted(20)
    refuses(lambda: attribute_regions(images, labels, np.arange(20), share), "share", "0 and 1")


@pytest.mark.parametrize(("share", "count"), [(1e-6, 1), (1 - 1e-6, SIDE**2 - 1)])
def test_one_pixel_is_left_on_either_side(share: float, count: int) -> None:
    images, labels = planted(20)
    assert attribute_regions(images, labels, np.arange(20), share)[0].sum() == count


def test_changes_are_told_apart_by_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions_module, "_CHUNK", 4)
    start = np.full((10, 3, SIDE, SIDE), 0.5, np.float32)
    region = mask(CORNER)
    edited = start.copy()
    edited[:, :, *CORNER] += 0.3
    assert change_inside_outside(edited, start, region) == pytest.approx((0.3, 0), abs=1e-6)
    assert change_inside_outside(start, start, region) == (0, 0)
    # Half of the images, one channel of three, a quarter of the other pixels.
    wrecked = start.copy()
    elsewhere = np.flatnonzero(~region)
    wrecked.reshape(10, 3, -1)[:5, 1, elsewhere[: len(elsewhere) // 4]] -= 0.4
    inside, outside = change_inside_outside(wrecked, start, region)
    assert inside == 0
    assert outside == pytest.approx(0.5 * 0.4 * np.sqrt(1 / 3 / 4), abs=1e-6)


def test_bytes_are_compared_on_the_scale_of_white() -> None:
    start = np.full((2, 1, SIDE, SIDE), 100, np.uint8)
    edited = start - np.uint8(51)
    changes = change_inside_outside(edited, start, mask(CORNER))
    assert changes == pytest.approx((0.2, 0.2), abs=1e-5)
