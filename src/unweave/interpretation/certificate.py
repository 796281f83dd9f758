"""A certificate without labels: how likely each dimension is to stand for one true factor."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from unweave.arguments import checked
from unweave.data import Dataset
from unweave.display import Displayed
from unweave.errors import RequestError
from unweave.interpretation.evidence.observed import observe
from unweave.interpretation.evidence.registry import QUANTITIES, evidence_of
from unweave.interpretation.rotate import AUTO, rotate_all
from unweave.interpretation.together import check_seeds_of_one_setting
from unweave.interpretation.turns import NONE
from unweave.objectives.divergence import INFORMATIVE_NATS
from unweave.runs.model import Model
from unweave.statistics import finite_or_none, random_rows

CERTIFIED = 0.8
DOUBTED = 0.2
FEWEST_ROWS, MOST_ROWS = 50, 2000
MOST_FEATURES = 500
_CALIBRATION = Path(__file__).with_name("certificate.json")
_NAMED = 2  # clauses in a reason
_WORDS = {"real": "real", "undecided": "undecided", "mixture": "a mixture, or noise"}


@dataclass(frozen=True, repr=False)
class Certificate(Displayed):
    """How likely the informative dimensions of aligned runs are to be real.

    A dimension is real if it stands for one factor that the features share: if it is as close to
    it as the features allow. Otherwise it is a mixture of several, or noise.

    Attributes
    ----------
    dimensions : tuple of int
        The P informative dimensions of the reference run.
    probability : numpy.ndarray
        Of being real, P.
    evidence : dict of str to numpy.ndarray
        Quantities by the names of `QUANTITIES`, P each.
    log_odds : dict of str to numpy.ndarray
        What each quantity adds to the log-odds, P each; at most 0, which is the best evidence.
    reasons : tuple of str
        A sentence for each dimension.
    runs, rows : int
        How many runs were compared, and on how many rows.
    """

    dimensions: tuple[int, ...]
    probability: np.ndarray
    evidence: dict[str, np.ndarray]
    log_odds: dict[str, np.ndarray]
    reasons: tuple[str, ...]
    runs: int
    rows: int

    def verdicts(self) -> tuple[str, ...]:
        """Return for each dimension ``real`` (p ≥ 0.8), ``undecided``, or ``mixture`` (< 0.2)."""
        return tuple(verdict(each) for each in self.probability.tolist())

    @property
    def certified(self) -> tuple[int, ...]:
        """The dimensions that are called real."""
        pairs = zip(self.dimensions, self.verdicts(), strict=True)
        return tuple(k for k, said in pairs if said == "real")

    def facts(self) -> dict[str, object]:
        """Return what its ``repr`` says of it."""
        return {f"z{k}": said for k, said in zip(self.dimensions, self.reasons, strict=True)}

    def to_json(self) -> dict[str, Any]:
        """Return the dimensions, each with its probability, verdict, evidence and reason."""
        rows = zip(self.dimensions, self.probability.tolist(), self.reasons, strict=True)
        document: dict[str, Any] = finite_or_none(
            {
                "runs": self.runs,
                "rows": self.rows,
                "certified": list(self.certified),
                "dimensions": [
                    {
                        "dimension": k,
                        "probability": chance,
                        "verdict": verdict(chance),
                        "reason": reason,
                        "evidence": _at(self.evidence, place),
                        "log_odds": _at(self.log_odds, place),
                    }
                    for place, (k, chance, reason) in enumerate(rows)
                ],
            }
        )
        return document


@checked
def certify(
    models: Sequence[Model],
    data: Any = None,
    *,
    threshold: float = INFORMATIVE_NATS,
    reference: int | None = None,
    seed: int = 0,
) -> Certificate:
    """Return how likely each informative dimension of several runs is to be real.

    The runs' dimensions are aligned (GAS), and `QUANTITIES` are computed for each dimension of
    the reference run: whether it is found again by other seeds, points along an axis that the
    features prefer whichever rows or features are drawn, is an independent component, has
    loadings and a Jacobian of its own, combines freely with other dimensions, and carries more
    than unrelated columns would. Curves that were calibrated on generated tables turn them into
    log-odds, which are summed up (`calibration_of_package`).

    Parameters
    ----------
    models : sequence of Model
        Runs of the variational family on one table, which differ in their seeds alone; turned
        runs are certified as they were turned.
    data : as for `Model.encode`, optional
        The training data unless given.
    threshold : float
        Mean KL in nats above which a dimension is informative.
    reference : int, optional
        The run whose dimensions are certified; unless given, the one closest to all others.
    seed : int
        Seed of rows, permutations and resamples.

    Raises
    ------
    RequestError
        If the runs do not belong together, one is collapsed, they are of images, or there are
        fewer than 50 rows.
    """
    check_seeds_of_one_setting(models)
    dataset = models[0].dataset(data)
    _check_table(dataset)
    rows = random_rows(len(dataset), MOST_ROWS, np.random.default_rng(seed))
    observed = observe(models, dataset, rows, threshold=threshold, reference=reference, seed=seed)
    evidence = evidence_of(observed)
    return certificate_of(observed.dimensions, evidence, runs=len(models), rows=len(rows))


def certify_readings(
    models: Sequence[Model], data: Any = None, *, reference: int | None = None
) -> dict[str, Certificate]:
    """Return certificates of the dimensions as they are, and turned where this is simpler.

    The keys say which: ``"as learned"`` (``"as turned"`` of turned runs), ``"turned by varimax"``.

    Raises
    ------
    RequestError
        As in `certify`.
    """
    named = "as turned" if any(model.turn for model in models) else "as learned"
    found = {named: certify(models, data, reference=reference)}
    if named == "as turned":
        return found
    with contextlib.suppress(RequestError):  # A single dimension cannot be turned.
        turned, turns = rotate_all(models, data, method=AUTO)
        if turns[0].method != NONE:
            said = f"turned by {turns[0].method}"
            found[said] = certify(turned, data, reference=reference)
    return found


def certificate_of(
    dimensions: Sequence[int],
    evidence: Mapping[str, np.ndarray],
    *,
    runs: int,
    rows: int,
    calibration: Mapping[str, Any] | None = None,
) -> Certificate:
    """Return the certificate that evidence amounts to.

    Parameters
    ----------
    dimensions : sequence of int
        P numbers.
    evidence : mapping of str to numpy.ndarray
        Quantities by name, P values each.
    runs, rows : int
    calibration : mapping, optional
        ``intercept`` and ``curves``, as in that of the package, which is used unless given.
    """
    known = calibration_of_package() if calibration is None else calibration
    log_odds = {
        name: np.interp(evidence[name], curve["values"], curve["log_odds"])
        for name, curve in known["curves"].items()
    }
    total = known["intercept"] + sum(log_odds.values())
    probability = 1 / (1 + np.exp(-np.asarray(total, dtype=float)))
    # A flat curve adds nothing: what speaks for a dimension is its height above the worst.
    gained = {name: each - known["curves"][name]["log_odds"][0] for name, each in log_odds.items()}
    reasons = tuple(
        _reason(chance, _at(evidence, place), _at(log_odds, place), _at(gained, place))
        for place, chance in enumerate(probability.tolist())
    )
    return Certificate(
        tuple(dimensions), probability, dict(evidence), log_odds, reasons, runs, rows
    )


@cache
def calibration_of_package() -> dict[str, Any]:
    """Return the curves of the package, and what they were calibrated on.

    They are written by ``tools/calibrate_certificate.py``. A curve has ascending ``values`` of
    its quantity, and ``log_odds`` at these, which rise up to 0; it is straight in between.
    """
    document: dict[str, Any] = json.loads(_CALIBRATION.read_text(encoding="utf-8"))
    return document


def verdict(probability: float) -> str:
    """Return the word for a probability: ``real``, ``undecided`` or ``mixture``."""
    if probability >= CERTIFIED:
        return "real"
    return "undecided" if probability >= DOUBTED else "mixture"


def _reason(
    probability: float,
    evidence: Mapping[str, float],
    lost: Mapping[str, float],
    gained: Mapping[str, float],
) -> str:
    """Return a sentence: the verdict, and the quantities that speak most clearly for it."""
    said = verdict(probability)
    if said == "real":
        order = sorted(gained, key=lambda name: -gained[name])
        named = [(name, QUANTITIES[name].supporting) for name in order[:_NAMED]]
    else:
        order = sorted(lost, key=lambda name: lost[name])
        named = [(name, QUANTITIES[name].lacking) for name in order[:_NAMED]]
    clauses = "; ".join(
        f"{clause} ({QUANTITIES[name].title} {evidence[name]:.2f})" for name, clause in named
    )
    return f"{_WORDS[said]} ({probability:.0%}): {clauses}"


def _at(values: Mapping[str, np.ndarray], place: int) -> dict[str, float]:
    return {name: float(each[place]) for name, each in values.items()}


def _check_table(dataset: Dataset) -> None:
    width = int(np.prod(dataset.sample_shape))
    if dataset.kind != "table":
        raise RequestError(
            f"{dataset.name}: certificates are calibrated on tables, and these are images"
        )
    if width > MOST_FEATURES:
        raise RequestError(
            f"{dataset.name}: {width} features; certificates are for {MOST_FEATURES} at most"
        )
    if len(dataset) < FEWEST_ROWS:
        raise RequestError(
            f"{dataset.name}: {len(dataset)} rows; a certificate needs {FEWEST_ROWS} at least"
        )
