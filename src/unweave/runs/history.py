"""The loss terms of a run, step by step, and ``history.csv`` that holds them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from unweave.errors import RequestError
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
            If the file is missing or a cell is not a number.
        """
        history = cls()
        try:
            with path.open(encoding="utf-8", newline="") as stream:
                for row in csv.DictReader(stream):
                    step = int(row.pop("step"))
                    if last_step is None or step <= last_step:
                        history.add(step, {name: float(value) for name, value in row.items()})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RequestError(f"{path}: not a run's history ({error}); train again") from error
        return history
