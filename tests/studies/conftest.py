"""A small study, done once."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import unweave as uw

PLAN = """\
data = "fa15:rows=400"
models = ["vae", "beta-vae"]
seeds = 2
scores = ["rmse", "mig", "total-correlation"]

[settings]
steps = 30

[model.beta-vae]
beta = [2.0, 8.0]
"""


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished study; copy it before you change it."""
    folder = tmp_path_factory.mktemp("studies")
    (folder / "plan.toml").write_text(PLAN)
    uw.study(folder / "plan.toml", folder / "out")
    return folder / "out"


@pytest.fixture
def study_copy(finished: Path, tmp_path: Path) -> Callable[[], Path]:
    """Return a copy of the finished study."""

    def copy() -> Path:
        return Path(shutil.copytree(finished, tmp_path / "out"))

    return copy
