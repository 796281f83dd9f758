"""Every score there is. A new one is one file and one row here."""

from __future__ import annotations

from unweave.metrics.reconstruction import (
    SSIM_WINDOW,
    peak_signal_to_noise_ratio,
    root_mean_squared_error,
    structural_similarity,
)
from unweave.metrics.score import ReconstructionScore, Score

_ROWS: tuple[Score, ...] = (
    ReconstructionScore(
        name="rmse",
        summary="root mean squared error of the reconstruction",
        source="Wang and Bovik (2009)",
        units={"images": "of the range 0 to 1", "table": "training standard deviations"},
        function=root_mean_squared_error,
    ),
    ReconstructionScore(
        name="psnr",
        summary="peak signal-to-noise ratio of the reconstruction",
        source="Wang and Bovik (2009)",
        needs=("images",),
        units={"images": "dB"},
        function=peak_signal_to_noise_ratio,
    ),
    ReconstructionScore(
        name="ssim",
        summary="structural similarity of the reconstruction",
        source="Wang, Bovik, Sheikh and Simoncelli (2004), equations 13 and 17",
        needs=("images",),
        least_side=SSIM_WINDOW,
        function=structural_similarity,
    ),
)

SCORES: dict[str, Score] = {row.name: row for row in _ROWS}
