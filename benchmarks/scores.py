"""Scores against ground truth: how long they take, and beside peers on the same codes.

    python benchmarks/scores.py
    python benchmarks/scores.py --exact
    pip install --no-deps disent==0.8.0
    python benchmarks/scores.py --disent

Codes are of the dSprites images that `load_data` finds (complete grids only): `linear`, 10 random
projections of the pixels; `noisy`, the five factors with noise of 0.3 deviations, beside five
dimensions of noise; `turned`, pairs of the same turned by 20 degrees, with noise of 0.2. Nothing of
the peers is needed for the first command.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from peer_scores import PEERS, disent_score

import unweave as uw
from unweave.data import Dataset
from unweave.metrics.registry import SCORES
from unweave.metrics.score import FactorScore
from unweave.metrics.scores.dci import dci, exclusiveness
from unweave.metrics.truth import Truth, train_and_test_rows, truth_of

TURN = np.deg2rad(20)


def codes_of(kind: str, dataset: Dataset, truth: Truth) -> np.ndarray:
    """Return N x 10 codes."""
    generator = np.random.default_rng(3)
    if kind == "linear":
        images = np.asarray(dataset.samples).reshape(len(dataset), -1)
        projection = generator.standard_normal((images.shape[1], 10)).astype(np.float32)
        parts = np.array_split(images, 32)
        return np.concatenate([part.astype(np.float32) / 255 @ projection for part in parts])
    levels = truth.levels / (truth.sizes - 1)
    factors = (levels - levels.mean(0)) / levels.std(0)
    codes = np.concatenate([factors, generator.standard_normal(factors.shape)], axis=1)
    if kind == "turned":
        rotation = np.array([[np.cos(TURN), -np.sin(TURN)], [np.sin(TURN), np.cos(TURN)]])
        for pair in ([3, 4], [1, 2], [0, 5]):
            codes[:, pair] = codes[:, pair] @ rotation
    noise = 0.3 if kind == "noisy" else 0.2
    noisy = codes + noise * generator.standard_normal(codes.shape)
    return noisy.astype(np.float32)


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    found = function()
    return found, time.perf_counter() - begun


def own_scores(codes: np.ndarray, truth: Truth) -> None:
    """Print every score against factors with its time; parts of one score share theirs."""
    known: dict[Any, float] = {}
    for name, score in SCORES.items():
        if isinstance(score, FactorScore) and score.function not in known:
            generator = np.random.default_rng(0)
            found, seconds = timed(lambda s=score, g=generator: s.function(codes, truth, g))
            known[score.function] = seconds
            values = {k: round(v, 4) for k, v in found.items() if isinstance(v, float)}
            print(f"| {name} | {values} | {seconds:.2f} s |", flush=True)
    print(f"| all of them | | {sum(known.values()):.2f} s |", flush=True)


def exact_trees(codes: np.ndarray, truth: Truth) -> None:
    """Print DCI beside that of the exact trees of scikit-learn, on the same rows."""
    from sklearn.ensemble import GradientBoostingClassifier

    found, seconds = timed(lambda: dci(codes, truth, np.random.default_rng(0)))
    train, test = train_and_test_rows(len(codes), 10_000, 5_000, np.random.default_rng(0))
    importance, accuracies = np.zeros((codes.shape[1], len(truth.names))), []
    begun = time.perf_counter()
    for f in range(len(truth.names)):
        model = GradientBoostingClassifier().fit(codes[train], truth.levels[train, f])
        importance[:, f] = model.feature_importances_
        accuracies.append(model.score(codes[test], truth.levels[test, f]))
    exact = (exclusiveness(importance), exclusiveness(importance.T))
    own = (found["disentanglement"], found["completeness"], found["informativeness"])
    for what, values, took in (
        ("here", own, seconds),
        ("exact", (*exact, float(np.mean(accuracies))), time.perf_counter() - begun),
    ):
        print(
            f"| DCI, {what} | {' / '.join(f'{v:.3f}' for v in values)} | {took:.1f} s |", flush=True
        )


def beside_disent(codes: np.ndarray, truth: Truth) -> None:
    """Print our scores beside those of disent's functions."""
    for name in ("factor-vae-score", "mig", "sap"):
        generator = np.random.default_rng(0)
        own, seconds = timed(lambda s=SCORES[name], g=generator: s.function(codes, truth, g))
        found, took = timed(disent_score(name, codes, truth))
        value = found.get(PEERS[name][2], found)
        print(
            f"| {name} | {own['value']:.3f}, {seconds:.2f} s | {value}, {took:.2f} s |", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="dsprites")
    parser.add_argument("--codes", nargs="+", default=["linear", "noisy", "turned"])
    parser.add_argument("--exact", action="store_true", help="DCI beside exact trees; minutes")
    parser.add_argument("--disent", action="store_true", help="beside disent's functions")
    options = parser.parse_args()
    dataset = uw.load_data(options.data)
    assert dataset.factors is not None
    truth = truth_of(dataset.factors.values, dataset.factors.names)
    for kind in options.codes:
        codes = codes_of(kind, dataset, truth)
        print(f"{kind}: {codes.shape[0]:,} x {codes.shape[1]}", flush=True)
        if options.exact:
            exact_trees(codes, truth)
        elif options.disent:
            beside_disent(codes, truth)
        else:
            own_scores(codes, truth)


if __name__ == "__main__":
    main()
