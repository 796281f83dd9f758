"""Grids of images: originals above reconstructions, and samples from the prior."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from unweave.data import Dataset
from unweave.reporting.labels import run_title
from unweave.reporting.mosaic import mosaic, mosaic_figure
from unweave.runs.model import Model

SHOWN = 12
SAMPLE_ROWS, SAMPLE_COLUMNS = 3, 12


def draw_image_reconstructions(model: Model, dataset: Dataset, count: int = SHOWN) -> Figure:
    """Draw test images above their reconstructions.

    Parameters
    ----------
    model : Model
    dataset : Dataset
        A dataset of images.
    count : int
        How many images, evenly spaced over the test rows.
    """
    test = dataset.rows("test")
    rows = test[np.unique(np.linspace(0, len(test) - 1, count).astype(int))]
    originals = np.stack([np.asarray(dataset.samples[int(row)]) for row in rows]) / np.float32(255)
    reconstructions = np.asarray(model.decode(model.encode(dataset, rows)))
    picture = mosaic(np.stack([originals, reconstructions]))
    title = f"Test images and their reconstructions: {run_title(model)}"
    figure, axes = mosaic_figure(picture, title=title, left=1.05)
    axes.set_yticks(picture.row_centres, ["original", "reconstructed"])
    return figure


def draw_image_samples(model: Model) -> Figure:
    """Draw images decoded from codes drawn from the prior."""
    images = np.asarray(model.sample(SAMPLE_ROWS * SAMPLE_COLUMNS))
    grid = images.reshape(SAMPLE_ROWS, SAMPLE_COLUMNS, *images.shape[1:])
    title = f"Samples, decoded from codes drawn from the prior N(0, I): {run_title(model)}"
    return mosaic_figure(mosaic(grid), title=title)[0]
