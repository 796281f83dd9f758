"""Facts by which results show themselves: a line in Python, a small table in notebooks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from html import escape

_MOST_NAMES = 6


class Displayed(ABC):
    """A result that shows its facts in place of its arrays.

    Dataclasses that inherit it say ``repr=False``, or they would show all of their fields.
    """

    @abstractmethod
    def facts(self) -> Mapping[str, object]:
        """Return a few facts by name, most important first; empty ones are left out."""

    def __repr__(self) -> str:
        said = "; ".join(f"{name} {value}" for name, value in self._known())
        return f"<{type(self).__name__}: {said}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:left">{escape(value)}</td></tr>'
            for name, value in self._known()
        )
        return f"<table><caption>{escape(type(self).__name__)}</caption>{rows}</table>"

    def _known(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.facts().items() if str(value)]


def few(names: list[str] | tuple[str, ...]) -> str:
    """Return names with commas between them, and how many more there are."""
    shown = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def by(shape: tuple[int, ...]) -> str:
    """Return a shape as it is read: 3 x 64 x 64."""
    return " x ".join(map(str, shape))
