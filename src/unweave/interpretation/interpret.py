"""One or several runs read on the same data: dimensions aligned, tables averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unweave.arguments import checked
from unweave.data import Dataset
from unweave.display import Displayed
from unweave.errors import RequestError, pick
from unweave.interpretation.certificate import Certificate, certify
from unweave.interpretation.columns import FeatureValues
from unweave.interpretation.factor_analysis import (
    MOST_FEATURES,
    FactorAnalysis,
    factor_analysis,
)
from unweave.interpretation.gas import Alignment, greedy_alignment
from unweave.interpretation.lsdi import disentanglement_index
from unweave.interpretation.reading import (
    MOST_ROWS,
    Reading,
    feature_names,
    read_run,
    strongest,
    with_mean,
)
from unweave.interpretation.rotate import AUTO, rotate_all
from unweave.interpretation.together import check_together
from unweave.interpretation.turns import METHODS, NONE, Turn
from unweave.interpretation.udr import unsupervised_disentanglement_ranking
from unweave.objectives.divergence import INFORMATIVE_NATS
from unweave.runs.model import Model
from unweave.runs.values import value_names
from unweave.settings import whole_number
from unweave.statistics import (
    finite_or_none,
    gap_of_the_largest,
    mean_interval,
    random_rows,
)

READINGS = ("fvh_lt", "dbsr_ls")


@dataclass(frozen=True, repr=False)
class Interpretation(Displayed):
    """Readings of the same data by one run or several, in the reference run's dimensions.

    Attributes
    ----------
    readings : tuple of Reading
        One for each of the R runs.
    features : tuple of str
        Names of the J features.
    data : str
        The name of the data.
    alignment : Alignment or None
        None for a single run.
    tables : dict of str to numpy.ndarray
        ``fvh_lt`` and ``dbsr_ls``, J x K, aligned and averaged over the runs.
    spread : dict of str to numpy.ndarray
        Standard deviations of the tables over the runs; empty for a single run.
    kl : numpy.ndarray
        Mean KL of each dimension in nats, aligned and averaged over the runs, K.
    informative : tuple of int
        Columns that match an informative dimension in more than half of the runs.
    ranking : numpy.ndarray or None
        UDR of every run; None for a single run.
    notes : tuple of str
        Remarks a reader needs, such as features that do not vary.
    factors : FactorAnalysis or None
        Loadings, communalities and more, of a table of at most 500 features.
    turns : tuple of Turn
        The turn that was found for each run, if one was looked for.
    turned : Interpretation or None
        The reading of the turned runs, where turns make the features simpler to tell apart.
    certificate : Certificate or None
        How likely each informative dimension is to be real.
    uncertified : str
        Why there is no certificate, such as that there is a single run; "" if there is one.
    """

    readings: tuple[Reading, ...]
    features: tuple[str, ...]
    data: str
    alignment: Alignment | None
    tables: dict[str, np.ndarray]
    spread: dict[str, np.ndarray]
    kl: np.ndarray
    informative: tuple[int, ...]
    ranking: np.ndarray | None
    notes: tuple[str, ...]
    factors: FactorAnalysis | None = None
    turns: tuple[Turn, ...] = ()
    turned: Interpretation | None = None
    certificate: Certificate | None = None
    uncertified: str = ""

    def facts(self) -> dict[str, object]:
        """Return what its ``repr`` says of it."""
        index = self.to_json_index()
        low, high = index["interval"]["mean"]
        table = self.tables["fvh_lt"]
        return {
            "data": self.data,
            "runs": len(self.readings),
            "LSDI": f"{index['mean']:.2f} [{low:.2f}, {high:.2f}]",
            **{f"z{k}": strongest(table, self.features, k) for k in self.informative},
            "notes": " | ".join(self.notes),
        }

    @property
    def reference(self) -> Reading:
        """The reading whose dimensions are the tables' columns."""
        return self.readings[0 if self.alignment is None else self.alignment.reference]

    def sharpness(self) -> dict[str, dict[str, float]]:
        """Return how far leading entries of the averaged tables stand out, aligned and unaligned.

        The largest entry of a row minus the next, averaged over the features. Averaging columns
        that stand for different things blurs them: leading entries shrink, and others grow.
        """
        plain = {
            name: np.mean([r.tables[name] for r in self.readings], axis=0) for name in READINGS
        }
        pairs = {name: (self.tables[name], plain[name]) for name in READINGS}
        return {
            name: {"aligned": _contrast(aligned), "unaligned": _contrast(unaligned)}
            for name, (aligned, unaligned) in pairs.items()
        }

    def signed(self) -> np.ndarray:
        """Return DBSR-LS's coefficients with their signs, J x K, aligned and averaged over runs.

        Positive where a feature rises with the reference run's dimension. A dimension that runs
        the other way in another run counts with its sign turned.
        """
        tables = [each.signed for each in self.readings]
        if self.alignment is None:
            return tables[0]
        turned = [
            self.alignment.aligned(run, table) * self.alignment.signs[run]
            for run, table in enumerate(tables)
        ]
        return np.asarray(np.mean(turned, axis=0))

    def to_json(self) -> dict[str, Any]:
        """Return the documented keys, and under ``readings`` the figures of each run."""
        document: dict[str, Any] = {
            "runs": [each.to_json()["run"] for each in self.readings],
            "health": [each.model.health or None for each in self.readings],
            "data": self.data,
            "features": list(self.features),
            "informative": list(self.informative),
            "kl": finite_or_none(self.kl.tolist()),
            **{name: self.tables[name].tolist() for name in READINGS},
            "dbsr_ls_signed": self.signed().tolist(),
            "lsdi": self.to_json_index(),
            "alignment": None if self.alignment is None else self._alignment(),
            "fdr": [each.recovery.fdr if each.recovery else None for each in self.readings],
            "power": [each.recovery.power if each.recovery else None for each in self.readings],
            "udr": None if self.ranking is None else self.ranking.tolist(),
            "readings": [each.to_json() for each in self.readings],
            "factor_analysis": None if self.factors is None else self.factors.to_json(),
            "turn": self._turn(),
            "turned": None if self.turned is None else self.turned.to_json(),
            "certificate": None if self.certificate is None else self.certificate.to_json(),
            "uncertified": self.uncertified or None,
        }
        if self.notes:
            document["notes"] = list(self.notes)
        return document

    def simplicity(self) -> dict[str, float]:
        """Return Kaiser's index on held-out rows by method of turning, averaged over the runs."""
        return _averaged([turn.simplicity for turn in self.turns])

    def independence(self) -> dict[str, float]:
        """Return how far held-out codes are from normal ones, averaged over the runs.

        As they are (``"none"``) and as independent components; empty where these were not tried.
        """
        return _averaged([turn.independence for turn in self.turns])

    def _turn(self) -> dict[str, Any] | None:
        if not self.turns:
            return None
        return {
            "method": self.turns[0].method,
            "simplicity": self.simplicity(),
            "independence": self.independence(),
            "runs": [turn.to_json() for turn in self.turns],
        }

    def _alignment(self) -> dict[str, Any]:
        assert self.alignment is not None
        return {**self.alignment.to_json(), "sharpness": self.sharpness()}

    def to_json_index(self) -> dict[str, Any]:
        """Return LSDI over the runs, with intervals over the runs, or over the rows of one run."""
        each = {
            name: np.array([reading.index[name] for reading in self.readings])
            for name in (*READINGS, "mean")
        }
        if len(self.readings) == 1:
            interval = {name: list(ends) for name, ends in self.readings[0].intervals.items()}
        else:
            interval = {name: list(mean_interval(values)) for name, values in each.items()}
        return {
            **{name: float(values.mean()) for name, values in each.items()},
            "interval": interval,
            "interval_of": "rows" if len(self.readings) == 1 else "runs",
            "attainable": {
                name: float(np.mean([r.indices[name].attainable for r in self.readings]))
                for name in READINGS
            },
            "aligned": self.aligned_index(),
        }

    def aligned_index(self) -> dict[str, Any]:
        """Return LSDI of the aligned, averaged tables, as version 2 of the article defines it.

        For a single run these are its own tables.
        """
        found = {
            name: disentanglement_index(self.tables[name], self.informative) for name in READINGS
        }
        return {
            **with_mean(found),
            "attainable": {name: each.attainable for name, each in found.items()},
        }


