"""The columns of a table: their kinds, roles and codings, and the scale of their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from unweave.errors import RequestError

Kind = Literal[
    "real",
    "positive",
    "count",
    "binary",
    "category",
    "ordinal",
    "date",
    "time",
    "id",
    "text",
    "constant",
]
Role = Literal["feature", "given", "left out"]
Coding = Literal["gaussian", "columns"]
Log = Literal["", "log", "log1p"]

KINDS: tuple[Kind, ...] = get_args(Kind)
# Kinds whose samples are the index of a level, in the coding "columns".
LEVELLED: tuple[Kind, ...] = ("binary", "category", "ordinal")
# Kinds that no model learns from.
UNLEARNT: tuple[Kind, ...] = ("id", "text", "constant")

# Share of the deviation over all rows under which training rows count as constant.
NEGLIGIBLE = 1e-6
ROUNDING = 1e-6
NAMELESS = re.compile(r"(Unnamed: \d+(_level_\d+)?)?")
# How the columns of early runs were called, and what they are.
_FORMER_ROLES: Mapping[str, tuple[Kind, Role]] = {
    "numeric": ("real", "feature"),
    "two-valued": ("binary", "feature"),
    "constant": ("constant", "left out"),
    "left out": ("text", "left out"),
}


@dataclass(frozen=True)
class Column:
    """One column of a table: what it is, and all that reading and writing it needs.

    A column is one column of the samples, whatever its kind. Its *own* numbers are: the
    value (real, positive, count), the level's index from 0 (binary, category, ordinal),
    days since 1970 (date) or seconds (time). Samples are ``(s(own) - mean) / sd``, where s
    is the logarithm if `log` says so.

    Attributes
    ----------
    name : str
        Unique in its table.
    kind : {"real", "positive", "count", "binary", "category", "ordinal", "date", "time", \
            "id", "text", "constant"}
    role : {"feature", "given", "left out"}
        ``given`` columns are known to encoder and decoder, and not learned.
    reason : str
        Why it is of this kind, and how its cells are read.
    mean, sd : float
        Over the training rows, of the own numbers (of their logarithm where `log` is set).
        0 and 1 for levels in the coding "columns", whose samples are the indices.
    fill : float
        What blanks are imputed with in the coding "gaussian": the training rows' median, or
        the more frequent level (0 or 1).
    blanks : int
        Cells that were blank or unreadable, over all rows.
    unreadable : int
        How many of these held something other than the kind asks for.
    levels : tuple of str, optional
        The texts coded 0, 1, …: two of a binary column, by frequency in a category, in
        order in an ordinal one. The last may be ``other (12 levels)``.
    pooled : tuple of str
        The texts that the last level stands for.
    constant : float or str, optional
        The one value of a constant column.
    log : {"", "log", "log1p"}
        The scale of a positive column: own, log(own), or log(1 + own / unit).
    unit : float
    whole : bool
        Whether the numbers are whole, and are whole on output.
    mark : bool
        Whether a blank cell means the level 0, as in a column of ``X`` and blanks.
    decimal : {"", ".", ","}
        The decimal mark of its texts; "" where the cells decide.
    changes : bool
        Whether ``70+1`` is read as 70.
    format : str
        How dates and times are written; "" where they are no texts.
    decimals : int
        How many digits after the point the seconds of dates and times have on output.
    dtype : str
        The type of its cells on output: ``float``, ``int``, ``text``, ``bool``,
        ``datetime``, ``date``, ``time`` or ``duration``.
    label : int, str, list or None
        The DataFrame's own label where it is not `name`.
    """

    name: str
    kind: Kind
    role: Role = "feature"
    reason: str = ""
    mean: float = 0.0
    sd: float = 1.0
    fill: float = 0.0
    blanks: int = 0
    unreadable: int = 0
    levels: tuple[str, ...] | None = None
    pooled: tuple[str, ...] = ()
    constant: float | str | None = None
    log: Log = ""
    unit: float = 1.0
    whole: bool = False
    mark: bool = False
    decimal: str = ""
    changes: bool = False
    format: str = ""
    decimals: int = 0
    dtype: str = "float"
    label: Any = None

    @property
    def used(self) -> bool:
        """Whether the column is one of the J columns of the samples."""
        return self.role != "left out"

    @property
    def is_nonnegative(self) -> bool:
        """Whether its kind has no number below 0."""
        return self.kind in ("count", "positive")

    @property
    def heading(self) -> Any:
        """What the column is called in a DataFrame: its own label, or its name."""
        return self.name if self.label is None else self.label

    def scaled(self, own: np.ndarray) -> np.ndarray:
        """Return the samples of own numbers, float64; NaN stay NaN."""
        return np.asarray((self._on_scale(own) - self.mean) / self.sd)

    def own(self, samples: np.ndarray, coding: Coding) -> np.ndarray:
        """Return the own numbers of samples.

        They are whole, within the levels and not below 0 where they must be; the coding
        "gaussian" knows numbers and two levels alone.
        """
        numbers = samples * self.sd + self.mean
        if self.log == "log":
            numbers = np.exp(numbers)
        elif self.log == "log1p":
            shares = np.expm1(numbers)
            # Samples are float32: what is 0 but for their rounding is 0.
            numbers = np.where(shares < ROUNDING, 0.0, shares) * self.unit
        if self.levels is not None:
            # Halves rise: 0.5 is the level 1, as ever.
            return np.clip(np.floor(numbers + 0.5), 0, len(self.levels) - 1)
        if self.whole:
            numbers = np.floor(numbers + 0.5)
        # What a decoder expects of a column that is never negative may be.
        return np.maximum(numbers, 0) if coding == "columns" and self.is_nonnegative else numbers

    def measured(self, own: np.ndarray, train: np.ndarray, coding: Coding) -> Column:
        """Return the column with its fill, mean and deviation, measured on training rows.

        Parameters
        ----------
        own : numpy.ndarray
            N own numbers, NaN where blank.
        train : numpy.ndarray
            Indices of the training rows.
        coding : {"gaussian", "columns"}
            The first measures with blanks imputed, the second without them.

        Raises
        ------
        RequestError
            If the values cannot be told apart in double precision.
        """
        if coding == "columns" and self.levels is not None:
            return self
        known = ~np.isnan(own)
        sample = own[train][known[train]]
        if len(sample) == 0:
            sample = own[known]
        fill = float(sample.mean() > 0.5) if self.levels else _median(sample)
        if coding == "gaussian":
            values, chosen = np.where(known, own, fill), np.where(known, own, fill)[train]
        else:
            values, chosen = self._on_scale(own[known]), self._on_scale(sample)
        mean, sd = _mean_and_deviation(chosen)
        over_all = _mean_and_deviation(values)
        if sd <= NEGLIGIBLE * over_all[1]:
            mean, sd = over_all
        if not np.isfinite([mean, sd]).all() or sd == 0:
            raise RequestError(
                f"column {self.name!r}: its values are too large or too close to tell apart "
                "in double precision; rescale it"
            )
        return replace(self, mean=mean, sd=sd, fill=fill)

    def _on_scale(self, own: np.ndarray) -> np.ndarray:
        if not self.log:
            return own
        with np.errstate(divide="ignore", invalid="ignore"):
            # New rows may hold what the training rows did not: it is blank.
            logs = np.log(own) if self.log == "log" else np.log1p(own / self.unit)
        return np.where(np.isfinite(logs), logs, np.nan)

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads back."""
        plain = asdict(self)
        plain["levels"] = self.levels and list(self.levels)
        plain["pooled"] = list(self.pooled)
        return plain

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Column:
        """Rebuild a column, also one that an early run has stored."""
        known = dict(entry)
        if "kind" not in known:
            known["kind"], known["role"] = _FORMER_ROLES[known["role"]]
            known["reason"] = known.pop("note", "")
            known["dtype"] = "text" if known.get("levels") else "float"
            known["changes"] = True
        for name in ("levels", "pooled"):
            if known.get(name) is not None:
                known[name] = tuple(known[name])
        for name in ("mean", "sd", "fill", "unit"):  # JSON may have a whole number for each.
            if name in known:
                known[name] = float(known[name])
        if isinstance(known.get("label"), list):
            known["label"] = tuple(known["label"])
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in known.items() if name in names})


