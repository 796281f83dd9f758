"""Runs written before the house was rebuilt still load, score, resume and open in the studio.

The folder beside this file was written by commit 64d4cee: a table, images, and digits with
labels, each once finished and once interrupted halfway; ``expected.json`` holds what that
commit said of the finished ones. Only the address of the table was made relative.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import unweave as uw
from unweave.cli import run_command

STORED = Path(__file__).parent / "written_by_64d4cee"
EXPECTED = json.loads((STORED / "expected.json").read_text())
NAMES = sorted(EXPECTED)


@pytest.fixture
def folder(tmp_path):
    """Return a copy of the stored runs whose table is found where it lies now."""
    place = tmp_path / "runs"
    shutil.copytree(STORED, place)
    for name in ("table", "table-interrupted"):
        path = place / name / "config.json"
        config = json.loads(path.read_text())
        config["data"]["source"] = str(place / config["data"]["source"])
        path.write_text(json.dumps(config))
    return place


@pytest.mark.parametrize("name", NAMES)
def test_they_load_and_encode_as_they_did(name, folder):
    model = uw.load(folder / name)
    codes = model.encode(model.dataset(), np.arange(4))
    np.testing.assert_allclose(codes, EXPECTED[name]["codes"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_they_are_scored_on_the_split_they_were_not_trained_on(name, folder):
    document = uw.evaluate(uw.load(folder / name), metrics="rmse")
    said = {key: document[key] for key in ("split", "count")}
    assert said == {key: EXPECTED[name][key] for key in said}
    assert document["scores"]["rmse"]["value"] == pytest.approx(EXPECTED[name]["rmse"], rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_they_go_on_where_they_were_interrupted(name, folder):
    place = folder / f"{name}-interrupted"
    config = json.loads((place / "config.json").read_text())
    source = config["data"]["source"]
    model = uw.train(config["model"], source, out=place, resume=True, progress=False)
    if name != "attributes":
        # Of normalised codes the means float: their biases have no gradient but rounding.
        codes = model.encode(model.dataset(), np.arange(4))
        np.testing.assert_allclose(codes, EXPECTED[name]["codes"], rtol=1e-3, atol=1e-3)
    finished = json.loads((folder / name / "summary.json").read_text())
    assert model.summary["loss"] == pytest.approx(finished["loss"], rel=1e-3)


def test_they_are_reported(folder, tmp_path):
    out = tmp_path / "page.html"
    for name in NAMES:
        shutil.rmtree(folder / f"{name}-interrupted")
    assert run_command(["report", str(folder), "--out", str(out)]) == 0
    page = out.read_text()
    for model in ("bf-vae on plants", "beta-vae on sprites", "mdd-ae-dcov on digits"):
        assert model in page
    assert "differs from what the model was trained on" not in page


def test_they_are_read(folder):
    reading = uw.interpret(uw.load(folder / "table"))
    assert reading.to_json()["features"] == ["length", "width", "weight", "cost", "colour"]


def test_they_open_in_the_studio(folder):
    from unweave.app.loaded_run import load_runs

    runs = load_runs([folder / name for name in NAMES])
    assert [run.panel_kind for run in runs] == ["attributes", "images", "table"]
    for run in runs:
        assert run.dataset is not None
        assert run.dataset.matches(run.model.data["fingerprint"])
        assert len(run.controls) == (10 if run.panel_kind == "attributes" else 3)
        code = run.code_of(None, int(run.test_rows[0]))
        assert code.shape == (1, len(run.model.code_names))
