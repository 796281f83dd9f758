"""Latent spaces read without ground truth: several models, several seeds, one data set.

    python benchmarks/latent_readings.py run --data fa15 --out runs/readings \
        --models bf-vae factor-vae beta-vae vae --seeds 10
    python benchmarks/latent_readings.py report --data fa15 --out runs/readings \
        --figures docs/results/readings
    python benchmarks/latent_readings.py why runs/readings/mnist/factor-vae/seed-0

`run` trains what is not trained yet, one thread a process. `report` reads all runs of each model
together (`unweave.interpret`), prints Markdown tables and draws the averaged heat maps beside
each other. `why` looks closer at the features of one run where the two readings differ.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import unweave as uw
from unweave.files import write_bytes
from unweave.interpretation.agreement import LEAST
from unweave.interpretation.interpret import Interpretation
from unweave.reporting.drawing import add_heading, look, new_figure, png_bytes
from unweave.reporting.reading_figures import TITLES, leading_order, shown_dimensions
from unweave.statistics import mean_interval

BASE_CODES = 512
MODELS = ("bf-vae", "factor-vae", "beta-vae", "vae")


def run(options: argparse.Namespace) -> None:
    """Train every model and seed that is asked for."""
    torch.set_num_threads(1)
    changes = dict(pair.split("=", 1) for pair in options.set)
    for seed in range(options.first, options.first + options.seeds):
        for name in options.models:
            folder = Path(options.out) / options.data / name / f"seed-{seed}"
            told = {"steps": options.steps, **changes} if options.steps else changes
            uw.train(name, options.data, seed=seed, out=folder, resume=True, progress=False, **told)
            print(f"{folder}: done", flush=True)


def read(options: argparse.Namespace) -> dict[str, Interpretation]:
    """Return what all finished runs of each model say together."""
    found = {}
    for name in options.models:
        places = sorted((Path(options.out) / options.data / name).glob("seed-*/summary.json"))
        if places:
            found[name] = uw.interpret([uw.load(place.parent) for place in places])
    return found


def summary_table(found: dict[str, Interpretation]) -> str:
    """Return one line a model: means over seeds, with Student's 95 % intervals."""
    heads = [
        "model", "seeds", "informative", "FDR", "power", "LSDI, FVH-LT", "LSDI, DBSR-LS",
        "UDR", "agreement", "stands out, aligned / not",
    ]  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", "|" + " --- |" * len(heads)]
    for name, each in found.items():
        known = [reading.recovery for reading in each.readings if reading.recovery]
        counts = [len(reading.informative) for reading in each.readings]
        sharp = each.sharpness()["fvh_lt"]
        ranking = np.array(each.ranking) if each.ranking is not None else np.array([np.nan])
        cells = [
            name,
            str(len(each.readings)),
            f"{np.mean(counts):.1f} ({min(counts)} to {max(counts)})",
            f"{np.mean([one.fdr for one in known]):.2f}" if known else "–",
            f"{np.mean([one.power for one in known]):.2f}" if known else "–",
            *(_told(np.array([r.index[key] for r in each.readings])) for key in TITLES),
            _told(ranking),
            f"{np.nanmean([r.agreement.share for r in each.readings]):.0%}",
            f"{sharp['aligned']:.2f} / {sharp['unaligned']:.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _told(values: np.ndarray) -> str:
    low, high = mean_interval(values)
    spread = f" ({low:.3f} to {high:.3f})" if len(values) > 1 else ""
    return f"{values.mean():.3f}{spread}"


def draw_beside(found: dict[str, Interpretation], name: str, title: str) -> bytes:
    """Return the models' averaged heat maps in one figure, features in one order."""
    first = next(iter(found.values()))
    lines = leading_order(first.tables[name][:, shown_dimensions(first)])
    with look():
        figure = new_figure(
            1.3 + 1.5 * len(found), 0.6 + (0.16 if len(lines) <= 60 else 0.1) * len(lines)
        )
        panels = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
        for panel, (model, each) in zip(panels, found.items(), strict=True):
            shown = shown_dimensions(each)
            leading = each.tables[name][:, shown].argmax(0)
            # Columns in the order of the features they move, so that models can be compared.
            shown = (
                [shown[place] for place in np.argsort(np.argsort(lines)[leading])]
                if (len(lines) == len(each.features))
                else shown
            )
            table = each.tables[name][lines][:, shown]
            panel.imshow(table, cmap="Greys", vmin=0, vmax=1, aspect="auto")
            panel.set_xticks(range(len(shown)), [f"z{k}" for k in shown])
            panel.set_yticks(range(len(lines)), [first.features[j] for j in lines])
            panel.tick_params(length=0, labelsize=6.5 if len(lines) <= 60 else 4.5)
            panel.set_title(f"{model}\nLSDI {each.to_json_index()[name]:.2f}")
            panel.spines[:].set_visible(False)
        add_heading(figure, title, TITLES[name][1])
        return png_bytes(figure)


def meanings(each: Interpretation, most: int = 4) -> str:
    """Return what every dimension moves most, by FVH-LT, in the features' own names."""
    lines = ["| dimension | nats | moves most |", "| --- | --- | --- |"]
    for k in sorted(each.informative, key=lambda k: -each.kl[k]):
        column = each.tables["fvh_lt"][:, k]
        names = [f"{each.features[j]} {column[j]:.2f}" for j in column.argsort()[::-1][:most]]
        lines.append(f"| z{k} | {each.kl[k]:.2f} | {', '.join(names)} |")
    return "\n".join(lines)


def reasons(found: dict[str, Interpretation]) -> str:
    """Return why leading dimensions differ between the readings, over all runs of all models."""
    told = Counter(
        one.reason.split(":")[0] if "correlate" not in one.reason else "the two correlate"
        for each in found.values()
        for reading in each.readings
        for one in reading.agreement.disagreements
    )
    compared = sum(r.agreement.features for each in found.values() for r in each.readings)
    parts = [f"{count} {reason}" for reason, count in told.most_common()]
    return f"{sum(told.values())} of {compared} leading pairs differ: {', '.join(parts) or '-'}."


def report(options: argparse.Namespace) -> None:
    """Print the tables and draw the figures."""
    found = read(options)
    print(summary_table(found))
    print(f"\n{reasons(found)}")
    for name in options.meanings:
        print(f"\nThe dimensions of {name}:\n\n{meanings(found[name])}")
    if options.figures:
        for name, (title, _) in TITLES.items():
            stem = Path(options.data).stem
            words = f"{title} on {stem}, averaged over aligned runs"
            place = Path(options.figures) / f"{stem}-{name.replace('_', '-')}.png"
            write_bytes(place, draw_beside(found, name, words))


def common_effect(run: uw.Model, codes: np.ndarray, dimensions: Sequence[int]) -> np.ndarray:
    """Return how far each dimension moves a feature alike in all samples: J x dimensions, 0 to 1.

    The squared mean of the slopes over samples, by the mean of their squares: a regression over
    the data sees the mean, FVH-LT sums up the squares.
    """
    columns = []
    for k in dimensions:
        line = np.array([part.mean() for part in np.array_split(np.sort(codes[:, k]), 16)])
        centred = line - line.mean()
        slopes = []
        for code in codes:
            moved = np.repeat(code[None], len(line), 0)
            moved[:, k] = line
            decoded = np.asarray(run.decode(moved)).reshape(len(line), -1)
            slopes.append(centred @ decoded / (centred @ centred))
        squares = np.square(slopes).mean(0)
        columns.append(np.mean(slopes, 0) ** 2 / np.maximum(squares, 1e-20))
    return np.array(columns).T


def why(options: argparse.Namespace) -> None:
    """Print medians over a run's features, by why the two readings differ on them.

    Of the leading dimension of FVH-LT, and of that of DBSR-LS. "Named" is how often the part
    of FVH-LT that is linear and alike in all samples has DBSR-LS's leading dimension.
    """
    torch.set_num_threads(1)
    run = uw.load(options.folder)
    each = uw.interpret([run])
    reading = each.readings[0]
    dimensions = np.array(reading.informative)
    chosen = np.random.default_rng(0).choice(len(reading.codes), BASE_CODES, replace=False)
    alike = common_effect(run, reading.codes[chosen], reading.informative)
    share = reading.variance.table[:, dimensions]
    squared = reading.regression.table[:, dimensions] ** 2
    straight = np.nan_to_num(reading.variance.linearity[:, dimensions])
    told = {one.feature: one.reason.split(":")[0] for one in reading.agreement.disagreements}
    groups: dict[str, list[int]] = {}
    for j in np.flatnonzero(np.maximum(share.max(1), squared.max(1)) >= LEAST):
        groups.setdefault(told.get(each.features[j], "they agree"), []).append(int(j))
    print("| reason | features | share | linear | alike | squared coefficient | named |")
    print("|" + " --- |" * 7)
    for reason, rows in groups.items():
        first, second = share[rows].argmax(1), squared[rows].argmax(1)
        named = (share * straight * alike)[rows].argmax(1) == second
        pairs = [
            f"{np.median(table[rows, first]):.2f} / {np.median(table[rows, second]):.2f}"
            for table in (share, straight, alike, squared)
        ]
        print(f"| {reason} | {len(rows)} | {' | '.join(pairs)} | {named.mean():.0%} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("run")
    training.add_argument("--seeds", type=int, default=10)
    training.add_argument("--first", type=int, default=0, help="the first seed")
    training.add_argument("--steps", type=int)
    training.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    training.set_defaults(does=run)
    reporting = commands.add_parser("report")
    reporting.add_argument("--figures", help="a folder for the figures")
    reporting.add_argument("--meanings", nargs="+", default=[], metavar="MODEL")
    reporting.set_defaults(does=report)
    for command in (training, reporting):
        command.add_argument("--data", required=True)
        command.add_argument("--out", required=True)
        command.add_argument("--models", nargs="+", default=list(MODELS))
    asking = commands.add_parser("why")
    asking.add_argument("folder", help="a run's folder")
    asking.set_defaults(does=why)
    options = parser.parse_args()
    options.does(options)


if __name__ == "__main__":
    main()
