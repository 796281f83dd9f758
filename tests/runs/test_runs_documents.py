"""Run folders edited by hand: one line names file and key, whatever was changed."""

import copy
import gc
import json
import random
import shutil
import sys
from pathlib import Path

import pytest
import torch

import unweave as uw
from unweave.errors import RequestError
from unweave.runs.documents import check_type
from unweave.runs.folder import checkpoint_file
from unweave.runs.history import History
from unweave.runs.run_documents import Config, read_config_file, read_summary_file
from unweave.runs.tensors import load_tensors, save_tensors

STORED = Path(__file__).parent / "written_by_64d4cee"
FINISHED = ("attributes", "images", "table")
STRANGE = (
    None, True, -1, 0, 1.5, 10**400, 10**9, float("nan"), float("inf"), "", "x" * 5000, [], [[]],
    {}, {"a": 1}, [10**12, 10**12],
)  # fmt: skip


@pytest.fixture
def run(tmp_path):
    """Return a copy of the finished run of a table."""
    return shutil.copytree(STORED / "table", tmp_path / "table")


def places(document, path=()):
    """Yield the path to every entry of a document."""
    inside = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in inside:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def changed(document, path, value):
    """Return a copy with one entry replaced, or removed where `value` is `places`."""
    copied = copy.deepcopy(document)
    at = copied
    for key in path[:-1]:
        at = at[key]
    if value is places:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return copied


def mutations(document, count, seed):
    generator = random.Random(seed)
    every = list(places(document))
    for _ in range(count):
        yield changed(document, generator.choice(every), generator.choice([*STRANGE, places]))


def one_line_or_fine(function, file):
    try:
        function()
    except RequestError as error:
        said = str(error)
        assert file in said
        assert "\n" not in said
        assert len(said) < 700


@pytest.mark.parametrize("name", FINISHED)
def test_a_changed_config_loads_or_is_refused_in_a_line(name, tmp_path):
    folder = shutil.copytree(STORED / name, tmp_path / name)
    document = json.loads((folder / "config.json").read_text())
    for strange in mutations(document, 60, seed=name):
        (folder / "config.json").write_text(json.dumps(strange))
        one_line_or_fine(lambda: uw.load(folder), str(folder))


@pytest.mark.parametrize("name", FINISHED)
def test_a_changed_summary_is_read_or_refused_in_a_line(name, tmp_path):
    folder = shutil.copytree(STORED / name, tmp_path / name)
    document = json.loads((folder / "summary.json").read_text())
    for strange in mutations(document, 60, seed=name):
        (folder / "summary.json").write_text(json.dumps(strange))
        one_line_or_fine(lambda: read_summary_file(folder / "summary.json"), "summary.json")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("seed",), "0", "seed: a whole number is wanted, not '0'"),
        (("seed",), places, "seed: is missing"),
        (("data", "shape"), [5, 5], "data.shape: a list of length 1 or 3 is wanted"),
        (("data", "shape", 0), "x", r"data.shape\[0\]: a whole number"),
        (("data", "table", "columns", 0, "sd"), 0.0, r"columns\[0\].sd: a number above 0"),
        (("settings", "latent_dim"), -1, "settings: latent_dim=-1: must be at least 1"),
        (("settings", "latent_dim"), 10**9, "do not fit config.json"),
        (("settings", "hidden"), [10**12, 10**12], "do not fit config.json"),
        (("model",), "bf-vea", "model: unknown model 'bf-vea'; did you mean"),
        (("networks",), [], "networks: a table of keys or null is wanted"),
        (("format",), "1", "format: not a run of this version"),
    ],
)
def test_the_key_is_named(path, value, said, run):
    document = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(changed(document, path, value)))
    with pytest.raises(RequestError, match=said):
        uw.load(run)


def test_a_later_version_is_refused_by_name(run):
    document = json.loads((run / "config.json").read_text())
    later = {**document, "format": 2, "versions": {"unweave": "9.1"}, "data": "other"}
    (run / "config.json").write_text(json.dumps(later))
    with pytest.raises(RequestError, match=r"later version of unweave, '9\.1', in format 2"):
        uw.load(run)


def test_keys_of_a_later_minor_version_are_left_alone(run):
    document = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**document, "colour": "blue"}))
    assert read_config_file(run / "config.json")["colour"] == "blue"


def test_deep_and_huge_documents(run):
    for text in ("[" * 100_000, '{"format": ' + "9" * 6000 + "}", "\xff", '{"format": NaN}'):
        (run / "config.json").write_text(text, encoding="latin-1")
        one_line_or_fine(lambda: uw.load(run), "config.json")


def test_a_config_is_its_own_type():
    document = json.loads((STORED / "images" / "config.json").read_text())
    check_type(document, Config, lambda key, why: AssertionError(f"{key}: {why}"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step,loss\n1,x\n", "line 2, loss: 'x' is no number"),
        ("step,loss\n1,2\n1,3\n", "line 3: steps do not rise"),
        ("step,loss\n1\n", "line 2: 1 cells, not 2"),
        ("loss\n1\n", "its first line"),
        ("step,loss,loss\n", "its first line"),
        ("step,loss\n1.5,1\n", "line 2, step"),
        ("step,loss\n1,\x00\n", "history"),
    ],
)
def test_histories(text, said, tmp_path):
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(RequestError, match=said):
        History.read(tmp_path / "history.csv")


def resumed(folder):
    config = json.loads((folder / "config.json").read_text())
    uw.train(config["model"], config["data"]["source"], out=folder, resume=True, progress=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda tensors, notes: notes.pop("step"), "step: is missing"),
        (lambda tensors, notes: notes.update(step=10**6), "step 1000000, and the run has 12"),
        (lambda tensors, notes: notes.update(seconds=-1), "seconds: a number of at least 0"),
        (lambda tensors, notes: tensors.pop("randomness/generator"), "generator: is missing"),
        (
            lambda tensors, notes: tensors.update({"stream0/position": torch.tensor(10**9)}),
            "position 1000000000 of",
        ),
        (
            lambda tensors, notes: tensors["randomness/generator"].zero_(),
            "no state of a generator",
        ),
        (lambda tensors, notes: tensors.update({"other": torch.zeros(1)}), "other: is not known"),
        (
            lambda tensors, notes: tensors.update({"optimizer/0.exp_avg": torch.zeros(3)}),
            "optimizer/0.exp_avg",
        ),
    ],
)
def test_checkpoints(change, said, tmp_path):
    folder = shutil.copytree(STORED / "images-interrupted", tmp_path / "run")
    tensors, notes = load_tensors(checkpoint_file(folder))
    change(tensors, notes)
    save_tensors(checkpoint_file(folder), tensors, notes)
    with pytest.raises(RequestError, match=said):
        resumed(folder)


def test_damaged_safetensors(run):
    whole = (run / "model.safetensors").read_bytes()
    generator = random.Random(0)
    for _ in range(100):
        damaged = bytearray(whole)
        for _ in range(generator.choice([1, 1, 8])):
            damaged[generator.randrange(min(len(whole), 2000))] = generator.randrange(256)
        (run / "model.safetensors").write_bytes(damaged)
        one_line_or_fine(lambda: uw.load(run), "model.safetensors")


def test_reading_tensors_keeps_nothing(tmp_path):
    """A training that lasts a week reads back its checkpoints tens of thousands of times."""
    path = tmp_path / "t.safetensors"
    save_tensors(path, {f"layer{index}": torch.ones(4) for index in range(50)})
    load_tensors(path)
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(20):
        load_tensors(path)
    gc.collect()
    assert sys.getallocatedblocks() - before < 20 * 50 / 4
