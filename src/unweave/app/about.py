"""A run's facts, figures and scores as the page's HTML."""

from __future__ import annotations

from unweave.app.exhibit import Exhibit
from unweave.app.markup import message_html
from unweave.metrics.evaluation import evaluate_models
from unweave.metrics.registry import SCORES
from unweave.reporting.drawing import look
from unweave.reporting.page import Folded, Table
from unweave.reporting.run_facts import data_warning, facts_table, settings_table
from unweave.reporting.run_section import history_picture, kl_picture


def run_html(exhibit: Exhibit) -> str:
    """Return what was trained and how, with bars of KL and the losses' curves."""
    run = exhibit.model
    warning = data_warning(run, exhibit.dataset)
    facts = facts_table(run, exhibit.dataset)
    # Where the run lies is the host's business.
    table = Table((), [row for row in facts.rows if row[0] != "folder"])
    parts = [message_html(warning)] if warning else []
    parts.append(table.to_html())
    with look():
        if run.summary.get("kl"):
            parts.append(kl_picture(run).to_html())
        if run.history.terms:
            parts.append(history_picture(run).to_html())
    parts.append(Folded("All settings", settings_table(run)).to_html())
    return "\n".join(parts)


def scores_html(exhibit: Exhibit) -> str:
    """Return every score that the data allows, on the test split."""
    (document,) = evaluate_models([exhibit.model], exhibit.dataset, None, "test")
    rows = [
        (
            name,
            f"{score['value']:.4g}",
            f"{score['sd']:.2g}" if "sd" in score else "",
            SCORES[name].summary,
        )
        for name, score in document["scores"].items()
    ]
    table = Table(("score", "value", "sd", "what it is"), rows)
    left_out = [f"{name}: {reason}." for name, reason in document["omitted"].items()]
    words = f"{document['count']:,} rows ({document['split']}). {' '.join(left_out)}"
    return f"{table.to_html()}{message_html(words)}"
