"""Scores of reconstructions: worked cases, torchmetrics on a whole, an independent SSIM."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torchmetrics.functional.image import structural_similarity_index_measure
from torchmetrics.image import PeakSignalNoiseRatio
from torchmetrics.regression import MeanSquaredError

from unweave.metrics.registry import SCORES
from unweave.metrics.score import ReconstructionScore
from unweave.metrics.scores.reconstruction import (
    PSNR_CAP,
    SSIM_WINDOW,
    peak_signal_to_noise_ratio,
    root_mean_squared_error,
    structural_similarity,
)

FUNCTIONS = [row for row in SCORES.values() if isinstance(row, ReconstructionScore)]
BATCHES = [(5, 1, 16, 16), (5, 3, 13, 20), (1, 3, 11, 11)]


def some_images(shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(shape, generator=generator)
    spread = torch.linspace(0.01, 0.3, shape[0]).reshape(-1, 1, 1, 1)
    noise = spread * torch.randn(shape, generator=generator)
    return images, (images + noise).clamp(0, 1)


@pytest.mark.parametrize("offset", [0.1, -0.1])
def test_a_constant_offset_of_a_tenth(offset):
    images = torch.full((3, 3, 12, 12), 0.5)
    torch.testing.assert_close(
        root_mean_squared_error(images, images + offset), torch.full((3,), 0.1)
    )
    torch.testing.assert_close(
        peak_signal_to_noise_ratio(images, images + offset), torch.full((3,), 20.0)
    )


def test_ssim_of_flat_images_is_their_luminance_alone():
    bright, dark = torch.full((2, 1, 12, 12), 0.5), torch.full((2, 1, 12, 12), 0.4)
    expected = (2 * 0.5 * 0.4 + 0.01**2) / (0.5**2 + 0.4**2 + 0.01**2)
    torch.testing.assert_close(
        structural_similarity(bright, dark), torch.full((2,), expected), rtol=1e-3, atol=0
    )


@pytest.mark.parametrize("shape", BATCHES)
def test_equal_images(shape):
    images, _ = some_images(shape)
    assert root_mean_squared_error(images, images.clone()).tolist() == [0] * shape[0]
    assert peak_signal_to_noise_ratio(images, images.clone()).tolist() == [PSNR_CAP] * shape[0]
    torch.testing.assert_close(
        structural_similarity(images, images.clone()), torch.ones(shape[0]), rtol=0, atol=1e-6
    )


def test_the_cap_of_psnr_is_an_error_of_1e_5():
    images = torch.zeros(2, 1, 4, 4)
    nearly = torch.tensor([0.9e-5, 1.1e-5]).reshape(2, 1, 1, 1).expand_as(images)
    below, above = peak_signal_to_noise_ratio(images, nearly).tolist()
    assert below == PSNR_CAP
    assert above == pytest.approx(-20 * math.log10(1.1e-5), abs=1e-4)


@pytest.mark.parametrize("score", FUNCTIONS, ids=lambda row: row.name)
@pytest.mark.parametrize("shape", BATCHES)
def test_each_sample_is_scored_by_itself(score, shape):
    images, noisy = some_images(shape)
    together = score.function(images, noisy)
    assert together.shape == (shape[0],)
    alone = [score.function(images[i : i + 1], noisy[i : i + 1]) for i in range(shape[0])]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", BATCHES)
def test_agrees_with_torchmetrics_on_a_whole(shape):
    images, noisy = some_images(shape)
    whole = MeanSquaredError()
    whole.update(noisy, images)
    errors = root_mean_squared_error(images, noisy)
    torch.testing.assert_close(errors.square().mean(), whole.compute())
    decibels = PeakSignalNoiseRatio(data_range=1.0, dim=(1, 2, 3))
    decibels.update(noisy, images)
    torch.testing.assert_close(peak_signal_to_noise_ratio(images, noisy).mean(), decibels.compute())
    similarity = structural_similarity_index_measure(noisy, images, data_range=1.0)
    torch.testing.assert_close(structural_similarity(images, noisy).mean(), similarity)


def test_images_in_many_small_parts_come_back_in_order():
    images, noisy = some_images((40, 1, 64, 64))
    expected = structural_similarity_index_measure(noisy, images, data_range=1.0, reduction="none")
    torch.testing.assert_close(structural_similarity(images, noisy), expected, rtol=1e-5, atol=1e-6)
    assert (expected.diff() < 0).float().mean() > 0.9  # Noise rises from image to image.


def filtered(channel):
    """Return local Gaussian means; scipy's 'mirror' is torch's 'reflect'."""
    return gaussian_filter(channel, 1.5, mode="mirror", radius=SSIM_WINDOW // 2)


def ssim_by_hand(one, other):
    """Equations 13 and 17 of Wang et al. (2004), for one channel."""
    mean_one, mean_other = filtered(one), filtered(other)
    variance_one = filtered(one**2) - mean_one**2
    variance_other = filtered(other**2) - mean_other**2
    covariance = filtered(one * other) - mean_one * mean_other
    first, second = 0.01**2, 0.03**2
    above = (2 * mean_one * mean_other + first) * (2 * covariance + second)
    below = (mean_one**2 + mean_other**2 + first) * (variance_one + variance_other + second)
    return (above / below).mean()


@pytest.mark.parametrize("shape", BATCHES)
def test_ssim_is_the_published_formula(shape):
    images, noisy = some_images(shape)
    pairs = zip(images.double().numpy(), noisy.double().numpy(), strict=True)
    expected = [np.mean([*map(ssim_by_hand, one, other)]) for one, other in pairs]
    np.testing.assert_allclose(structural_similarity(images, noisy), expected, atol=2e-5)


def test_ssim_refuses_images_smaller_than_its_window():
    images = torch.zeros(2, 1, 32, SSIM_WINDOW - 1)
    with pytest.raises(ValueError, match="32 x 10 must be at least 11 x 11"):
        structural_similarity(images, images)


def test_rows_of_a_table():
    rows = torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]])
    off = torch.tensor([[2.0, 0.0, 0.0, 0.0], [1.0, 2.0, 0.0, 0.0]])
    assert root_mean_squared_error(rows, off).tolist() == [1.0, 2.5]
    assert root_mean_squared_error(rows[:1], off[:1]).tolist() == [1.0]


def test_blank_cells_do_not_count_and_a_row_of_blanks_has_no_error():
    blank = math.nan
    rows = torch.tensor([[1.0, blank, 3.0, blank], [1.0, 2.0, 3.0, 4.0], [blank] * 4])
    decoded = torch.tensor([[2.0, 9.0, 4.0, 9.0], [1.0, 2.0, 0.0, 0.0], [0.0] * 4])
    errors = root_mean_squared_error(rows, decoded)
    # Over 2 cells that are off by 1 each, and over 4 of which two are off by 3 and 4.
    assert errors.tolist() == pytest.approx([1.0, 2.5, math.nan], nan_ok=True)
