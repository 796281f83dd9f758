"""Distance covariance against dcor, cases worked by hand, and its known properties."""

import subprocess
import sys
from pathlib import Path

import dcor
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.objectives.distance_covariance import (
    bias_corrected_distance_correlation,
    distance_statistics,
    pairwise_distances,
    squared_distance_covariance,
    unbiased_squared_distance_covariance,
)

STATISTICS = {
    squared_distance_covariance: dcor.distance_covariance_sqr,
    unbiased_squared_distance_covariance: dcor.u_distance_covariance_sqr,
    bias_corrected_distance_correlation: dcor.u_distance_correlation_sqr,
}
COVARIANCES = (squared_distance_covariance, unbiased_squared_distance_covariance)


def each(functions):
    return pytest.mark.parametrize("statistic", functions, ids=lambda f: f.__name__)


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def pair(size=40, left=3, right=5, seed=0):
    """Return two samples that depend on each other, not linearly alone."""
    one = normal(size, left, seed=seed)
    other = normal(size, right, seed=seed + 1)
    other[:, 0] += one[:, 0].square() - one[:, -1]
    return one, other


def rotation(dimensions, seed=0):
    return torch.linalg.qr(normal(dimensions, dimensions, seed=seed))[0]


# --- values -----------------------------------------------------------------------------


@each(STATISTICS)
@pytest.mark.parametrize("shape", [(4, 1, 1), (5, 2, 3), (37, 3, 5), (300, 4, 2), (128, 40, 128)])
def test_it_is_that_of_dcor(statistic, shape):
    left, right = pair(*shape)
    expected = STATISTICS[statistic](left.numpy(), right.numpy())
    assert statistic(left, right).item() == pytest.approx(expected, abs=1e-6)


@each(STATISTICS)
def test_it_is_that_of_dcor_where_points_coincide(statistic):
    left, right = pair(60)
    left = torch.nn.functional.one_hot(left.argmax(1), 3).double()
    right[10:20] = right[0]
    expected = STATISTICS[statistic](left.numpy(), right.numpy())
    assert statistic(left, right).item() == pytest.approx(expected, abs=1e-6)


def test_between_two_binary_columns_it_is_four_squared_covariances():
    # |y − y′| = y + y′ − 2 y y′ where y is 0 or 1: centred, −2 (y − ȳ)(y′ − ȳ).
    left, right = normal(50, 1) > 0, normal(50, 1, seed=1) > 0.5
    right[:20] = left[:20]
    left, right = left.double(), right.double()
    covariance = (left - left.mean()).mul(right - right.mean()).mean()
    value = squared_distance_covariance(left, right)
    torch.testing.assert_close(value, 4 * covariance.square())


def test_four_points_by_hand():
    # Distances from the first point 1, 1, 1 and 0 elsewhere: every U-centred entry is 0.
    outlier = torch.tensor([[1.0], [0.0], [0.0], [0.0]])
    assert unbiased_squared_distance_covariance(outlier, outlier).item() == pytest.approx(0)
    # Two pairs: distances 0 within and 1 between; row sums 2, total 8. With N = 4 the entries
    # are 0 − 1 − 1 + 8/6 = −2/3 within and 1/3 between: (4 · 4/9 + 8 · 1/9) / (4 · 1).
    pairs = torch.tensor([[0.0], [0.0], [1.0], [1.0]])
    assert unbiased_squared_distance_covariance(pairs, pairs).item() == pytest.approx(2 / 3)
    assert squared_distance_covariance(pairs, pairs).item() == pytest.approx(1 / 4)
    assert bias_corrected_distance_correlation(pairs, pairs).item() == pytest.approx(1)


# --- properties -------------------------------------------------------------------------

sizes = st.integers(4, 12)
seeds = st.integers(0, 10_000)


@each(STATISTICS)
@given(sizes, seeds, st.floats(-100, 100))
@settings(max_examples=25, deadline=None)
def test_moved_and_turned_samples_are_the_same(statistic, size, seed, shift):
    left, right = pair(size, seed=seed)
    moved = statistic(left @ rotation(3, seed) + shift, right @ rotation(5, seed) - shift)
    torch.testing.assert_close(moved, statistic(left, right), rtol=1e-6, atol=1e-9)


