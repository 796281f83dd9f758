"""Certificates for readers: lines, a table, a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.interpretation.certificate import Certificate, certify_readings
from unweave.interpretation.evidence.registry import QUANTITIES
from unweave.reporting.drawing import add_heading, look, new_figure, png_bytes
from unweave.reporting.page import Part, Picture, Section, Table
from unweave.runs.model import Model

CAPTION = (
    "Each cell is a quantity of evidence; the darker it is, the more it speaks against the "
    "dimension. Probabilities are calibrated on generated tables."
)
INTRODUCTION = (
    "How likely each dimension is to stand for one factor that the features share, by its "
    "agreement over the seeds and by the axes that the features prefer. No labels were used."
)
_FAINTEST = 4.0  # log-odds lost in the darkest cell


def percent(probability: float) -> str:
    """Return a probability as whole percents; never 0 % or 100 %."""
    return f"{min(max(round(100 * probability), 1), 99)} %"


def certificate_lines(certificate: Certificate | None, missing: str) -> list[str]:
    """Return a line for each dimension with its verdict and reasons, or what is missing."""
    if certificate is None:
        return [f"No certificate: {missing}"] if missing else []
    pairs = zip(certificate.dimensions, certificate.reasons, strict=True)
    return [f"z{k}: {reason}" for k, reason in pairs]


def certificate_frame(certificate: Certificate) -> pd.DataFrame:
    """Return a row for each dimension: probability, verdict, evidence and reason."""
    return pd.DataFrame(
        {
            "dimension": [f"z{k}" for k in certificate.dimensions],
            "probability": certificate.probability,
            "verdict": certificate.verdicts(),
            **certificate.evidence,
            "reason": certificate.reasons,
        }
    )


def certificate_section(models: Sequence[Model], dataset: Dataset) -> Section | None:
    """Return the section of a page about runs that differ in their seeds; None if there is none.

    A table of the dimensions and a figure, as they were learned and turned.
    """
    try:
        found = certify_readings(models, dataset)
    except RequestError:
        return None
    parts: list[Part] = [INTRODUCTION]
    for name, certificate in found.items():
        whose = f"{models[0].name} on {dataset.name}, {len(models)} seeds, {name}"
        rows = [
            (f"z{k}", percent(chance), reason)
            for k, chance, reason in zip(
                certificate.dimensions, certificate.probability, certificate.reasons, strict=True
            )
        ]
        with look():
            content = png_bytes(draw_certificate(certificate, whose))
        parts += [
            Picture(content, f"Dimensions {name}", CAPTION, f"Table of evidence, {whose}."),
            Table(("dimension", "real", "why"), rows),
        ]
    return Section(f"Which dimensions are real: {models[0].name} on {dataset.name}", parts)


def draw_certificate(certificate: Certificate, whose: str) -> Figure:
    """Draw the evidence on every dimension, with its probability of being real.

    Parameters
    ----------
    certificate : Certificate
    whose : str
        The runs' model and data.
    """
    names = list(QUANTITIES)
    values = np.stack([certificate.evidence[name] for name in names])
    lost = np.stack([-certificate.log_odds[name] for name in names])
    count = len(certificate.dimensions)
    figure = new_figure(max(4.6, 3.2 + 0.55 * count), 1.4 + 0.24 * len(names))
    axes = figure.add_subplot()
    axes.imshow(lost, cmap="Greys", vmin=0, vmax=_FAINTEST, aspect="auto")
    chances = certificate.probability.tolist()
    labels = [
        f"z{k}\n{percent(chance)}"
        for k, chance in zip(certificate.dimensions, chances, strict=True)
    ]
    axes.set_xticks(range(count), labels)
    axes.set_yticks(range(len(names)), [QUANTITIES[name].title for name in names])
    axes.tick_params(length=0, labelsize=7.5)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("dimension, probability that it is real")
    for (row, column), value in np.ndenumerate(values):
        colour = "white" if lost[row, column] > _FAINTEST / 2 else "#222222"
        text = f"{value:.2f}"
        axes.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)
    add_heading(figure, f"Certificate: {whose}", CAPTION)
    return figure
