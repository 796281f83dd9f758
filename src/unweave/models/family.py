"""The record of a family of models: all that differs from one family to another."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from unweave.models.corner import Corner
from unweave.models.defaults import Defaults
from unweave.models.objective import ObjectiveModel
from unweave.objectives.term import Term
from unweave.settings import Scheduled, Settings, setting

Labelled = Iterator[tuple[torch.Tensor, torch.Tensor | None]]
"""Batches of samples on the model's device, with their labels if there are any."""


@dataclass(frozen=True)
class Family:
    """A family of models.

    Attributes
    ----------
    name : str
    title : str
        Its models in a few words.
    options : type of Settings
        Its settings without the weights of its terms.
    terms : tuple of Term
        The terms of its objective, in order; corners may add terms of their own.
    corners : mapping of str to Corner
        Its named models.
    defaults : Defaults
    build : callable
        ``build(settings, shape, population, encoder, decoder, targets, terms, examples, layout)``
        returns a model with freshly initialised networks; `encoder`, `decoder`, `examples` and
        `layout` may be None.
    complete : callable
        ``complete(settings, shape, examples, layout)`` returns the settings after those that
        depend on the data have been decided, given some of the training samples.
    summary : callable
        ``summary(model, batches)`` returns the family's entries of ``summary.json``.
    has_posterior : bool
        Whether its codes are distributions q(z|x), so that it can be traversed and sampled from.
    has_labels : bool
        Whether its models may learn from labels.
    needs_labels : callable, optional
        From the settings to whether a model with them learns from labels; by default none
        does.
    needs_pairs : callable, optional
        From the settings to whether a model with them learns from pairs of samples; by
        default none does.
    forms : tuple of str
        The values of its setting ``form``, if it has one: it chooses among defaults.
    """

    name: str
    title: str
    options: type[Settings]
    terms: tuple[Term, ...]
    corners: Mapping[str, Corner]
    defaults: Defaults
    build: Callable[..., ObjectiveModel]
    complete: Callable[..., Any]
    summary: Callable[[Any, Labelled], dict[str, Any]]
    has_posterior: bool
    has_labels: bool
    needs_labels: Callable[[Any], bool] = lambda settings: False
    needs_pairs: Callable[[Any], bool] = lambda settings: False
    forms: tuple[str, ...] = ()

    @property
    def all_terms(self) -> tuple[Term, ...]:
        """The family's terms, then those that corners add."""
        own = (term for corner in self.corners.values() for term in corner.terms)
        return tuple(dict.fromkeys((*self.terms, *own)))

    @property
    def settings(self) -> type[Settings]:
        """Its settings: the weights of its terms, then the options."""
        return _with_weights(self.options, self.all_terms)  # type: ignore[arg-type]

    def default_values(
        self, name: str | None, shape: Sequence[int], form: str = "", *, of_levels: bool = False
    ) -> dict[str, Any]:
        """Return the defaults of a model on one kind of data that the settings do not declare.

        They are settings of the model and of its training.

        Parameters
        ----------
        name : str or None
            One of its models; None for the defaults that all of them share.
        shape : sequence of int
            (C, H, W) of an image or (J,) of a row.
        form : str
            The form whose defaults are taken, in a family with forms; by default the first.
        of_levels : bool
            Whether levels and counts alone are learned of a row.
        """
        corner = Corner("", "", {}) if name is None else self.corners[name]
        columns = zip(
            self.defaults.columns(shape, form, of_levels=of_levels),
            corner.defaults.columns(shape, form, of_levels=of_levels),
            strict=True,
        )
        values: dict[str, Any] = {}
        for place, (common, particular) in enumerate(columns):
            values |= {**common, **(corner.settings if place == 0 else {}), **particular}
        return values


@cache
def _with_weights(options: type[Settings], terms: tuple[Term, ...]) -> type[Settings]:
    """Return the settings class with a field for the weight of every term."""
    weights = {term.weight.name: term.weight for term in terms if term.weight is not None}
    fields = [
        (each.name, Scheduled, setting(each.default, each.help, least=0))
        for each in weights.values()
    ]
    name = options.__name__
    part = dataclasses.make_dataclass(f"{name}Weights", fields, bases=(Settings,), frozen=True)
    return dataclasses.make_dataclass(name, [], bases=(options, part), frozen=True)
