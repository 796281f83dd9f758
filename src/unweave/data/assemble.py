"""The contents that readers return, and the one function that makes a dataset of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from unweave.data.dataset import Dataset, Redraw, Samples
from unweave.data.factors import Factors
from unweave.data.files.cache import Packed
from unweave.data.files.crops import CENTRAL_SQUARE
from unweave.data.files.fingerprint import fingerprint_of
from unweave.data.labels import Labels
from unweave.data.splits import split_rows
from unweave.data.tables.schema import TableSchema


@dataclass(frozen=True)
class Contents:
    """What a reader found; attributes not named here are as in `Dataset`.

    Attributes
    ----------
    samples : Samples
        uint8 N x C x H x W, or float32 N x J (standardised).
    splits : mapping of str to numpy.ndarray, optional
        The published partition; 80/10/10 by a fixed seed where there is none.
    content : str
        Hash of the samples, where the reader has one at hand (packed images have) or
        knows them by less than their bytes (generated samples by what generates them);
        "" has the samples hashed.
    name : str
        What a path with these contents is called; "" calls it by its last part.
    index : pandas.Index, optional
        The index of the DataFrame that was read, or the names of the images' files.
    ids : pandas.DataFrame, optional
        The columns of a table that name its rows, N x L cells as they were.
    former : callable, optional
        Given these contents, returns their fingerprint in early runs; see
        `unweave.data.former`. A new reader needs none.
    """

    samples: Samples
    factors: Factors | None = None
    labels: Labels | None = None
    table: TableSchema | None = None
    splits: Mapping[str, np.ndarray] | None = None
    notes: tuple[str, ...] = field(default=())
    crop: str = CENTRAL_SQUARE
    synthetic: bool = False
    redraw: Redraw | None = None
    content: str = ""
    white: int = 255
    name: str = ""
    index: pd.Index | None = None
    ids: pd.DataFrame | None = None
    pairs: np.ndarray | None = None
    former: Callable[[Contents], str] | None = None

    @classmethod
    def of_pack(cls, pack: Packed, notes: tuple[str, ...] = (), **known: Any) -> Contents:
        """Return the contents whose samples are packed images; `known` are other attributes."""
        return cls(pack.images, content=pack.fingerprint, notes=(*notes, *pack.notes), **known)


def assemble(contents: Contents, name: str, source: str = "") -> Dataset:
    """Make the dataset of what a reader found.

    The fingerprint is the hash of the samples together with names and values of factors
    and labels. It depends on neither the name nor the place of the data.

    Parameters
    ----------
    contents : Contents
    name : str
        What the dataset is called.
    source : str
        What `load_data` finds the data by; "" for data from memory.
    """
    if not contents.content:
        contents = replace(contents, content=fingerprint_of(np.asarray(contents.samples)))
    splits = contents.splits
    return Dataset(
        name=name,
        samples=contents.samples,
        splits=split_rows(len(contents.samples)) if splits is None else splits,
        fingerprint=_fingerprint(contents),
        source=source,
        factors=contents.factors,
        labels=contents.labels,
        table=contents.table,
        notes=contents.notes,
        crop=contents.crop,
        synthetic=contents.synthetic,
        redraw=contents.redraw,
        index=contents.index,
        ids=contents.ids,
        white=contents.white,
        pairs=contents.pairs,
        former=partial(contents.former, contents) if contents.former else None,
    )


def _fingerprint(contents: Contents) -> str:
    parts: list[Any] = ["samples", contents.content]
    if (factors := contents.factors) is not None:
        parts += ["factors", list(factors.names), factors.values]
    if (labels := contents.labels) is not None:
        parts += ["labels", list(labels.names), labels.values]
    return fingerprint_of(*parts)
