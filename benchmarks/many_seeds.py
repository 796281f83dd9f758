"""Many seeds at once: ten seeds of one model trained together against ten single runs.

Both train on the same table with the model's default settings. They take turns for several
rounds in one process, so that a machine whose speed drifts slows both; ratios are medians
over the rounds. A single run takes one thread whatever there is; seeds together are shared
out among `--threads`. Set-up, checkpoints and summaries are left out on both sides.

    python benchmarks/many_seeds.py [--models bf-vae,vae] [--seeds 10] [--steps 200]
        [--rounds 5] [--threads 1,2] [--device auto] [--json FILE]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from unweave.data import Dataset, load_data
from unweave.training.loop import Loop
from unweave.training.many_seeds import loops_for, run_side_by_side
from unweave.training.progress import Silent
from unweave.training.request import PreparedRun, TrainingRequest


def seconds_of(loops: Sequence[Loop], steps: int) -> float:
    """Train some steps more and return how long they took."""
    for loop in loops:
        loop.settings = dataclasses.replace(loop.settings, steps=loop.step + steps)
    begun = time.perf_counter()
    run_side_by_side(loops, Silent())
    return time.perf_counter() - begun


def measure(
    prepared: Sequence[PreparedRun], dataset: Dataset, threads: int, steps: int, rounds: int
) -> dict[str, object]:
    """Return seconds a round of all seeds, one after the other and together."""
    torch.set_num_threads(threads)
    together = loops_for([each.run for each in prepared], dataset, prepared[0].fabric)
    # One stands for all: they do the same work, one after the other.
    run = prepared[0].run
    single = [Loop(run.module, dataset, run.training, run.seed, prepared[0].fabric)]
    for loops in (single, together):
        seconds_of(loops, 20)
    times: dict[str, list[float]] = {"single": [], "together": []}
    for _ in range(rounds):
        times["single"].append(len(prepared) * seconds_of(single, steps))
        times["together"].append(seconds_of(together, steps))
    ratios = [one / many for one, many in zip(times["single"], times["together"], strict=True)]
    return {
        "model": run.name,
        "threads": threads,
        "loops": len(together),
        **{name: statistics.median(values) for name, values in times.items()},
        "ratio": statistics.median(ratios),
        "ratios": ratios,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default="bf-vae,vae")
    parser.add_argument("--data", default="fa15")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    dataset = load_data(options.data)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}"
    print(f"{machine}, load {os.getloadavg()[0]:.1f} before the start")
    heads = ("model", "threads", f"{options.seeds} runs, s", "together, s", "ratio", "range")
    print("| " + " | ".join(heads) + " |")
    print("| " + " | ".join("---" for _ in heads) + " |")
    rows = []
    for name in options.models.split(","):
        for threads in map(int, options.threads.split(",")):
            prepared = [
                TrainingRequest(name, seed=seed, device=options.device).prepare(dataset)
                for seed in range(options.seeds)
            ]
            row = measure(prepared, dataset, threads, options.steps, options.rounds)
            rows.append(row)
            low, high = min(row["ratios"]), max(row["ratios"])  # type: ignore[call-overload]
            print(
                f"| {name} | {threads} | {row['single']:.1f} | {row['together']:.1f} | "
                f"{row['ratio']:.2f} | {low:.2f} to {high:.2f} |",
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
