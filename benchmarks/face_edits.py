"""Faces edited by degree: the five attribute autoencoders, trained and measured alike.

    python benchmarks/face_edits.py run --data celeba --out runs/celeba \
        --models ae dis-ae dis-ae-xcov mdd-ae-xcov mdd-ae-dcov --seeds 0 1 2 --steps 1500
    python benchmarks/face_edits.py run --data celeba --out runs/celeba --tag gamma-5 \
        --models mdd-ae-dcov --seeds 0 --steps 1500 --set gamma=5
    python benchmarks/face_edits.py report --out runs/celeba --figures docs/results/celeba

`run` trains what is not trained yet and writes a ``measured.json`` into each run's folder: the
reconstruction scores of Table 1 and the strength protocol of Figure 6. `report` prints Markdown
tables from all of them and draws the figures. One thread a process, so that two can run at once.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import t as student
from strength_plots import draw_curves, draw_faces_by_degree, draw_trade_off

import unweave as uw
from unweave.objectives.distance_covariance import distance_statistics

ATTRIBUTES = ("Eyeglasses", "Smiling", "Blond_Hair", "Pale_Skin", "Mustache", "Male")
VALUES = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
ASKED = 2.0


def attributes_of(model: Any) -> list[str]:
    """Return those of the paper's attributes that a model knows, or all of its few."""
    known = model.targets.names if model.targets else ()
    return [name for name in ATTRIBUTES if name in known] or list(known)[:6]


def measure(model: Any) -> dict[str, Any]:
    """Return a run's reconstruction scores, strength, and dependence left on test images."""
    document: dict[str, Any] = {"scores": uw.evaluate(model)["scores"], "summary": model.summary}
    if not model.targets:
        return document
    dataset = model.dataset()
    codes = torch.from_numpy(model.encode(dataset, dataset.rows("test")))
    count = len(model.targets)
    left = distance_statistics(codes[:, :count], codes[:, count:])
    document["distance_correlation"] = left.correlation
    found = uw.strength(model, attributes_of(model), VALUES, remove=True)
    return {**document, "strength": found.to_json()}


def run(options: argparse.Namespace) -> None:
    """Train and measure every model and seed that is asked for."""
    torch.set_num_threads(1)
    changes = dict(pair.split("=", 1) for pair in options.set)
    for name in options.models:
        for seed in options.seeds:
            folder = Path(options.out) / f"{name}{options.tag and '-' + options.tag}" / f"{seed}"
            told = {"steps": options.steps, **changes} if options.steps else changes
            model = uw.train(
                name, options.data, seed=seed, out=folder, resume=True, progress=False, **told
            )
            place = folder / "measured.json"
            if not place.exists():
                place.write_text(json.dumps(measure(model)))
            print(f"{folder}: done", flush=True)


