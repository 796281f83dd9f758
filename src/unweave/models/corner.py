"""A corner: one named model of a family, as a row of its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from unweave.models.defaults import Defaults
from unweave.objectives.term import Term


@dataclass(frozen=True)
class Corner:
    """A named model.

    Attributes
    ----------
    summary, source : str
        One line, and the paper with its equation.
    settings : mapping of str to Any
        The settings that set it apart from its family on any data.
    defaults : Defaults
        The settings that it has besides, by kind of data.
    terms : tuple of Term
        Terms of its own, which no other corner of the family has.
    """

    summary: str
    source: str
    settings: Mapping[str, Any]
    defaults: Defaults = field(default_factory=Defaults)
    terms: tuple[Term, ...] = ()
