"""XCov against NumPy's covariance, a case worked by hand, and its known properties."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unweave.objectives.cross_covariance import cross_covariance_penalty
from unweave.objectives.distance_covariance import squared_distance_covariance


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def test_it_is_half_the_squared_block_of_the_covariance():
    left, right = normal(30, 4), normal(30, 3, seed=1)
    right[:, 0] += left[:, 1]
    block = np.cov(left.numpy().T, right.numpy().T, bias=True)[:4, 4:]
    assert cross_covariance_penalty(left, right).item() == pytest.approx((block**2).sum() / 2)


def test_by_hand():
    left = torch.tensor([[1.0], [3.0], [5.0]])
    right = torch.tensor([[2.0, 1.0], [2.0, 1.0], [8.0, 1.0]])
    # Deviations (−2, 0, 2) by (−2, −2, 4): covariance 12/3; the second column is constant.
    assert cross_covariance_penalty(left, right).item() == pytest.approx(8)


def test_between_two_binary_columns_distance_covariance_is_eight_times_as_large():
    left, right = (normal(50, 1) > 0).double(), (normal(50, 1, seed=1) > 0.5).double()
    right[:20] = left[:20]
    torch.testing.assert_close(
        squared_distance_covariance(left, right), 8 * cross_covariance_penalty(left, right)
    )


def test_dependence_without_correlation_is_not_seen():
    left = torch.tensor([[-1.0], [0.0], [1.0]])
    assert cross_covariance_penalty(left, left.square()).item() == pytest.approx(0)


@given(st.integers(2, 12), st.integers(0, 10_000), st.floats(-100, 100), st.floats(1e-2, 1e2))
@settings(max_examples=25, deadline=None)
def test_moved_and_turned_samples_are_the_same_and_scale_counts_twice(size, seed, shift, scale):
    left, right = normal(size, 3, seed=seed), normal(size, 2, seed=seed + 1)
    value = cross_covariance_penalty(left, right)
    assert value.item() >= 0
    turn = torch.linalg.qr(normal(3, 3, seed=seed))[0]
    moved = cross_covariance_penalty(left @ turn + shift, scale * right - shift)
    torch.testing.assert_close(moved, scale**2 * value, rtol=1e-6, atol=1e-10)
    torch.testing.assert_close(cross_covariance_penalty(right, left), value)


def test_gradients_in_double_precision():
    left, right = normal(6, 3).requires_grad_(), normal(6, 2, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(cross_covariance_penalty, (left, right))


@pytest.mark.parametrize(
    ("left", "right"),
    [((8,), (8,)), ((8, 2), (7, 2)), ((8, 2), (1, 2)), ((8, 2, 1), (8, 2)), ((1, 2), (1, 2))],
)
def test_shapes_that_would_broadcast_are_refused(left, right):
    with pytest.raises(ValueError, match="must be N x P and N x Q"):
        cross_covariance_penalty(torch.zeros(left), torch.zeros(right))