@checked
def interpret(
    model: Model | Sequence[Model],
    data: Any = None,
    *,
    threshold: float = INFORMATIVE_NATS,
    seed: int = 0,
    rotate: str = AUTO,
) -> Interpretation:
    """Read a latent space without ground truth; several runs are aligned and averaged.

    Lang and Liu (arXiv 2603.11242): informative dimensions, FVH-LT, DBSR-LS and LSDI of every
    run, and GAS over several; also UDR (Duan et al., 2020). All rows of the data are read, or
    100,000 random ones of more (10,000 images).

    Parameters
    ----------
    model : Model, or sequence of Model
        Models of the variational family, with one latent_dim and trained on the same data.
    data : as for `Model.encode`, optional
        The training data unless given.
    threshold : float
        Mean KL in nats above which a dimension is informative.
    seed : int
        Seed of rows, base codes, folds and resamples.
    rotate : str
        How the informative dimensions are turned before they are read (see `unweave.rotate`):
        ``none``, ``varimax``, ``oblimin``, ``promax`` or ``ica``. With ``auto`` they are read as
        they are, and also turned where this is simpler on held-out rows
        (`Interpretation.turned`).

    Returns
    -------
    Interpretation

    Raises
    ------
    RequestError
        If a model learned from labels, the models differ in data or latent_dim, or their codes are
        not finite.
    """
    pick(rotate, (AUTO, NONE, *METHODS), "rotation")
    seed = whole_number("seed", seed)
    models = [model] if isinstance(model, Model) else list(model)
    check_together(models)
    turns: list[Turn] = []
    if rotate not in (AUTO, NONE):
        models, turns = rotate_all(models, data, method=rotate, seed=seed)
    found = _read_all(models, data, threshold, seed, tuple(turns))
    if rotate != AUTO or any(each.turn for each in models):
        return found
    try:
        turned, turns = rotate_all(models, data, method=AUTO, seed=seed)
    except RequestError as error:
        return replace(found, notes=(*found.notes, f"no turn was looked for: {error}"))
    simpler = None
    if turns[0].method != NONE:
        simpler = _read_all(turned, data, threshold, seed, tuple(turns))
    return replace(found, turns=tuple(turns), turned=simpler)


