"""The curves of the certificate: a monotone additive logistic regression, and how well it does."""

import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from unweave.interpretation.certificate import certificate_of, verdict
from unweave.interpretation.evidence.registry import QUANTITIES

PLACE = Path(__file__).parents[1] / "src" / "unweave" / "interpretation" / "certificate.json"
COMMAND = "python tools/calibrate_certificate.py"
QUANTILES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
LEAST_GAP = 0.02  # between two values of a curve
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)
BINS = 10
RESAMPLES = 200


class Cases:
    """Dimensions of readings as arrays: one entry for each."""

    def __init__(self, readings):
        readings = [each for each in readings if each.get("real")]
        sizes = [len(each["real"]) for each in readings]
        self.readings = readings
        self.real = np.concatenate([each["real"] for each in readings]).astype(float)
        self.evidence = {
            name: np.concatenate([each["evidence"][name] for each in readings])
            for name in QUANTITIES
        }
        self.family = np.repeat([each["family"] for each in readings], sizes)
        self.group = np.repeat([each["group"] for each in readings], sizes)
        self.kind = np.repeat([each["reading"] for each in readings], sizes)
        self.udr = np.repeat([each["udr"] for each in readings], sizes)
        self.lsdi = np.repeat([each.get("lsdi", np.nan) for each in readings], sizes)


def knots_of(values, bends=()):
    """Return the values at which a curve may bend: `bends`, and quantiles that are well apart."""
    kept = list(bends)
    for value in np.quantile(values, QUANTILES):
        if all(abs(value - other) >= LEAST_GAP for other in kept):
            kept.append(float(value))
    kept.sort()
    return np.array(kept if len(kept) > 1 else [kept[0], kept[0] + LEAST_GAP])


def ramps(values, knots):
    """Return how far each piece of a curve has been climbed, n x (knots − 1), from 0 to 1."""
    return ((values[:, None] - knots[:-1]) / np.diff(knots)).clip(0, 1)


def fit(evidence, real, penalty):
    """Return an intercept and the rises of the pieces of every curve, none of them negative."""
    knots = {name: knots_of(values, QUANTITIES[name].bends) for name, values in evidence.items()}
    design = np.hstack([ramps(evidence[name], knots[name]) for name in knots])
    design = np.hstack([np.ones((len(design), 1)), design])

    def loss(weights):
        logits = design @ weights
        value = np.logaddexp(0, logits) - real * logits
        slope = design.T @ (1 / (1 + np.exp(-logits)) - real)
        ridge = np.concatenate([[0], penalty * weights[1:]])
        return value.sum() + ridge @ weights / 2, slope + ridge

    bounds = [(None, None)] + [(0, None)] * (design.shape[1] - 1)
    start = np.full(design.shape[1], 0.1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    ends = np.cumsum([len(each) - 1 for each in knots.values()])[:-1]
    rises = dict(zip(knots, np.split(found[1:], ends), strict=True))
    return calibration(found[0], knots, rises)


def calibration(intercept, knots, rises, slope=1.0, shift=0.0):
    """Return a calibration in the form of the package: curves that rise up to 0."""
    curves, top = {}, 0.0
    for name, steps in rises.items():
        heights = slope * np.concatenate([[0], np.cumsum(steps)])
        top += heights[-1]
        curves[name] = {
            "values": [round(float(each), 4) for each in knots[name]],
            "log_odds": [round(float(each), 4) for each in heights - heights[-1]],
        }
    return {"intercept": round(float(slope * intercept + shift + top), 4), "curves": curves}


def predict(known, evidence):
    """Return the probabilities that the package gives with a calibration."""
    count = len(next(iter(evidence.values())))
    return certificate_of(range(count), evidence, runs=0, rows=0, calibration=known).probability


def across_families(cases, penalty):
    """Return the probability of every case by curves fitted to all other families."""
    found = np.empty(len(cases.real))
    for family in np.unique(cases.family):
        out = cases.family == family
        rest = {name: values[~out] for name, values in cases.evidence.items()}
        own = {name: values[out] for name, values in cases.evidence.items()}
        found[out] = predict(fit(rest, cases.real[~out], penalty), own)
    return found


def log_loss(real, chances):
    """Return the mean negative log-likelihood, in nats."""
    chances = chances.clip(1e-6, 1 - 1e-6)
    return float(-np.mean(real * np.log(chances) + (1 - real) * np.log(1 - chances)))


def recalibrated(known, cases, chances):
    """Return curves whose log-odds are scaled and shifted so as to suit families unseen."""
    logits = np.log(chances / (1 - chances))

    def loss(weights):
        found = weights[0] * logits + weights[1]
        return np.mean(np.logaddexp(0, found) - cases.real * found)

    slope, shift = minimize(loss, [1.0, 0.0], method="Nelder-Mead").x
    curves = {
        name: {**curve, "log_odds": [round(slope * each, 4) for each in curve["log_odds"]]}
        for name, curve in known["curves"].items()
    }
    return {"intercept": round(slope * known["intercept"] + shift, 4), "curves": curves}, slope


def calibration_error(real, chances):
    """Return Σ_b n_b / n · |share of real ones in bin b − mean probability in b|, of ten bins."""
    bins = (chances * BINS).astype(int).clip(0, BINS - 1)
    counts = np.bincount(bins, minlength=BINS)
    gaps = np.abs(np.bincount(bins, real - chances, BINS))
    return float(gaps.sum() / counts.sum())


def interval(statistic, groups, generator):
    """Return the 95 % bootstrap interval of a statistic of rows, over groups of rows."""
    unique, places = np.unique(groups, return_inverse=True)
    members = [np.flatnonzero(places == each) for each in range(len(unique))]
    draws = [
        statistic(np.concatenate([members[each] for each in chosen]))
        for chosen in generator.integers(len(unique), size=(RESAMPLES, len(unique)))
    ]
    return np.nanpercentile(draws, [2.5, 97.5])


def auc(real, values):
    """Return the area under the ROC curve; NaN where all dimensions are real, or none."""
    return roc_auc_score(real, values) if 0 < real.mean() < 1 else np.nan


def fit_and_test(readings):
    """Fit to the families of calibration, write the package's file, print the test."""
    usable = [each for each in readings if "family" in each]
    cases = Cases([each for each in usable if not each["held_out"]])
    losses = {each: log_loss(cases.real, across_families(cases, each)) for each in PENALTIES}
    penalty = min(losses, key=losses.get)
    chances = across_families(cases, penalty)
    known, slope = recalibrated(fit(cases.evidence, cases.real, penalty), cases, chances)
    groups = {each["group"]: each for each in usable if not each["held_out"]}
    document = {
        "command": COMMAND,
        "runs": sum(each["seeds"] for each in groups.values()),
        "tables": len(groups),
        "dimensions": len(cases.real),
        "families": sorted({each["family"] for each in groups.values()}),
        **known,
    }
    PLACE.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"calibrated: {document['runs']} runs on {len(groups)} tables, {len(cases.real)} "
          f"dimensions, {cases.real.mean():.0%} real")  # fmt: skip
    print(f"penalty {penalty}, slope {slope:.2f}")
    print("log loss across families:", {key: round(each, 4) for key, each in losses.items()})
    print(f"across families: AUC {auc(cases.real, chances):.3f}, calibration error "
          f"{calibration_error(cases.real, chances):.3f}")  # fmt: skip
    test(usable, known)


