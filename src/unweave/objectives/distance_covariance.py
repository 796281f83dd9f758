"""Distance covariance: zero in the limit if and only if two samples are independent."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from unweave.objectives.shapes import check_pairs


def pairwise_distances(points: torch.Tensor) -> torch.Tensor:
    """Return the Euclidean distances between all rows, with finite gradients.

    The gradient of a distance is 0 where two points coincide, as on the whole diagonal: the
    distance has a kink there, and 0 is its symmetric subgradient. Coordinates are subtracted
    before they are squared. The faster way by a product of matrices, which `torch.cdist` takes
    by default, loses half of the digits by cancellation: two equal rows can come out apart, with
    a gradient that is rounding error. It has no second derivative.

    Parameters
    ----------
    points : torch.Tensor
        N x P, float32 or float64.

    Returns
    -------
    torch.Tensor
        N x N, symmetric, in the units of `points`.
    """
    return torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")


def squared_distance_covariance(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return dCov² as the V-statistic: the mean of A ∘ B, doubly centred distances.

    Székely, Rizzo and Bakirov (2007), definition 4; equations 10 to 14 of Song, Koyejo and Zhang
    (arXiv 1912.11675). Never negative. Between independent samples its mean is about
    E‖x − x′‖ · E‖y − y′‖ / N, not 0.

    Parameters
    ----------
    left, right : torch.Tensor
        N x P and N x Q, rows paired, N at least 2.

    Returns
    -------
    torch.Tensor
        Scalar, in units of `left` times units of `right`: linear in the scale of each.

    Raises
    ------
    ValueError
        If the samples are not two tables of equally many rows.

    Examples
    --------
    >>> ends = torch.tensor([[0.0], [1.0]])
    >>> squared_distance_covariance(ends, ends).item()  # centred distances are ± ½
    0.25
    """
    check_pairs(left, right, least=2)
    return (_doubly_centred(left) * _doubly_centred(right)).mean()


