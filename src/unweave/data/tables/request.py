"""Requests about a table's columns: kinds, roles, missing markers, and a coding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from unweave.data.tables.columns import Coding, Kind
from unweave.data.tables.kinds import kind_named
from unweave.errors import RequestError, nearest, pick, shown

DEFAULT_CODING: Coding = "columns"
# The arguments of `load_data` that are about columns, in the order of `TableRequest`.
ARGUMENTS = ("columns", "drop", "only", "id", "ordinal", "given", "missing", "coding")


@dataclass(frozen=True)
class TableRequest:
    """What is asked of a table's columns.

    Attributes
    ----------
    kinds : mapping of str to str
        The kind of a column, by its name.
    drop, only, id, given : tuple of str
        Columns to leave out, to use alone, that identify rows, and that are known to encoder
        and decoder.
    missing : tuple of str
        Texts and numbers that are blanks, in every column.
    coding : {"gaussian", "columns"}
    """

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    coding: Coding = DEFAULT_CODING

    @classmethod
    def of(
        cls,
        *,
        columns: Mapping[Any, str] | None = None,
        drop: Any = (),
        only: Any = (),
        id: Any = (),
        ordinal: Any = (),
        given: Any = (),
        missing: Any = (),
        coding: str | None = None,
    ) -> TableRequest:
        """Read the arguments of `unweave.load_data`: names alone, or several.

        Raises
        ------
        RequestError
            If a kind or a coding is unknown.
        """
        if not isinstance(columns, Mapping | None):
            raise RequestError(
                f'columns={shown(columns)}: name columns and kinds, as {{"age": "count"}}'
            )
        kinds = {str(name): kind_named(str(kind)) for name, kind in (columns or {}).items()}
        kinds |= dict.fromkeys(_names(ordinal), "ordinal")
        read: Coding = DEFAULT_CODING
        if coding is not None:
            read = pick(coding, get_args(Coding), "coding")  # type: ignore[assignment]
        return cls(
            kinds, _names(drop), _names(only), _names(id), _names(given), _names(missing), read
        )

    def check(self, names: Sequence[str]) -> None:
        """Refuse columns that the table does not have, or that are asked for and left out.

        Raises
        ------
        RequestError
            The message suggests the nearest name.
        """
        asked = {"columns": self.kinds, "drop": self.drop, "only": self.only, "id": self.id}
        for argument, wanted in (asked | {"given": self.given}).items():
            for name in wanted:
                if name not in names:
                    raise RequestError(
                        f"{argument}={name}: the table has no such column"
                        f"{nearest(name, names) or ' (there are: ' + _listed(names) + ')'}"
                    )
        for name in self.given:
            for argument, others in (("drop", self.drop), ("id", self.id)):
                if name in others:
                    raise RequestError(f"given={name}: is in {argument}, too; take it out of one")
        if self.given and self.coding == "gaussian":
            raise RequestError(
                f"given={self.given[0]}: the Gaussian coding knows no given columns; use "
                "coding=columns"
            )

    def leaves_out(self, name: str) -> str:
        """Say why a column is left out, or return ""."""
        if name in self.drop:
            return "dropped, as asked"
        if self.only and name not in self.only and name not in self.given:
            return "not among the columns asked for"
        return ""


def _names(given: Any) -> tuple[str, ...]:
    """Read names separated by commas, one name, or several."""
    if given is None:
        return ()
    if isinstance(given, str):
        return tuple(part.strip() for part in given.split(",") if part.strip())
    if isinstance(given, tuple | list | set | frozenset) or _is_array(given):
        return tuple(str(name) for name in given)
    return (str(given),)


def _is_array(given: Any) -> bool:
    return isinstance(given, Iterable) and hasattr(given, "__len__")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
