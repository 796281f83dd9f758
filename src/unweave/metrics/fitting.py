"""Silence and a single thread for the classifiers that scores fit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings of fits that end early and of rare classes; keep to one thread.

    A score is the quality of the fit on other rows: an early end, or too few rows, shows there.
    The fits are many and small: two threads gain a third on an idle machine, but beside other
    work they spend ten times as long waiting for each other as fitting.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(limits=1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The number of unique classes")
        yield
