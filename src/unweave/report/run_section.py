"""One run's section of a page: its facts, its settings, its figures."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from unweave.data import Dataset
from unweave.editing.traversal import traverse
from unweave.report.columns import draw_column_reconstructions
from unweave.report.correlations import draw_factor_correlations
from unweave.report.curves import draw_history
from unweave.report.divergences import draw_kl
from unweave.report.drawing import look, png_bytes
from unweave.report.edit_pictures import draw_edits
from unweave.report.labels import run_title
from unweave.report.page import Folded, Part, Picture, Section
from unweave.report.pictures import draw_image_reconstructions, draw_image_samples
from unweave.report.run_facts import (
    data_warning,
    facts_table,
    informative_words,
    settings_table,
)
from unweave.report.traversals import traversal_gif, traversal_png
from unweave.training.run import Run

MOST_TRAVERSED = 12


def run_section(run: Run, dataset: Dataset | None = None, title: str = "") -> Section:
    """Return a run's section: facts, settings, and figures with captions.

    Parameters
    ----------
    run : Run
    dataset : Dataset, optional
        What the run was trained on, as it reads it (`Run.dataset`). Without it the
        figures that need data are left out.
    title : str
        Model, data and seed unless given.
    """
    warning = data_warning(run, dataset)
    notes = list(dataset.notes) if dataset else []
    parts: list[Part] = [
        *([warning] if warning else []),
        facts_table(run, dataset),
        Folded("All settings", settings_table(run)),
        *([f"How the data was read: {'; '.join(notes)}."] if notes else []),
    ]
    with look():
        parts += _pictures(run, dataset)
    return Section(title or run_title(run), parts)


def _pictures(run: Run, dataset: Dataset | None) -> Iterator[Picture]:
    if run.summary.get("kl"):
        yield kl_picture(run)
    if run.targets is None:
        yield from _traversals(run, dataset)
    elif dataset is not None and len(dataset.rows("test")) > 0:
        yield from _edits(run, dataset)
    if dataset is not None and len(dataset.rows("test")) > 0:
        yield _reconstructions(run, dataset)
    if len(run.sample_shape) == 3 and run.targets is None:
        yield _samples(run)
    factors = dataset.factors if dataset is not None and run.targets is None else None
    if dataset is not None and factors is not None and len(dataset.rows("test")) > 1:
        yield _correlations(run, dataset)
    if run.history.terms:
        yield history_picture(run)


def kl_picture(run: Run) -> Picture:
    """Return bars of what each dimension carries, with words."""
    figure = draw_kl(run.summary["kl"], f"KL by dimension: {run_title(run)}")
    return _picture(
        figure,
        "What each dimension carries",
        "KL divergence of the posterior from the prior, averaged over the test rows. A "
        "dimension below the dashed line carries next to nothing: the decoder ignores it.",
        f"Bars of KL by latent dimension. Informative: {informative_words(run.summary)}.",
    )


def _traversals(run: Run, dataset: Dataset | None) -> Iterator[Picture]:
    traversal = traverse(run, dataset, dimensions=_most_informative(run))
    dimensions = ", ".join(traversal.names)
    hidden = len(run.summary.get("informative") or []) - len(traversal.dimensions)
    rest = (
        f" {hidden} more informative dimensions, of smaller KL, are not shown."
        if hidden > 0
        else ""
    )
    if not traversal.is_images:
        yield Picture(
            traversal_png(run, traversal),
            "What each dimension does",
            "A panel for each dimension: it alone moves, and the lines are what the decoder "
            "makes of every feature. Where a dimension stands for one factor, the features of "
            f"that factor move and the others lie flat.{rest}",
            f"Line plots of decoded features along {dimensions}.",
        )
        return
    yield Picture(
        traversal_png(run, traversal),
        "What each dimension does",
        "A row for each dimension: it alone moves, from left to right, all others stay at "
        "the start's code. Where a dimension stands for one factor, one thing changes along "
        f"its row.{rest}",
        f"Grid of decoded images; rows: {dimensions}; columns: quantiles.",
    )
    yield Picture(
        traversal_gif(run, traversal),
        "The same, moving",
        "Every dimension sweeps back and forth by itself.",
        f"Animation of decoded images while each of {dimensions} moves.",
    )


def _edits(run: Run, dataset: Dataset) -> Iterator[Picture]:
    for name, figure in draw_edits(run, dataset):
        if name == "class":
            yield _picture(
                figure,
                "Swapped classes",
                "Test images, one of each class: the code's class is exchanged, its latent values "
                "stay. What a row has in common is the style that the latent values carry.",
                "Rows of images, decoded as each of the classes.",
            )
            continue
        yield _picture(
            figure,
            f"{name} by degree",
            f"Test images without {name}: it alone is set, from 0 to 2, all else stays. Values "
            "above 1 go beyond what the training labels say.",
            f"Rows of images with {name} growing from left to right.",
        )


def _most_informative(run: Run) -> list[int] | None:
    """Return the informative dimensions of largest KL; None for what `traverse` chooses."""
    informative = run.summary.get("informative") or []
    kl = run.summary.get("kl") or np.zeros(run.latent_dim)
    return sorted(informative, key=lambda index: -kl[index])[:MOST_TRAVERSED] or None


def _reconstructions(run: Run, dataset: Dataset) -> Picture:
    if dataset.kind == "images":
        return _picture(
            draw_image_reconstructions(run, dataset),
            "Reconstructions",
            "Above, images the model has not been trained on; below, what is left of each "
            "after its code.",
            "Test images above their reconstructions.",
        )
    return _picture(
        draw_column_reconstructions(run, dataset),
        "Reconstructions",
        "Each point is a row the model has not been trained on. On the line, the code keeps "
        "all of the column; a flat cloud means that the code has dropped it.",
        "Scatter plots of reconstructed against observed values.",
    )


def _samples(run: Run) -> Picture:
    return _picture(
        draw_image_samples(run),
        "Samples",
        "Images the model makes up. They look like the data where the codes fill the prior.",
        "Grid of images decoded from random codes.",
    )


def _correlations(run: Run, dataset: Dataset) -> Picture:
    return _picture(
        draw_factor_correlations(run, dataset),
        "Codes against known factors",
        "Spearman's rank correlation. Disentangled: at most one strong cell in every column. "
        "A factor that turns round, such as an orientation, or that has no order, such as a "
        "shape, can be carried without showing here.",
        "Heat map of rank correlations of factors with latent dimensions.",
    )


def history_picture(run: Run) -> Picture:
    """Return curves of the loss terms, with words."""
    return _picture(
        draw_history(run.history, f"Loss terms: {run_title(run)}"),
        "Training",
        "A term that still falls at the right end would have gained from more steps.",
        f"Curves of {', '.join(run.history.terms)} over the steps.",
    )


def _picture(figure: Figure, title: str, caption: str, alternative: str) -> Picture:
    return Picture(png_bytes(figure), title, caption, alternative)
