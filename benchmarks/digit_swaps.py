"""Class swaps on MNIST: the five attribute autoencoders, trained and measured alike.

    python benchmarks/digit_swaps.py --out runs/digits --seeds 0 1 2
    python benchmarks/digit_swaps.py --out runs/digits --models mdd-ae-dcov --steps 1500 \
        --tag small-code --set latent_dim=6 beta=1 gamma=50 normalise_target=false

Trains what is not trained yet, keeps each run's figures in a ``measured.json`` beside it, and
prints a Markdown table of all runs in `--out`: the mean over seeds, with the least and the
greatest. Beside the runs it writes ``results.json``, ``figures/`` (Figure 3 of Song, Koyejo and
Zhang, arXiv 1912.11675: styles carried to other digits) and the independent classifier that
reads the swapped digits. One thread a process, so that two can run at once.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from digit_reading import STYLES, DigitReader, digit_reader, pixels, styles

import unweave as uw
from unweave.data import Dataset
from unweave.editing.edits import Edit
from unweave.files import write_bytes, write_json
from unweave.reporting.labels import run_title
from unweave.reporting.strips import strip_png
from unweave.runs.model import Model

MODELS = ("ae", "dis-ae", "dis-ae-xcov", "mdd-ae-xcov", "mdd-ae-dcov")
COUNT, ROWS_SEED = 1000, 0
EXTREMES = {
    "thin": ("stroke width", 0.02),
    "thick": ("stroke width", 0.98),
    "leaning left": ("slant", 0.02),
    "leaning right": ("slant", 0.98),
    "narrow": ("width", 0.02),
    "wide": ("width", 0.98),
}
COLUMNS = {
    "RMSE": ("rmse",),
    "SSIM": ("ssim",),
    "accuracy of ŷ": ("accuracy",),
    "recon. read as own class": ("kept",),
    "swaps read as target": ("swapped",),
    **{f"r, {style}": ("style", style) for style in STYLES},
}


def classes_of(dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return the true classes of rows."""
    assert dataset.labels is not None
    return np.asarray(dataset.labels.values[rows])


def chosen_rows(dataset: Dataset) -> np.ndarray:
    """Return the test rows that are swapped, the same for every run."""
    rows = dataset.rows("test")
    return np.sort(np.random.default_rng(ROWS_SEED).choice(rows, COUNT, replace=False))


def swaps(model: Model, dataset: Dataset, rows: np.ndarray) -> np.ndarray:
    """Return rows swapped to each class: 10 x N x 1 x 28 x 28."""
    assert model.targets is not None
    codes = model.encode(dataset, rows)
    edited = (Edit(to_class=name).apply(model, codes) for name in model.targets.names)
    return np.stack([np.asarray(model.decode(each)) for each in edited])