def found_in(out: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the measurements of all runs in a folder, by the name of their group."""
    groups = defaultdict(list)
    for place in sorted(out.glob("*/*/measured.json")):
        document = json.loads(place.read_text())
        document["folder"] = place.parent
        groups[place.parent.parent.name].append(document)
    return dict(groups)


def error_at(document: dict[str, Any], name: str, value: float, key: str = "error") -> float:
    """Return one figure of a strength curve."""
    curve = document["strength"]["attributes"][name]
    return float(curve[key][curve["values"].index(value)])


def reconstruction_table(groups: dict[str, list[dict[str, Any]]]) -> str:
    """Return Table 1: mean over test images and seeds, deviation over test images."""
    lines = [
        "| model | seeds | RMSE | PSNR | SSIM | accuracy of ŷ | dCor² left |",
        "|" + " --- |" * 7,
    ]
    for name, rows in groups.items():
        cells = []
        for score in ("rmse", "psnr", "ssim"):
            mean = np.mean([row["scores"][score]["value"] for row in rows])
            spread = np.mean([row["scores"][score]["sd"] for row in rows])
            cells.append(f"{mean:.4g} ± {spread:.3g}")
        accuracy = [row["summary"].get("accuracy") for row in rows]
        told = f"{np.mean(accuracy):.3f}" if all(accuracy) else "–"
        left = [row.get("distance_correlation") for row in rows]
        rest = f"{np.mean(left):.3f}" if None not in left else "–"
        lines.append(f"| {name} | {len(rows)} | {' | '.join(cells)} | {told} | {rest} |")
    return "\n".join(lines)


def strength_table(groups: dict[str, list[dict[str, Any]]]) -> str:
    """Return the errors at 0, 1 and 2, and the change outside at 2, for every attribute."""
    judged = {name: rows for name, rows in groups.items() if "strength" in rows[0]}
    names = list(next(iter(judged.values()))[0]["strength"]["attributes"])
    lines = [f"| model | {' | '.join(names)} |", "|" + " --- |" * (len(names) + 1)]
    for group, rows in judged.items():
        cells = []
        for name in names:
            errors = [
                f"{np.mean([error_at(row, name, value) for row in rows]):.2f}"
                for value in (0.0, 1.0, ASKED)
            ]
            outside = np.mean([error_at(row, name, ASKED, "change_outside") for row in rows])
            cells.append(f"{' → '.join(errors)} ({outside:.3f})")
        lines.append(f"| {group} | {' | '.join(cells)} |")
    first = next(iter(judged.values()))[0]["strength"]["attributes"]
    for key, words in (("svm_accuracy", "SVM, balanced"), ("svm_misses", "SVM, misses")):
        cells = [f"{first[name][key]:.2f}" for name in names]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join(lines)


def paired(groups: dict[str, list[dict[str, Any]]], one: str, other: str) -> str:
    """Return the paired difference of two models' errors, with a t interval over seeds."""
    lines = [f"| {one} less {other} | mean | 95 % interval | seeds |", "|" + " --- |" * 4]
    names = list(groups[one][0]["strength"]["attributes"])
    rows = {name: [name] for name in names} | {"all six": names}
    for words, chosen in rows.items():
        differences = [
            np.mean(
                [
                    error_at(a, name, value) - error_at(b, name, value)
                    for name in chosen
                    for value in (1.0, 1.5, ASKED)
                ]
            )
            for a, b in zip(groups[one], groups[other], strict=False)
        ]
        count, mean = len(differences), float(np.mean(differences))
        half = float("nan")
        if count > 1:
            half = student.ppf(0.975, count - 1) * np.std(differences, ddof=1) / np.sqrt(count)
        interval = f"{mean - half:.3f} to {mean + half:.3f}"
        lines.append(f"| {words} | {mean:.3f} | {interval} | {count} |")
    return "\n".join(lines)


def report(options: argparse.Namespace) -> None:
    """Print the tables and draw the figures."""
    groups = found_in(Path(options.out))
    plain = {name: rows for name, rows in groups.items() if name in uw_models()}
    print(reconstruction_table(groups), strength_table(groups), sep="\n\n")
    soft = ("mdd-ae-dcov", "mdd-ae-xcov")
    if all(name in groups for name in soft):
        print("", paired(groups, *soft), sep="\n")
    if options.figures:
        figures = Path(options.figures)
        figures.mkdir(parents=True, exist_ok=True)
        draw_curves(plain, figures / "strength.png")
        draw_trade_off(groups, ASKED, figures / "trade-off.png")
        draw_faces_by_degree(plain, figures)


def uw_models() -> tuple[str, ...]:
    """Return the five models' names."""
    return ("ae", "dis-ae", "dis-ae-xcov", "mdd-ae-xcov", "mdd-ae-dcov")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("run")
    training.add_argument("--data", default="celeba")
    training.add_argument("--models", nargs="+", default=list(uw_models()))
    training.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    training.add_argument("--steps", type=int)
    training.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    training.add_argument("--tag", default="", help="added to the folder's name")
    training.set_defaults(does=run)
    reporting = commands.add_parser("report")
    reporting.add_argument("--figures", help="a folder for the figures")
    reporting.set_defaults(does=report)
    for command in (training, reporting):
        command.add_argument("--out", required=True)
    options = parser.parse_args()
    options.does(options)


if __name__ == "__main__":
    main()
