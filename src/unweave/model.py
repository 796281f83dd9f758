"""A trained model as its users hold it: a run that can also be edited and traversed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from unweave.editing.edits import edit_codes
from unweave.editing.traversal import Traversal, traverse
from unweave.report.traversals import save_traversal, traversal_suffix
from unweave.training.run import Run


class Model(Run):
    """A trained model: what `unweave.train` and `unweave.load` return.

    It encodes, decodes, reconstructs and samples (see `Run`), and edits and traverses.
    """

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return the model of a run that has been trained."""
        return cls(**{field.name: getattr(run, field.name) for field in dataclasses.fields(run)})

    def edit(
        self,
        data: Any,
        changes: Mapping[str, float] | None = None,
        *,
        to_class: str | None = None,
    ) -> np.ndarray | pd.DataFrame:
        """Return data with some attributes or latent values set, the rest left alone.

        Parameters
        ----------
        data : as for `encode`
        changes : mapping of str to float, optional
            Values for attributes, also outside [0, 1], such as ``{"Smiling": 1.7}``, or
            for latent values, such as ``{"z3": 2.0}``.
        to_class : str, optional
            Where the labels exclude each other: the class to be swapped in.

        Returns
        -------
        numpy.ndarray or pandas.DataFrame
            Images as float32 N x C x H x W in [0, 1]; rows in the table's own units.

        Raises
        ------
        RequestError
            If a name is none of the model's (suggests the nearest).
        """
        return edit_codes(self, data, changes, to_class)

    def traverse(
        self,
        data: Any = None,
        *,
        dimensions: Sequence[int] | None = None,
        steps: int = 9,
        row: int | None = None,
        out: Path | str | None = None,
    ) -> Traversal:
        """Move one latent dimension at a time along its aggregate posterior and decode.

        Parameters
        ----------
        data : as for `encode`, optional
            Where codes are taken from; the training data unless given.
        dimensions : sequence of int, optional
            The informative ones unless given.
        steps : int
            Values along each dimension.
        row : int, optional
            The sample to start from.
        out : path, optional
            A .png or .gif to draw it to.
        """
        if out is not None:
            traversal_suffix(out)  # A wrong one is refused before any work is done.
        traversal = traverse(self, data, dimensions=dimensions, steps=steps, row=row)
        if out is not None:
            save_traversal(self, traversal, out)
        return traversal
