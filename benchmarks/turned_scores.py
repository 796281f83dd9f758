"""Scores against known factors before and after a turn, of several models and seeds.

    python benchmarks/turned_scores.py --data fa24 --out scores.jsonl
    python benchmarks/turned_scores.py --data dsprites.npz --pool 2 --models ae,vae --steps 800 \
        --set ae:batch_size=64 --set vae:network=steady --out scores.jsonl
    python benchmarks/turned_scores.py --table scores.jsonl

Every line of the file is one seed of one model with one turn: its scores on rows that were not
trained on, and how long the turn took. Seeds that the file holds are left out, so that a
measurement that was stopped goes on. ``auto`` is the turn that `interpret` would choose by
held-out rows. `--pool 2` halves the images' sides. With `--table` nothing is trained:
the file's means over seeds are printed, with 95 % intervals.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from time_to_score import pooled

import unweave as uw
from unweave.data import Dataset
from unweave.interpretation.rotate import chosen, elected, turns_of
from unweave.interpretation.turns import ICA, NONE
from unweave.metrics.encoded_rows import EncodedRows
from unweave.metrics.evaluation import named_scores, scores_of
from unweave.statistics import mean_interval

SCORES = (
    "info-m", "info-e", "info-c", "mcc", "dci-disentanglement", "dci-completeness",
    "dci-informativeness", "mig",
)  # fmt: skip
MODELS = "ae,vae,beta-vae,beta-tcvae,factor-vae,bf-vae"
TURNS = "none,varimax,ica"
MOST_ROWS = 2_000


def held_out(data: Dataset) -> np.ndarray:
    """Return rows that were not trained on, at most 2,000; nothing was chosen by either split."""
    rows = np.concatenate([data.rows("validation"), data.rows("test")])
    return np.sort(np.random.default_rng(0).permutation(rows)[:MOST_ROWS])


def scored(model: uw.Model, data: Dataset, rows: np.ndarray) -> dict[str, float]:
    found = scores_of(EncodedRows(model, data, rows), named_scores(",".join(SCORES)))
    return {name: round(each["value"], 4) for name, each in found.items()}


def lines_of(model: uw.Model, data: Dataset, turns: list[str]) -> Iterator[dict[str, Any]]:
    """Yield a line for each turn, and one for that of ``auto`` if it is none of them."""
    rows = held_out(data)
    found, _ = turns_of(model, data)
    auto = elected([found])
    known = chosen(found, auto)
    for method in dict.fromkeys([*turns, auto]):
        begun = time.perf_counter()
        turned = model if method == NONE else model.rotate(data, method=method)
        seconds = time.perf_counter() - begun
        yield {
            "turn": method,
            "auto": auto,
            "simplicity": known.simplicity,
            "independence": known.independence,
            "agreements": found[ICA].agreements if ICA in found else None,
            "open": len(model.summary.get("informative", range(model.latent_dim))),
            "kept": turned.summary["turn"]["dimensions"] if turned is not model else None,
            "seconds": round(seconds, 2),
            "training": round(model.summary["seconds"], 1),
            "dead": max(model.health["dead"].values(), default=0.0),
            "scores": scored(turned, data, rows),
        }


def measure(given: argparse.Namespace, model: str) -> None:
    """Train the seeds of a model that the file lacks, and append their lines."""
    done = {(line["data"], line["model"], line["seed"]) for line in read(given.out)}
    seeds = [seed for seed in range(given.seeds) if (given.data, model, seed) not in done]
    settings = changes(given.set, model)
    with tempfile.TemporaryDirectory() as folder:
        # Seeds of a table take their steps together; those of images one after the other.
        size = len(seeds) if given.table_data else 1
        for first in range(0, len(seeds), max(1, size)):
            part = seeds[first : first + size]
            runs = uw.train_seeds(
                model, given.source, seeds=len(part), seed=part[0], steps=given.steps,
                out=Path(folder) / str(first), progress=False, **settings,
            )  # fmt: skip
            for run in runs:
                known = {
                    "data": given.data,
                    "model": model,
                    "seed": run.seed,
                    "steps": run.summary["steps"],
                    "settings": settings,
                }
                found = lines_of(run, given.source, given.turns.split(","))
                lines = [{**known, **line} for line in found]
                with given.out.open("a") as file:
                    file.writelines(json.dumps(line) + "\n" for line in lines)
                print(f"{given.data} {model} seed {run.seed}: {lines[0]['scores']}", flush=True)


def changes(texts: list[str], model: str) -> dict[str, str]:
    """Return the settings of one model: those without a name before the colon are for all."""
    found = {}
    for text in texts:
        names, _, setting = text.rpartition(":")
        if not names or model in names.split(","):
            key, value = setting.split("=", 1)
            found[key] = value
    return found


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def show(lines: list[dict[str, Any]]) -> None:
    """Print mean and half the 95 % interval over seeds of each score."""
    groups = defaultdict(list)
    for line in lines:
        groups[line["data"], line["model"], line["turn"]].append(line)
    for data in dict.fromkeys(key[0] for key in groups):
        print(f"\n| {data} | turn | auto | open | kept | {' | '.join(SCORES)} | s |")
        print("| --- " * (6 + len(SCORES)) + "|")
        for (of, model, turn), group in groups.items():
            if of != data:
                continue
            auto = sum(line["auto"] == turn for line in group)
            spans = ["" if group[0][key] is None else _span([line[key] for line in group])
                     for key in ("open", "kept")]  # fmt: skip
            cells = [_mean([line["scores"][name] for line in group]) for name in SCORES]
            slowest = max(line["seconds"] for line in group)
            print(f"| {model} | {turn} | {auto} of {len(group)} | {' | '.join(spans)} | "
                  f"{' | '.join(cells)} | {slowest:.1f} |")  # fmt: skip


def _span(values: list[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low} to {high}"


def _mean(values: list[float]) -> str:
    if len(values) < 2:
        return f"{values[0]:.2f}"
    low, high = mean_interval(np.array(values))
    return f"{statistics.mean(values):.2f} ± {(high - low) / 2:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="fa24")
    parser.add_argument("--models", default=MODELS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--turns", default=TURNS)
    parser.add_argument("--pool", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="[MODEL,…:]KEY=VALUE")
    parser.add_argument("--out", type=Path, default=Path("turned_scores.jsonl"))
    parser.add_argument("--table", type=Path, help="print the table of a file")
    given = parser.parse_args()
    if given.table:
        show(read(given.table))
        return
    torch.set_num_threads(1)
    given.source = pooled(uw.load_data(given.data), given.pool)
    given.table_data = given.source.kind == "table"
    given.data = given.source.name if given.pool == 1 else f"{given.source.name} / {given.pool}"
    for model in given.models.split(","):
        measure(given, model)


if __name__ == "__main__":
    main()
