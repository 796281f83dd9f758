"""Names that a run's owner gave to the elements of its code."""

import json

import pytest

import unweave as uw


@pytest.fixture
def run(rows, tmp_path):
    return uw.train("vae", rows, steps=2, out=tmp_path / "run", progress=False, latent_dim=3)


def test_a_name_is_kept_in_the_run(run):
    assert run.given_names() == {}
    run.rename("z1", "  general\n mood ")
    run.rename("z2", "energy")
    again = uw.load(run.folder)
    assert again.given_names() == {"z1": "general mood", "z2": "energy"}
    again.rename("z2", "")
    kept = json.loads((run.folder / "names.json").read_text())
    assert kept == {"z1": "general mood"}


def test_what_cannot_be_named_is_refused(run, rows, refuses):
    refuses(lambda: run.rename("z9", "x"), "'z9'", "z")
    refuses(lambda: run.rename("z1", "x" * 61), "60 characters")
    assert not (run.folder / "names.json").exists()
    memory = uw.train("vae", rows, steps=2, progress=False)
    refuses(lambda: memory.rename("z1", "x"), "in memory")


@pytest.mark.parametrize("text", ["[1]", '{"z1": 3}', "{"])
def test_a_damaged_file_is_named(run, refuses, text):
    (run.folder / "names.json").write_text(text)
    refuses(run.given_names, "names.json")


def test_unknown_elements_and_blank_names_are_left_out(run):
    (run.folder / "names.json").write_text('{"z1": " ", "z7": "x", "z0": "a"}')
    assert run.given_names() == {"z0": "a"}
