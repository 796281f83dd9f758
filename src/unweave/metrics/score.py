"""The records that declare scores: what each is called, needs, returns and is computed by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch

from unweave.data import Dataset
from unweave.metrics.truth import Truth
from unweave.runs.model import Model

Need = Literal["images", "factors", "posterior"]
Kind = Literal["images", "table"]


@dataclass(frozen=True, kw_only=True)
class Score:
    """A score; one of the three kinds below.

    Attributes
    ----------
    name : str
        Its name on the command line and in JSON.
    summary, source : str
        One line, and the paper with its equation.
    higher_is_better : bool
        Whether the larger of two values is the better one.
    range : tuple of float
        The least and the largest value of what is measured; infinite where there is no bound.
        An estimate from random draws may lie a little outside.
    needs : tuple of {"images", "factors", "posterior"}
        What the data must be or have, or the model must have.
    least_side : int
        Least height and width of images, in pixels.
    units : mapping of str to str
        The unit of the value, for ``images`` and ``table``; left out where it has none.
    """

    name: str
    summary: str
    source: str
    higher_is_better: bool
    range: tuple[float, float]
    needs: tuple[Need, ...] = ()
    least_side: int = 0
    units: Mapping[Kind, str] = field(default_factory=dict)

    def obstacle(self, dataset: Dataset, model: Model | None = None) -> str:
        """Return in a few words why the score cannot be computed; ``""`` where it can."""
        if "posterior" in self.needs and model is not None and not model.has_posterior:
            return "needs a model with a posterior"
        if "images" in self.needs and dataset.kind != "images":
            return "needs images"
        if "factors" in self.needs and dataset.factors is None:
            return "needs known factors"
        if dataset.kind == "images" and min(dataset.sample_shape[1:]) < self.least_side:
            height, width = dataset.sample_shape[1:]
            return (
                f"needs images of at least {self.least_side} x {self.least_side} pixels, "
                f"these are {height} x {width}"
            )
        return ""


@dataclass(frozen=True, kw_only=True)
class ReconstructionScore(Score):
    """A score of every sample by itself; reported as mean and deviation over the samples.

    Attributes
    ----------
    function : callable
        From a batch of N samples and their N reconstructions (see `EncodedRows.pairs`) to N
        values, NaN for a sample of which nothing can be said: it is left out. All such scores
        share one pass over the data.
    """

    function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True, kw_only=True)
class FactorScore(Score):
    """A score of all codes together, held against the true factors.

    Attributes
    ----------
    function : callable
        From N x K codes, their `Truth` and a generator to a mapping of what it finds, all of
        which JSON shows. All such scores share the codes; those of one function share its result.
    shown : str
        The key, in that mapping, of this score's ``value``.
    open_only : bool
        Whether dimensions that the model has closed are constant for it (see
        `EncodedRows.open_codes`): for scores that ask dimensions one by one, whatever their scale.
    least_factors : int
        The fewest factors that must vary for the score to say anything: with a single one, every
        dimension is about one factor alone.
    """

    function: Callable[[np.ndarray, Truth, np.random.Generator], Mapping[str, Any]]
    needs: tuple[Need, ...] = ("factors",)
    shown: str = "value"
    open_only: bool = False
    least_factors: int = 1

    def obstacle_in(self, truth: Truth) -> str:
        """Return in a few words why these factors are too few; ``""`` where they are not."""
        count = len(truth.names)
        if count >= self.least_factors:
            return ""
        return f"needs {self.least_factors} factors that vary; in these rows {count} does"


@dataclass(frozen=True, kw_only=True)
class PosteriorScore(Score):
    """A score of all posteriors together.

    Attributes
    ----------
    function : callable
        From N x K means and log-variances of q(z|x) and a generator to a mapping of what it
        finds, all of which JSON shows.
    shown : str
        As for `FactorScore`.
    """

    function: Callable[[np.ndarray, np.ndarray, np.random.Generator], Mapping[str, Any]]
    needs: tuple[Need, ...] = ("posterior",)
    shown: str = "value"
