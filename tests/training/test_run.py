"""A run: encoding in order, decoding in own units, the folder and back."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from support import train_run
from unweave.data import load_data
from unweave.errors import RequestError
from unweave.runs.model import Model

SHORT = {"steps": 20, "log_every": 10, "compile": "no"}


def frame(count=120):
    generator = np.random.default_rng(3)
    size = generator.normal(170, 10, count)
    return pd.DataFrame(
        {
            "height (cm)": size,
            "weight (kg)": size - 100 + generator.normal(0, 5, count),
            "planet": "Earth",
            "smokes": generator.choice(["no", "yes"], count),
            "score": generator.normal(0, 1, count),
        }
    )


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    frame().to_csv(folder / "people.csv", index=False)
    data = load_data(folder / "people.csv")
    return train_run("vae", data, changes=SHORT, out=folder / "run", progress=False)


@pytest.fixture(scope="module")
def squares(pictures, tmp_path_factory):
    folder = tmp_path_factory.mktemp("squares") / "run"
    return train_run("vae", pictures, changes=SHORT, out=folder, progress=False)


def test_encode_is_deterministic_in_order_and_in_batches(squares, pictures, monkeypatch):
    codes = squares.encode(pictures)
    assert codes.shape == (96, 10)
    assert np.array_equal(codes, squares.encode(pictures))
    images = np.asarray(pictures.samples)
    one_by_one = np.concatenate(
        [squares.encode(images[row : row + 16]) for row in range(0, 96, 16)]
    )
    np.testing.assert_allclose(one_by_one, codes, atol=1e-5)
    shuffled = np.random.default_rng(0).permutation(96)
    np.testing.assert_allclose(squares.encode(images[shuffled]), codes[shuffled], atol=1e-5)


def test_one_image_is_enough_to_encode(squares, pictures):
    images = np.asarray(pictures.samples[:3])
    np.testing.assert_allclose(squares.encode(images), squares.encode(pictures)[:3], atol=1e-5)
    assert squares.reconstruct(images[:1]).shape == (1, 1, 16, 16)


def test_encode_draws_no_noise_and_leaves_the_mode_alone(squares, pictures):
    before = torch.random.get_rng_state()
    squares.encode(pictures)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_tables_columns_are_found_by_name(people):
    table = frame()
    codes = people.encode(table)
    assert np.array_equal(codes, people.encode(None))
    turned = table[table.columns[::-1]].assign(more="text")
    assert np.array_equal(codes, people.encode(turned))
    blank = table.assign(score=np.nan)
    assert np.array_equal(people.encode(table.drop(columns="score")), people.encode(blank))
    with pytest.raises(RequestError, match=r"no column '"):
        people.encode(table[[]].assign(more="text"))


@pytest.mark.parametrize("make", ["reconstruct", "sample"])
def test_rows_leave_in_their_own_units(make, people):
    made = people.reconstruct(None) if make == "reconstruct" else people.sample(50, seed=1)
    assert list(made.columns) == ["height (cm)", "weight (kg)", "planet", "smokes", "score"]
    assert set(made["planet"]) == {"Earth"}
    assert set(made["smokes"]) <= {"no", "yes"}
    assert 150 < made["height (cm)"].mean() < 190


def test_images_leave_in_the_unit_interval(squares, pictures):
    for images in (squares.reconstruct(pictures), squares.sample(5)):
        assert images.shape[1:] == (1, 16, 16)
        assert images.min() >= 0
        assert images.max() <= 1


def test_samples_are_decoded_draws_of_the_prior(squares):
    codes = np.random.default_rng(4).standard_normal((3, 10))
    np.testing.assert_allclose(squares.sample(3, seed=4), squares.decode(codes), atol=1e-6)


def test_kl_is_that_of_the_posterior(squares, pictures):
    mean, log_variance = squares.posterior(pictures)
    posterior = torch.distributions.Normal(
        torch.from_numpy(mean).double(), torch.from_numpy(np.exp(log_variance / 2)).double()
    )
    prior = torch.distributions.Normal(torch.zeros(()).double(), 1.0)
    expected = torch.distributions.kl_divergence(posterior, prior).mean(0)
    np.testing.assert_allclose(squares.kl(pictures), expected, rtol=1e-4, atol=1e-7)
    rows = pictures.rows("test")
    np.testing.assert_allclose(squares.summary["kl"], squares.kl(pictures, rows))


def test_the_folder_holds_what_the_contract_names(people):
    names = {path.name for path in people.folder.iterdir()}
    wanted = {"config.json", "model.safetensors", "history.csv", "summary.json", "checkpoint"}
    assert names == wanted
    summary = json.loads((people.folder / "summary.json").read_text())
    assert {"steps", "seconds", "steps_per_second", "loss", "kl", "informative"} <= set(summary)
    header = (people.folder / "history.csv").read_text().splitlines()[0]
    assert header == "step,loss,reconstruction,kl"
    files = [path for path in people.folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".json", ".safetensors", ".csv"}


def test_a_loaded_run_is_the_run(people):
    loaded = Model.load(people.folder)
    assert np.array_equal(loaded.encode(frame()), people.encode(frame()))
    assert loaded.settings == people.settings
    assert loaded.training == people.training
    assert loaded.summary == people.summary
    pd.testing.assert_frame_equal(loaded.sample(4), people.sample(4))


def test_wrong_input_is_refused(people, squares):
    with pytest.raises(RequestError, match="samples are 15, but the model was trained on 1 x 16"):
        squares.encode("fa15:rows=100")
    with pytest.raises(RequestError, match=r"codes must be N x 10"):
        people.decode(np.zeros((2, 3)))
    with pytest.raises(RequestError, match="at least 1 sample"):
        people.sample(0)
    with pytest.raises(RequestError, match="from memory"):
        squares.encode(None)


def broken(people, tmp_path, change) -> Path:
    import shutil

    folder = tmp_path / "run"
    shutil.copytree(people.folder, folder)
    change(folder)
    return folder


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "summary.json").unlink(), "has not ended"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json: damaged"),
        (lambda folder: (folder / "config.json").write_text("{}"), "not a run of this version"),
        (lambda folder: (folder / "model.safetensors").unlink(), "not a readable safetensors"),
        (
            lambda folder: (folder / "model.safetensors").write_bytes(
                (folder / "model.safetensors").read_bytes()[:-100]
            ),
            "not a readable safetensors",
        ),
        (lambda folder: (folder / "config.json").unlink(), "not a run"),
        (
            lambda folder: (folder / "history.csv").write_text("step,loss\n1,x\n"),
            "not a run's hist",
        ),
    ],
)
def test_damaged_folders_are_named(change, said, people, tmp_path):
    with pytest.raises(RequestError, match=said) as caught:
        Model.load(broken(people, tmp_path, change))
    assert "\n" not in str(caught.value)


def test_a_folder_of_runs_is_not_a_run(people, tmp_path):
    with pytest.raises(RequestError, match="name one of the runs in it"):
        Model.load(people.folder.parent)
    with pytest.raises(RequestError, match="does not exist"):
        Model.load(tmp_path / "nothing")
