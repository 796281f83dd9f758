"""Models that learn ratings and words: what they see, what is kept, what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import unweave as uw
from support import train_run
from unweave.cli import run_command
from unweave.data import UNKNOWN, load_data
from unweave.objectives.targets import Targets

SIDE, COUNT = 8, 120


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Pictures whose left half is as bright as their rating, and whose right half is a colour."""
    folder = tmp_path_factory.mktemp("ratings")
    pictures = folder / "pictures"
    pictures.mkdir()
    generator = np.random.default_rng(0)
    lines = ["file,age,hair,Hat,remark"]
    for number in range(COUNT):
        age, hair = generator.integers(20, 71), generator.choice(["red", "green", "blue"])
        hat = generator.integers(0, 2)
        image = generator.integers(0, 30, (SIDE, SIDE, 3))
        image[:, :4] += int((age - 20) * 4)
        image[:4, 4:, ["red", "green", "blue"].index(hair)] += 200
        image[4:, 4:] += 200 * hat
        Image.fromarray(image.astype(np.uint8)).save(pictures / f"{number:03d}.png")
        lines.append(f"{number:03d}.png,{age},{hair},{hat},picture number {number} of a day")
    (pictures / "attributes.csv").write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNWEAVE_CACHE", str(folder / "cache"))
        yield folder


@pytest.fixture(scope="module")
def model(place: Path) -> uw.Model:
    data = load_data(place / "pictures", image_size=SIDE)
    changes = {"latent_dim": 4, "channels": "16", "units": "64", "batch_size": 32, "beta": 2.0}
    return train_run("mdd-ae-dcov", data, changes, steps=250, out=place / "run")


def test_a_rating_is_learned_by_degree(model: uw.Model) -> None:
    dataset = model.dataset()
    hair = {"hair=blue", "hair=green", "hair=red"}
    assert (model.targets.names[0], model.targets.names[-1]) == ("age", "Hat")
    assert set(model.targets.names[1:-1]) == hair
    rows = dataset.rows("test")
    assert dataset.labels is not None
    seen, true = model.soft_targets(dataset, rows)[:, 0], dataset.labels.values[rows, 0]
    assert np.corrcoef(seen, true)[0, 1] > 0.9
    assert np.abs(seen - true).mean() < 0.15
    assert model.summary["accuracy"] > 0.8


def test_edits_of_a_rating_are_by_degree(model: uw.Model) -> None:
    images = model.dataset().samples[:20]
    bright = [
        float(np.asarray(model.edit(images, {"age": value}))[:, :, :, :4].mean())
        for value in (0.0, 0.5, 1.0)
    ]
    assert bright[0] + 0.1 < bright[1] < bright[2] - 0.1
    red = np.asarray(model.edit(images, {"hair=red": 1.0, "hair=green": 0.0, "hair=blue": 0.0}))
    assert red[:, 0, :4, 4:].mean() > red[:, 1:, :4, 4:].mean() + 0.2


def test_the_run_keeps_the_bounds_and_finds_its_data(model: uw.Model, place: Path) -> None:
    again = uw.load(place / "run")
    assert again.data["labels"]["bounds"] == {"age": [20.0, 70.0]}
    assert again.dataset(place / "pictures").fingerprint == again.data["fingerprint"]
    assert "remark" not in again.targets.names


def test_bounds_are_checked(model: uw.Model, place: Path) -> None:
    config = json.loads((place / "run" / "config.json").read_text())
    config["data"]["labels"]["bounds"] = {"age": [20.0]}
    other = place / "damaged"
    other.mkdir()
    for name in ("summary.json", "model.safetensors", "history.csv"):
        (other / name).write_bytes((place / "run" / name).read_bytes())
    (other / "config.json").write_text(json.dumps(config))
    with pytest.raises(uw.RequestError, match=r"bounds\.age: a list of length 2"):
        uw.load(other)


def test_the_strength_of_a_rating_is_not_measured(model: uw.Model, place: Path) -> None:
    with pytest.raises(uw.RequestError, match=r"age: a rating.*name attributes that are 0 or 1"):
        uw.strength(model, ["Hat", "age"])
    found = uw.strength(model, ["all"], [1.0])
    assert "age" not in found.added
    assert "Hat" in found.added
    assert any(note.startswith("age: left out: a rating") for note in found.notes)


def test_the_command_line_chooses_attributes(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = f"{place / 'pictures'}:image_size={SIDE}"
    arguments = ["data", "show", data, "--attributes", "Hat,age", "--json"]
    assert run_command(arguments) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["labels"] == ["age", "Hat"]
    assert shown["bounds"] == {"age": [20.0, 70.0]}
    train = ["train", "mdd-ae-dcov", "--data", data, "--out", str(place / "hats"), "--steps", "1"]
    assert run_command([*train, "--set", "latent_dim=2", "--attributes", "Hat"]) == 0
    run = uw.load(place / "hats")
    assert run.targets.names == ("Hat",)
    assert run.data["source"].endswith("attributes=Hat")
    for wrong, words in (
        ("Hta", "unknown attribute 'Hta'; did you mean 'Hat'?"),
        ("remark", "--attributes remark: the column is left out"),
        (",", "give at least one name"),
    ):
        capsys.readouterr()
        assert run_command(["data", "show", data, "--attributes", wrong]) == 2
        said = capsys.readouterr().err
        assert words in said
        assert said.count("\n") == 1
    assert run_command(["data", "show", "fa15", "--attributes", "Hat"]) == 2
    assert "unknown option 'attributes'" in capsys.readouterr().err


def test_the_loss_of_a_rating_is_least_at_the_rating() -> None:
    """Cross entropy with y in [0, 1] is least, the entropy of y, where ŷ = y."""
    targets = Targets(("a", "b"))
    labels = torch.tensor([[0.3, 1.0], [0.8, UNKNOWN]], dtype=torch.float64)
    logits = torch.logit(labels.clamp(1e-9, 1 - 1e-9)).requires_grad_()
    loss = targets.loss(logits, labels)
    (slope,) = torch.autograd.grad(loss, logits)
    assert slope.abs().max() < 1e-8
    entropy = torch.special.entr(labels[:, 0]) + torch.special.entr(1 - labels[:, 0])
    torch.testing.assert_close(loss.detach(), entropy.sum() / 3, atol=1e-6, rtol=0)
    soft = torch.tensor([[0.4, 0.2], [0.9, 0.0]])
    torch.testing.assert_close(targets.accuracy(soft, labels), torch.tensor(2 / 3))
    known = targets.known(labels, soft.double())
    torch.testing.assert_close(known, torch.tensor([[0.3, 1.0], [0.8, 0.0]], dtype=torch.float64))
