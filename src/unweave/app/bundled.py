"""The small trained models that come with the package (``tools/bundled_models.py`` makes them)."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from unweave.api import load
from unweave.app.loaded_run import LoadedRun
from unweave.data import Dataset
from unweave.reporting.run_folders import DataFinder, run_titles
from unweave.runs.model import Model

MODELS = ("faces", "sprites", "questionnaire")
# Faces are drawn anew in moments: people that the model has never seen, in place of the
# thousands that it was trained on.
_SHOWN = {"faces": "faces:count=160,seed=7"}


class _ShownData(DataFinder):
    def find(self, model: Model) -> Dataset | None:
        name = str(model.data["name"])
        return model.dataset(_SHOWN[name]) if name in _SHOWN else super().find(model)


def bundled_runs(device: str = "auto") -> list[LoadedRun]:
    """Return the models that come with the package, as the studio shows them."""
    place = Path(str(files("unweave.app"))) / "models"
    models = [load(place / name, device=device) for name in MODELS]
    for model in models:
        model.folder = None  # What visitors do is not kept in the package.
    data = _ShownData()
    return [
        LoadedRun(number, title, model, data)
        for number, (title, model) in enumerate(zip(run_titles(models), models, strict=True))
    ]
