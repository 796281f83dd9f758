"""Gradient boosting of many targets at once, whose importances know no order of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import csr_matrix
from scipy.special import expit, softmax

TREES, DEPTH, RATE = 100, 3, 0.1
BINS = 255
_EQUAL = 1e-9  # relative difference below which gains are equal
_NO_GAIN = 1e-12  # share of a tree's squares below which a gain is rounding
_TREES_AT_ONCE = 32  # few enough that their histograms stay in the processor's cache

_Node = tuple[np.ndarray, np.ndarray]  # sums of residuals and counts of rows up to each bin


@dataclass(frozen=True)
class Boosted:
    """What boosted trees found of F targets.

    Attributes
    ----------
    importance : numpy.ndarray
        K x F: each column's share of the gain of all splits; the shares of a target sum to 1,
        and are 0 where nothing was split.
    predictions : tuple of numpy.ndarray
        For each target the values, or classes, that are predicted for all N rows.
    """

    importance: np.ndarray
    predictions: tuple[np.ndarray, ...]


def boosted_trees(
    columns: np.ndarray,
    targets: Sequence[np.ndarray],
    continuous: Sequence[bool],
    *,
    trees: int = TREES,
) -> Boosted:
    """Predict every target from K columns by gradient boosting, and see which columns it uses.

    Friedman (2001): in each round a tree of depth 3 fits the residuals by least squares, one for
    a continuous or two-valued target and one a class otherwise, and its leaves take a tenth of
    Newton's step. Trees, settings and importances are those of scikit-learn's
    ``GradientBoostingClassifier`` and ``GradientBoostingRegressor``, with two differences. A
    column of more than 255 values is split between 255 equally filled bins. And where columns
    split equally well, of which scikit-learn takes one at random, they share the gain and take
    turns to split, in an order that depends on their contents alone: so neither the order nor the
    sign of columns matters, and equal columns are equally important.

    Parameters
    ----------
    columns : numpy.ndarray
        N x K.
    targets : sequence of numpy.ndarray
        For each target the values of the first n rows, from which is learnt; of any other rows
        the target is only predicted. Classes are whole numbers.
    continuous : sequence of bool
        Whether each target is continuous.
    trees : int
        The number of rounds.
    """
    count = len(targets[0])
    order, binned = _canonical(_binned(columns, count))
    losses = [_Loss(*each, len(columns)) for each in zip(targets, continuous, strict=True)]
    widths = [loss.state.shape[1] for loss in losses]
    state = np.concatenate([loss.state for loss in losses], axis=1)
    residuals, curvatures = (np.empty((count, state.shape[1])) for _ in range(2))
    places = [slice(end - width, end) for end, width in zip(np.cumsum(widths), widths, strict=True)]
    grower = _Grower(binned, count)
    gains = np.zeros((state.shape[1], binned.shape[1]))
    for turn in range(trees):
        for loss, place in zip(losses, places, strict=True):
            residuals[:, place], curvatures[:, place] = loss.slopes(state[:count, place])
        for start in range(0, state.shape[1], _TREES_AT_ONCE):
            some = slice(start, start + _TREES_AT_ONCE)
            gain, steps = grower.grow(residuals[:, some], curvatures[:, some], turn)
            gains[some] += gain
            state[:, some] += RATE * steps
    of_columns = np.zeros((columns.shape[1], len(targets)))
    for f, place in enumerate(places):
        of_columns[order, f] = gains[place].sum(0)
    total = of_columns.sum(0)
    return Boosted(
        of_columns / np.where(total > 0, total, 1),
        tuple(loss.prediction(state[:, place]) for loss, place in zip(losses, places, strict=True)),
    )


class _Loss:
    """The loss of one target: squared error, or the deviance of its classes.

    Attributes
    ----------
    state : numpy.ndarray
        The first prediction of N rows, N x 1, or x C for more than two classes.
    """

    def __init__(self, values: np.ndarray, continuous: bool, rows: int) -> None:
        self.classes = None if continuous else np.unique(values)
        if self.classes is None:
            self.wanted = values[:, None].astype(np.float64)
            start = self.wanted.mean(0)
        else:
            self.wanted = (values[:, None] == self.classes).astype(np.float64)
            start = np.log(self.wanted.mean(0))
            if len(self.classes) == 2:
                self.wanted, start = self.wanted[:, -1:], start[-1:] - start[:1]
        self.state = np.tile(start, (rows, 1))

    def slopes(self, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the residuals, and the curvatures of the loss that Newton's step divides by."""
        if self.classes is None:
            return self.wanted - state, np.ones_like(state)
        if len(self.classes) == 2:
            chances = expit(state)
            return self.wanted - chances, chances * (1 - chances)
        chances = softmax(state, axis=1)
        count = len(self.classes)
        return self.wanted - chances, chances * (1 - chances) * (count / max(count - 1, 1))

    def prediction(self, state: np.ndarray) -> np.ndarray:
        """Return values, or the likeliest classes."""
        if self.classes is None:
            return state[:, 0]
        best = (state[:, 0] > 0).astype(int) if len(self.classes) == 2 else state.argmax(1)
        return np.asarray(self.classes[best])


