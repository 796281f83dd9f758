"""A quantity that speaks for or against a dimension, and how it is put into words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from unweave.interpretation.evidence.observed import Observed


@dataclass(frozen=True)
class Quantity:
    """A row of the table of evidence.

    Attributes
    ----------
    name : str
        Its key in documents.
    title : str
        What it measures; heads of tables and figures.
    source : str
        Where it is defined.
    supporting, lacking : str
        Clauses about a dimension of which it is high, or low: "it is found again in every run".
    function : callable
        From `Observed` to P values, of which larger ones speak for a dimension.
    bends : tuple of float
        Values at which its meaning changes by definition, so that its curve may bend there.
    """

    name: str
    title: str
    source: str
    supporting: str
    lacking: str
    function: Callable[[Observed], np.ndarray]
    bends: tuple[float, ...] = ()