def unbiased_squared_distance_covariance(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the unbiased estimate of dCov², from U-centred distances.

    Székely and Rizzo (2014), definition 2 and proposition 1: Σ_{i≠j} Ã_ij B̃_ij / (N (N − 3)). Its
    mean between independent samples is 0, so it is negative about as often as not.

    Parameters
    ----------
    left, right : torch.Tensor
        N x P and N x Q, rows paired, N at least 4.

    Returns
    -------
    torch.Tensor
        Scalar, in units of `left` times units of `right`.

    Raises
    ------
    ValueError
        If the samples are not two tables of equally many rows, or of fewer than four.
    """
    check_pairs(left, right, least=4)
    return _u_product(_u_centred(pairwise_distances(left)), _u_centred(pairwise_distances(right)))


def bias_corrected_distance_correlation(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the bias-corrected squared distance correlation, in [−1, 1].

    R* of Székely and Rizzo (2014): the unbiased dCov² over the root of the product of both
    samples' own. Near 0 between independent samples, and independent of their scales: the
    value to log beside either dCov².

    Parameters
    ----------
    left, right : torch.Tensor
        N x P and N x Q, rows paired, N at least 4.

    Returns
    -------
    torch.Tensor
        Scalar; 0 where all distances within a sample are equal, as where it is constant.

    Raises
    ------
    ValueError
        If the samples are not two tables of equally many rows, or of fewer than four.
    """
    check_pairs(left, right, least=4)
    distances = pairwise_distances(left), pairwise_distances(right)
    centred = [_u_centred(each) for each in distances]
    return _correlation(
        _u_product(centred[0], centred[1]),
        [_u_product(each, each) for each in centred],
        [each.square().mean() for each in distances],
    )


@dataclass(frozen=True)
class DistanceStatistics:
    """The three statistics of two samples that `distance_statistics` returns."""

    covariance: float
    """dCov² as the V-statistic."""
    unbiased_covariance: float
    """The unbiased estimate of dCov²."""
    correlation: float
    """The bias-corrected squared distance correlation."""


@torch.no_grad()
def distance_statistics(
    left: torch.Tensor, right: torch.Tensor, block: int = 256
) -> DistanceStatistics:
    """Return all three statistics of large samples, with one block of distances at a time.

    It gives no gradient. The N x N distances are never held as a whole. Both centred sums follow
    from plain ones, so that one pass over blocks of rows is enough (each pair once, by symmetry):

        mean(A ∘ B) = Σ_nm a_nm b_nm / N² − 2 Σ_n a_n· b_n· / N³ + a·· b·· / N⁴

    where a dot stands for a sum over that index. Its terms cancel, hence float64 throughout.
    Here the distances do come from a product of matrices, which is about nine times as fast in a
    thousand dimensions. In float64 the loss is near 1e-8 of the samples' spread, and only between
    points that (nearly) coincide.

    Parameters
    ----------
    left, right : torch.Tensor
        N x P and N x Q, rows paired, N at least 4, on a device that has float64.
    block : int
        Rows at a time. It needs about 40 · N · `block` bytes, and twice the samples in float64.

    Raises
    ------
    ValueError
        If the samples are not two tables of equally many rows, or of fewer than four.
    """
    check_pairs(left, right, least=4)
    if block < 1:
        raise ValueError(f"block must be at least 1, not {block}")
    size = len(left)
    samples = [_centred_float64(left), _centred_float64(right)]
    # The sums over rows of a and b, and the sums of ab, aa and bb.
    rows = left.new_zeros((2, size), dtype=torch.float64)
    products = left.new_zeros(3, dtype=torch.float64)
    for start in range(0, size, block):
        stop = min(start + block, size)
        wide = stop - start
        a, b = (_distances_from(points, start, stop) for points in samples)
        for sums, distances in zip(rows, (a, b), strict=True):
            sums[start:stop] += distances.sum(1)
            sums[stop:] += distances[:, wide:].sum(0)
        for place, (one, other) in enumerate(((a, b), (a, a), (b, b))):
            # A pair across two blocks stands for two pairs, a pair within this block for itself.
            within = (one[:, :wide] * other[:, :wide]).sum()
            products[place] += 2 * torch.dot(one.flatten(), other.flatten()) - within
    (row_a, row_b), (ab, aa, bb) = rows, products
    return DistanceStatistics(
        covariance=_v_from_sums(ab, row_a, row_b).clamp_min(0).item(),
        unbiased_covariance=_u_from_sums(ab, row_a, row_b).item(),
        correlation=_correlation(
            _u_from_sums(ab, row_a, row_b),
            [_u_from_sums(aa, row_a, row_a), _u_from_sums(bb, row_b, row_b)],
            [aa / size**2, bb / size**2],
        ).item(),
    )


def _doubly_centred(points: torch.Tensor) -> torch.Tensor:
    distances = pairwise_distances(points)
    means = distances.mean(1)
    return distances - means[:, None] - means[None] + distances.mean()


def _u_centred(distances: torch.Tensor) -> torch.Tensor:
    size = len(distances)
    sums = distances.sum(1) / (size - 2)
    grand = distances.sum() / ((size - 1) * (size - 2))
    return (distances - sums[:, None] - sums[None] + grand).fill_diagonal_(0)


def _u_product(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    return (left * right).sum() / (len(left) * (len(left) - 3))


def _v_from_sums(ab: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    size = len(a)
    return (ab - 2 * (a @ b) / size + a.sum() * b.sum() / size**2) / size**2


def _u_from_sums(ab: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    size = len(a)
    grand = a.sum() * b.sum() / ((size - 1) * (size - 2))
    return (ab - 2 * (a @ b) / (size - 2) + grand) / (size * (size - 3))


def _correlation(
    covariance: torch.Tensor, variances: list[torch.Tensor], squares: list[torch.Tensor]
) -> torch.Tensor:
    # A variance that is only rounding error, against the mean square distance, counts as 0.
    bound = 8 * torch.finfo(covariance.dtype).eps
    one, other = variances
    varied = (one > bound * squares[0]) & (other > bound * squares[1])
    scale = torch.where(varied, one, 1).sqrt() * torch.where(varied, other, 1).sqrt()
    return torch.where(varied, covariance / scale, 0).clamp(-1, 1)


def _centred_float64(points: torch.Tensor) -> torch.Tensor:
    # Far from the origin a sample's distances would lose digits. The first row is subtracted
    # before the mean, so that a constant sample comes out as zeros and not as rounding error.
    centred = points.detach().double() - points[0]
    return centred.sub_(centred.mean(0))


def _distances_from(points: torch.Tensor, start: int, stop: int) -> torch.Tensor:
    """Return the distances from the rows start … stop − 1 to themselves and to all after them."""
    mode = "use_mm_for_euclid_dist"
    distances = torch.cdist(points[start:stop], points[start:], compute_mode=mode)
    distances.diagonal().zero_()
    return distances
