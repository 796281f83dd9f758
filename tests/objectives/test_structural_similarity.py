"""MS-SSIM against torchmetrics' own and against one built on SciPy's filters."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from torch.nn import functional
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    structural_similarity_index_measure,
)

from unweave.objectives.structural_similarity import (
    SCALE_WEIGHTS,
    scale_weights,
    structural_dissimilarity,
)


def images(*shape, seed=0, noise=0.2):
    """Return images of smooth patches, and noisy, darker copies; float64 in [0, 1]."""
    generator = np.random.default_rng(seed)
    smooth = gaussian_filter(generator.normal(size=shape), (0, 0, 2, 2))
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    copies = np.clip(0.8 * smooth + noise * generator.uniform(-1, 1, shape), 0, 1)
    return torch.from_numpy(smooth), torch.from_numpy(copies)


def by_scipy(left, right, weights):
    """Return the MS-SSIM of each image: Wang et al. (2003), equations 1 to 3 and 7."""

    def blur(x):
        return gaussian_filter(x, (0, 0, 1.5, 1.5), mode="mirror", radius=(0, 0, 5, 5))

    left, right, product = left.numpy(), right.numpy(), 1.0
    for scale, weight in enumerate(weights):
        means = blur(left), blur(right)
        variances = blur(left**2) - means[0] ** 2, blur(right**2) - means[1] ** 2
        covariance = blur(left * right) - means[0] * means[1]
        factor = (2 * covariance + 0.03**2) / (sum(variances) + 0.03**2)
        if scale == len(weights) - 1:
            factor *= (2 * means[0] * means[1] + 0.01**2) / (
                means[0] ** 2 + means[1] ** 2 + 0.01**2
            )
        else:
            factor = factor[..., 5:-5, 5:-5]
        product = product * np.maximum(factor.mean((1, 2, 3)), 0) ** weight
        even = [2 * (side // 2) for side in left.shape[2:]]
        left, right = (
            x[..., : even[0], : even[1]]
            .reshape(*x.shape[:2], even[0] // 2, 2, even[1] // 2, 2)
            .mean((3, 5))
            for x in (left, right)
        )
    return product


def by_torchmetrics(left, right, value_range=(0.0, 1.0)):
    """Return the dissimilarity from torchmetrics' value at each scale."""
    lowest, highest = value_range
    left, right = ((each - lowest) / (highest - lowest) for each in (left, right))
    weights = scale_weights(*left.shape[2:])
    similarity = left.new_ones(len(left))
    for scale, weight in enumerate(weights):
        last = scale == len(weights) - 1
        whole, structure = structural_similarity_index_measure(
            right,
            left,
            sigma=1.5,
            kernel_size=11,
            data_range=1.0,
            reduction="none",
            return_contrast_sensitivity=True,
        )
        similarity = similarity * (whole if last else structure).relu() ** weight
        if not last:
            left, right = functional.avg_pool2d(left, 2), functional.avg_pool2d(right, 2)
    return (1 - similarity.mean()) / 2


def pairs(kind, *shape):
    """Return pairs of images of a kind; float64 in [0, 1], `beyond` a little outside."""
    generator = np.random.default_rng(1)
    if kind == "smooth":
        return images(*shape)
    if kind == "constant":
        levels = torch.from_numpy(generator.uniform(size=(2, *shape[:2], 1, 1)))
        return tuple(levels.expand(2, *shape).contiguous())
    left, other = torch.from_numpy(generator.uniform(size=(2, *shape)))
    right = 0.6 * left + 0.4 * other
    return (left, 1.4 * right - 0.2) if kind == "beyond" else (left, right)


def value_and_gradients(function, left, right, *arguments):
    # A clone would be laid out anew.
    left, right = (each.detach().requires_grad_() for each in (left, right))
    value = function(left, right, *arguments)
    value.backward()
    return value.detach(), left.grad, right.grad


@pytest.mark.parametrize("kind", ["smooth", "random", "beyond", "constant"])
@pytest.mark.parametrize(
    "shape",
    [
        (3, 1, 11, 11),
        (3, 3, 11, 12),
        (3, 3, 13, 40),
        (3, 1, 28, 28),
        (2, 3, 47, 61),
        (2, 1, 83, 43),
        (2, 3, 64, 64),
    ],
)
def test_values_and_gradients_are_those_of_torchmetrics(kind, shape):
    left, right = pairs(kind, *shape)
    expected = value_and_gradients(by_torchmetrics, left, right)
    assert expected[0] > 1e-3
    found = value_and_gradients(structural_dissimilarity, left, right)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)
    # In single precision the variance of a flat image is rounding error, beside K₂² = 9e-4.
    tolerance = 1e-4 if kind == "constant" else 1e-5
    found = value_and_gradients(structural_dissimilarity, left.float(), right.float())
    assert {each.dtype for each in found} == {torch.float32}
    assert found[0].item() == pytest.approx(expected[0].item(), abs=tolerance)
    for gradient, other in zip(found[1:], expected[1:], strict=True):
        assert (gradient - other).abs().max() <= 10 * tolerance * other.abs().max()