class _Grower:
    """Trees on binned columns: the first `count` rows are split, and all are led to leaves."""

    def __init__(self, binned: np.ndarray, count: int) -> None:
        # Small numbers: every tree looks up a value of every row at every depth.
        self.values, self.count = binned.astype(np.uint8).ravel(), count
        self.bins = int(binned[:count].max(initial=0)) + 1
        self.width = width = binned.shape[1]
        self.starts = width * np.arange(len(binned))[:, None]
        cells = (binned[:count] + self.bins * np.arange(width)).ravel()
        rows = np.repeat(np.arange(count), width)
        self.cells = csr_matrix(
            (np.ones(len(cells)), (cells, rows)), shape=(width * self.bins, count)
        )
        self.filled = self._cumulated(np.ones((count, 1)))

    def grow(
        self, residuals: np.ndarray, curvatures: np.ndarray, turn: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the gain of each of T trees on each column, T x K, and all rows' steps, N x T."""
        trees = residuals.shape[1]
        least = _NO_GAIN * (residuals**2).sum(0)
        gains = np.zeros((self.width, trees))
        leaf = np.zeros((len(self.starts), trees), np.intp)
        nodes = [(self._cumulated(residuals), self.filled)]
        for depth in range(DEPTH):
            if depth:
                nodes = self._children(nodes, leaf[: self.count], residuals)
            column, last = (np.empty((len(nodes), trees), np.intp) for _ in range(2))
            for place, (sums, filled) in enumerate(nodes):
                gain, column[place], last[place] = self._split(sums, filled, least, turn)
                gains += gain
            self._descend(leaf, column, last)
        return gains.T, self._steps(leaf, residuals, curvatures)

    def _cumulated(self, values: np.ndarray) -> np.ndarray:
        """Return the sums of N x T values over the rows up to each of B bins, K x B x T."""
        sums = np.asarray(self.cells @ values).reshape(self.width, self.bins, -1)
        # Three times as fast as NumPy's along an axis that is not the last one.
        shared = torch.from_numpy(sums)
        torch.cumsum(shared, dim=1, out=shared)
        return sums

    def _children(
        self, nodes: Sequence[_Node], node: np.ndarray, residuals: np.ndarray
    ) -> list[_Node]:
        """Return sums and counts of the nodes' children: the left ones', and what is left."""
        below = []
        for place, parent in enumerate(nodes):
            inside = (node == 2 * place).astype(np.float64)
            left = self._cumulated(residuals * inside), self._cumulated(inside)
            below += [left, (parent[0] - left[0], parent[1] - left[1])]
        return below

    def _split(
        self, sums: np.ndarray, filled: np.ndarray, least: np.ndarray, turn: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return one node's gain by columns, K x T, and the column and last bin on the left, T.

        A node that is not split sends all to the left. Of n rows whose sum is S, a split with m
        rows and the sum L on its left gains (L - S m / n)^2 n / (m (n - m)).
        """
        whole, rows = sums[:, -1:], np.maximum(filled[:, -1:], 1)
        found = filled * (whole / rows)
        np.subtract(sums, found, out=found)
        np.square(found, out=found)
        apart = rows - filled
        apart *= filled
        # One side is empty where this is 0, and then the other has the whole sum.
        found /= np.maximum(apart, 0.5, out=apart)
        best = found.max(1) * rows[:, 0]
        top = best.max(0)
        split = top > least
        tied = (best >= (1 - _EQUAL) * top) & split
        gain = tied * (top / np.maximum(tied.sum(0), 1))
        first = 1 + (np.arange(len(best)) - turn) % len(best)
        column = (tied * first[:, None]).argmax(0)
        last = found[column, :, np.arange(len(column))].argmax(1)
        return gain, column, np.where(split, last, self.bins)

    def _descend(self, leaf: np.ndarray, column: np.ndarray, last: np.ndarray) -> None:
        """Lead every row to the child of its node, in place: the left one has the even number."""
        trees = leaf.shape[1]
        place = leaf * trees + np.arange(trees)
        value = self.values.take(column.ravel().take(place) + self.starts)
        leaf *= 2
        leaf += value > last.ravel().take(place)

    def _steps(self, leaf: np.ndarray, residuals: np.ndarray, curvatures: np.ndarray) -> np.ndarray:
        """Return Newton's step in each row's leaf."""
        trees = leaf.shape[1]
        place = leaf * trees + np.arange(trees)
        learnt = place[: self.count].ravel()
        slope, curvature = (
            np.bincount(learnt, each.ravel(), minlength=2**DEPTH * trees)
            for each in (residuals, curvatures)
        )
        steps = np.divide(slope, curvature, out=np.zeros_like(slope), where=curvature > 1e-150)
        return np.asarray(steps[place])


def _binned(columns: np.ndarray, count: int) -> np.ndarray:
    """Return the bins of all values, by edges between the values of the first `count` rows."""
    binned = np.empty(columns.shape, np.intp)
    ends = np.round(count * np.arange(1, BINS) / BINS).astype(int)
    for k, column in enumerate(columns.T.astype(np.float64)):
        known = np.unique(column[:count])
        if len(known) > BINS:
            ordered = np.sort(column[:count])
            edges = np.unique((ordered[ends - 1] + ordered[ends]) / 2)
        else:
            edges = (known[1:] + known[:-1]) / 2
        binned[:, k] = np.searchsorted(edges, column)
    return binned


def _canonical(binned: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return columns in an order, and with signs, that depend on their contents alone.

    Also the numbers of the columns in that order.
    """
    mirrored = binned.max(0) - binned
    differs = binned != mirrored
    first = differs.argmax(0)[None]
    turned = np.take_along_axis(binned > mirrored, first, 0)[0]
    oriented = np.where(turned, mirrored, binned)
    order = np.array(sorted(range(binned.shape[1]), key=lambda k: oriented[:, k].tolist()))
    return order, np.ascontiguousarray(oriented[:, order])
