"""The loss terms of a run, step by step, and ``history.csv`` that holds them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from unweave.errors import RequestError, shown
from unweave.files import write_text


class History:
    """Rows of (step, each loss term), averaged over the steps since the row before."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def add(self, step: int, terms: Mapping[str, float]) -> None:
        """Append the terms after `step` steps."""
        self.rows.append({"step": step, **terms})

    def column(self, name: str) -> list[float]:
        """Return one column, from the first row to the last."""
        return [row[name] for row in self.rows]

    @property
    def terms(self) -> list[str]:
        """Names of the columns after ``step``."""
        return [name for name in self.rows[0] if name != "step"] if self.rows else []

    def write(self, path: Path) -> None:
        """Write the rows as CSV; numbers keep all their digits."""
        text = io.StringIO()
        writer = csv.DictWriter(text, ["step", *self.terms], lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(path, text.getvalue())

    @classmethod
    def read(cls, path: Path, last_step: int | None = None) -> History:
        """Read a file that `write` wrote, up to `last_step`.

        Raises
        ------
        RequestError
            If the file is missing, a cell is not a number, or steps do not rise.
        """
        history = cls()
        try:
            with path.open(encoding="utf-8", newline="") as stream:
                lines = csv.reader(stream)
                names = next(lines, [])
                if names[:1] != ["step"] or len(set(names)) < len(names):
                    raise ValueError("its first line is not step and the names of loss terms")
                for number, cells in enumerate(lines, 2):
                    row = _row(number, names, cells)
                    step = int(row.pop("step"))
                    if step <= (history.rows[-1]["step"] if history.rows else 0):
                        raise ValueError(f"line {number}: steps do not rise")
                    if last_step is not None and step > last_step:
                        break
                    history.add(step, row)
        except (OSError, ValueError, csv.Error) as error:
            said = getattr(error, "strerror", None) or str(error)
            raise RequestError(f"{path}: not a run's history ({said}); train again") from error
        return history


def _row(number: int, names: list[str], cells: list[str]) -> dict[str, float]:
    """Return one line as numbers."""
    if len(cells) != len(names):
        raise ValueError(f"line {number}: {len(cells)} cells, not {len(names)}")
    row = {}
    for name, cell in zip(names, cells, strict=True):
        try:
            row[name] = int(cell) if name == "step" else float(cell)
        except ValueError:
            raise ValueError(f"line {number}, {name}: {shown(cell)} is no number") from None
    return row
