"""Structural dissimilarity of images: what MS-SSIM leaves to be wished for."""

from __future__ import annotations

import torch
from torch.nn import functional

from unweave.objectives.shapes import check_same_shape

WINDOW = 11
WINDOW_SIGMA = 1.5
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def scale_weights(height: int, width: int) -> tuple[float, ...]:
    """Return the weights of the scales that images of this size have room for.

    M scales need sides over 10 · 2^(M − 1): over 160 for all five, 81 for four, 41 for three, 21
    for two, and 11, the window itself, for one. The five are those of Wang, Simoncelli and
    Bovik (2003), as published; fewer are the first of these, divided by their sum.

    Parameters
    ----------
    height, width : int
        In pixels.

    Raises
    ------
    ValueError
        If the window does not fit into the image.
    """
    side = min(height, width)
    if side < WINDOW:
        raise ValueError(
            f"images of {height} x {width} must be at least {WINDOW} x {WINDOW}, the window of "
            "the structural similarity"
        )
    count = sum(side > (WINDOW - 1) * 2**scale for scale in range(len(SCALE_WEIGHTS)))
    if count == len(SCALE_WEIGHTS):
        return SCALE_WEIGHTS
    weights = SCALE_WEIGHTS[:count]
    return tuple(weight / sum(weights) for weight in weights)


def structural_dissimilarity(
    images: torch.Tensor,
    reconstructions: torch.Tensor,
    value_range: tuple[float, float] = (0.0, 1.0),
) -> torch.Tensor:
    """Return the batch's mean of (1 − MS-SSIM) / 2.

    Equation 6 of Song, Koyejo and Zhang (arXiv 1912.11675), with the MS-SSIM of Wang, Simoncelli
    and Bovik (2003): a Gaussian window of 11 pixels and σ = 1.5, K₁ = 0.01, K₂ = 0.03, as many
    scales as `scale_weights` gives. An image with negative structure at some scale counts as
    MS-SSIM 0, and has no gradient.

    Parameters
    ----------
    images, reconstructions : torch.Tensor
        N x C x H x W, of equal shape.
    value_range : pair of float
        The lowest and the highest value an image can have. Values are mapped to [0, 1] by it, as
        the luminance of SSIM has a sense for such values alone; those beyond are not cut off.

    Returns
    -------
    torch.Tensor
        Scalar, 0 for equal images, at most ½.

    Raises
    ------
    ValueError
        If the shapes differ, are not N x C x H x W, or have a side under 11; if the value
        range is empty.
    """
    # It takes seconds to import, and most models do without.
    from torchmetrics.functional.image import structural_similarity_index_measure

    check_same_shape(images=images, reconstructions=reconstructions)
    if images.ndim != 4:
        raise ValueError(f"images must be N x C x H x W, not {tuple(images.shape)}")
    lowest, highest = value_range
    if not lowest < highest:
        raise ValueError(f"value_range must rise, not go from {lowest:g} to {highest:g}")
    weights = scale_weights(*images.shape[2:])
    similarity = images.new_ones(len(images))
    # A local variance is a difference of two means near each other: half precision loses it.
    with torch.autocast(images.device.type, enabled=False):
        target = (images - lowest) / (highest - lowest)
        output = (reconstructions - lowest) / (highest - lowest)
        for scale, weight in enumerate(weights):
            last = scale == len(weights) - 1
            whole, structure = structural_similarity_index_measure(
                output,
                target,
                sigma=WINDOW_SIGMA,
                kernel_size=WINDOW,
                data_range=1.0,
                reduction="none",
                return_contrast_sensitivity=True,
            )
            # Luminance enters at the coarsest scale alone. A negative base has no such power.
            similarity = similarity * (whole if last else structure).relu() ** weight
            if not last:
                target, output = functional.avg_pool2d(target, 2), functional.avg_pool2d(output, 2)
    return (1 - similarity.mean()) / 2
