"""GAS, greedy alignment strategy: the correspondence of dimensions between runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unweave.errors import RequestError
from unweave.interpretation.mutual_information import mutual_information
from unweave.statistics import correlations

UNMATCHED = -1


@dataclass(frozen=True)
class Alignment:
    """How the dimensions of R runs correspond to those of a reference run.

    Attributes
    ----------
    reference : int
        The run that is closest to all others.
    permutations : numpy.ndarray
        The run's dimension that matches each of the reference's, R x K; −1 for none.
    signs : numpy.ndarray
        1, or −1 where the match has the opposite direction, R x K; 0 for none.
    strengths : numpy.ndarray
        Mutual information of the two in nats, R x K (for the reference, with itself).
    correlations : numpy.ndarray
        Pearson's correlation of the two, R x K.
    unmatched : tuple of tuple of int
        For each run its informative dimensions without a match.
    """

    reference: int
    permutations: np.ndarray
    signs: np.ndarray
    strengths: np.ndarray
    correlations: np.ndarray
    unmatched: tuple[tuple[int, ...], ...]

    def aligned(self, run: int, table: np.ndarray) -> np.ndarray:
        """Return a run's … x K table with columns in the reference's order; 0 without a match."""
        order = self.permutations[run]
        return np.asarray(np.where(order == UNMATCHED, 0.0, table[..., order]))

    def to_json(self) -> dict[str, Any]:
        """Return all of it."""
        return {
            "estimator": "mutual information of ranks in 20 equal bins, less its bias",
            "reference": self.reference,
            "permutations": self.permutations.tolist(),
            "signs": self.signs.tolist(),
            "strengths": self.strengths.tolist(),
            "correlations": self.correlations.tolist(),
            "unmatched": [list(each) for each in self.unmatched],
        }


def greedy_alignment(
    codes: Sequence[np.ndarray],
    informative: Sequence[Sequence[int]] | None = None,
    reference: int | None = None,
) -> Alignment:
    """Match the dimensions of several runs, the strongest pair first.

    Lang and Liu (arXiv 2603.11242): of the mutual informations between the run's dimensions and
    the reference's on the same data, the largest is a match; its row and column are removed,
    and so on. The sign is that of the correlation.

    Parameters
    ----------
    codes : sequence of numpy.ndarray
        Codes of the same rows by each of the R runs, N x K each.
    informative : sequence of sequence of int, optional
        For each run the dimensions to match; all unless given.
    reference : int, optional
        The run to align with; unless given, the one whose matches with all others have the
        largest sum of mutual information.

    Raises
    ------
    RequestError
        If there are fewer than two runs, their codes differ in shape, or a code is not finite.
    """
    shapes = {each.shape for each in codes}
    if len(codes) < 2:
        raise RequestError("an alignment needs several runs; give at least two")
    if len(shapes) > 1:
        sizes = ", ".join(" x ".join(map(str, shape)) for shape in sorted(shapes))
        raise RequestError(f"codes of {sizes} cannot be aligned; give runs of one latent_dim")
    if not all(np.isfinite(each).all() for each in codes):
        raise RequestError(
            "codes that are not finite cannot be aligned; leave out models that have diverged"
        )
    width = codes[0].shape[1]
    which = [list(each) for each in informative or [range(width)] * len(codes)]
    information = {}
    for run in range(len(codes)):
        for other in range(run if reference is None else 0, len(codes)):
            if reference is None or run == reference:
                found = np.zeros((width, width))
                place = np.ix_(which[run], which[other])
                found[place] = mutual_information(
                    codes[run][:, which[run]], codes[other][:, which[other]]
                )
                information[run, other], information[other, run] = found, found.T
    pairs = {
        (run, other): greedy_matches(found, which[run], which[other])
        for (run, other), found in information.items()
    }
    if reference is None:
        closeness = [
            sum(
                information[run, other][match].sum()
                for other in range(len(codes))
                if other != run
                for match in [tuple(np.array(pairs[run, other], dtype=int).reshape(-1, 2).T)]
            )
            for run in range(len(codes))
        ]
        reference = int(np.argmax(closeness))
    return _assembled(codes, which, reference, information, pairs)


def greedy_matches(
    information: np.ndarray, left: Sequence[int], right: Sequence[int]
) -> list[tuple[int, int]]:
    """Return pairs of a row and a column by falling entries, each row and column used once."""
    values = np.full(information.shape, -np.inf)
    place = np.ix_(list(left), list(right))
    values[place] = information[place]
    pairs = []
    for _ in range(min(len(left), len(right))):
        row, column = np.unravel_index(values.argmax(), values.shape)
        pairs.append((int(row), int(column)))
        values[row, :] = values[:, column] = -np.inf
    return pairs


def _assembled(
    codes: Sequence[np.ndarray],
    which: Sequence[Sequence[int]],
    reference: int,
    information: dict[tuple[int, int], np.ndarray],
    pairs: dict[tuple[int, int], list[tuple[int, int]]],
) -> Alignment:
    shape = len(codes), codes[0].shape[1]
    permutations = np.full(shape, UNMATCHED)
    signs, strengths, found = np.zeros(shape, int), np.zeros(shape), np.zeros(shape)
    unmatched = []
    for run, values in enumerate(codes):
        linear = correlations(codes[reference], values)
        own = [(k, k) for k in which[reference]]
        for k, match in own if run == reference else pairs[reference, run]:
            permutations[run, k] = match
            strengths[run, k] = information[reference, run][k, match]
            found[run, k] = linear[k, match]
            signs[run, k] = -1 if found[run, k] < 0 else 1
        unmatched.append(tuple(k for k in which[run] if k not in permutations[run]))
    return Alignment(reference, permutations, signs, strengths, found, tuple(unmatched))
