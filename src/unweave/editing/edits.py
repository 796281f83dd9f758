"""Edits: some elements of a code are set or its class is swapped, and it is decoded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from unweave.errors import RequestError, nearest, pick, shown
from unweave.objectives.targets import Targets
from unweave.runs.model import Model

MOST_SWEPT = 99


@dataclass(frozen=True)
class Edit:
    """A change to codes: elements that are set, and a class that is swapped in.

    Attributes
    ----------
    changes : mapping of str to float
        New values of elements: attributes, such as ``{"Smiling": 1.7}``, or latent
        values, such as ``{"z3": 2.0}``.
    to_class : str, optional
        The class to be swapped in, before `changes`.
    """

    changes: Mapping[str, float] = field(default_factory=dict)
    to_class: str | None = None

    @property
    def label(self) -> str:
        """A short name, such as ``class=7, Smiling=1.7``."""
        parts = [] if self.to_class is None else [f"class={self.to_class}"]
        return ", ".join([*parts, *(f"{name}={value:g}" for name, value in self.changes.items())])

    def apply(self, model: Model, codes: np.ndarray) -> np.ndarray:
        """Return edited codes; `codes` itself stays as it is.

        Raises
        ------
        RequestError
            If the model does not know a name, or a value is not a finite number.
        """
        check_edit(model, self)
        edited = codes.copy()
        if self.to_class is not None:
            edited = swap_class(edited, model.targets, self.to_class)
        names = model.code_names
        for name, value in self.changes.items():
            edited[:, names.index(name)] = value
        return edited


def edit_data(
    model: Model,
    data: Any,
    changes: Mapping[str, float] | None = None,
    to_class: str | None = None,
) -> np.ndarray | pd.DataFrame:
    """Return data with some elements of its codes set, the others left alone.

    No labels are needed. Song, Koyejo and Zhang (arXiv 1912.11675), section 3.4.

    Parameters
    ----------
    model : Model
    data : as for `Model.encode`
        N images or rows.
    changes : mapping of str to float, optional
        Values for attributes, also outside [0, 1], such as ``{"Smiling": 1.7}``; or for
        latent values, such as ``{"z3": 2.0}``, in units of the code. Without any change
        the result is the reconstruction.
    to_class : str, optional
        Where the model's labels exclude each other: the class to be swapped in.

    Returns
    -------
    numpy.ndarray or pandas.DataFrame
        Images as float32 N x C x H x W in [0, 1]; rows in the table's own units.

    Raises
    ------
    RequestError
        If the model does not know a name (suggests the nearest), a value is not a finite
        number, or the data does not fit the model.
    """
    changes = {name: _number(name, value) for name, value in (changes or {}).items()}
    edit = Edit(changes, to_class)
    check_edit(model, edit)  # Before the data is encoded, which can take long.
    dataset = model.dataset(data)
    return model.decode_rows(edit.apply(model, model.encode(dataset)), dataset)


def decode_edits(model: Model, codes: np.ndarray, edits: Sequence[Edit]) -> Iterator[np.ndarray]:
    """Yield the reconstructions of N codes, then their images after each edit.

    Each is float32, N x C x H x W, in [0, 1].
    """
    yield np.asarray(model.decode(codes))
    for edit in edits:
        yield np.asarray(model.decode(edit.apply(model, codes)))


def swap_class(codes: np.ndarray, targets: Targets, name: str) -> np.ndarray:
    """Exchange the share of the target class with the largest share; z stays.

    Song, Koyejo and Zhang (arXiv 1912.11675), section 3.4, case 1.

    Parameters
    ----------
    codes : numpy.ndarray
        N x (L + K): the soft target, then z.
    targets : Targets
        The model's, of classes that exclude each other.
    name : str
        The target class.
    """
    swapped = codes.copy()
    rows = np.arange(len(codes))
    largest = codes[:, : len(targets)].argmax(1)
    goal = targets.names.index(name)
    swapped[rows, largest] = codes[rows, goal]
    swapped[rows, goal] = codes[rows, largest]
    return swapped


def sweep(name: str, start: float, stop: float, count: int) -> list[Edit]:
    """Return edits that set one element to `count` evenly spaced values.

    Parameters
    ----------
    name : str
        The attribute or latent dimension.
    start, stop : float
        The first value and the last.
    count : int

    Raises
    ------
    RequestError
        If `count` is not within 2 to 99.
    """
    if not 2 <= count <= MOST_SWEPT:
        raise RequestError(f"count={count}: sweep {name} through 2 to {MOST_SWEPT} values")
    return [Edit({name: float(value)}) for value in np.linspace(start, stop, count)]


def check_edit(model: Model, edit: Edit) -> None:
    """Check that an edit's names and values fit the model.

    Raises
    ------
    RequestError
        If the model does not know a name, or a value is not a finite number.
    """
    for name, value in edit.changes.items():
        pick_code(model, name)
        _number(name, value)
    if edit.to_class is not None:
        if not model.targets.exclusive:
            raise RequestError(
                f"to_class={edit.to_class}: {model.name} on {model.data['name']} has no exclusive "
                f"classes; set {_listed(model)} instead"
            )
        pick(edit.to_class, model.targets.names, "class")


def pick_code(model: Model, name: str) -> str:
    """Return `name` if it is an element of the model's codes.

    Raises
    ------
    RequestError
        If it is not; suggests the nearest, and lists all.
    """
    if name in model.code_names:
        return name
    what = "attribute" if len(model.targets) else "latent dimension"
    near = nearest(name, model.code_names)
    raise RequestError(f"unknown {what} {shown(name)}{near} (there are: {_listed(model)})")


def _listed(model: Model) -> str:
    if not len(model.targets):
        return ", ".join(model.code_names)
    return f"{', '.join(model.targets.names)}, and z0 to z{model.latent_dim - 1}"


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    # Codes are single precision: what overflows there is infinite to the decoder.
    if not abs(number) <= float(np.finfo(np.float32).max):
        raise RequestError(f"{name}={value}: give a finite number, such as {name}=1.5")
    return number