def test(usable, known):
    """Print how well a calibration does on the families held out, beside UDR and LSDI."""
    cases = Cases([each for each in usable if each["held_out"]])
    groups = {each["group"]: each["seeds"] for each in usable if each["held_out"]}
    chances = predict(known, cases.evidence)
    generator = np.random.default_rng(0)
    print(f"\nheld out: {sum(groups.values())} runs on {len(groups)} tables, {len(chances)} "
          f"dimensions, {cases.real.mean():.0%} real")  # fmt: skip
    rankings = {"certificate": chances, "UDR": cases.udr, "LSDI": cases.lsdi}
    for kind in ("all", "learned", "turned", "oblique"):
        some = np.flatnonzero((cases.kind == kind) | (kind == "all"))
        for name, values in rankings.items():
            area = auc(cases.real[some], values[some])
            low, high = interval(
                lambda rows, some=some, values=values: auc(
                    cases.real[some[rows]], values[some[rows]]
                ),
                cases.group[some], generator,
            )  # fmt: skip
            print(f"  AUC, {kind} readings, {name}: {area:.3f} [{low:.3f}, {high:.3f}]")
        error = calibration_error(cases.real[some], chances[some])
        low, high = interval(
            lambda rows, some=some: calibration_error(cases.real[some[rows]], chances[some[rows]]),
            cases.group[some], generator,
        )  # fmt: skip
        print(f"  calibration error, {kind}: {error:.3f} [{low:.3f}, {high:.3f}]")
    said = np.array([verdict(each) for each in chances.tolist()])
    for word in ("real", "undecided", "mixture"):
        share = cases.real[said == word].mean() if (said == word).any() else np.nan
        print(f"  called {word}: {np.mean(said == word):.0%} of dimensions, of which {share:.0%} "
              "are real")  # fmt: skip
    for family in np.unique(cases.family):
        own = cases.family == family
        figures = [
            f"{name} {auc(cases.real[own], values[own]):.3f}" for name, values in rankings.items()
        ]
        error = calibration_error(cases.real[own], chances[own])
        print(f"  {family} ({own.sum()}, {cases.real[own].mean():.0%} real): AUC "
              f"{', '.join(figures)}; calibration error {error:.3f}")  # fmt: skip
    for name, values in cases.evidence.items():
        print(f"  AUC of {name} alone: {auc(cases.real, values):.3f}")
