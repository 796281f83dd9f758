"""Runs as the page shows them: a model with its data, its controls, and matching dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from unweave.api import load
from unweave.app.wording import PanelKind
from unweave.data import Dataset
from unweave.editing.aggregate_posterior import AggregatePosterior, aggregate_posterior
from unweave.editing.controls import Control, controls_of
from unweave.errors import RequestError
from unweave.interpretation.gas import UNMATCHED, greedy_alignment
from unweave.reporting.run_facts import health_warning
from unweave.reporting.run_folders import DataFinder, find_runs, run_titles
from unweave.runs.folder import read_config
from unweave.runs.model import Model

_ALIGNED_ROWS = 2_000


@dataclass(frozen=True)
class Correspondence:
    """The dimensions of one run that correspond to those of a reference run.

    Attributes
    ----------
    dimensions : numpy.ndarray
        For each dimension of the reference, the run's own; −1 where none corresponds.
    scales : numpy.ndarray
        How far the run's dimension moves for each unit of the reference's: the ratio of
        their standard deviations, negative where it runs the other way.
    """

    dimensions: np.ndarray
    scales: np.ndarray


class LoadedRun:
    """A run as the page shows it. Whatever takes long is worked out on first use.

    Attributes
    ----------
    number : int
        Its place among the runs of the page.
    title : str
    model : Model
    shown_on : str
        A sentence about the data of the page, where it is other data than the run was trained on.
    """

    def __init__(
        self, number: int, title: str, model: Model, data: DataFinder, shown_on: str = ""
    ) -> None:
        self.number, self.title, self.model, self.shown_on = number, title, model, shown_on
        self._data = data

    @property
    def panel_kind(self) -> PanelKind:
        """Which panel the page shows for it."""
        if len(self.model.sample_shape) == 1:
            return "table"
        return "images" if self.model.can_be_read else "attributes"

    @property
    def group(self) -> tuple[object, ...]:
        """Equal for runs whose controls can be moved together."""
        model = self.model
        controls = model.targets.names or model.latent_dim
        return self.panel_kind, model.data["fingerprint"], model.sample_shape, controls

    @cached_property
    def dataset(self) -> Dataset | None:
        """The data it was trained on; None where that cannot be found."""
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
        """The test rows in random order, since neighbours in the data are often alike."""
        return np.random.default_rng(0).permutation(self.test_rows)

    @cached_property
    def posterior(self) -> AggregatePosterior:
        """Its aggregate posterior, with the KL divergence of every dimension."""
        return aggregate_posterior(self.model, self.dataset)

    @cached_property
    def controls(self) -> list[Control]:
        """The attributes, or the dimensions in order of falling KL, to be moved.

        Empty for a model that is collapsed, dead or exploded.
        """
        if health_warning(self.model):
            return []  # A dead model's sliders move nothing.
        posterior = self.posterior if self.model.can_be_read else None
        return controls_of(self.model, self.dataset, posterior)

    def rename(self, name: str, text: str) -> None:
        """Give a control a name that the run's folder keeps; "" takes it back.

        Raises
        ------
        RequestError
            As `Model.rename`.
        """
        self.model.rename(name, text)
        self.__dict__.pop("controls", None)

    def code_of(self, array: np.ndarray | None, row: int | None) -> np.ndarray:
        """Return the code, 1 x K, of a row of the data or of an image.

        Without either it is the prior's mean; attributes are then at one half.
        """
        if row is not None:
            return self.model.encode(self.dataset, np.array([row]))
        if array is not None:
            # The model takes rows of a table in their own units.
            table = self.model.table
            return self.model.encode(array if table is None else table.restore(array))
        if self.model.can_be_read:
            return np.zeros((1, self.model.latent_dim), np.float32)
        code = np.zeros((1, self.model.module.code_dim), np.float32)
        code[:, : len(self.model.targets)] = 0.5
        return code

    def edited(
        self,
        code: np.ndarray,
        values: Mapping[str, float],
        reference: LoadedRun,
        origin: np.ndarray,
    ) -> np.ndarray:
        """Return a code after a reference run's controls have been set to `values`.

        Parameters
        ----------
        code : numpy.ndarray
            1 x K, this run's.
        values : mapping of str to float
            In the reference's names and units.
        reference : LoadedRun
            This run itself, or another of its group.
        origin : numpy.ndarray
            1 x K: the reference's code of the same sample. Latent values of other runs move
            from where they are, by as many standard deviations, along the dimension that
            corresponds.
        """
        edited = np.array(code)
        for name, value in values.items():
            place = reference.model.code_names.index(name)
            if self is reference or not self.model.can_be_read:
                edited[:, place] = value
                continue
            match = self.correspondence(reference)
            if match.dimensions[place] != UNMATCHED:
                moved = (value - origin[0, place]) * match.scales[place]
                edited[:, match.dimensions[place]] += moved
        return edited

    def correspondence(self, reference: LoadedRun) -> Correspondence:
        """Return which dimension corresponds to each of the reference's, by GAS."""
        known = self._correspondences.get(reference.number)
        if known is None:
            known = self._correspondences[reference.number] = self._match(reference)
        return known

    @cached_property
    def _correspondences(self) -> dict[int, Correspondence]:
        return {}

    def _match(self, reference: LoadedRun) -> Correspondence:
        if self.dataset is None:
            order = np.arange(self.model.latent_dim)
            return Correspondence(order, np.ones(len(order)))
        rows = self.test_rows[:_ALIGNED_ROWS]
        codes = [each.model.encode(self.dataset, rows) for each in (reference, self)]
        alignment = greedy_alignment(codes, reference=0)
        order = alignment.permutations[1]
        spread = [np.maximum(each.std(0), 1e-6) for each in codes]
        return Correspondence(order, alignment.signs[1] * spread[1][order] / spread[0])


def load_runs(folders: Sequence[Path | str], device: str = "auto") -> list[LoadedRun]:
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
            f"{finished[0]}: trained with networks of your own, which the studio cannot rebuild; "
            "give runs that use the package's networks"
        )
    data = DataFinder()
    titles = run_titles(models)
    return [
        LoadedRun(number, title, model, data)
        for number, (title, model) in enumerate(zip(titles, models, strict=True))
    ]
