"""Other names by which the field knows the scores, and names for several scores at once."""

from __future__ import annotations

from unweave.errors import resolve
from unweave.metrics.registry import SCORES

# Letter case, hyphens, underscores and spaces do not count: `DCI_Disentanglement` needs no row.
ALIASES = {
    "beta-vae": ("beta-vae-score",),
    "beta-vae-metric": ("beta-vae-score",),
    "beta-vae-sklearn": ("beta-vae-score",),
    "z-diff": ("beta-vae-score",),
    "factor-vae": ("factor-vae-score",),
    "factor-vae-metric": ("factor-vae-score",),
    "z-min": ("factor-vae-score",),
    "z-min-variance": ("factor-vae-score",),
    "mig-score": ("mig",),
    "mutual-information-gap": ("mig",),
    "mig-supplement": ("mig-sup",),
    "joint-entropy-minus-mutual-information-gap": ("jemmig",),
    "3charm": ("dcimig",),
    "dci": ("dci-disentanglement", "dci-completeness", "dci-informativeness"),
    "dci-score": ("dci-disentanglement", "dci-completeness", "dci-informativeness"),
    "dci-d": ("dci-disentanglement",),
    "dci-c": ("dci-completeness",),
    "dci-i": ("dci-informativeness",),
    "dci-e": ("dci-explicitness",),
    "dci-es": (
        "dci-disentanglement",
        "dci-completeness",
        "dci-informativeness",
        "dci-explicitness",
    ),
    "sap-score": ("sap",),
    "separated-attribute-predictability": ("sap",),
    "modularity-score": ("modularity",),
    "explicitness-score": ("explicitness",),
    "modularity-explicitness": ("modularity", "explicitness"),
    "irs-score": ("irs",),
    "interventional-robustness-score": ("irs",),
    "infomec": ("info-m", "info-e", "info-c"),
    "info-modularity": ("info-m",),
    "info-explicitness": ("info-e",),
    "info-compactness": ("info-c",),
    "mean-correlation-coefficient": ("mcc",),
    "mcc-pearson": ("mcc",),
    "root-mean-squared-error": ("rmse",),
    "peak-signal-to-noise-ratio": ("psnr",),
    "structural-similarity": ("ssim",),
    "tc": ("total-correlation",),
    "dwkl": ("dimension-wise-kl",),
}


def score_names(name: str) -> tuple[str, ...]:
    """Return the names in `SCORES` that a name stands for, however it is written.

    Raises
    ------
    RequestError
        If there is no score of that name; the nearest name is suggested.

    Examples
    --------
    >>> score_names("MIG"), score_names("factor_vae_metric"), score_names("InfoMEC")
    (('mig',), ('factor-vae-score',), ('info-m', 'info-e', 'info-c'))
    """
    return resolve(name, SCORES, ALIASES, "metric")
