"""Traversals: codes in which one latent dimension moves and the others stay, decoded."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from unweave.data import Dataset
from unweave.display import Displayed, few
from unweave.editing.aggregate_posterior import aggregate_posterior, base_code, check_base_row
from unweave.errors import RequestError
from unweave.runs.model import Model
from unweave.runs.values import comparable_values, value_names

LOWEST_QUANTILE, HIGHEST_QUANTILE = 0.025, 0.975
MOST_STEPS = 99
MOST_UNINFORMATIVE = 5


@dataclass(frozen=True, repr=False)
class Traversal(Displayed):
    """D latent dimensions, each moved through T values from one base code, decoded.

    Attributes
    ----------
    dimensions : list of int
        The D dimensions, by falling KL.
    quantiles : numpy.ndarray
        T probabilities, evenly spaced.
    values : numpy.ndarray
        D x T code values: those quantiles of each dimension's aggregate posterior.
    kl : numpy.ndarray
        KL(q(z_k|x) ‖ p(z_k)) of the D dimensions, nats; NaN where it is not known.
    base : numpy.ndarray
        K code values, at which the other dimensions stay.
    base_name : str
        What the base is the code of: ``row 17``, ``the mean code``, ``the prior's mean``.
    outputs : numpy.ndarray
        float32 D x T x C x H x W in [0, 1], or D x T x J in standardised units.
    reconstruction : numpy.ndarray
        The base, decoded: C x H x W, or J.
    original : numpy.ndarray or None
        The sample the base is the code of, in the same form, where there is one.
    feature_names : tuple of str or None
        Tables: names of the J features.
    expected : numpy.ndarray or None
        Tables: D x T x E, what is expected of the columns in units that are alike for all
        (`unweave.runs.values.comparable_values`).
    value_names : tuple of str or None
        Tables: names of these E values.
    frames : list of pandas.DataFrame or None
        Tables: for each dimension, T rows in the table's own units.
    note : str
        A remark on how it was made; may be empty.
    """

    dimensions: list[int]
    quantiles: np.ndarray
    values: np.ndarray
    kl: np.ndarray
    base: np.ndarray
    base_name: str
    outputs: np.ndarray
    reconstruction: np.ndarray
    original: np.ndarray | None = None
    feature_names: tuple[str, ...] | None = None
    expected: np.ndarray | None = None
    value_names: tuple[str, ...] | None = None
    frames: list[pd.DataFrame] | None = None
    note: str = ""

    def facts(self) -> dict[str, object]:
        """Return what its ``repr`` says of it."""
        ends = f"{self.quantiles[0]:.1%} to {self.quantiles[-1]:.1%}"
        return {
            "dimensions": few(self.names),
            "values": f"{len(self.quantiles)} of each, quantiles {ends}",
            "base": self.base_name,
            "decoded": "images" if self.is_images else f"{self.outputs.shape[-1]} features",
            "note": self.note,
        }

    @property
    def names(self) -> list[str]:
        """The names of the D dimensions, such as z3."""
        return [f"z{index}" for index in self.dimensions]

    @property
    def is_images(self) -> bool:
        """Whether the outputs are images, not rows."""
        return self.outputs.ndim == 5


def traverse(
    model: Model,
    data: Any = None,
    *,
    dimensions: Sequence[int] | None = None,
    steps: int = 9,
    row: int | None = None,
) -> Traversal:
    """Move one latent dimension at a time along its aggregate posterior and decode.

    Parameters
    ----------
    model : Model
    data : as for `Model.encode`, optional
        Where codes are taken from; the training data unless given. Where that cannot be
        found, the base is the prior's mean and the quantiles are the prior's.
    dimensions : sequence of int, optional
        The informative ones unless given; where there are none, the 5 of largest KL.
    steps : int
        Number T of values of each dimension, from its 2.5 % to its 97.5 % quantile.
    row : int, optional
        Row of the data whose code is the base. Unless given: for images the first test
        row, for tables the mean code.

    Returns
    -------
    Traversal

    Raises
    ------
    RequestError
        If a dimension or the row does not exist, `steps` is not within 2 to 99, the data
        does not fit the model, or the model learned from labels.
    """
    if not model.can_be_read:
        raise RequestError(
            f"{model.name} learned from labels, so that its dimensions are not traversed; edit its "
            "attributes by degree instead"
        )
    if not 2 <= steps <= MOST_STEPS:
        raise RequestError(f"steps={steps}: give a whole number from 2 to {MOST_STEPS}")
    if dimensions is not None:
        check_dimensions(model, dimensions)
    dataset, problem = _data_of(model, data)
    check_base_row(dataset, row)  # Before the data is encoded, which can take long.
    posterior = aggregate_posterior(model, dataset)
    base = base_code(model, dataset, posterior, row)
    chosen, note = _choose(model, posterior.kl, dimensions)
    quantiles = np.linspace(LOWEST_QUANTILE, HIGHEST_QUANTILE, steps)
    values = np.quantile(posterior.draws[:, chosen], quantiles, axis=0).T
    notes = [text for text in (note, problem) if text]
    bare = Traversal(
        dimensions=chosen,
        quantiles=quantiles,
        values=values,
        kl=posterior.kl[chosen],
        base=base.values,
        base_name=base.name,
        outputs=np.empty(0),
        reconstruction=model.decode_features(base.values[None], _repeated(base.original, 1))[0],
        original=base.original,
        note="; ".join(notes),
    )
    return _decoded(model, bare)


def refine(model: Model, traversal: Traversal, steps: int) -> Traversal:
    """Return the same traversal at `steps` values, interpolated and decoded."""
    places = np.linspace(0, 1, steps)
    given = np.linspace(0, 1, len(traversal.quantiles))
    values = np.stack([np.interp(places, given, row) for row in traversal.values])
    quantiles = np.interp(places, given, traversal.quantiles)
    return _decoded(model, dataclasses.replace(traversal, quantiles=quantiles, values=values))


def check_dimensions(model: Model, dimensions: Sequence[int]) -> None:
    """Check that dimensions are those of the model.

    Raises
    ------
    RequestError
        If there are none, or one is not the index of a latent dimension.
    """
    last = model.latent_dim - 1
    if len(dimensions) == 0:
        raise RequestError(f"dimensions=[]: name some of 0 to {last}")
    for index in dimensions:
        if isinstance(index, bool) or not isinstance(index, (int, np.integer)):
            raise RequestError(
                f"dimensions={list(dimensions)}: give whole numbers from 0 to {last}"
            )
        if not 0 <= index <= last:
            raise RequestError(
                f"dimensions={index}: the model has {model.latent_dim}; give some of 0 to {last}"
            )


def _data_of(model: Model, data: Any) -> tuple[Dataset | None, str]:
    """Return the dataset to take codes from, or None with the reason why there is none."""
    try:
        return model.dataset(data), ""
    except RequestError as error:
        if data is not None:
            raise
        why = str(error) if model.data["source"] else "trained on data from memory"
        return None, f"from the prior, not from data ({why})"


def _choose(
    model: Model, kl: np.ndarray, dimensions: Sequence[int] | None
) -> tuple[list[int], str]:
    """Return the dimensions to show by falling KL, and a note on the choice."""
    falling = [int(index) for index in np.argsort(-np.nan_to_num(kl), kind="stable")]
    if dimensions is not None:
        wanted = {int(index) for index in dimensions}
        return [index for index in falling if index in wanted], ""
    informative = set(model.summary.get("informative", ()))
    if informative:
        return [index for index in falling if index in informative], ""
    few = falling[:MOST_UNINFORMATIVE]
    shown = "all of them are" if len(few) == len(falling) else f"the {len(few)} of largest KL are"
    return few, f"no dimension is informative; {shown} shown"


def _decoded(model: Model, traversal: Traversal) -> Traversal:
    """Return the traversal with its values decoded."""
    count, steps = traversal.values.shape
    codes = np.tile(traversal.base, (count, steps, 1))
    for place, index in enumerate(traversal.dimensions):
        codes[place, :, index] = traversal.values[place]
    codes = codes.reshape(count * steps, -1)
    decoded = model.decode_features(codes, _repeated(traversal.original, len(codes)))
    outputs = decoded.reshape(count, steps, *decoded.shape[1:])
    if decoded.ndim == 4:
        reconstruction = traversal.reconstruction.clip(0, 1)
        return dataclasses.replace(
            traversal, outputs=outputs.clip(0, 1), reconstruction=reconstruction
        )
    names = model.table.feature_names if model.table else _numbered(math.prod(decoded.shape[1:]))
    restore = model.table.restore if model.table else lambda rows: pd.DataFrame(rows, columns=names)
    frames = [restore(rows) for rows in outputs]
    expected = comparable_values(model, codes, _repeated(traversal.original, len(codes)))
    return dataclasses.replace(
        traversal,
        outputs=outputs,
        feature_names=names,
        expected=expected.reshape(count, steps, -1),
        value_names=value_names(model),
        frames=frames,
    )


def _repeated(original: np.ndarray | None, count: int) -> np.ndarray | None:
    """Return the row of a table whose given columns the decoder is to know, `count` times."""
    return None if original is None or original.ndim > 1 else np.tile(original, (count, 1))


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"x{index}" for index in range(1, count + 1))
