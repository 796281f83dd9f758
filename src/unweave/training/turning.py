"""Turns of a model's codes while it trains, to directions that are independent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from unweave.errors import RequestError
from unweave.independent_components import independent_directions, whitening

# How often the codes of a whole run would be looked at, evenly.
LOOKS = 20
ROWS = 4096
# A dimension takes part once its means have this variance: below, they are mostly noise.
LEAST_VARIANCE = 0.1
# By how much a turn must raise the sum of squared negative kurtoses. Two uniform factors have 2.88
# along their own axes and 0.72 at 45 degrees; of Gaussian codes, the best turn of 4,096 gains 0.02.
GAIN = 0.1


class Turner:
    """Looks at a model's codes now and then, and turns them where others are more independent.

    Parameters
    ----------
    model : ObjectiveModel
        With a `turn`.
    samples : callable
        Returns the samples of a tensor of row numbers, as the encoder takes them.
    rows : torch.Tensor
        Row numbers of the training split.
    share : float
        Share of the steps after which the codes are not turned any more.
    steps : int
        Number of steps of the run.
    """

    def __init__(
        self,
        model: Any,
        samples: Callable[[torch.Tensor], torch.Tensor],
        rows: torch.Tensor,
        share: float,
        steps: int,
    ) -> None:
        self.model, self._samples = model, samples
        self._rows = rows[:: max(1, len(rows) // ROWS)][:ROWS]
        self._every, self._last = max(1, steps // LOOKS), share * steps

    def is_due(self, step: int) -> bool:
        """Return whether the codes are to be looked at after `step` steps."""
        return step % self._every == 0 and step <= self._last

    @torch.no_grad()
    def matrix(self) -> np.ndarray | None:
        """Return the matrix M of the turn z -> M z, K x K, or None where none is better."""
        training = self.model.training
        self.model.eval()
        parts = [self.model.posterior(self._samples(part)) for part in torch.split(self._rows, 512)]
        self.model.train(training)
        means, log_variances = (
            torch.cat(each).double().cpu().numpy() for each in zip(*parts, strict=True)
        )
        taken = np.flatnonzero(means.var(0) > LEAST_VARIANCE)
        if len(taken) < 2:
            return None
        turn = turn_of(means[:, taken], np.exp(log_variances[:, taken]).mean(0))
        if turn is None:
            return None
        matrix = np.eye(means.shape[1])
        matrix[np.ix_(taken, taken)] = turn
        return matrix


def turn_of(means: np.ndarray, noise: np.ndarray) -> np.ndarray | None:
    """Return a matrix M that makes codes M z independent, or None where it would gain nothing.

    The independent components of FastICA (Hyvärinen, 1999; by kurtosis), in the order and with the
    signs of the dimensions that they are nearest to. Each has the variance 1, noise included.

    Parameters
    ----------
    means : numpy.ndarray
        Means of q(z|x), N x P, none of them constant.
    noise : numpy.ndarray
        Variances of q(z|x), the mean of each dimension, P.
    """
    centred = means - means.mean(0)
    try:
        whitener = whitening(centred)
    except RequestError:
        return None
    white = centred @ whitener
    directions, _ = independent_directions(white, contrast="cube")
    if _independence(white @ directions) < _independence(centred) + GAIN:
        return None
    from scipy.optimize import linear_sum_assignment  # Models load without it.

    matrix = directions.T @ whitener.T
    rows, columns = linear_sum_assignment(-np.abs(matrix))
    signs = np.where(matrix[rows, columns] < 0, -1, 1)
    matrix[columns] = matrix[rows] * signs[:, None]
    variances = ((centred @ matrix.T) ** 2).mean(0) + matrix**2 @ noise
    return np.asarray(matrix / np.sqrt(variances)[:, None])


def _independence(codes: np.ndarray) -> float:
    """Return the sum of the squared kurtoses of columns flatter than a normal one.

    The more, the more each column is one factor of many equally likely values. Heavy tails do not
    count: the codes of a network that has hardly learned have them from a few samples alone.
    """
    scaled = (codes - codes.mean(0)) / codes.std(0)
    return float((np.minimum((scaled**4).mean(0) - 3, 0) ** 2).sum())
