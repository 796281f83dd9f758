"""Silence and a single thread for the classifiers that scores fit."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quiet() -> Iterator[None]:
    """Silence warnings of fits that end early and of rare classes; keep to one thread.

    A score is the quality of the fit on other rows: an early end, or too few rows, shows there.
    The fits are many and small: two threads gain a third on an idle machine, but beside other
    work they spend ten times as long waiting for each other as fitting.
    """
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(), _libraries().limit(limits=1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The number of unique classes")
        yield


@functools.cache
def _libraries() -> Any:
    """Return what limits the threads of all libraries that fits use: finding them takes long."""
    import sklearn.linear_model
    import sklearn.svm  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
