"""The one shape in which every source hands over its data."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import torch

from unweave.data.schema import TableSchema

Draw = Callable[[torch.Tensor], torch.Tensor]
SplitName = Literal["train", "validation", "test"]
# The label of a sample of which it is not known.
UNKNOWN = -1


class Samples(Protocol):
    """What stands in a dataset: an array, or something that draws rows when asked.

    Images are uint8, N x C x H x W, 255 being white; table rows are float32, N x J,
    standardised. A lazily drawn source may also offer ``draw_on(device)``, which
    returns a function from an index tensor to a tensor of samples on that device.
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
class Factors:
    """Ground-truth factors of variation.

    Attributes
    ----------
    names : tuple of str
    values : numpy.ndarray
        N x F, float64: class indices for discrete factors, values for continuous ones.
    sizes : tuple of int or None
        Number of distinct values of each factor; None where it is continuous.
    loadings : numpy.ndarray, optional
        J x F: how strongly each feature depends on each factor, 0 where it does not;
        known only where the data was generated.
    """

    names: tuple[str, ...]
    values: np.ndarray
    sizes: tuple[int | None, ...]
    loadings: np.ndarray | None = None


@dataclass(frozen=True)
class Labels:
    """What is known of each sample without being a factor.

    Attributes
    ----------
    names : tuple of str
        Class names if exclusive, attribute names otherwise.
    values : numpy.ndarray
        N class indices if exclusive, N x L of 0/1 otherwise; int64. In both, -1 means
        "not known": leave such entries out of whatever is learned or measured.
    exclusive : bool
    """

    names: tuple[str, ...]
    values: np.ndarray
    exclusive: bool


@dataclass(frozen=True)
class Dataset:
    """Samples, what is known of them, how they are split and where they came from.

    Attributes
    ----------
    name : str
        The short name, for titles and the run's configuration.
    samples : Samples
        uint8 N x C x H x W, or float32 N x J (standardised).
    splits : mapping of str to numpy.ndarray
        Sorted row indices of ``train``, ``validation`` and ``test``; together all rows.
    fingerprint : str
        Hash of what was loaded: equal data, equal fingerprint.
    source : str
        What `load_data` was asked for, so that a run can find its data again:
        a name with its options, an absolute path, or "" for data from memory.
    factors, labels : optional
    table : TableSchema, optional
        For tables: columns, units and how cells became numbers.
    notes : tuple of str
        What a user should know of how the data was read (one line each).
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

    def __len__(self) -> int:
        return len(self.samples)

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

    def draw_on(self, device: torch.device) -> Draw:
        """Return a function that draws samples by index on `device`.

        The samples travel to the device once; a source that draws lazily does so there.
        Where they would fill more than half of a GPU's free memory, they stay behind and
        each batch travels.
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
