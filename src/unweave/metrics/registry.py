"""Every score there is. A new one is one file and one row here."""

from __future__ import annotations

from collections.abc import Mapping

from unweave.metrics.beta_vae_score import beta_vae_score
from unweave.metrics.dci import dci
from unweave.metrics.divergence_split import divergence_split
from unweave.metrics.explicitness import explicitness
from unweave.metrics.factor_vae_score import factor_vae_score
from unweave.metrics.interventional_robustness import interventional_robustness
from unweave.metrics.modularity import modularity
from unweave.metrics.mutual_information_gap import mutual_information_gap
from unweave.metrics.reconstruction import (
    SSIM_WINDOW,
    peak_signal_to_noise_ratio,
    root_mean_squared_error,
    structural_similarity,
)
from unweave.metrics.score import FactorScore, Kind, PosteriorScore, ReconstructionScore, Score
from unweave.metrics.separated_attribute_predictability import (
    separated_attribute_predictability,
)

_NATS: Mapping[Kind, str] = {"images": "nats", "table": "nats"}
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
    FactorScore(
        name="factor-vae-score",
        summary="majority vote from the stillest dimension to the fixed factor",
        source="Kim and Mnih (2018), Figure 2",
        function=factor_vae_score,
    ),
    FactorScore(
        name="beta-vae-score",
        summary="linear classifier of the shared factor, on differences of codes",
        source="Higgins et al. (2017), section 3",
        function=beta_vae_score,
    ),
    FactorScore(
        name="mig",
        summary="mutual information gap between the two dimensions that know most",
        source="Chen et al. (2018), equation 6",
        function=mutual_information_gap,
    ),
    FactorScore(
        name="dci-disentanglement",
        summary="does each dimension matter to one factor alone, by boosted trees",
        source="Eastwood and Williams (2018), section 2",
        function=dci,
        shown="disentanglement",
    ),
    FactorScore(
        name="dci-completeness",
        summary="is each factor told by one dimension alone, by boosted trees",
        source="Eastwood and Williams (2018), section 2",
        function=dci,
        shown="completeness",
    ),
    FactorScore(
        name="dci-informativeness",
        summary="how well boosted trees tell the factors from the code",
        source="Eastwood and Williams (2018), section 2",
        function=dci,
        shown="informativeness",
    ),
    FactorScore(
        name="sap",
        summary="gap between the two dimensions that predict a factor best",
        source="Kumar, Sattigeri and Balakrishnan (2018), section 3",
        function=separated_attribute_predictability,
    ),
    FactorScore(
        name="modularity",
        summary="does each dimension know of one factor alone",
        source="Ridgeway and Mozer (2018), section 3",
        function=modularity,
    ),
    FactorScore(
        name="explicitness",
        summary="how well linear classifiers tell the factors from the whole code",
        source="Ridgeway and Mozer (2018), section 3",
        function=explicitness,
    ),
    FactorScore(
        name="irs",
        summary="does a dimension stay while factors other than its own change",
        source="Suter, Miladinović, Schölkopf and Bauer (2019), section 4",
        function=interventional_robustness,
    ),
    PosteriorScore(
        name="mutual-information",
        summary="what codes tell of samples: a part of the KL",
        source="Lang and Liu (arXiv 2603.11242), Lemma 1",
        units=_NATS,
        function=divergence_split,
        shown="mutual_information",
    ),
    PosteriorScore(
        name="total-correlation",
        summary="what dimensions share with each other: a part of the KL",
        source="Lang and Liu (arXiv 2603.11242), Lemma 1",
        units=_NATS,
        function=divergence_split,
        shown="total_correlation",
    ),
    PosteriorScore(
        name="dimension-wise-kl",
        summary="how far dimensions are from the prior, each by itself: a part of the KL",
        source="Lang and Liu (arXiv 2603.11242), Lemma 1",
        units=_NATS,
        function=divergence_split,
        shown="dimension_wise",
    ),
)

SCORES: dict[str, Score] = {row.name: row for row in _ROWS}
WHOLE_SCORES = tuple(row for row in _ROWS if isinstance(row, FactorScore | PosteriorScore))
