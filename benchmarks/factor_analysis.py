"""Factor-analysis tables: what each model finds of the true factors, over seeds.

    python benchmarks/factor_analysis.py --data fa15 --seeds 5 --models bf-vae beta-vae vae
    python benchmarks/factor_analysis.py --data fa15 --seeds 5 --models bf-vae \
        --set capacity=25 --set beta=10

Trains with the package's defaults (and what `--set` changes) and prints a Markdown table: a
row a model, over all seeds the least and the greatest of each figure. One thread, so that the
seconds are those of one core.
"""

from __future__ import annotations

import argparse
import statistics

import torch

import unweave as uw
from unweave.data import load_data
from unweave.interpretation.recovery import factor_recovery

GOOD = 0.97


def measure(model: str, data: str, seed: int, changes: dict[str, str]) -> dict[str, float]:
    """Train one run and return its figures."""
    dataset = load_data(data)
    run = uw.train(model, dataset, seed=seed, progress=False, **changes)
    summary = run.summary
    flagged = summary["informative"]
    recovery = factor_recovery(run.encode(dataset), dataset.factors.values, flagged)
    others = [kl for index, kl in enumerate(summary["kl"]) if index not in flagged]
    matched = [summary["kl"][index] for index in set(recovery.dimensions) if index >= 0]
    return {
        "informative": len(flagged),
        "found": sum(value >= GOOD for value in recovery.correlations),
        "correlation": min(recovery.correlations),
        "matched": min(matched, default=0.0),
        "highest": max(summary["kl"]),
        "others": max(others, default=0.0),
        "fdr": recovery.fdr,
        "power": recovery.power,
        "seconds": summary["seconds"],
    }


def spread(rows: list[dict[str, float]], key: str, digits: int = 3) -> str:
    """Return ``least to greatest``, or the one value."""
    low, high = (f"{pick(row[key] for row in rows):.{digits}g}" for pick in (min, max))
    return low if low == high else f"{low} to {high}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="fa15")
    parser.add_argument("--models", nargs="+", default=["bf-vae", "factor-vae", "beta-vae", "vae"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    torch.set_num_threads(1)
    changes = dict(pair.split("=", 1) for pair in options.set)
    factors = load_data(options.data).factors.values.shape[1]
    print(f"{options.data}, {factors} factors, {options.seeds} seeds, {changes or 'defaults'}\n")
    print(
        f"| model | informative | factors at ≥ {GOOD} | least correlation | nats of matched | "
        "highest nats | nats of the others, at most | FDR | power | s a run |\n|" + " --- |" * 10
    )
    for model in options.models:
        rows = [measure(model, options.data, seed, changes) for seed in range(options.seeds)]
        print(
            f"| {model} | {spread(rows, 'informative')} | {spread(rows, 'found')} | "
            f"{spread(rows, 'correlation')} | {spread(rows, 'matched')} | "
            f"{spread(rows, 'highest')} | {max(row['others'] for row in rows):.2g} | "
            f"{spread(rows, 'fdr', 2)} | {spread(rows, 'power', 2)} | "
            f"{statistics.median(row['seconds'] for row in rows):.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
