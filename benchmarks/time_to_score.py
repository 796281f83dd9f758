"""Seconds of training until a model's scores on images held out reach a level, over seeds.

    python benchmarks/time_to_score.py --model factor-vae --data dsprites --seeds 3
    python benchmarks/time_to_score.py --set network=published --set steps=3000 --marks 0.5,1
    python benchmarks/time_to_score.py --variant network=steady --variant "network=tuned;beta=2"

Every `--variant` is a set of changes of its own, separated by ``;``. A run is scored on its test
split at the shares of its steps that `--marks` names; the clock stands still meanwhile. One line of
tab-separated values for each mark, after a line of names (on standard error as soon as it is
known); then, for each score and level, how many runs reached it and when. `--pool 2` halves the
images' sides, for cheap first looks: the nats of a reconstruction are then about a quarter, so
`beta` and `gamma` must be too.
"""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from unweave.data import Dataset, load_data
from unweave.errors import UnweaveError
from unweave.metrics.encoded_rows import EncodedRows
from unweave.metrics.evaluation import named_scores, scores_of
from unweave.objectives.divergence import informative_dimensions, kl_from_standard_normal
from unweave.training.health import health_of, probe_of
from unweave.training.loop import Loop
from unweave.training.progress import Silent
from unweave.training.request import PreparedRun, TrainingRequest

SCORES = "factor-vae-score,mig,dci-disentanglement"
LEVELS = {"factor-vae-score": (0.6, 0.7, 0.8), "mig": (0.2, 0.3), "dci-disentanglement": (0.3, 0.4)}
PLACES = ("x", "y")


def pooled(data: Dataset, size: int) -> Dataset:
    """Return images whose pixels are the means of squares of `size` x `size`."""
    if size == 1:
        return data
    images = torch.from_numpy(np.asarray(data.samples[np.arange(len(data))]))
    parts = [torch.nn.functional.avg_pool2d(part.float(), size) for part in images.split(4096)]
    return dataclasses.replace(data, samples=torch.cat(parts).round().byte().numpy())


def places(encoded: EncodedRows) -> tuple[float, bool]:
    """Return the least of the largest rank correlations of x and y, and whether they are apart."""
    names = encoded.truth.names
    if not set(PLACES) <= set(names):
        return float("nan"), False
    codes = np.stack([_ranks(column) for column in encoded.codes.T])
    found = []
    for name in PLACES:
        truth = _ranks(encoded.truth.values[:, names.index(name)])
        found.append([abs(np.corrcoef(truth, code)[0, 1]) if code.std() else 0 for code in codes])
    best = np.asarray(found)
    return float(best.max(1).min()), int(best[0].argmax()) != int(best[1].argmax())


def _ranks(values: np.ndarray) -> np.ndarray:
    return np.unique(values, return_inverse=True)[1].reshape(-1).astype(float)


class Run:
    """A run that is scored while it trains; `rows` holds what was found."""

    def __init__(self, prepared: PreparedRun, data: Dataset, scores: str, marks: Sequence[float]):
        self.run, self.data = prepared.run, data
        self.scores = named_scores(scores)
        self.marks = [max(1, round(mark * self.run.training.steps)) for mark in marks]
        self.rows: list[dict[str, Any]] = []
        self._probe = probe_of(data, prepared.fabric.device)
        self._loop = Loop(self.run.module, data, self.run.training, self.run.seed, prepared.fabric)
        self._away = 0.0

    def train(self) -> None:
        """Train to the last mark."""
        self._began = time.perf_counter()
        self._loop.run(Silent(), self._watch)
        self._watch(self._loop.step)

    def _watch(self, step: int) -> None:
        if not self.marks or step < self.marks[0]:
            return
        self.marks = [mark for mark in self.marks if mark > step]
        began = time.perf_counter()
        self.rows.append(self._row(step, began - self._began - self._away))
        print(self.rows[-1], file=sys.stderr, flush=True)
        self._away += time.perf_counter() - began

    def _row(self, step: int, seconds: float) -> dict[str, Any]:
        module = self.run.module
        module.eval()
        health = health_of(module, self._probe, self.run.has_posterior)
        encoded = EncodedRows(self.run, self.data, self.data.rows("test"))
        posterior = map(torch.from_numpy, encoded.posterior)
        kl = kl_from_standard_normal(*posterior).mean(0).tolist()
        found = scores_of(encoded, self.scores)
        place, apart = places(encoded)
        module.train()
        return {
            "step": step,
            "seconds": round(seconds, 1),
            "dead": round(max(health.dead.values()), 2),
            "variance": round(health.variance, 3),
            "open": len(informative_dimensions(kl)),
            **{name: round(each["value"], 3) for name, each in found.items()},
            "place": round(place, 3),
            "apart": int(apart),
            "kl": " ".join(f"{each:.2f}" for each in sorted(kl, reverse=True)[:8]),
        }