@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 255.0), (-0.5, 0.25)])
def test_gradients_in_other_value_ranges_are_those_of_torchmetrics(value_range):
    lowest, highest = value_range
    left, right = (lowest + (highest - lowest) * each for each in images(2, 3, 28, 30))
    expected = value_and_gradients(by_torchmetrics, left, right, value_range)
    found = value_and_gradients(structural_dissimilarity, left, right, value_range)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)
    left, right = left.float(), right.float()
    single = structural_dissimilarity(left, right, value_range).item()
    assert single == pytest.approx(expected[0].item(), abs=1e-5)


@pytest.mark.parametrize(
    "relaid",
    [
        lambda each: each.contiguous(memory_format=torch.channels_last),
        lambda each: each.mT.contiguous().mT,
        lambda each: each.repeat(1, 2, 1, 2)[:, ::2, :, : each.shape[3]],
        lambda each: each[:, :1].expand(-1, 3, -1, -1),
    ],
    ids=["channels last", "columns first", "slices", "expanded"],
)
def test_the_layout_in_memory_does_not_matter(relaid):
    left, right = images(2, 3, 31, 44)
    one, other = relaid(left), relaid(right)
    assert not any(each.is_contiguous() for each in (one, other))
    expected = value_and_gradients(by_torchmetrics, one.contiguous(), other.contiguous())
    for pair in ((one, other), (one, other.contiguous()), (one.contiguous(), other)):
        torch.testing.assert_close(
            value_and_gradients(structural_dissimilarity, *pair), expected, rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize(
    ("height", "width", "scales"),
    [(11, 11, 1), (20, 64, 1), (28, 28, 2), (64, 64, 3), (47, 61, 3), (81, 90, 4), (161, 170, 5)],
)
def test_it_is_that_of_scipy(height, width, scales):
    left, right = images(2, 3, height, width)
    weights = np.array(SCALE_WEIGHTS[:scales])
    weights = weights if scales == 5 else weights / weights.sum()
    expected = (1 - by_scipy(left, right, weights).mean()) / 2
    assert 0.01 < expected < 0.4
    assert structural_dissimilarity(left, right).item() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("side", "scales"), [(28, 2), (64, 3), (100, 4), (176, 5)])
def test_it_is_that_of_torchmetrics(side, scales):
    left, right = images(2, 3, side, side)
    weights = scale_weights(side, side)
    assert len(weights) == scales
    similarity = multiscale_structural_similarity_index_measure(
        right, left, sigma=1.5, kernel_size=11, data_range=1.0, betas=weights, normalize="relu"
    )
    # Its weights are float32.
    expected = (1 - similarity.item()) / 2
    assert structural_dissimilarity(left, right).item() == pytest.approx(expected, abs=1e-6)


def test_at_one_scale_it_is_the_structural_similarity_itself():
    left, right = images(3, 1, 16, 18)
    similarity = structural_similarity_index_measure(right, left, data_range=1.0).item()
    assert structural_dissimilarity(left, right).item() == pytest.approx((1 - similarity) / 2)


@pytest.mark.parametrize(
    ("side", "scales"),
    [(11, 1), (20, 1), (21, 2), (40, 2), (41, 3), (64, 3), (80, 3), (81, 4), (160, 4), (161, 5)],
)
def test_the_shorter_side_tells_the_scales(side, scales):
    weights = scale_weights(side, 2 * side)
    assert weights == scale_weights(2 * side, side)
    assert len(weights) == scales
    if scales == 5:
        assert weights == SCALE_WEIGHTS
    else:
        assert sum(weights) == pytest.approx(1)
        published = SCALE_WEIGHTS[:scales]
        assert weights == pytest.approx([weight / sum(published) for weight in published])


def test_equal_images_differ_by_nothing():
    left, _ = images(2, 1, 48, 48)
    assert structural_dissimilarity(left, left).item() == pytest.approx(0, abs=1e-12)
    # In single precision the variance of a flat image is rounding error, but not that of 0.
    flat = torch.full((2, 1, 48, 48), 0.3)
    assert structural_dissimilarity(flat, flat).item() == 0


