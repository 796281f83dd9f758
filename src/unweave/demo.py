"""The main job on embedded data, from training to a page with pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unweave.face import train
from unweave.report.runs import report_runs

# Smaller than the defaults, so that both end within 6 minutes on two cores.
DEMO_RUNS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bf-vae-fa15": ("bf-vae", "fa15", {}),
    "factor-vae-sprites": (
        "factor-vae",
        "sprites:scales=4,orientations=8,positions=16",
        {
            "steps": 2500,
            "gamma": 40.0,
            # Dear at first, so that position and scale come in one by one.
            "beta": "exponential(100, 2, 0.8)",
            "learning_rate": "cosine(0.001, 0.0001, 1)",
            "discriminator_hidden": (256, 256, 256, 256),
        },
    ),
}


def run_demo(out: Path | str) -> Path:
    """Train a bfVAE on FA15 and a FactorVAE on sprites; return the path of the page.

    A folder of an earlier demo is gone on with: what is finished is not trained again.
    """
    out = Path(out)
    folders = [out / name for name in DEMO_RUNS]
    for folder, (model, data, settings) in zip(folders, DEMO_RUNS.values(), strict=True):
        train(model, data, seed=0, out=folder, resume=True, **settings)
    page = out / "report.html"
    report_runs(folders, page, "unweave: two models and what is inside them")
    return page.resolve()
