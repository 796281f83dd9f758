"""Originals above reconstructions, and samples from the prior, as grids of images."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from unweave.data import Dataset
from unweave.report.labels import run_title
from unweave.report.mosaic import mosaic, mosaic_figure
from unweave.training.run import Run

SHOWN = 12
SAMPLE_ROWS, SAMPLE_COLUMNS = 3, 12


def draw_image_reconstructions(run: Run, dataset: Dataset, count: int = SHOWN) -> Figure:
    """Draw test images above their reconstructions.

    Parameters
    ----------
    run : Run
    dataset : Dataset
        Of images.
    count : int
        How many, evenly spaced over the test rows.
    """
    test = dataset.rows("test")
    rows = test[np.unique(np.linspace(0, len(test) - 1, count).astype(int))]
    originals = np.stack([np.asarray(dataset.samples[int(row)]) for row in rows]) / np.float32(255)
    reconstructions = np.asarray(run.decode(run.encode(dataset, rows)))
    picture = mosaic(np.stack([originals, reconstructions]))
    title = f"Test images and their reconstructions: {run_title(run)}"
    figure, axes = mosaic_figure(picture, title=title, left=1.05)
    axes.set_yticks(picture.row_centres, ["original", "reconstructed"])
    return figure


def draw_image_samples(run: Run) -> Figure:
    """Draw images decoded from codes that are drawn from the prior."""
    images = np.asarray(run.sample(SAMPLE_ROWS * SAMPLE_COLUMNS))
    grid = images.reshape(SAMPLE_ROWS, SAMPLE_COLUMNS, *images.shape[1:])
    title = f"Samples, decoded from codes drawn from the prior N(0, I): {run_title(run)}"
    return mosaic_figure(mosaic(grid), title=title)[0]
