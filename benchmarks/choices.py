"""How good the settings are that are chosen without labels, by the true factors.

    python benchmarks/choices.py DATA --out DIR [--model beta-vae] [--steps N] [--seeds R]
        [--times 5] [--try KEY=V,V,…]… [--set KEY=VALUE]…
    python benchmarks/choices.py --read DIR

A choice is made `--times` times, each with seeds of its own. Then every setting of the grid is
trained with all steps and the same seeds, read by the same criteria, and scored by what no choice
may see: MCC of the codes on test rows after the turn, averaged over the seeds. It prints what the
chosen setting reaches of the best one of the grid, and what other rules would have reached that see
all settings trained to the end: the largest likelihood, UDR or LSDI alone, and a random setting.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from pathlib import Path

import numpy as np
import torch

import unweave as uw
from unweave.cli.options import assignments, candidates
from unweave.interpretation.rotate import rotate_all
from unweave.studies.candidates import default_grid, methods_of
from unweave.studies.choose import choose_settings
from unweave.studies.criteria import Criteria, criteria_of, without_labels
from unweave.studies.ranking import ranked

MOST_ROWS = 2000


def truth_of(models: list[uw.Model], data: uw.Dataset) -> float:
    """Return the mean MCC of runs after their turn."""
    with contextlib.suppress(uw.RequestError):  # One dimension is informative, or none.
        models, _ = rotate_all(models, without_labels(data), method="auto")
    rows = data.rows("test")[:MOST_ROWS]
    factors = data.factors.values[rows]
    scores = [uw.score(each.encode(data, rows), factors, "mcc") for each in models]
    return float(np.mean([each["scores"]["mcc"]["value"] for each in scores]))


def once(asked: argparse.Namespace, data: uw.Dataset, place: int) -> dict:
    """Make one choice, and score every setting of its grid."""
    folder, seed, fixed = asked.out / str(place), 100 * place, assignments(asked.set)
    blind = without_labels(data)
    grid = candidates(getattr(asked, "try")) or default_grid(asked.model, blind, fixed)
    begun = time.process_time()
    choice = choose_settings(
        asked.model, data, folder, seeds=asked.seeds, seed=seed, steps=asked.steps, grid=grid,
        **fixed,
    )  # fmt: skip
    seconds = time.process_time() - begun
    settings = {}
    read = {each.name: each.criteria for each in choice.rungs[-1].settings}
    for method in methods_of(asked.model, grid, fixed):
        runs = uw.train_seeds(
            asked.model, data, seeds=asked.seeds, seed=seed, steps=asked.steps, resume=True,
            out=folder / f"{method.label}-steps={asked.steps}", progress=False, **method.changes,
        )  # fmt: skip
        name = ", ".join(f"{key}={method.changes[key]}" for key in grid)
        known = (read.get(name) or criteria_of(runs, blind, seed=seed)).to_json()
        settings[name] = {**known, "truth": truth_of(runs, data)}
        print(name, f"truth {settings[name]['truth']:.3f}", known, flush=True)
    return {"data": data.source, "chosen": choice.chosen.name, "seconds": seconds, "all": settings}


def reached(found: dict) -> dict[str, float]:
    """Return the share of the best setting's truth that each rule's choice has."""
    names, rows = list(found["all"]), list(found["all"].values())
    truth = np.array([row["truth"] for row in rows])
    known = [Criteria(**{key: row[key] for key in Criteria.__dataclass_fields__}) for row in rows]
    by = {"nats": "likelihood alone", "udr": "UDR alone", "lsdi": "LSDI alone"}
    return {
        "choose": truth[names.index(found["chosen"])] / truth.max(),
        "its rule, all trained": truth[ranked(known)[0]] / truth.max(),
        **{
            said: truth[int(np.argmax([row[key] for row in rows]))] / truth.max()
            for key, said in by.items()
        },
        "a random setting": truth.mean() / truth.max(),
        "best MCC": truth.max(),
    }


def show(folder: Path) -> None:
    """Print a table row for each choice in a folder, and their mean."""
    every = [json.loads(path.read_text()) for path in sorted(folder.glob("*/truth.json"))]
    rows = [reached(each) for each in every]
    print("| choice | chosen |", " | ".join(rows[0]), "| seconds |")
    print("| --- " * (3 + len(rows[0])) + "|")
    for place, (row, each) in enumerate(zip(rows, every, strict=True)):
        cells = " | ".join(f"{value:.3f}" for value in row.values())
        print(f"| {place} | {each['chosen']} | {cells} | {each['seconds']:.0f} |")
    mean = {key: np.mean([row[key] for row in rows]) for key in rows[0]}
    least = {key: np.min([row[key] for row in rows]) for key in rows[0]}
    for said, row in (("mean", mean), ("least", least)):
        print(f"| {said} | |", " | ".join(f"{value:.3f}" for value in row.values()), "| |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--model", default="beta-vae")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--try", action="append", default=[])
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--read", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.read is None:
        data = uw.load_data(asked.data)
        for place in range(asked.times):
            path = asked.out / str(place) / "truth.json"
            if not path.is_file():
                path.write_text(json.dumps(once(asked, data, place), indent=1))
    show(asked.read or asked.out)


if __name__ == "__main__":
    main()
