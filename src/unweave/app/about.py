"""Facts, figures and scores of a run as HTML."""

from __future__ import annotations

from unweave.app.loaded_run import LoadedRun
from unweave.app.markup import message_html
from unweave.metrics.evaluation import evaluate_models
from unweave.metrics.registry import SCORES
from unweave.reporting.drawing import look
from unweave.reporting.page import Folded, Table
from unweave.reporting.run_facts import data_warning, facts_table, settings_table
from unweave.reporting.run_section import history_picture, kl_picture


def run_html(run: LoadedRun) -> str:
    """Return what was trained and how, with bars of KL and curves of the loss terms."""
    model = run.model
    warning = run.shown_on or data_warning(model, run.dataset)
    facts = facts_table(model, None if run.shown_on else run.dataset)
    # The folder's place on the host is not for everyone who opens the page.
    table = Table((), [row for row in facts.rows if row[0] != "folder"])
    parts = [message_html(warning)] if warning else []
    parts.append(table.to_html())
    with look():
        if model.summary.get("kl"):
            parts.append(kl_picture(model).to_html())
        if model.history.terms:
            parts.append(history_picture(model).to_html())
    parts.append(Folded("All settings", settings_table(model)).to_html())
    return "\n".join(parts)


def scores_html(run: LoadedRun) -> str:
    """Return every score that the data allows, on the test split."""
    (document,) = evaluate_models([run.model], run.dataset, None, "test")
    rows = [
        (
            name,
            f"{score['value']:.4g}",
            f"{score['sd']:.2g}" if "sd" in score else "",
            SCORES[name].summary,
        )
        for name, score in document["scores"].items()
    ]
    table = Table(("score", "value", "sd", "description"), rows)
    left_out = [f"{name}: {reason}." for name, reason in document["omitted"].items()]
    note = f"{document['count']:,} rows ({document['split']}). {' '.join(left_out)}"
    return f"{table.to_html()}{message_html(note)}"
