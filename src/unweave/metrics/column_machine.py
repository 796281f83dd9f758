"""Linear support vector machines on a single column, solved through sums over sorted values."""

from __future__ import annotations

import numpy as np

# Newton's method ends when no objective falls by more than this share of itself.
_CONVERGED = 1e-12
_MOST_STEPS, _MOST_HALVINGS = 100, 40


class ColumnMachine:
    """A linear support vector machine that tells classes apart by one column.

    Minimises, for each class c against the others (for two classes once),

        (w² + b²) / 2 + C Σ_i s_i max(0, 1 − y_i (w x_i + b))²,

    as scikit-learn's ``LinearSVC(class_weight="balanced", dual=False)`` does (Fan et al., 2008,
    LIBLINEAR, section 2): s_i is N / (K N_c) in class c and 1 in the others; for two classes it is
    that of the own class. The terms that are not 0 are those of values on one side of a threshold,
    so that sums over them are differences of cumulated sums over the sorted column, and a step of
    Newton's method takes the time of a search.

    Parameters
    ----------
    column : numpy.ndarray
        N values.
    classes : numpy.ndarray
        Their classes, of which there are at least two.
    cost : float
        C.

    Attributes
    ----------
    slope, offset : numpy.ndarray
        w and b, one of each class, or a single one of the second of two classes.
    """

    def __init__(self, column: np.ndarray, classes: np.ndarray, cost: float) -> None:
        self.names, places = np.unique(classes, return_inverse=True)
        self._count, several = len(column), len(self.names) > 2
        order = np.argsort(column, kind="stable")
        self._values = column[order].astype(np.float64)
        weights = self._count / (len(self.names) * np.bincount(places))
        own = np.arange(len(self.names)) if several else np.array([1])
        self._weights = cost * weights[own]
        self._other_weights = cost * (np.ones(len(own)) if several else weights[:1])
        # Class by class, the ranks of its values: a class's part begins at the class times N.
        self._ranks = np.sort(places[order] * self._count + np.arange(self._count))
        self._starts = own * self._count
        self._sums = _powers(self._values)
        self._sums_by_class = _powers(self._values[self._ranks % self._count])
        self._before = self._sums_by_class[:, self._ranks.searchsorted(self._starts)]
        self._all = self._sums[:, -1:], self._inside(np.full(len(own), self._count))
        self.slope, self.offset = self._solved()

    def predict(self, column: np.ndarray) -> np.ndarray:
        """Return the classes of N values."""
        margins = column[:, None] * self.slope + self.offset
        if len(self.slope) == 1:
            return np.asarray(self.names[(margins[:, 0] > 0).astype(int)])
        return np.asarray(self.names[margins.argmax(1)])

    def _solved(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the minima by Newton's method; steps that do not descend are halved."""
        slope, offset = np.zeros((2, len(self._weights)))
        value, gradient, curvature = self._objective(slope, offset)
        for _ in range(_MOST_STEPS):
            (g, h), (a, d, e) = gradient, curvature
            determinant = a * e - d**2
            step = (d * h - e * g) / determinant, (d * g - a * h) / determinant
            length = np.ones(len(slope))
            for _ in range(_MOST_HALVINGS):
                tried = slope + length * step[0], offset + length * step[1]
                after, gradient, curvature = self._objective(*tried)
                if not (higher := after > value).any():
                    break
                length[higher] /= 2
            fallen = value - after
            slope, offset, value = *tried, after
            if (fallen <= _CONVERGED * value).all():
                break
        return slope, offset

    def _objective(
        self, slope: np.ndarray, offset: np.ndarray
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
        """Return values, gradients (by w, b) and Hessians (ww, wb, bb) of every class."""
        value = (slope**2 + offset**2) / 2
        by_slope, by_offset = slope.copy(), offset.copy()
        ww, wb, bb = np.ones_like(slope), np.zeros_like(slope), np.ones_like(slope)
        for sign, weight in ((1, self._weights), (-1, self._other_weights)):
            n, x, xx = self._short_of_margin(sign, slope, offset)
            gap = 1 - sign * offset  # 1 − y (w x + b) is gap − y w x
            value += weight * (gap**2 * n - 2 * gap * sign * slope * x + slope**2 * xx)
            by_slope -= 2 * weight * (sign * gap * x - slope * xx)
            by_offset -= 2 * weight * (sign * gap * n - slope * x)
            ww += 2 * weight * xx
            wb += 2 * weight * x
            bb += 2 * weight * n
        return value, (by_slope, by_offset), (ww, wb, bb)

    def _short_of_margin(self, sign: int, slope: np.ndarray, offset: np.ndarray) -> np.ndarray:
        """Return count, sum and sum of squares of the values with y (w x + b) < 1, 3 x K.

        Those of the class where y is 1, those of the others where it is -1.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            threshold = (sign - offset) / (slope + 0.0)
        # A slope of 0 has all values on one side of an infinite threshold.
        rank = self._values.searchsorted(threshold)
        everyone, (below, whole) = self._sums[:, rank], (self._inside(rank), self._all[1])
        if sign < 0:
            below, whole = everyone - below, self._all[0] - whole
        return np.where((slope >= 0) == (sign > 0), below, whole - below)

    def _inside(self, rank: np.ndarray) -> np.ndarray:
        """Return the sums over each class's values below a rank, 3 x K."""
        place = self._ranks.searchsorted(self._starts + rank)
        return np.asarray(self._sums_by_class[:, place] - self._before)


def _powers(values: np.ndarray) -> np.ndarray:
    """Return count, sum and sum of squares of the first 0 to N values, 3 x N + 1."""
    sums = np.zeros((3, len(values) + 1))
    sums[0] = np.arange(len(values) + 1)
    np.cumsum(values, out=sums[1, 1:])
    np.cumsum(values**2, out=sums[2, 1:])
    return sums
