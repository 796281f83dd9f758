"""The demo: four models trained on embedded data, and a page with pictures of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unweave.api import train
from unweave.errors import UnweaveError
from unweave.reporting.runs import report_runs

# Smaller than the defaults, so that all of them end within 8 minutes on two cores.
DEMO_RUNS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bf-vae-fa15": ("bf-vae", "fa15", {}),
    "factor-vae-sprites": (
        "factor-vae",
        "sprites:scales=4,orientations=8,positions=16",
        {
            "steps": 1500,
            # With so large a beta at first, the published start dies in most seeds.
            "network": "tuned",
            "gamma": 40.0,
            # Position alone is learned at first, in two dimensions that are turned to x and y. With
            # more of them open it would be bent into three, and stay so.
            "open_dimensions": "step(2, 10, 0.3)",
            "turning": 0.3,
            "beta": "exponential(300, 2, 0.8)",
            "learning_rate": "cosine(0.001, 0.0001, 1)",
            "discriminator_hidden": (256, 256, 256, 256),
        },
    ),
    "mdd-ae-digits": ("mdd-ae-dcov", "digits", {"steps": 1500}),
    "mdd-ae-faces": (
        "mdd-ae-dcov",
        "faces:count=4000",
        {
            "steps": 600,
            "channels": (16, 32, 64, 128),
            "units": (256,),
            # With so few steps and faces, labels keep more weight, the decorrelation has less.
            "beta": "exponential(2, 0.4, 0.6)",
            "gamma": "linear(0, 25, 0.3)",
        },
    ),
}


def run_demo(out: Path | str) -> Path:
    """Train four models and report what is inside them; return the path of the page.

    They are a bfVAE on FA15, a FactorVAE on sprites, and attribute autoencoders on digits, whose
    classes are swapped, and on cartoon faces, whose attributes are set by degree. In the folder
    of an earlier demo, finished runs are not trained again.

    Raises
    ------
    UnweaveError
        If a model has learned nothing; no page is written then.
    """
    out = Path(out)
    folders = [out / name for name in DEMO_RUNS]
    for folder, (name, data, settings) in zip(folders, DEMO_RUNS.values(), strict=True):
        model = train(name, data, seed=0, out=folder, resume=True, **settings)
        if model.health.get("collapsed"):
            raise UnweaveError(
                f"the demo has failed: {folder} has learned nothing ({model.health['note']}); "
                "remove the folder and run the demo again"
            )
    page = out / "report.html"
    report_runs(folders, page, "unweave: four models and what is inside them")
    return page.resolve()
