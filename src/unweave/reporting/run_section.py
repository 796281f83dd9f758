"""The section of a page about one run: its facts, settings and figures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from unweave.data import Dataset
from unweave.editing.traversal import traverse
from unweave.reporting.columns import draw_column_reconstructions
from unweave.reporting.correlations import draw_factor_correlations
from unweave.reporting.curves import draw_history
from unweave.reporting.divergences import draw_kl
from unweave.reporting.drawing import look, png_bytes
from unweave.reporting.edit_pictures import draw_edits
from unweave.reporting.findings import findings
from unweave.reporting.labels import run_title
from unweave.reporting.page import Folded, Part, Picture, Section
from unweave.reporting.pictures import draw_image_reconstructions, draw_image_samples
from unweave.reporting.run_facts import (
    facts_table,
    informative_text,
    settings_table,
)
from unweave.reporting.traversals import traversal_gif, traversal_png
from unweave.runs.model import Model

MOST_TRAVERSED = 12


def run_section(
    model: Model, dataset: Dataset | None = None, title: str = "", *, alone: bool = True
) -> Section:
    """Return the section of a run: findings in sentences, figures, then facts and losses.

    Parameters
    ----------
    model : Model
    dataset : Dataset, optional
        The training data as the model reads it (`Model.dataset`). Without it, figures that
        need data are left out.
    title : str
        The run's model, data and seed unless given.
    alone : bool
        Whether no other run is on the page, which says for all of them what to do next.
    """
    notes = list(dataset.notes) if dataset else []
    parts: list[Part] = [*findings(model, dataset, alone)]
    with look():
        parts += _pictures(model, dataset)
        parts += [
            facts_table(model, dataset),
            Folded("All settings", settings_table(model)),
            *([f"How the data was read: {'; '.join(notes)}."] if notes else []),
        ]
        if model.history.terms:
            parts.append(history_picture(model))
    return Section(title or run_title(model), parts)


def _pictures(model: Model, dataset: Dataset | None) -> Iterator[Picture]:
    if model.can_be_read:
        yield from _traversals(model, dataset)
    elif dataset is not None and len(dataset.rows("test")) > 0:
        yield from _edits(model, dataset)
    if dataset is not None and len(dataset.rows("test")) > 0:
        yield _reconstructions(model, dataset)
    if len(model.sample_shape) == 3 and model.has_posterior:
        yield _samples(model)
    factors = dataset.factors if dataset is not None and model.can_be_read else None
    if dataset is not None and factors is not None and len(dataset.rows("test")) > 1:
        yield _correlations(model, dataset)
    if model.summary.get("kl"):
        yield kl_picture(model)


def kl_picture(model: Model) -> Picture:
    """Return bars of the KL divergence of each dimension, with a caption."""
    figure = draw_kl(model.summary["kl"], f"KL by dimension: {run_title(model)}")
    return _picture(
        figure,
        "What each dimension carries",
        "KL divergence of the posterior from the prior, averaged over the test rows. A "
        "dimension below the dashed line carries next to nothing: the decoder ignores it.",
        f"Bars of KL by latent dimension. Informative: {informative_text(model.summary)}.",
    )


def _traversals(model: Model, dataset: Dataset | None) -> Iterator[Picture]:
    traversal = traverse(model, dataset, dimensions=_most_informative(model))
    dimensions = ", ".join(traversal.names)
    hidden = len(model.summary.get("informative") or []) - len(traversal.dimensions)
    rest = (
        f" {hidden} more informative dimensions, of smaller KL, are not shown."
        if hidden > 0
        else ""
    )
    if not traversal.is_images:
        yield Picture(
            traversal_png(model, traversal),
            "What each dimension does",
            "A panel for each dimension, which alone moves; the lines show every feature as "
            "decoded. Where a dimension stands for one factor, the features of "
            f"that factor move and the others lie flat.{rest}",
            f"Line plots of decoded features along {dimensions}.",
        )
        return
    yield Picture(
        traversal_png(model, traversal),
        "What each dimension does",
        "A row for each dimension, which alone moves, from left to right; all others stay at "
        "the start's code. Where a dimension stands for one factor, one thing changes along "
        f"its row.{rest}",
        f"Grid of decoded images; rows: {dimensions}; columns: quantiles.",
    )
    yield Picture(
        traversal_gif(model, traversal),
        "The same, moving",
        "Every dimension sweeps back and forth by itself.",
        f"Animation of decoded images while each of {dimensions} moves.",
    )


def _edits(model: Model, dataset: Dataset) -> Iterator[Picture]:
    for name, figure in draw_edits(model, dataset):
        if name == "class":
            yield _picture(
                figure,
                "Swapped classes",
                "Test images, one of each class. The class in the code is exchanged and the latent "
                "values stay; what the images of a row share is the style these values carry.",
                "Rows of images, decoded as each of the classes.",
            )
            continue
        yield _picture(
            figure,
            f"{name} by degree",
            f"Test images without {name}. It alone is set, from 0 to 2; all else stays. Values "
            "above 1 go beyond the training labels.",
            f"Rows of images with {name} growing from left to right.",
        )


def _most_informative(model: Model) -> list[int] | None:
    """Return the informative dimensions of largest KL; None to leave the choice to `traverse`."""
    informative = model.summary.get("informative") or []
    kl = model.summary.get("kl") or np.zeros(model.latent_dim)
    return sorted(informative, key=lambda index: -kl[index])[:MOST_TRAVERSED] or None


def _reconstructions(model: Model, dataset: Dataset) -> Picture:
    if dataset.kind == "images":
        return _picture(
            draw_image_reconstructions(model, dataset),
            "Reconstructions",
            "Above, images the model was not trained on; below, what is left of each after it "
            "has been encoded and decoded.",
            "Test images above their reconstructions.",
        )
    return _picture(
        draw_column_reconstructions(model, dataset),
        "Reconstructions",
        "Each point is a row the model was not trained on. Where the points lie on the line, "
        "the code keeps all of the column; a flat cloud means that the code has dropped it.",
        "Scatter plots of reconstructed against observed values.",
    )


def _samples(model: Model) -> Picture:
    return _picture(
        draw_image_samples(model),
        "Samples",
        "Images decoded from random codes. They look like the data where the codes fill the prior.",
        "Grid of images decoded from random codes.",
    )


def _correlations(model: Model, dataset: Dataset) -> Picture:
    return _picture(
        draw_factor_correlations(model, dataset),
        "Codes against known factors",
        "Spearman's rank correlation. In a disentangled code every column has at most one "
        "strong cell. A factor that comes full circle, such as an orientation, or has no "
        "order, such as a shape, can be encoded without showing here.",
        "Heat map of rank correlations of factors with latent dimensions.",
    )


def history_picture(model: Model) -> Picture:
    """Return curves of the loss terms, with a caption."""
    return _picture(
        draw_history(model.history, model.family.all_terms, f"Loss terms: {run_title(model)}"),
        "Training",
        "A term that still falls at the right end would have benefited from more steps.",
        f"Curves of {', '.join(model.history.terms)} over the steps.",
    )


def _picture(figure: Figure, title: str, caption: str, alternative: str) -> Picture:
    return Picture(png_bytes(figure), title, caption, alternative)
