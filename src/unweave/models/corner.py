"""A corner: one named model, a row in its family's table."""

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
        A line about the model, and the paper with its equation.
    settings : mapping of str to Any
        The settings that set it apart from others of its family, on any data.
    defaults : Defaults
        Further settings, by kind of data.
    terms : tuple of Term
        Terms that it adds to those of its family.
    strengths : tuple of str
        The settings by which it is made to disentangle more or less, which `unweave.choose`
        varies; empty for models without any.
    """

    summary: str
    source: str
    settings: Mapping[str, Any]
    defaults: Defaults = field(default_factory=Defaults)
    terms: tuple[Term, ...] = ()
    strengths: tuple[str, ...] = ()