def without_class_means(values: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return N x F values less the mean of their class."""
    left = values.copy()
    for each in np.unique(classes):
        left[classes == each] -= values[classes == each].mean(0)
    return left


def style_kept(
    before: np.ndarray, after: np.ndarray, sources: np.ndarray, goals: np.ndarray
) -> dict[str, float]:
    """Return each style's correlation before and after a swap, class means removed.

    Parameters
    ----------
    before, after : numpy.ndarray
        P x 3 styles (`styles`) of P pairs: the source digit's, and the swapped digit's.
    sources, goals : numpy.ndarray
        P classes: those the digits came from, and those they were swapped to.
    """
    before, after = without_class_means(before, sources), without_class_means(after, goals)
    return {
        style: float(np.corrcoef(before[:, column], after[:, column])[0, 1])
        for column, style in enumerate(STYLES)
    }


def swap_figures(model: Model, dataset: Dataset, reader: DigitReader) -> dict[str, Any]:
    """Return how swapped digits are read, and how much of their style they kept."""
    rows = chosen_rows(dataset)
    true, images = classes_of(dataset, rows), swaps(model, dataset, rows)
    sources, goals = np.tile(true, len(images)), np.repeat(np.arange(len(images)), len(rows))
    swapped = images.reshape(-1, *images.shape[2:])
    hits, other = reader.read(swapped) == goals, sources != goals
    before = np.tile(styles(pixels(dataset, rows)), (len(images), 1))
    reconstructed = np.asarray(model.decode(model.encode(dataset, rows)))
    return {
        "kept": float((reader.read(reconstructed) == true).mean()),
        "swapped": float(hits[other].mean()),
        "swapped_to": [float(hits[other & (goals == goal)].mean()) for goal in range(len(images))],
        "style": style_kept(before[other], styles(swapped)[other], sources[other], goals[other]),
    }


def measure(model: Model, dataset: Dataset, reader: DigitReader) -> dict[str, Any]:
    """Return a run's figures; those of reconstruction alone where it knows no class."""
    scores = uw.evaluate(model, dataset, metrics=["rmse", "ssim"])["scores"]
    document = {name: score["value"] for name, score in scores.items()}
    if not model.targets:
        return document
    rows = dataset.rows("test")
    said = model.soft_targets(dataset, rows).argmax(1)
    accuracy = float((said == classes_of(dataset, rows)).mean())
    return {**document, "accuracy": accuracy, **swap_figures(model, dataset, reader)}


def of_every_style(dataset: Dataset) -> tuple[np.ndarray, list[str]]:
    """Return a test digit of each extreme of each style, each of another class, and its name."""
    rows = chosen_rows(dataset)
    classes = classes_of(dataset, rows)
    values = without_class_means(styles(pixels(dataset, rows)), classes)
    picked: list[int] = []
    for style, quantile in EXTREMES.values():
        column = values[:, STYLES.index(style)]
        distance = np.abs(column - np.quantile(column, quantile))
        distance[np.isin(classes, classes[picked])] = np.inf
        picked.append(int(distance.argmin()))
    names = [f"{word} {classes[at]}" for word, at in zip(EXTREMES, picked, strict=True)]
    return rows[picked], names


def draw_swaps(model: Model, dataset: Dataset, place: Path) -> None:
    """Draw Figure 3: digits of different style, then each of them as every digit."""
    assert model.targets is not None
    rows, names = of_every_style(dataset)
    columns = [pixels(dataset, rows), *swaps(model, dataset, rows)]
    title = f"Styles carried to other digits: {run_title(model)}"
    write_bytes(place, strip_png(columns, ["original", *model.targets.names], title, names, 1))


def run(options: argparse.Namespace, dataset: Dataset, reader: DigitReader) -> None:
    """Train, measure and draw every model and seed that is asked for."""
    changes = dict(pair.split("=", 1) for pair in options.set)
    told = {"steps": options.steps, **changes} if options.steps else changes
    for name in options.models:
        group = f"{name}{options.tag and '-' + options.tag}"
        for seed in options.seeds:
            folder = options.out / group / f"{seed}"
            model = uw.train(
                name, dataset, seed=seed, out=folder, resume=True, progress=False, **told
            )
            if not (folder / "measured.json").exists():
                asked = {"model": name, "seed": seed, "asked": told}
                seconds = model.summary["seconds"]
                figures = measure(model, dataset, reader)
                write_json(folder / "measured.json", {**asked, "seconds": seconds, **figures})
            if model.targets and seed == options.seeds[0]:
                draw_swaps(model, dataset, options.out / "figures" / f"swaps-{group}.png")


def found_in(out: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the measurements of all runs in a folder, by the name of their group."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for place in sorted(out.glob("*/*/measured.json")):
        groups.setdefault(place.parent.parent.name, []).append(json.loads(place.read_text()))
    return groups


def spread(runs: list[dict[str, Any]], path: tuple[str, ...]) -> str:
    """Return the mean over runs, with the least and the greatest where there are several."""
    values: list[Any] = list(runs)
    for key in path:
        values = [value.get(key) for value in values]
        if None in values:
            return "–"
    mean, low, high = (f"{figure:.3f}" for figure in (np.mean(values), min(values), max(values)))
    return mean if len(values) == 1 else f"{mean} ({low} to {high})"


def table(groups: dict[str, list[dict[str, Any]]]) -> str:
    """Return a Markdown table: a row for each group of seeds."""
    lines = [f"| model | seeds | {' | '.join(COLUMNS)} |", "|" + " --- |" * (len(COLUMNS) + 2)]
    for name, runs in groups.items():
        cells = [spread(runs, path) for path in COLUMNS.values()]
        lines.append(f"| {name} | {len(runs)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="a folder for the runs")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--steps", type=int)
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE")
    parser.add_argument("--tag", default="", help="added to the folders' names")
    options = parser.parse_args()
    torch.set_num_threads(1)
    dataset = uw.load_data("mnist")
    reader = digit_reader(dataset, options.out / "digit-reader.safetensors")
    rows = dataset.rows("test")
    accuracy = float((reader.read(pixels(dataset, rows)) == classes_of(dataset, rows)).mean())
    run(options, dataset, reader)
    groups = found_in(options.out)
    write_json(options.out / "results.json", {"reader_accuracy": accuracy, "runs": groups})
    print(
        f"MNIST, {len(rows)} test images, {COUNT} of them swapped to each of the 9 other classes; "
        f"the classifier that reads them gets {accuracy:.2%} of test images right\n"
    )
    print(table(groups))


if __name__ == "__main__":
    main()