def test_it_is_symmetric_and_grows_with_the_noise():
    values = []
    for noise in (0.0, 0.1, 0.3, 0.9):
        left, right = images(2, 1, 48, 48, noise=noise)
        values.append(structural_dissimilarity(left, right).item())
        assert structural_dissimilarity(right, left).item() == pytest.approx(values[-1])
    assert values == sorted(values)
    assert 0 < values[0] < values[-1] < 0.5


@pytest.mark.parametrize("value_range", [(-1.0, 1.0), (0.0, 255.0)])
def test_the_value_range_changes_the_unit_alone(value_range):
    left, right = images(2, 1, 48, 48)
    lowest, highest = value_range
    scaled = [lowest + (highest - lowest) * each for each in (left, right)]
    expected = structural_dissimilarity(left, right)
    torch.testing.assert_close(structural_dissimilarity(*scaled, value_range), expected)


def test_it_is_the_mean_over_the_images():
    left, right = images(3, 1, 48, 48)
    each = [
        structural_dissimilarity(one[None], other[None])
        for one, other in zip(left, right, strict=True)
    ]
    torch.testing.assert_close(structural_dissimilarity(left, right), torch.stack(each).mean())


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 11, 11), (2, 11, 13), (1, 22, 22)])
def test_gradients_in_double_precision(channels, height, width):
    left, right = images(1, channels, height, width)
    assert torch.autograd.gradcheck(
        structural_dissimilarity, (left.requires_grad_(), right.requires_grad_())
    )


def test_gradients_are_finite_for_negatives_blanks_and_copies():
    left, _ = images(1, 3, 64, 64)
    left = left.float()
    for output in (1 - left, torch.zeros_like(left), torch.full_like(left, 0.5), left.clone()):
        value = structural_dissimilarity(left, output.requires_grad_())
        value.backward()
        assert 0 <= round(value.item(), 6) <= 0.5
        assert output.grad.isfinite().all()
    assert structural_dissimilarity(left, 1 - left).item() == 0.5


def test_descent_brings_the_images_together():
    left, right = images(2, 1, 32, 32)
    output = right.clone().requires_grad_()
    optimizer = torch.optim.Adam([output], lr=0.01)
    before = structural_dissimilarity(left, output).item()
    for _ in range(50):
        optimizer.zero_grad()
        structural_dissimilarity(left, output).backward()
        optimizer.step()
    assert structural_dissimilarity(left, output).item() < before / 4


def test_mixed_precision_leaves_it_alone():
    left, right = (each.float() for each in images(2, 1, 48, 48))
    expected = structural_dissimilarity(left, right)
    with torch.autocast("cpu", torch.bfloat16):
        assert structural_dissimilarity(left, right) == expected


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_raised_to_single(dtype):
    left, right = (each.to(dtype) for each in images(2, 1, 48, 48))
    expected = structural_dissimilarity(left.float(), right.float())
    assert expected.dtype == torch.float32
    assert structural_dissimilarity(left, right) == expected
    assert structural_dissimilarity(left.float(), right) == expected
    _, _, gradient = value_and_gradients(structural_dissimilarity, left.float(), right)
    assert gradient.dtype == dtype
    assert gradient.isfinite().all()


def test_values_far_beyond_the_range_stay_within_bounds():
    left, _ = images(2, 3, 64, 64)
    for size in (1e2, 1e4, 1e6):
        output = (size * left.flip(0)).float()
        value, _, gradient = value_and_gradients(structural_dissimilarity, left.float(), output)
        assert 0 <= value <= 0.5
        assert gradient.isfinite().all()


@pytest.mark.parametrize(
    ("left", "right", "value_range", "words"),
    [
        ((2, 1, 64, 64), (2, 1, 64, 32), (0, 1), "one shape"),
        ((2, 1, 64, 64), (1, 1, 64, 64), (0, 1), "one shape"),
        ((1, 64, 64), (1, 64, 64), (0, 1), "N x C x H x W"),
        ((2, 1, 8, 64), (2, 1, 8, 64), (0, 1), "8 x 64 must be at least 11 x 11"),
        ((2, 1, 64, 64), (2, 1, 64, 64), (1, 1), "value_range must rise"),
        ((2, 1, 64, 64), (2, 1, 64, 64), (1, -1), "value_range must rise"),
    ],
)
def test_what_has_no_value_is_refused(left, right, value_range, words):
    with pytest.raises(ValueError, match=words):
        structural_dissimilarity(torch.zeros(left), torch.zeros(right), value_range)
