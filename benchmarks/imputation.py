"""Hidden cells of real tables, filled by a model and by scikit-learn's imputers.

    UNWEAVE_DATA=DATA python benchmarks/imputation.py [TABLE…] [SETTING=VALUE…]

TABLE is a name of `TABLES`, by default each of them, or a CSV file.
For each table and each share of hidden cells it prints the error of every method, and the
ratio of the model's to the least of the others. The error of a column of numbers is the root mean
squared error over its hidden cells, in deviations of the column on the scale that the table's
schema gives it; of a column of levels the share of wrong levels. A table's error is the mean
over its columns. The model is `vae` at its defaults, trained on the table with its hidden cells
blank, as the imputers are fitted on it.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer

import unweave as uw
from unweave.data import load_data

ROWS = 3000
SHARES = (0.1, 0.3)
TABLES = {
    "bfi": "tables/bfi.csv",
    "white-wine": "tables/winequality-white.csv",
    "fifa18": "tables/fifa18_players.csv",
    "breast-cancer": load_breast_cancer,
    "diabetes": load_diabetes,
}


def read(name: str) -> pd.DataFrame:
    """Return at most 3,000 rows of a table."""
    place = TABLES.get(name)
    if callable(place):
        return place(as_frame=True).frame
    path = Path(os.environ["UNWEAVE_DATA"]) / place if place else Path(name)
    frame = pd.read_csv(path, sep=None, engine="python")
    return frame.sample(min(len(frame), ROWS), random_state=0).reset_index(drop=True)


def encoded(schema, samples: np.ndarray) -> tuple[np.ndarray, list[slice]]:
    """Return samples as imputers take them: indicators in place of levels, NaN where blank."""
    parts, places, start = [], [], 0
    for column, own in zip(schema.features, samples.T, strict=True):
        if column.kind in ("category", "binary"):
            own = np.where(
                np.isnan(own)[:, None], np.nan, own[:, None] == np.arange(len(column.levels))
            )
        else:
            own = own[:, None]
        parts.append(own)
        places.append(slice(start, start + own.shape[1]))
        start += own.shape[1]
    return np.concatenate(parts, 1), places


def decoded(schema, values: np.ndarray, places: list[slice]) -> np.ndarray:
    """Return samples of what an imputer has filled in."""
    columns = []
    for column, place in zip(schema.features, places, strict=True):
        own = values[:, place]
        if own.shape[1] > 1:
            columns.append(own.argmax(1))
        elif column.levels is not None:
            columns.append(np.clip(np.round(own[:, 0]), 0, len(column.levels) - 1))
        else:
            columns.append(own[:, 0])
    return np.stack(columns, 1)


def error(schema, truth: np.ndarray, filled: np.ndarray, hidden: np.ndarray) -> float:
    errors = []
    for j, column in enumerate(schema.features):
        own = hidden[:, j]
        if not own.any():
            continue
        difference = filled[own, j] - truth[own, j]
        if column.levels is None:
            errors.append(np.sqrt(np.mean(difference**2)) / np.nanstd(truth[:, j]))
        else:
            errors.append(np.mean(np.abs(difference) > 0.5))
    return float(np.mean(errors))


def imputers() -> dict[str, object]:
    return {
        "mean": SimpleImputer(keep_empty_features=True),
        "kNN": KNNImputer(n_neighbors=10, keep_empty_features=True),
        "iterative": IterativeImputer(max_iter=10, random_state=0, keep_empty_features=True),
    }


def compare(name: str, share: float, settings: dict[str, str]) -> None:
    whole = load_data(read(name))
    schema, truth = whole.table, np.asarray(whole.samples, float)
    generator = np.random.default_rng(0)
    hidden = (generator.uniform(size=truth.shape) < share) & ~np.isnan(truth)
    own = np.where(hidden, np.nan, truth)
    errors, seconds = {}, {}
    values, places = encoded(schema, own)
    for method, imputer in imputers().items():
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            filled = imputer.fit_transform(values)
        seconds[method] = time.perf_counter() - began
        errors[method] = error(schema, truth, decoded(schema, filled, places), hidden)
    began = time.perf_counter()
    frame = schema.restore(own)
    kinds = {column.name: column.kind for column in schema.features}
    table = load_data(frame, columns={name: kinds[name] for name in kinds if name in frame})
    model = uw.train(settings.pop("model", "vae"), table, progress=False, **settings)
    filled = schema.scale(schema.read(model.impute(table).table)).astype(float)
    # Zero has no place on a logarithmic scale, which the table with its cells hidden may not have
    # had: it is the least that was seen.
    filled = np.where(hidden & np.isnan(filled), np.nanmin(truth, 0), filled)
    seconds["model"] = time.perf_counter() - began
    errors["model"] = error(schema, truth, filled, hidden)
    least = min(errors[method] for method in errors if method != "model")
    print(
        f"| {Path(name).stem} | {truth.shape[0]} x {truth.shape[1]} | {share:.0%} | "
        + " | ".join(f"{errors[method]:.3f}" for method in errors)
        + f" | {errors['model'] / least:.3f} | {seconds['model']:.0f} s |",
        flush=True,
    )


def main(arguments: list[str]) -> None:
    settings = dict(each.split("=", 1) for each in arguments if "=" in each)
    names = [each for each in arguments if "=" not in each] or list(TABLES)
    print("| table | size | hidden | mean | kNN | iterative | model | ratio | time |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in names:
        for share in SHARES:
            compare(name, share, dict(settings))


if __name__ == "__main__":
    main(sys.argv[1:])
