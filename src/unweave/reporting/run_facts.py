"""Tables of a run's facts and settings, for its section of a page."""

from __future__ import annotations

import math
from typing import Any

from unweave.data import Dataset
from unweave.reporting.labels import nats, term_label
from unweave.reporting.page import Table
from unweave.reporting.turns import turn_summary
from unweave.runs.folder import versions
from unweave.runs.model import Model


def facts_table(model: Model, dataset: Dataset | None) -> Table:
    """Return a table of what was trained, on which data, how fast, and with what result."""
    summary = model.summary
    rows = [
        ("model", model.name),
        ("data", _data_text(model, dataset)),
        ("seed", str(model.seed)),
        ("steps", _number(summary.get("steps"))),
        ("time", _time_text(summary)),
        ("device", _device_text(summary)),
        *(
            (f"final {term_label(term)}", _number(value))
            for term, value in summary.get("loss", {}).items()
        ),
        ("informative dimensions", informative_text(summary)),
        ("turn", turn_summary(summary)),
        ("accuracy of the soft target", _number(summary.get("accuracy"))),
        ("folder", str(model.folder) if model.folder else ""),
    ]
    return Table((), [row for row in rows if row[1]])


def settings_table(model: Model) -> Table:
    """Return a table of every setting of the model and its training, and of the versions."""
    rows = [(name, _plain(value)) for name, value in model.settings.to_json().items()]
    rows += [(name, _plain(value)) for name, value in model.training.to_json().items()]
    for part, name in (model.networks or {}).items():
        rows.append((part, name))
    rows += [(f"version of {name}", version) for name, version in versions().items()]
    return Table(("setting", "value"), rows)


def informative_text(summary: dict[str, Any]) -> str:
    """Return ``3 of 10: z4 (2.14 nats), …`` by falling KL; "" without a summary.

    Dimensions without a posterior have no nats.
    """
    share, kl = informative_share(summary), summary.get("kl")
    if kl is None:
        return ", ".join(f"z{index}" for index in summary.get("informative", []))
    falling = sorted(summary.get("informative", []), key=lambda index: -kl[index])
    named = ", ".join(f"z{index} ({nats(kl[index])} nats)" for index in falling)
    return f"{share}: {named}" if named else share


def informative_share(summary: dict[str, Any]) -> str:
    """Return ``3 of 10``; "" without a summary."""
    if "kl" not in summary:
        return ""
    return f"{len(summary.get('informative', []))} of {len(summary['kl'])}"


def health_warning(model: Model) -> str:
    """Return a warning if the model is collapsed, dead or exploded; else ""."""
    note = str(model.health.get("note", ""))
    return f"This model is not to be trusted. It is {note}." if note else ""


def data_warning(model: Model, dataset: Dataset | None) -> str:
    """Return a warning if the data is missing or differs from the training data; else ""."""
    if dataset is None:
        return (
            "The training data cannot be found. Figures that need it are left out, and "
            "traversals start from the prior's mean."
        )
    if not dataset.matches(model.data["fingerprint"]):
        return "The data is not what the model was trained on: its fingerprint differs."
    return ""


def _data_text(model: Model, dataset: Dataset | None) -> str:
    shape = " × ".join(map(str, model.sample_shape))
    form = f"images of {shape}" if len(model.sample_shape) == 3 else f"rows of {shape} features"
    text = f"{model.data['name']}: {form}"
    if dataset is None:
        return f"{text}, {_number(model.data['population'])} of them for training"
    counts = ", ".join(f"{_number(len(rows))} {name}" for name, rows in dataset.splits.items())
    return f"{text}; {counts}"


def _time_text(summary: dict[str, Any]) -> str:
    if "seconds" not in summary:
        return ""
    seconds = float(summary["seconds"])
    text = f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
    speed = summary.get("steps_per_second")
    return f"{text}, {speed:.4g} steps/s" if speed else text


def _device_text(summary: dict[str, Any]) -> str:
    parts = [str(summary[key]) for key in ("device", "precision") if key in summary]
    return ", ".join([*parts, *(["compiled"] if summary.get("compiled") else [])])


def _number(value: Any) -> str:
    """Return a number with thousands separators, or with four digits; "" for None."""
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if math.isfinite(value) and abs(value) >= 1000 else f"{value:.4g}"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return "none" if value is None else str(value)