def as_gaussian(column: Column, rows: int) -> Column:
    """Return the column as the coding "gaussian" has it: a plain number, or two levels.

    Numbers of any kind are neither rounded nor put on another scale, and columns that are
    neither numbers nor two-valued are left out, as are those more than half blank.
    """
    if not column.used:
        return column
    number = column.dtype in ("int", "float") and column.kind not in ("date", "time")
    if not number and column.kind != "binary":
        reason = f"{column.reason}; the Gaussian coding has no place for a {column.kind}"
        return replace(column, role="left out", reason=reason)
    if column.blanks * 2 > rows and not column.mark:
        return replace(
            column, role="left out", reason=f"more than half blank ({column.blanks} of {rows})"
        )
    if not number or column.mark:
        return column
    return replace(column, levels=None, pooled=(), log="", unit=1.0, whole=False)


def _median(sample: np.ndarray) -> float:
    # Halved first: the sum of two middle values near the largest double overflows.
    low, high = np.quantile(sample, 0.5, method="lower"), np.quantile(sample, 0.5, method="higher")
    return float(low / 2 + high / 2)


def _mean_and_deviation(values: np.ndarray) -> tuple[float, float]:
    """Return mean and population deviation, without over- or underflow of the squares."""
    scale = float(np.abs(values).max())
    if scale == 0:
        return 0.0, 0.0
    shares = values / scale
    return float(shares.mean()) * scale, float(shares.std()) * scale


def readable_names(names: Sequence[object] | pd.Index) -> list[str]:
    """Name the nameless columns by their place and make every name unique."""
    taken: set[str] = set()
    unique = []
    for place, name in enumerate(names, start=1):
        text = " ".join(str(name).split()) if name is not None else ""
        if NAMELESS.fullmatch(text) or text == "nan":
            text = f"column {place}"
        candidate, repeat = text, 2
        while candidate in taken:
            candidate, repeat = f"{text} ({repeat})", repeat + 1
        taken.add(candidate)
        unique.append(candidate)
    return unique
