"""Attribute models through training: they fall, they resume, they ask for labels."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from support import train_run
from unweave.data import Dataset, Labels, load_data
from unweave.models.families import ATTRIBUTE
from unweave.runs.model import Model
from unweave.training.loop import Loop

SMALL = {"channels": "8,8", "units": "32", "latent_dim": 4, "compile": "no", "log_every": 10}
LABELLED = [name for name in ATTRIBUTE.corners if name != "ae"]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = load_file(folder / "model.safetensors")
    return tensors


def assert_equal(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> None:
    assert left.keys() == right.keys()
    for name in left:
        assert torch.equal(left[name], right[name]), name


def with_labels(dataset: Dataset, names: tuple[str, ...], values: np.ndarray) -> Dataset:
    labels = Labels(names, values.astype(np.int64), exclusive=values.ndim == 1)
    return dataclasses.replace(dataset, labels=labels)


@pytest.mark.parametrize("name", ATTRIBUTE.corners)
def test_every_model_falls_on_attributes(name: str, planted: Dataset) -> None:
    """A few labels are not known: they do not keep a model from learning the others."""
    run = train_run(
        name, planted, changes={**SMALL, "steps": 60, "beta": 1.0, "gamma": 1.0}, progress=False
    )
    assert run.summary["steps"] == 60
    fell = run.history.column("squared_error")
    assert fell[-1] < 0.75 * fell[0]
    assert run.targets is not None
    if name == "ae":
        assert len(run.targets) == 0
        assert run.code_names == [f"z{k}" for k in range(4)]
        assert "accuracy" not in run.summary
        return
    assert run.targets.names == ("Corner", "Edge", "Stripe", "Never")
    assert run.code_names == [*run.targets.names, *(f"z{k}" for k in range(4))]
    assert run.encode(planted).shape == (len(planted), 8)
    told = run.history.column("discriminative")
    assert told[-1] < 0.7 * told[0]
    assert run.summary["accuracy"] > 0.95
    assert set(run.summary["loss"]) >= {"loss", "accuracy", "distance_correlation"}


@pytest.mark.parametrize("name", LABELLED)
def test_every_model_falls_on_classes(name: str) -> None:
    changes = {**SMALL, "channels": "16", "steps": 80, "learning_rate": 3e-3}
    run = train_run(name, load_data("digits"), changes=changes, progress=False)
    assert run.targets is not None
    assert run.targets.exclusive
    assert run.code_names[:10] == [str(digit) for digit in range(10)]
    assert run.summary["accuracy"] > 0.8
    for term in ("squared_error", "discriminative"):
        assert run.history.column(term)[-1] < run.history.column(term)[0]
    soft = run.soft_targets("digits")
    np.testing.assert_allclose(soft.sum(1), 1, rtol=1e-5)


def test_cartoon_faces_are_attributes() -> None:
    changes = {**SMALL, "steps": 12, "log_every": 4, "batch_size": 32}
    run = train_run("mdd-ae-dcov", load_data("faces:count=80"), changes=changes, progress=False)
    fell = run.history.column("loss")
    assert fell[-1] < fell[0]
    assert run.targets is not None
    assert "Smiling" in run.targets.names
    assert not run.targets.exclusive


def test_decorrelation_leaves_less_between_target_and_code(planted: Dataset) -> None:
    changes: dict[str, Any] = {**SMALL, "steps": 60, "learning_rate": 3e-3}
    free, same, held = (
        train_run("mdd-ae-dcov", planted, changes={**changes, **own}, progress=False)
        for own in ({"gamma": 0.0}, {"gamma": 0.0, "decorrelation": "none"}, {"gamma": 50.0})
    )
    # A weight of 0 is no penalty.
    assert_equal(same.module.state_dict(), free.module.state_dict())
    left = [run.summary["loss"]["distance_correlation"] for run in (free, held)]
    assert left[1] < 0.8 * left[0]


@pytest.mark.parametrize("name", ["mdd-ae-dcov", "dis-ae-xcov"])
@pytest.mark.parametrize("after", [0, 13])
def test_resume_is_bit_for_bit(
    name: str, after: int, planted: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {**SMALL, "steps": 20, "log_every": 5, "checkpoint_seconds": 0}
    changes |= {"gamma": "linear(0, 20, 1)", "learning_rate": "cosine(0.002, 0, 1)"}
    quiet = {"progress": False}
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_run(name, planted, changes=changes, seed=3, out=whole, **quiet)
    plain = Loop._take_step

    def take_step(loop: Loop) -> tuple[list[str], torch.Tensor]:
        if loop.step == after:
            raise KeyboardInterrupt
        return plain(loop)

    with monkeypatch.context() as patch:
        patch.setattr(Loop, "_take_step", take_step)
        with pytest.raises(KeyboardInterrupt):
            train_run(name, planted, changes=changes, seed=3, out=parts, **quiet)
    train_run(name, planted, out=parts, resume=True, **quiet)
    assert_equal(weights(whole), weights(parts))
    assert (whole / "history.csv").read_text() == (parts / "history.csv").read_text()
    summaries = [json.loads((folder / "summary.json").read_text()) for folder in (whole, parts)]
    assert summaries[0]["loss"] == summaries[1]["loss"]
    assert summaries[0]["accuracy"] == summaries[1]["accuracy"]


def test_a_loaded_run_is_the_run(planted: Dataset, tmp_path: Path) -> None:
    changes = {**SMALL, "steps": 5}
    run = train_run("mdd-ae-dcov", planted, changes=changes, out=tmp_path / "run", progress=False)
    loaded = Model.load(tmp_path / "run")
    assert loaded.targets == run.targets
    assert loaded.settings == run.settings
    assert loaded.summary == run.summary
    # Trained weights lie in another order in memory, in which sums are taken.
    np.testing.assert_allclose(loaded.encode(planted), run.encode(planted), atol=1e-6)
    np.testing.assert_allclose(loaded.reconstruct(planted), run.reconstruct(planted), atol=1e-6)


@pytest.mark.parametrize("name", ["mdd-ae-dcov", "dis-ae"])
def test_labels_of_none_teach_nothing(name: str, planted: Dataset) -> None:
    """With no label known, the soft target is nobody's business but the reconstruction's."""
    unknown = with_labels(planted, ("a", "b"), np.full((len(planted), 2), -1))
    run = train_run(name, unknown, changes={**SMALL, "steps": 20}, progress=False)
    assert set(run.history.column("discriminative")) == {0}
    assert run.history.column("squared_error")[-1] < run.history.column("squared_error")[0]
    assert "accuracy" not in run.summary


def test_unknown_classes_do_not_mislead() -> None:
    """Two digits in three are not told; what is told is enough to learn from."""
    digits = load_data("digits")
    assert digits.labels is not None
    classes = digits.labels.values.copy()
    train = digits.rows("train")
    classes[train[np.arange(len(train)) % 3 > 0]] = -1
    told = with_labels(digits, digits.labels.names, classes)
    changes = {**SMALL, "channels": "16", "steps": 120, "learning_rate": 3e-3}
    run = train_run("dis-ae", told, changes=changes, progress=False)
    assert run.summary["accuracy"] > 0.8


def test_data_without_labels_is_refused(
    pictures: Dataset, rows: Dataset, tmp_path: Path, refuses: Callable[..., str]
) -> None:
    out = tmp_path / "run"
    for name in LABELLED:
        for data in (pictures, rows):
            refuses(
                lambda n=name, d=data: train_run(n, d, out=out, progress=False),
                name,
                "learns from labels",
                f"{data.name} has none",
                "attributes.csv",
            )
    assert not out.exists()
    for data in (pictures, rows):
        run = train_run("ae", data, changes={"steps": 3, "compile": "no"}, progress=False)
        assert run.encode(data).shape == (len(data), run.latent_dim)


def test_attributes_named_like_codes_are_refused(
    planted: Dataset, refuses: Callable[..., str]
) -> None:
    named = with_labels(planted, ("Hat", "z3"), np.zeros((len(planted), 2)))
    request = {**SMALL, "steps": 1}
    refuses(lambda: train_run("dis-ae", named, changes=request, progress=False), "'z3'", "rename")
    few = {**request, "latent_dim": 3}
    assert train_run("dis-ae", named, changes=few, progress=False).code_names[1:3] == ["z3", "z0"]
