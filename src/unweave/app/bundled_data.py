"""Loading of the models that come with the package, and the data that they are shown on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from unweave.api import load
from unweave.app.loaded_run import LoadedRun
from unweave.data import Dataset
from unweave.exporting.page_content import page_content
from unweave.reporting.run_folders import DataFinder
from unweave.runs.model import Model

# As many as the studio's own picker shows at first.
STARTS = 12
# Faces are drawn anew in moments: people that the model has never seen, in place of the
# thousands that it was trained on.
_SHOWN = {"faces": "faces:count=160,seed=7"}
_SHOWN_ON = "The faces of this page were drawn anew: the model was trained on none of them."


class _ShownData(DataFinder):
    def find(self, model: Model) -> Dataset | None:
        name = str(model.data["name"])
        return model.dataset(_SHOWN[name]) if name in _SHOWN else super().find(model)


def load_bundled(
    folders: Sequence[Path], titles: Sequence[str], device: str = "auto"
) -> list[LoadedRun]:
    """Return runs whose folders are of the package, as the studio shows them."""
    data = _ShownData()
    runs = []
    for number, (folder, title) in enumerate(zip(folders, titles, strict=True)):
        model = load(folder, device=device)
        model.folder = None  # What visitors do is not kept in the package.
        shown_on = _SHOWN_ON if model.data["name"] in _SHOWN else ""
        runs.append(LoadedRun(number, title, model, data, shown_on))
    return runs


def first_page_content(run: LoadedRun) -> dict[str, Any]:
    """Return what the first page shows of a run, as plain data; `first_page` reads it."""
    content = page_content(run.model, run.dataset, STARTS)
    return {"panel": run.panel_kind, "facts": content.facts, "weights": content.weights}
