"""The strength protocol's files: what JSON says is what was found; strips show edits."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.editing.strength import strength
from unweave.reporting import strength as strength_files
from unweave.reporting.strength import save_strength
from unweave.reporting.strips import strip_png
from unweave.runs.model import Model

RunOf = Callable[..., Model]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_found_is_written(planted_run: RunOf, tmp_path: Path) -> None:
    run = planted_run(("Corner", "Stripe"))
    out = tmp_path / "new" / "results"
    found = save_strength(run, ["all"], out, (0, 1), remove=True)
    assert found.to_json() == strength(run, ["all"], (0, 1), remove=True).to_json()
    document = json.loads((out / "strength.json").read_text())
    assert document == {"run": "", **found.to_json()}
    # No test image has a Stripe that could be removed.
    assert names_in(out) == [
        "strength-removed.png",
        "strength.json",
        "strength.png",
        "strip-Corner.png",
        "strip-Stripe.png",
        "strip-removed-Corner.png",
    ]
    for path in out.glob("*.png"):
        with Image.open(path) as picture:
            assert min(picture.size) > 64


def test_strips_show_reconstructions_and_edits_of_a_few_that_lack_it(
    planted_run: RunOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []

    def draw(columns: list[np.ndarray], heads: list[str], *rest: object, **more: object) -> bytes:
        drawn.append((np.stack(columns), heads))
        return strip_png(columns, heads, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(strength_files, "strip_png", draw)
    save_strength(planted_run(), ["Corner"], tmp_path, (0, 0.5, 1), remove=True)
    for (images, heads), values in zip(drawn, [(0, 0.5, 1), (1, 0.5, 0)], strict=True):
        assert images.shape == (4, 8, 1, 16, 16)
        assert heads == ["reconstruction", *(f"{value:g}" for value in values)]
        corners = images[:, :, 0, 1:5, 1:5].mean((2, 3))
        wanted = [0.2 + 0.6 * value for value in (values[0], *values)]
        np.testing.assert_allclose(corners, np.tile(wanted, (8, 1)).T, atol=2e-3)
        # All else in the images is as the model draws it, unedited.
        assert np.ptp(images[:, :, :, :, 5:], axis=0).max() < 1e-6


def test_refusals_leave_nothing(
    planted_run: RunOf, tmp_path: Path, refuses: Callable[..., str]
) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    run = planted_run()
    refuses(lambda: save_strength(run, ["Corner"], file), "out=", "file: is a file")
    refuses(lambda: save_strength(run, ["Corner"], file / "in", (0, 1)), "file/in", "written")
    refuses(lambda: save_strength(run, ["Cornr"], tmp_path / "out"), "'Corner'")
    assert names_in(tmp_path) == ["file"]
    assert file.read_text() == "mine"