@each(COVARIANCES)
@given(sizes, seeds, st.floats(1e-3, 1e3), st.floats(-1e3, -1e-3))
@settings(max_examples=25, deadline=None)
def test_it_is_linear_in_the_scale_of_each_sample(statistic, size, seed, one, other):
    left, right = pair(size, seed=seed)
    expected = one * -other * statistic(left, right)
    scaled = statistic(one * left, other * right)
    torch.testing.assert_close(scaled, expected, rtol=1e-9, atol=1e-12 * one * -other)


@given(sizes, seeds, st.floats(1e-3, 1e3))
@settings(max_examples=25, deadline=None)
def test_correlation_ignores_scale_and_order_and_keeps_within_one(size, seed, scale):
    left, right = pair(size, seed=seed)
    value = bias_corrected_distance_correlation(left, right)
    assert -1 <= value.item() <= 1
    torch.testing.assert_close(bias_corrected_distance_correlation(scale * left, right), value)
    torch.testing.assert_close(bias_corrected_distance_correlation(right, left), value)
    order = torch.randperm(size, generator=torch.Generator().manual_seed(seed))
    torch.testing.assert_close(
        bias_corrected_distance_correlation(left[order], right[order]), value
    )
    assert squared_distance_covariance(left, right).item() >= 0


def test_a_sample_is_fully_correlated_with_its_own_image():
    left = normal(30, 3)
    value = bias_corrected_distance_correlation(left, 5 * left @ rotation(3) + 2)
    assert value.item() == pytest.approx(1)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("sample", [torch.full((8, 3), 0.1), torch.eye(8)], ids=["same", "apart"])
def test_without_variation_there_is_no_correlation(sample, dtype):
    """Nor is rounding error taken for variation: all distances of `torch.eye` are equal."""
    sample, other = sample.to(dtype), normal(8, 2).to(dtype)
    for left, right in ((sample, other), (other, sample), (sample, sample)):
        assert bias_corrected_distance_correlation(left, right).item() == 0
        assert distance_statistics(left, right).correlation == 0


def test_independent_samples_have_an_unbiased_estimate_of_zero_and_a_v_statistic_far_from_it():
    """A batch of 128: 40 attributes, one in five present, beside 128 latent values."""
    generator = torch.Generator().manual_seed(0)
    values, estimates, expected = [], [], []
    for _ in range(40):
        labels = (torch.rand(128, 40, generator=generator) < 0.2).float()
        codes = torch.randn(128, 128, generator=generator)
        values.append(squared_distance_covariance(labels, codes))
        estimates.append(unbiased_squared_distance_covariance(labels, codes))
        # Mean distances, without the diagonal's zeros, over N.
        means = [pairwise_distances(each).sum() / (128 * 127) for each in (labels, codes)]
        expected.append(means[0] * means[1] / 128)
    values, estimates, expected = map(torch.stack, (values, estimates, expected))
    assert values.min().item() > 0.4
    assert values.mean().item() == pytest.approx(expected.mean().item(), rel=0.02)
    assert estimates.abs().max().item() < 0.01
    standard_error = estimates.std().item() / len(estimates) ** 0.5
    assert abs(estimates.mean().item()) < 4 * standard_error


def test_dependence_without_correlation_is_seen():
    left = normal(300, 1)
    assert bias_corrected_distance_correlation(left, left.square()).item() > 0.1
    assert bias_corrected_distance_correlation(left, normal(300, 1, seed=9)).item() < 0.02


# --- gradients --------------------------------------------------------------------------


@each(STATISTICS)
def test_gradients_in_double_precision(statistic):
    left, right = pair(7)
    assert torch.autograd.gradcheck(statistic, (left.requires_grad_(), right.requires_grad_()))


