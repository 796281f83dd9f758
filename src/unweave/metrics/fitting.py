"""Classifiers that scores fit: on one thread, and without what they say of themselves."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the library on fits that end early and on classes of few rows; keep to one thread.

    A score is what the fit is worth on other rows: an early end, or too few rows, shows there.
    The fits are many and small: two threads gain a third where nothing else runs, but wait for
    each other ten times as long as they work where something does.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(limits=1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The number of unique classes")
        yield