def _read_all(
    models: Sequence[Model], data: Any, threshold: float, seed: int, turns: tuple[Turn, ...]
) -> Interpretation:
    """Read models as they are."""
    dataset = models[0].dataset(data)
    if len(dataset) < 10:
        raise RequestError(f"{dataset.name}: {len(dataset)} rows; a reading needs 10 at least")
    rows = random_rows(len(dataset), MOST_ROWS[dataset.kind], np.random.default_rng(seed))
    readings = tuple(
        read_run(model, dataset, rows, threshold=threshold, seed=seed) for model in models
    )
    alignment = ranking = None
    if len(models) > 1:
        codes = [each.codes for each in readings]
        informative = [each.informative for each in readings]
        alignment = greedy_alignment(codes, informative)
        ranking = unsupervised_disentanglement_ranking(codes, informative)
    tables, spread = {}, {}
    for name in READINGS:
        stack = _aligned(alignment, [each.tables[name] for each in readings])
        tables[name] = stack.mean(0)
        if alignment is not None:
            spread[name] = stack.std(0, ddof=1)
    return Interpretation(
        readings,
        feature_names(models[0]),
        dataset.name,
        alignment,
        tables,
        spread,
        _aligned(alignment, [each.kl for each in readings]).mean(0),
        _mostly_informative(alignment, readings),
        ranking,
        _notes(readings, rows, dataset),
        _factors(readings, alignment, dataset, rows, seed),
        turns,
        None,
        *_certificate(models, dataset, threshold, seed),
    )


def _certificate(
    models: Sequence[Model], dataset: Dataset, threshold: float, seed: int
) -> tuple[Certificate | None, str]:
    """Return the runs' certificate, or None and why there is none."""
    try:
        return certify(models, dataset, threshold=threshold, seed=seed), ""
    except RequestError as error:
        return None, str(error)


def _factors(
    readings: Sequence[Reading],
    alignment: Alignment | None,
    dataset: Dataset,
    rows: np.ndarray,
    seed: int,
) -> FactorAnalysis | None:
    first = readings[0]
    if dataset.kind != "table" or not all(each.informative for each in readings):
        return None
    names = value_names(first.model)
    if len(names) > MOST_FEATURES:
        return None
    values = FeatureValues(first.model, dataset, rows, first.codes)
    return factor_analysis(
        [each.codes for each in readings],
        values.filled(np.arange(len(rows))),
        names,
        informative=[each.informative for each in readings],
        alignment=alignment,
        seed=seed,
    )


def _aligned(alignment: Alignment | None, each: Sequence[np.ndarray]) -> np.ndarray:
    """Return the runs' tables, their columns in the reference's order, as one stack."""
    if alignment is None:
        return np.stack(each)
    return np.stack([alignment.aligned(run, table) for run, table in enumerate(each)])


def _mostly_informative(
    alignment: Alignment | None, readings: Sequence[Reading]
) -> tuple[int, ...]:
    if alignment is None:
        return readings[0].informative
    share = (alignment.permutations >= 0).mean(0)
    return tuple(np.flatnonzero(share > 0.5).tolist())


def _averaged(scores: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the mean over runs of scores that all of them have."""
    return {name: float(np.mean([each[name] for each in scores])) for name in (scores or [{}])[0]}


def _contrast(table: np.ndarray) -> float:
    if table.shape[1] < 2:
        return 0.0
    return float(gap_of_the_largest(table, axis=1).mean())


def _notes(readings: Sequence[Reading], rows: np.ndarray, dataset: Dataset) -> tuple[str, ...]:
    notes = []
    if len(rows) < len(dataset):
        notes.append(f"read on {len(rows):,} random rows of {len(dataset):,}")
    constant = readings[0].constant
    if constant:
        what = "pixel" if dataset.kind == "images" else "feature"
        notes.append(
            f"{len(constant):,} {what}{'s' if len(constant) > 1 else ''} of "
            f"{len(readings[0].variance.table):,} hardly vary in the data: their rows are 0"
        )
    for reading in readings:
        name = reading.model.folder or f"{reading.model.name}, seed {reading.model.seed}"
        if not reading.informative:
            notes.append(f"{name}: no dimension is informative (collapsed); LSDI is 0")
        elif len(reading.informative) == 1:
            notes.append(f"{name}: one dimension alone is informative; LSDI is 0")
        if reading.regression.gap > 1e-6:
            notes.append(
                f"{name}: DBSR-LS stopped at a duality gap of {reading.regression.gap:.1g}"
            )
    return tuple(notes)
