"""Criteria: what is known of a setting's runs without labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.interpretation.certificate import certify
from unweave.interpretation.reading import read_run
from unweave.interpretation.replication import replicated_dimensions
from unweave.interpretation.rotate import AUTO, rotate_all
from unweave.interpretation.turns import NONE
from unweave.interpretation.udr import unsupervised_disentanglement_ranking
from unweave.runs.held_out import log_likelihoods
from unweave.runs.model import Model
from unweave.statistics import random_rows

_MOST_HELD_OUT = {"table": 1000, "images": 256}
_MOST_READ = {"table": 2000, "images": 1000}


@dataclass(frozen=True)
class Criteria:
    """What a setting's runs say of it.

    Attributes
    ----------
    nats : float
        Held-out log-likelihood of a validation row, its lower bound averaged over rows and runs.
    nats_error : float
        Standard error of this mean, over the runs and over the rows.
    udr : float
        Mean UDR of the runs, turned.
    lsdi : float
        Mean LSDI of the runs, turned.
    open : float
        Mean number of informative dimensions, turned.
    replicated : float
        How many of them two runs share; see `replicated_dimensions`.
    certificate : tuple of float or None
        Probability of each dimension to be real; None where there is no certificate, as of images.
    turn : str
        The method of turning that held-out simplicity chooses.
    """

    nats: float
    nats_error: float
    udr: float
    lsdi: float
    open: float
    replicated: float
    certificate: tuple[float, ...] | None
    turn: str

    @property
    def believed(self) -> float:
        """How many dimensions can be believed: the sum of the certificate, or those replicated."""
        return self.replicated if self.certificate is None else sum(self.certificate)

    def said(self) -> str:
        """Return all of it in a line."""
        believed = "replicated" if self.certificate is None else "certified"
        return (
            f"{self.believed:.1f} of {self.open:.1f} dimensions {believed}, UDR {self.udr:.2f}, "
            f"LSDI {self.lsdi:.2f}, held-out log-likelihood {self.nats:.2f} ± {self.nats_error:.2f}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return all of it."""
        return {"believed": self.believed, **asdict(self)}


def without_labels(dataset: Dataset) -> Dataset:
    """Return a dataset whose factors and labels are gone, so that nothing can look at them."""
    return replace(dataset, factors=None, labels=None, redraw=None)


def criteria_of(models: Sequence[Model], dataset: Dataset, *, seed: int = 0) -> Criteria:
    """Read runs of one setting that differ in their seeds, without labels.

    Parameters
    ----------
    models : sequence of Model
        Two or more.
    dataset : Dataset
        Their data; see `without_labels`.
    seed : int
        Seed of rows and draws.
    """
    generator = np.random.default_rng(seed)
    held_out = dataset.rows("validation")
    held_out = held_out[random_rows(len(held_out), _MOST_HELD_OUT[dataset.kind], generator)]
    nats = np.array([log_likelihoods(each, dataset, held_out, seed=seed) for each in models])
    known = {"nats": float(nats.mean()), "nats_error": _standard_error(nats)}
    try:
        turned, turns = rotate_all(models, dataset, method=AUTO, seed=seed)
        turn = turns[0].method
    except RequestError:  # Fewer than two dimensions are informative: there is nothing to turn.
        turned, turn = list(models), NONE
    some = _some_rows(dataset, generator)
    # What `interpret` does beside this, factor analysis above all, has no part in a choice.
    readings = [read_run(each, some, np.arange(len(some)), seed=seed) for each in turned]
    read = [each.codes for each in readings], [each.informative for each in readings]
    try:
        certificate = tuple(certify(turned, some, seed=seed).probability.tolist())
    except RequestError:  # Images have none, nor have runs without informative dimensions.
        certificate = None
    return Criteria(
        **known,
        udr=float(unsupervised_disentanglement_ranking(*read).mean()),
        lsdi=float(np.mean([each.index["mean"] for each in readings])),
        open=float(np.mean([len(each.informative) for each in readings])),
        replicated=replicated_dimensions(*read),
        certificate=certificate,
        turn=turn,
    )


def _standard_error(nats: np.ndarray) -> float:
    """Return the standard error of the mean of R x N values over rows and runs."""
    over_rows = nats.mean(0).var(ddof=1) / nats.shape[1] if nats.shape[1] > 1 else 0.0
    over_runs = nats.mean(1).var(ddof=1) / nats.shape[0]
    return float(np.sqrt(over_rows + over_runs))


def _some_rows(dataset: Dataset, generator: np.random.Generator) -> Dataset:
    """Return training and validation rows, as many as a reading needs, as a dataset."""
    rows = np.sort(np.concatenate([dataset.rows("train"), dataset.rows("validation")]))
    rows = rows[random_rows(len(rows), _MOST_READ[dataset.kind], generator)]
    places = np.arange(len(rows))
    return replace(
        dataset,
        samples=np.asarray(dataset.samples[rows]),
        splits={"train": places, "validation": places[:0], "test": places[:0]},
        index=None,
        former=None,
    )