def cases(given: argparse.Namespace) -> Iterator[tuple[str, str, int]]:
    for seed in range(given.first_seed, given.first_seed + given.seeds):
        for model in given.model.split(","):
            for variant in given.variant or [""]:
                yield model, variant, seed


def changes_of(*texts: str) -> dict[str, str]:
    pairs = [pair for text in texts for pair in text.split(";") if pair]
    return dict(pair.split("=", 1) for pair in pairs)


def first_times(runs: Sequence[Sequence[dict[str, Any]]], score: str, level: float) -> str:
    """Return how many runs reached a level of a score, and the median of their seconds."""
    times = [
        next((row["seconds"] for row in rows if row.get(score, 0) >= level), None) for rows in runs
    ]
    reached = [each for each in times if each is not None]
    when = f", median {statistics.median(reached):.0f} s" if reached else ""
    return f"{score} >= {level}: {len(reached)} of {len(times)}{when}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="factor-vae")
    parser.add_argument("--data", default="dsprites")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--variant", action="append", metavar="KEY=VALUE;KEY=VALUE")
    parser.add_argument("--marks", default="0.25,0.5,0.75,1", help="shares of the steps")
    parser.add_argument("--scores", default=SCORES)
    parser.add_argument("--pool", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--out", type=Path, help="a file to append the lines to")
    parser.add_argument("--minutes", type=float, default=60, help="begin no run after so long")
    return parser.parse_args()


def show(lines: Sequence[dict[str, Any]], out: Path | None) -> None:
    """Print lines, and append them to a file that begins with their names."""
    for line in lines:
        text = "\t".join(map(str, line.values()))
        print(text, flush=True)
        if out is not None:
            head = "" if out.exists() else "\t".join(line) + "\n"
            with out.open("a") as file:
                file.write(f"{head}{text}\n")


def trained(given: argparse.Namespace, data: Dataset) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Train every case; yield its name without the seed, and a line for each mark."""
    began = time.monotonic()
    name = given.data if given.pool == 1 else f"{given.data} / {given.pool}"
    for model, variant, seed in cases(given):
        if time.monotonic() - began > 60 * given.minutes:
            print("the time is over; the other runs were left out")
            return
        changes = changes_of(*given.set, variant)
        prepared = TrainingRequest(model, changes, seed=seed, progress=False).prepare(data)
        run = Run(prepared, data, given.scores, list(map(float, given.marks.split(","))))
        try:
            run.train()
        except UnweaveError as error:
            print(f"{model} {variant} seed {seed}: {error}")
        known = {
            "model": model,
            "data": name,
            "changes": ";".join(f"{key}={value}" for key, value in changes.items()),
            "seed": seed,
            "threads": given.threads,
            "precision": prepared.fabric._precision.precision,
        }
        yield f"{model} {variant}", [{**known, **row} for row in run.rows]


def main() -> None:
    given = arguments()
    torch.set_num_threads(given.threads)
    runs: dict[str, list[list[dict[str, Any]]]] = {}
    for name, lines in trained(given, pooled(load_data(given.data), given.pool)):
        if not runs and lines:
            print("\t".join(lines[0]))
        show(lines, given.out)
        runs.setdefault(name, []).append(lines)
    for name, each in runs.items():
        print(name)
        for score in given.scores.split(","):
            for level in LEVELS.get(score, ()):
                print("   ", first_times(each, score, level))


if __name__ == "__main__":
    main()
