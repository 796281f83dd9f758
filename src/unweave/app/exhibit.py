"""What the page shows of one run: its controls, its samples, how its codes follow another's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from unweave.api import load
from unweave.data import Dataset
from unweave.editing.start import Start, start_of
from unweave.errors import RequestError
from unweave.interpretation.gas import UNMATCHED, greedy_alignment
from unweave.reporting.labels import dimension_label
from unweave.reporting.runs import DataFinder, find_runs, run_titles
from unweave.runs.folder import read_config
from unweave.runs.model import Model

# As far as attributes go to either side of the 0 and 1 they were trained on.
ATTRIBUTE_RANGE = (-1.0, 2.0)
# Latent values reach at least so far; the prior's standard deviation is 1.
_LEAST_REACH = 3.0
_FARTHEST = 0.999
_ALIGNED_ROWS = 2_000
Kind = Literal["attributes", "images", "table"]


@dataclass(frozen=True)
class Control:
    """One element of the code that a visitor moves.

    Attributes
    ----------
    name : str
        Its name among the run's `code_names`.
    label : str
    low, high : float
    folded : bool
        Whether it is folded away: a dimension that is not informative.
    """

    name: str
    label: str
    low: float
    high: float
    folded: bool = False


@dataclass(frozen=True)
class Following:
    """How the latent values of one run follow those of a reference run.

    Attributes
    ----------
    dimensions : numpy.ndarray
        For each dimension of the reference the run's, −1 where none corresponds.
    scales : numpy.ndarray
        How far the run's moves for each unit of the reference's: the ratio of their
        standard deviations, negative where it runs the other way.
    """

    dimensions: np.ndarray
    scales: np.ndarray


class Exhibit:
    """A run as the page shows it. What takes long is worked out when first asked for.

    Attributes
    ----------
    number : int
        Its place among the runs of the page.
    title : str
    model : Model
    """

    def __init__(self, number: int, title: str, model: Model, data: DataFinder) -> None:
        self.number, self.title, self.model = number, title, model
        self._data = data

    @property
    def kind(self) -> Kind:
        """What the page offers for it."""
        if len(self.model.sample_shape) == 1:
            return "table"
        return "images" if self.model.has_posterior else "attributes"

    @property
    def family(self) -> tuple[object, ...]:
        """Equal for runs whose controls can be moved alike."""
        model = self.model
        controls = model.targets.names or model.latent_dim
        return self.kind, model.data["fingerprint"], model.sample_shape, controls

    @cached_property
    def dataset(self) -> Dataset | None:
        """What it was trained on; None if that is not at hand."""
        return self._data.find(self.model)

    @cached_property
    def test_rows(self) -> np.ndarray:
        """Rows of the data that it was not trained on; empty without data."""
        if self.dataset is None:
            return np.empty(0, np.int64)
        held_out = self.dataset.rows("test")
        return held_out if len(held_out) else np.arange(len(self.dataset))

    @cached_property
    def gallery(self) -> np.ndarray:
        """The test rows in mixed order: neighbours in the data are often alike."""
        return np.random.default_rng(0).permutation(self.test_rows)

    @cached_property
    def start(self) -> Start:
        """Draws of its aggregate posterior, and the KL divergence of every dimension."""
        return start_of(self.model, self.dataset)

    @cached_property
    def controls(self) -> list[Control]:
        """What can be moved: the attributes; or the dimensions, the strongest first."""
        if not self.model.has_posterior:
            names = self.model.targets.names
            return [Control(name, name.replace("_", " "), *ATTRIBUTE_RANGE) for name in names]
        kl, draws = self.start.kl, np.abs(self.start.draws)
        informative = set(self.model.summary.get("informative") or range(len(kl)))
        controls = []
        for k in np.argsort(-np.nan_to_num(kl), kind="stable"):
            reach = max(_LEAST_REACH, float(np.ceil(2 * np.quantile(draws[:, k], _FARTHEST)) / 2))
            name = f"z{k}"
            label = dimension_label(name, kl[k])
            controls.append(Control(name, label, -reach, reach, int(k) not in informative))
        return controls

    def code_of(self, samples: np.ndarray | None, row: int | None) -> np.ndarray:
        """Return a code, 1 x K: of a row of the data, of an image, or, without either, the mean's.

        Without data at hand that is the prior's mean, and for attributes one half.
        """
        if row is not None:
            return self.model.encode(self.dataset, np.array([row]))
        if samples is not None:
            return self.model.encode(samples)
        if self.model.has_posterior:
            return self.start.base[None].astype(np.float32)
        code = np.zeros((1, self.model.module.code_dim), np.float32)
        code[:, : len(self.model.targets)] = 0.5
        return code

    def edited(
        self, code: np.ndarray, values: Mapping[str, float], reference: Exhibit, origin: np.ndarray
    ) -> np.ndarray:
        """Return a code as it is after a reference run's controls were set to `values`.

        Parameters
        ----------
        code : numpy.ndarray
            1 x K, this run's.
        values : mapping of str to float
            In the reference's names and units.
        reference : Exhibit
            This run itself, or one of its family.
        origin : numpy.ndarray
            1 x K: the reference's code of the same sample. Latent values of other runs move
            from where they are, by as many standard deviations, along the dimension that
            corresponds.
        """
        edited = np.array(code)
        for name, value in values.items():
            place = reference.model.code_names.index(name)
            if self is reference or not self.model.has_posterior:
                edited[:, place] = value
                continue
            follow = self.following(reference)
            if follow.dimensions[place] != UNMATCHED:
                moved = (value - origin[0, place]) * follow.scales[place]
                edited[:, follow.dimensions[place]] += moved
        return edited

    def following(self, reference: Exhibit) -> Following:
        """Return which dimension stands for each of the reference's, by GAS."""
        known = self._followed.get(reference.number)
        if known is None:
            known = self._followed[reference.number] = self._follow(reference)
        return known

    @cached_property
    def _followed(self) -> dict[int, Following]:
        return {}

    def _follow(self, reference: Exhibit) -> Following:
        if self.dataset is None:
            order = np.arange(self.model.latent_dim)
            return Following(order, np.ones(len(order)))
        rows = self.test_rows[:_ALIGNED_ROWS]
        codes = [each.model.encode(self.dataset, rows) for each in (reference, self)]
        alignment = greedy_alignment(codes, reference=0)
        order = alignment.permutations[1]
        spread = [np.maximum(each.std(0), 1e-6) for each in codes]
        return Following(order, alignment.signs[1] * spread[1][order] / spread[0])


def exhibits_of(folders: Sequence[Path | str], device: str = "auto") -> list[Exhibit]:
    """Load the finished runs in some folders.

    Raises
    ------
    RequestError
        If a folder holds no finished run, or one is damaged.
    """
    finished, _ = find_runs(folders)
    models = [
        load(folder, device=device) for folder in finished if not read_config(folder)["networks"]
    ]
    if not models:
        raise RequestError(
            f"{finished[0]}: trained with networks of its own, which the page cannot rebuild; "
            "give runs of the package's own networks"
        )
    data = DataFinder()
    titles = run_titles(models)
    return [
        Exhibit(number, title, model, data)
        for number, (title, model) in enumerate(zip(titles, models, strict=True))
    ]