@each(STATISTICS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_are_finite_where_points_coincide(statistic, dtype):
    left, right = (sample.to(dtype) for sample in pair(12))
    left[:6], right[3:9] = left[0], right[3]
    left, right = left.requires_grad_(), right.requires_grad_()
    statistic(left, right).backward()
    assert left.grad.isfinite().all()
    assert right.grad.isfinite().all()
    # Coincident points with coincident partners are pulled alike.
    torch.testing.assert_close(left.grad[3], left.grad[5])


@each(STATISTICS)
def test_gradients_are_zero_where_all_points_coincide(statistic):
    left, right = torch.ones(6, 3, requires_grad=True), torch.ones(6, 2, requires_grad=True)
    statistic(left, right).backward()
    assert not left.grad.any()
    assert not right.grad.any()


def test_distances_far_from_the_origin_keep_their_digits():
    """Where the way by a product of matrices, in float32, sees equal rows 0.7 apart."""
    points = normal(50, 20).float()
    points[1] = points[0]
    far = (points.double() + 100).float()
    distances = pairwise_distances(far)
    assert not distances.diagonal().any()
    assert distances[0, 1].item() == 0
    expected = torch.from_numpy(dcor.distances.pairwise_distances(far.double().numpy()))
    torch.testing.assert_close(distances.double(), expected, rtol=1e-5, atol=1e-5)


def test_mixed_precision_leaves_it_alone():
    left, right = (sample.float() for sample in pair())
    expected = [statistic(left, right) for statistic in COVARIANCES]
    with torch.autocast("cpu", torch.bfloat16):
        values = [statistic(left, right) for statistic in COVARIANCES]
    assert values == expected


# --- blocks -----------------------------------------------------------------------------


@pytest.mark.parametrize("block", [1, 7, 40, 64, 200, 1000])
def test_blocks_give_what_the_whole_gives(block):
    left, right = pair(200)
    left[50:90] = left[0]
    found = distance_statistics(left + 1000, right, block)
    expected = [statistic(left, right).item() for statistic in STATISTICS]
    values = [found.covariance, found.unbiased_covariance, found.correlation]
    # Coincident points are told apart by about 1e-8 of the spread.
    assert values == pytest.approx(expected, abs=1e-7)


@given(sizes, seeds, st.integers(1, 13))
@settings(max_examples=25, deadline=None)
def test_blocks_of_any_size_fit_samples_of_any_size(size, seed, block):
    left, right = pair(size, seed=seed)
    found = distance_statistics(left, right, block)
    expected = [statistic(left, right).item() for statistic in STATISTICS]
    values = [found.covariance, found.unbiased_covariance, found.correlation]
    assert values == pytest.approx(expected, abs=1e-9)


def test_blocks_of_single_precision_are_computed_in_double():
    left, right = (sample.float() for sample in pair(500, 1, 2))
    found = distance_statistics(left.requires_grad_(), right, block=128)
    expected = dcor.u_distance_covariance_sqr(
        left.detach().double().numpy(), right.double().numpy()
    )
    assert found.unbiased_covariance == pytest.approx(expected, abs=1e-9)


PEAK = """
import torch
torch.set_num_threads(1)
from unweave.objectives.distance_covariance import distance_statistics
generator = torch.Generator().manual_seed(0)
left = torch.randn(25_000, 2, generator=generator)
print(distance_statistics(left, left[:, :1].abs()).correlation)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_blocks_hold_25_000_rows_in_two_gigabytes():
    """One whole matrix of distances alone would take five."""
    done = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True)
    correlation, kilobytes = done.stdout.split()
    assert 0.05 < float(correlation) < 1
    assert int(kilobytes) < 2_000_000


# --- refusals ---------------------------------------------------------------------------


@pytest.mark.parametrize("statistic", [*STATISTICS, distance_statistics], ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("left", "right"),
    [((8,), (8,)), ((8, 2), (7, 2)), ((8, 2), (1, 2)), ((8, 2, 1), (8, 2)), ((1, 2), (1, 2))],
)
def test_shapes_that_would_broadcast_are_refused(statistic, left, right):
    with pytest.raises(ValueError, match="must be N x P and N x Q"):
        statistic(torch.zeros(left), torch.zeros(right))


@pytest.mark.parametrize(
    "statistic",
    [
        unbiased_squared_distance_covariance,
        bias_corrected_distance_correlation,
        distance_statistics,
    ],
)
def test_the_unbiased_estimate_needs_four_rows(statistic):
    with pytest.raises(ValueError, match="at least 4"):
        statistic(torch.zeros(3, 1), torch.zeros(3, 1))


def test_a_block_holds_a_row():
    with pytest.raises(ValueError, match="block must be at least 1"):
        distance_statistics(*pair(), block=0)
