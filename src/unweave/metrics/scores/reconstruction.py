"""Scores of reconstructions: error, signal-to-noise ratio, structural similarity.

Every function takes a batch of samples and of reconstructions, and returns one value a
sample. What is reported is mean and deviation of these values over the samples: the mean of
the roots, of the decibels, of the similarities, not the root or decibels of a mean.
"""

from __future__ import annotations

import math

import torch

from unweave.metrics.score import ReconstructionScore

PSNR_CAP = 100.0
SSIM_WINDOW = 11
SSIM_SIGMA = 1.5

# Pixels a convolution is given at once. Its intermediate maps then stay in the processor's
# cache, which makes it three to five times as fast as on 512 images of 64 x 64.
_SSIM_PIXELS = 2**16


def root_mean_squared_error(samples: torch.Tensor, reconstructions: torch.Tensor) -> torch.Tensor:
    """Return the root of the mean squared error of each sample.

    RMSE = √(1/P Σ_p (x_p − x̂_p)²), over the P = C · H · W values of an image, in units of
    the range [0, 1], or the P = J features of a table row, standardised: in units of each
    feature's deviation over the training rows. Blank cells are left out of sum and count. Where
    columns have likelihoods of their own, x̂ is the expected value: of a category x is the
    indicators of its levels, of an ordinal level its share of the way from the first to the last.

    Parameters
    ----------
    samples, reconstructions : torch.Tensor
        N x …, of equal shape; samples are NaN where blank.

    Returns
    -------
    torch.Tensor
        N values, at least 0; NaN where all is blank.

    Examples
    --------
    >>> root_mean_squared_error(torch.zeros(1, 4), torch.full((1, 4), 0.5))
    tensor([0.5000])
    """
    # It takes seconds to import, and most commands do without.
    from torchmetrics.functional.regression import mean_squared_error

    # torchmetrics takes the mean down the first axis and keeps the second.
    blank = samples.isnan()
    samples = torch.where(blank, reconstructions, samples)
    error = mean_squared_error(
        reconstructions.flatten(1).T, samples.flatten(1).T, squared=False, num_outputs=len(samples)
    ).reshape(len(samples))
    if not blank.any():
        return error
    present = (~blank).flatten(1).sum(1)
    # Of a row of blanks this is 0 / 0.
    return (error.square() * blank[0].numel() / present).sqrt()


def peak_signal_to_noise_ratio(
    samples: torch.Tensor, reconstructions: torch.Tensor
) -> torch.Tensor:
    """Return the peak signal-to-noise ratio of each image, in dB.

    PSNR = 10 log₁₀ (L² / MSE) of Wang and Bovik (IEEE Signal Processing Magazine, 2009), with
    L = 1, the range of the values, and the mean squared error over all channels and pixels.

    An exact reconstruction has an infinite ratio, which no mean and no JSON can hold. Ratios
    above 100 dB therefore count as 100 dB: an RMSE of 10⁻⁵, four hundred times finer than the
    steps of 8-bit images.

    Parameters
    ----------
    samples, reconstructions : torch.Tensor
        N x C x H x W in [0, 1], of equal shape.

    Returns
    -------
    torch.Tensor
        N values, 0 to 100.

    Examples
    --------
    >>> peak_signal_to_noise_ratio(torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.1))
    tensor([20.])
    """
    from torchmetrics.functional.image import peak_signal_noise_ratio

    # One sample a dimension that is kept; reduction="none" leaves the values side by side.
    ratios = peak_signal_noise_ratio(
        reconstructions, samples, data_range=1.0, reduction="none", dim=(1, 2, 3)
    )
    return ratios.reshape(len(samples)).clamp(max=PSNR_CAP)


def structural_similarity(samples: torch.Tensor, reconstructions: torch.Tensor) -> torch.Tensor:
    """Return the structural similarity of each image.

    Equations 13 and 17 of Wang, Bovik, Sheikh and Simoncelli (IEEE Transactions on Image
    Processing, 2004): a Gaussian window of 11 x 11 pixels and σ = 1.5, K₁ = 0.01, K₂ = 0.03,
    L = 1. As in torchmetrics, borders are reflected, so that there is a window around every
    pixel; the channels are compared one by one, and their similarities averaged.

    Parameters
    ----------
    samples, reconstructions : torch.Tensor
        N x C x H x W in [0, 1], of equal shape, no side under 11 pixels.

    Returns
    -------
    torch.Tensor
        N values, −1 to 1; 1 for equal images.

    Raises
    ------
    ValueError
        If the window does not fit into the images.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure

    if min(samples.shape[2:]) < SSIM_WINDOW:
        height, width = samples.shape[2:]
        raise ValueError(
            f"images of {height} x {width} must be at least {SSIM_WINDOW} x {SSIM_WINDOW}, the "
            "window of the structural similarity"
        )
    size = max(1, _SSIM_PIXELS // samples[0].numel())
    parts = zip(torch.split(samples, size), torch.split(reconstructions, size), strict=True)
    values = [
        structural_similarity_index_measure(
            decoded,
            truth,
            sigma=SSIM_SIGMA,
            kernel_size=SSIM_WINDOW,
            data_range=1.0,
            reduction="none",
        )
        for truth, decoded in parts
    ]
    return torch.cat([torch.as_tensor(value).reshape(-1) for value in values])


SCORES = (
    ReconstructionScore(
        name="rmse",
        summary="root mean squared error of the reconstruction",
        source="Wang and Bovik (2009)",
        higher_is_better=False,
        range=(0.0, math.inf),
        units={"images": "of the range 0 to 1", "table": "training standard deviations"},
        function=root_mean_squared_error,
    ),
    ReconstructionScore(
        name="psnr",
        summary="peak signal-to-noise ratio of the reconstruction",
        source="Wang and Bovik (2009)",
        higher_is_better=True,
        range=(0.0, PSNR_CAP),
        needs=("images",),
        units={"images": "dB"},
        function=peak_signal_to_noise_ratio,
    ),
    ReconstructionScore(
        name="ssim",
        summary="structural similarity of the reconstruction",
        source="Wang, Bovik, Sheikh and Simoncelli (2004), equations 13 and 17",
        higher_is_better=True,
        range=(-1.0, 1.0),
        needs=("images",),
        least_side=SSIM_WINDOW,
        function=structural_similarity,
    ),
)
