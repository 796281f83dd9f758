"""Structural dissimilarity of images: (1 − MS-SSIM) / 2."""

from __future__ import annotations

import torch
from torch.nn import functional

from unweave.objectives.outputs import AttributeOutputs
from unweave.objectives.precision import autocast_kind
from unweave.objectives.shapes import check_same_shape
from unweave.objectives.term import Term, Weight

WINDOW = 11
WINDOW_SIGMA = 1.5
LUMINANCE_CONSTANT = 0.01**2
STRUCTURE_CONSTANT = 0.03**2
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


def filter_matrix(side: int, padded: bool, like: torch.Tensor) -> torch.Tensor:
    """Return the matrix whose product with a row of pixels is the row filtered by the Gaussian.

    Parameters
    ----------
    side : int
        The pixels of a row.
    padded : bool
        Whether the row is continued by its mirror image, so that no pixel is lost; otherwise
        the window stays inside.
    like : torch.Tensor
        A tensor whose dtype and device the matrix takes.

    Returns
    -------
    torch.Tensor
        side x side if padded, otherwise side x (side − 10). Rows are multiplied from the left.
    """
    radius = WINDOW // 2
    places = torch.arange(-radius, radius + 1, dtype=like.dtype, device=like.device)
    taps = torch.exp(-((places / WINDOW_SIGMA) ** 2) / 2)
    units = torch.eye(side, dtype=like.dtype, device=like.device)
    if padded:
        units = functional.pad(units, (radius, radius), mode="reflect")
    return units.unfold(1, WINDOW, 1) @ (taps / taps.sum())


def similarity_at_one_scale(
    middle: torch.Tensor, deviation: torch.Tensor, coarsest: bool
) -> torch.Tensor:
    """Return the factor of one scale in the MS-SSIM of each image, before it is raised to a power.

    With x = m + d and y = m − d, local means μ and local variances σ², structure is
    1 − 2 σ²(d) / (σ²(m) + σ²(d) + C₂ / 2), and luminance is the same with μ² and C₁. Unlike the
    usual form, with the covariance of x and y, this needs four filtered maps, not five, and is
    exactly 1 where x = y, whatever the rounding.

    Parameters
    ----------
    middle, deviation : torch.Tensor
        m and d, the half sum and half difference of the images of a pair; N x C x H x W.
    coarsest : bool
        Whether to return the mean of structure times luminance, over all pixels, with the
        images mirrored at their borders. Otherwise the mean of structure, where the window fits.

    Returns
    -------
    torch.Tensor
        N.
    """
    rows, columns = (filter_matrix(side, coarsest, middle) for side in middle.shape[2:])
    # The window is separable. Dense products beat the convolution, though most entries are 0, and
    # four of them beat one of all maps: their gradients are not written into zeros.
    maps = middle, deviation, middle**2, deviation**2
    means = [rows.T @ each @ columns for each in maps]
    middle_square, deviation_square = means[0] ** 2, means[1] ** 2
    # Rounding may take a variance below 0, and far below for values far beyond [0, 1].
    middle_variance = (means[2] - middle_square).clamp(min=0)
    deviation_variance = (means[3] - deviation_square).clamp(min=0)
    loss = deviation_variance / (middle_variance + deviation_variance + STRUCTURE_CONSTANT / 2)
    factor = 1 - 2 * loss
    if coarsest:
        loss = deviation_square / (middle_square + deviation_square + LUMINANCE_CONSTANT / 2)
        factor = factor * (1 - 2 * loss)
    return factor.mean((1, 2, 3))


def structural_dissimilarity(
    images: torch.Tensor,
    reconstructions: torch.Tensor,
    value_range: tuple[float, float] = (0.0, 1.0),
) -> torch.Tensor:
    """Return the batch's mean of (1 − MS-SSIM) / 2.

    Equation 6 of Song, Koyejo and Zhang (arXiv 1912.11675), with the MS-SSIM of Wang, Simoncelli
    and Bovik (2003): a Gaussian window of 11 pixels and σ = 1.5, K₁ = 0.01, K₂ = 0.03, as many
    scales as `scale_weights` gives. An image with negative structure at some scale counts as
    MS-SSIM 0, and has no gradient. It is computed in single precision at least, also under
    autocast.

    Parameters
    ----------
    images, reconstructions : torch.Tensor
        N x C x H x W, of equal shape.
    value_range : pair of float
        The lowest and the highest value an image can have. It maps values to [0, 1], because
        the luminance of SSIM makes sense for such values only; values beyond it are not clipped.

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
    check_same_shape(images=images, reconstructions=reconstructions)
    if images.ndim != 4:
        raise ValueError(f"images must be N x C x H x W, not {tuple(images.shape)}")
    lowest, highest = value_range
    if not lowest < highest:
        raise ValueError(f"value_range must rise, not go from {lowest:g} to {highest:g}")
    weights = scale_weights(*images.shape[2:])
    # A local variance is the difference of two close means, which half precision would lose.
    dtype = torch.promote_types(images.dtype, reconstructions.dtype)
    dtype = torch.promote_types(dtype, torch.float32)
    with torch.autocast(autocast_kind(images), enabled=False):
        # The matrix products are slow on other layouts.
        target, output = (each.to(dtype).contiguous() for each in (images, reconstructions))
        middle = (target + output - 2 * lowest) / (2 * (highest - lowest))
        deviation = (output - target) / (2 * (highest - lowest))
        similarity = target.new_ones(len(target))
        for scale, weight in enumerate(weights):
            coarsest = scale == len(weights) - 1
            factor = similarity_at_one_scale(middle, deviation, coarsest)
            # A negative base has no such power, so it counts as 0.
            similarity = similarity * factor.relu() ** weight
            if not coarsest:
                middle = functional.avg_pool2d(middle, 2)
                deviation = functional.avg_pool2d(deviation, 2)
    return (1 - similarity.mean()) / 2


def _structural_dissimilarity(outputs: AttributeOutputs) -> torch.Tensor:
    return structural_dissimilarity(outputs.samples, outputs.decoded)


ALPHA = Weight("alpha", "α", "images: weight of the structural dissimilarity (1 - MS-SSIM) / 2")
STRUCTURAL_DISSIMILARITY = Term(
    name="structural_dissimilarity",
    symbol="(1 − MS-SSIM(x, x̂)) / 2",
    unit="",
    source="Song, Koyejo and Zhang (arXiv 1912.11675), equation 6",
    value=_structural_dissimilarity,
    weight=ALPHA,
)
