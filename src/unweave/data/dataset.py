"""The dataset: samples, what is known of them, how they are split and where they came from."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd
import torch

from unweave.data.factors import Factors
from unweave.data.files.crops import CENTRAL_SQUARE
from unweave.data.labels import Labels
from unweave.data.pairing import GivenPairs, Pairs, factor_pairs
from unweave.data.tables.schema import TableSchema
from unweave.display import Displayed, by, few
from unweave.errors import RequestError

Draw = Callable[[torch.Tensor], torch.Tensor]
SplitName = Literal["train", "validation", "test"]
EXAMPLES = 256


class Samples(Protocol):
    """The samples of a dataset: an array, or an object that draws rows when asked.

    Images are uint8, N x C x H x W, 255 being white; table rows are float32, N x J,
    standardised. Samples that are drawn when asked for may also offer
    ``draw_on(device)``, which returns a function from an index tensor to a tensor of
    samples on that device.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """N, then the shape of one sample."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8 or float32."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any) -> Any: ...


@dataclass(frozen=True)
class Redraw:
    """How generated samples are drawn again with other values of their factors.

    Attributes
    ----------
    factors : numpy.ndarray
        N x F: the values with which the samples were drawn.
    draw : callable
        Given M row indices and M x F values, returns M samples that differ from these
        rows in their factors alone.
    """

    factors: np.ndarray
    draw: Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, repr=False)
class Dataset(Displayed):
    """Samples, what is known of them, how they are split and where they came from.

    Attributes
    ----------
    name : str
        The short name, for titles and the run's configuration.
    samples : Samples
        uint8 N x C x H x W, or float32 N x J (standardised).
    splits : mapping of str to numpy.ndarray
        Sorted row indices of ``train``, ``validation`` and ``test``; together all rows, but
        for those that a restriction keeps from training.
    fingerprint : str
        Hash of samples, factors and labels: equal data, equal fingerprint.
    source : str
        What `load_data` was asked for, so that a run can find its data again:
        a name with its options, an absolute path, or "" for data from memory.
    factors, labels : optional
    table : TableSchema, optional
        For tables: columns, units and how cells became numbers.
    notes : tuple of str
        What a user should know of how the data was read (one line each).
    crop : str
        How pictures of one's own are to be cropped to look like these images: a name in
        `unweave.data.files.crops.CROPS`.
    synthetic : bool
        Whether the samples were generated, so that their columns need no explanation.
    redraw : Redraw, optional
        For generated images whose factors can be changed one by one.
    index : pandas.Index, optional
        The index of the DataFrame that the rows came from, or the names of the images' files,
        for frames made of them.
    ids : pandas.DataFrame, optional
        The columns of a table that name its rows and are not learned, N x L.
    white : int
        The integer that was white where the images were arrays of integers: 1 or 255.
    pairs : numpy.ndarray, optional
        P x 2 row numbers, of samples that came in pairs.
    former : callable, optional
        Returns the fingerprint that this data has in early runs; see `unweave.data.former`.
    """

    name: str
    samples: Samples
    splits: Mapping[str, np.ndarray]
    fingerprint: str
    source: str = ""
    factors: Factors | None = None
    labels: Labels | None = None
    table: TableSchema | None = None
    notes: tuple[str, ...] = field(default=())
    crop: str = CENTRAL_SQUARE
    synthetic: bool = False
    redraw: Redraw | None = field(default=None, repr=False)
    index: pd.Index | None = field(default=None, repr=False)
    ids: pd.DataFrame | None = field(default=None, repr=False)
    white: int = 255
    former: Callable[[], str] | None = field(default=None, repr=False)
    pairs: np.ndarray | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.samples)

    def facts(self) -> dict[str, object]:
        """Return what its ``repr`` says of it."""
        what = "images" if self.kind == "images" else "rows"
        sizes = (f"{len(rows):,} {name}" for name, rows in self.splits.items())
        return {
            "name": self.name,
            what: f"{len(self):,} of {by(self.sample_shape)} ({', '.join(sizes)})",
            "features": few(self.table.feature_names) if self.table else "",
            "factors": few(self.factors.names) if self.factors else "",
            "labels": few(self.labels.names) if self.labels else "",
            "notes": " | ".join(self.notes),
        }

    @property
    def kind(self) -> Literal["images", "table"]:
        """Images have four axes."""
        return "images" if len(self.samples.shape) == 4 else "table"

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample: (C, H, W), or (J,)."""
        return tuple(self.samples.shape[1:])

    def rows(self, split: SplitName) -> np.ndarray:
        """Return the row indices of one split, sorted."""
        return self.splits[split]

    @cached_property
    def examples(self) -> np.ndarray:
        """At most 256 of the training samples, from all over the split."""
        rows = self.rows("train")
        return np.asarray(self.samples[rows[:: max(1, len(rows) // EXAMPLES)][:EXAMPLES]])

    @cached_property
    def training_pairs(self) -> Pairs:
        """Pairs of training samples: as given, or drawn by their factors.

        Raises
        ------
        RequestError
            If the data came without pairs, and none can be drawn.
        """
        rows = self.rows("train")
        if self.pairs is not None:
            return GivenPairs(self.pairs[np.isin(self.pairs, rows).all(1)])
        if self.factors is None:
            raise RequestError(
                f"{self.name}: has no factors to draw pairs by; give data with discrete factors, "
                "such as sprites, or pairs of samples, (first, second)"
            )
        known = self.factors
        return factor_pairs(rows, known.values[rows], known.sizes, self.name)

    def matches(self, fingerprint: str) -> bool:
        """Tell whether a stored fingerprint is this data's.

        Early runs hold another fingerprint of the same data; it is computed, once, where
        the present one differs.
        """
        return fingerprint == self.fingerprint or fingerprint == self._former_fingerprint

    @cached_property
    def _former_fingerprint(self) -> str | None:
        return None if self.former is None else self.former()

    def draw_on(self, device: torch.device) -> Draw:
        """Return a function that draws samples by index on `device`.

        The samples travel to the device once; samples that are drawn when asked for are
        drawn there. Where they would fill more than half of a GPU's free memory, they
        stay behind and each batch travels.
        The returned function takes an int64 index tensor on `device` and returns
        uint8 (images) or float32 (tables) samples.
        """
        if hasattr(self.samples, "draw_on"):
            draw: Draw = self.samples.draw_on(device)
            return draw
        samples = as_tensor(np.asarray(self.samples))
        if device.type == "cuda" and samples.nbytes > torch.cuda.mem_get_info(device)[0] / 2:
            return lambda rows: samples.index_select(0, rows.cpu()).to(device)
        there = samples.to(device)
        return lambda rows: there.index_select(0, rows)


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """Wrap an array, read-only ones included, without copying it."""
    if array.flags.writeable:
        return torch.from_numpy(array)
    with warnings.catch_warnings():
        # torch warns that writing through the tensor is undefined; nothing here writes.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)
