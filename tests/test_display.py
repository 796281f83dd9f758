"""Results show their facts: short, true, and safe to put on a page."""

import sys

import numpy as np
import pandas as pd
import pytest

import unweave as uw
from support import train_run
from unweave.display import Displayed, few
from unweave.training import progress


class Result(Displayed):
    def facts(self):
        return {"name": "<b>", "rows": 3, "note": "", "zero": 0}


def test_empty_facts_are_left_out_and_pages_are_safe():
    assert repr(Result()) == "<Result: name <b>; rows 3; zero 0>"
    page = Result()._repr_html_()
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "note" not in page


def test_few_names_the_first_and_counts_the_others():
    assert few(["a", "b"]) == "a, b"
    assert few(list("abcdefgh")) == "a, b, c, d, e, f and 2 more"


@pytest.fixture(scope="module")
def model(rows):
    return train_run("vae", rows, {"steps": 20, "latent_dim": 3})


def test_results_say_who_they_are_in_a_few_hundred_characters(model, rows):
    reading = uw.interpret(model, rows)
    shown = {
        "Model": (model, "vae, seed 0; data fa15, 15; codes 3 dimensions"),
        "Dataset": (rows, "rows 400 of 15 (320 train, 40 validation, 40 test)"),
        "Reading": (reading.readings[0], "rows 400; LSDI "),
        "Interpretation": (reading, "runs 1; LSDI "),
        "Traversal": (model.traverse(rows, dimensions=[2], steps=3), "values 3 of each"),
    }
    for name, (value, said) in shown.items():
        assert repr(value).startswith(f"<{name}: ")
        assert said in repr(value)
        assert len(repr(value)) < 700
        assert f"<caption>{name}</caption>" in value._repr_html_()


def test_wide_data_shows_a_few_columns():
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 300))).add_prefix("question ")
    assert len(repr(uw.load_data(wide))) < 700


def test_an_untrained_model_says_so(model):
    from dataclasses import replace

    assert "trained not yet" in repr(replace(model, summary={}))


def test_notebooks_get_a_bar_that_ends_at_the_last_step(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    with progress.reporter("vae", 20, 5) as bar:
        bar.step(6)
        bar.step(20, {"loss": 3.25})
    said = capsys.readouterr().err
    assert "20/20" in said
    assert "loss 3.25" in said


def test_a_study_shows_its_means(tmp_path):
    from unweave.studies.plan import read_plan
    from unweave.studies.results import Study

    (tmp_path / "study.toml").write_text('data = "fa15"\nseeds = 2\nmodels = ["vae"]\n')
    study = Study(read_plan(tmp_path / "study.toml"), tmp_path, (), ("vae, seed 0",), ())
    assert repr(study).startswith("<Study: data fa15; runs 0 finished; missing 1; folder ")
