"""The facts of a run, in words and numbers, for its section of a page."""

from __future__ import annotations

import math
from typing import Any

from unweave.data import Dataset
from unweave.reporting.labels import nats, term_words
from unweave.reporting.page import Table
from unweave.runs.folder import versions
from unweave.runs.model import Model


def facts_table(model: Model, dataset: Dataset | None) -> Table:
    """Return what was trained, on what, how fast, and what came out."""
    summary = model.summary
    rows = [
        ("model", model.name),
        ("data", _data_words(model, dataset)),
        ("seed", str(model.seed)),
        ("steps", _number(summary.get("steps"))),
        ("time", _time_words(summary)),
        ("device", _device_words(summary)),
        *(
            (f"final {term_words(term)}", _number(value))
            for term, value in summary.get("loss", {}).items()
        ),
        ("informative dimensions", informative_words(summary)),
        ("accuracy of the soft target", _number(summary.get("accuracy"))),
        ("folder", str(model.folder) if model.folder else ""),
    ]
    return Table((), [row for row in rows if row[1]])


def settings_table(model: Model) -> Table:
    """Return every setting of the model and of its training, and the versions."""
    rows = [(name, _plain(value)) for name, value in model.settings.to_json().items()]
    rows += [(name, _plain(value)) for name, value in model.training.to_json().items()]
    for part, name in (model.networks or {}).items():
        rows.append((part, name))
    rows += [(f"version of {name}", version) for name, version in versions().items()]
    return Table(("setting", "value"), rows)


def informative_words(summary: dict[str, Any]) -> str:
    """Return ``3 of 10: z4 (2.14 nats), …`` by falling KL; "" without a summary."""
    share, kl = informative_share(summary), summary.get("kl", [])
    falling = sorted(summary.get("informative", []), key=lambda index: -kl[index])
    named = ", ".join(f"z{index} ({nats(kl[index])} nats)" for index in falling)
    return f"{share}: {named}" if named else share


def informative_share(summary: dict[str, Any]) -> str:
    """Return ``3 of 10``; "" without a summary."""
    if "kl" not in summary:
        return ""
    return f"{len(summary.get('informative', []))} of {len(summary['kl'])}"


def data_warning(model: Model, dataset: Dataset | None) -> str:
    """Return a line if the data is missing, or is no longer what was trained on; else ""."""
    if dataset is None:
        return (
            "The training data is not at hand: figures that need it are left out, and "
            "traversals start from the prior."
        )
    if not dataset.matches(model.data["fingerprint"]):
        return "The data differs from what the model was trained on (another fingerprint)."
    return ""


def _data_words(model: Model, dataset: Dataset | None) -> str:
    shape = " × ".join(map(str, model.sample_shape))
    form = f"images of {shape}" if len(model.sample_shape) == 3 else f"rows of {shape} features"
    words = f"{model.data['name']}: {form}"
    if dataset is None:
        return f"{words}, {_number(model.data['population'])} of them for training"
    counts = ", ".join(f"{_number(len(rows))} {name}" for name, rows in dataset.splits.items())
    return f"{words}; {counts}"


def _time_words(summary: dict[str, Any]) -> str:
    if "seconds" not in summary:
        return ""
    seconds = float(summary["seconds"])
    words = f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
    speed = summary.get("steps_per_second")
    return f"{words}, {speed:.4g} steps/s" if speed else words


def _device_words(summary: dict[str, Any]) -> str:
    words = [str(summary[key]) for key in ("device", "precision") if key in summary]
    return ", ".join([*words, *(["compiled"] if summary.get("compiled") else [])])


def _number(value: Any) -> str:
    """Return a number with a thousands separator, or with four digits; "" for None."""
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if math.isfinite(value) and abs(value) >= 1000 else f"{value:.4g}"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return "none" if value is None else str(value)
