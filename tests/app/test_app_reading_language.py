"""The studio in the reading's language: names, presets, own rows, links, dead models."""

import json
import threading

import numpy as np
import pandas as pd
import pytest

import unweave as uw

pytest.importorskip("gradio", reason="Gradio, the extra [app], is not installed")

from unweave.app import readings
from unweave.app.image_panel import stage_of, traversals_of
from unweave.app.loaded_run import load_runs
from unweave.app.page_state import PageState
from unweave.app.sample import sample_of_row, sample_of_text
from unweave.app.table_panel import columns_of
from unweave.app.widgets import presets_of


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("language")
    generator = np.random.default_rng(0)
    mood = generator.normal(size=(300, 1)) * [1.0, -1.0] + 0.1 * generator.normal(size=(300, 2))
    frame = pd.DataFrame(100 + 10 * mood, columns=["calm", "tense"])
    frame.to_csv(place / "survey.csv", index=False)
    settings = {"progress": False, "steps": 400, "latent_dim": 2}
    uw.train("vae", place / "survey.csv", out=place / "alive", **settings)
    model = uw.train("vae", place / "survey.csv", seed=1, out=place / "dead", **settings)
    model.summary["health"] = {"collapsed": True, "dead": {}, "note": "collapsed: train it again"}
    model.save(place / "dead")
    return place


@pytest.fixture
def run(place):
    return load_runs([place / "alive"], "cpu")[0]


def test_a_slider_is_called_by_what_it_moves_with_its_signs(run):
    (label,) = (each.label for each in run.controls if not each.folded)
    first, sign, second = label.partition(": ")[2].split()
    assert {first.removeprefix("−"), second} == {"calm", "tense"}
    assert sign == ("+" if first.startswith("−") else "−")


def test_a_new_name_is_shown_at_once_and_kept_in_the_run(run, place):
    name = run.controls[0].name
    run.rename(name, "mood")
    assert run.controls[0].label == f"{name}: mood"
    assert json.loads((place / "alive" / "names.json").read_text()) == {name: "mood"}
    assert load_runs([place / "alive"], "cpu")[0].controls[0].label == f"{name}: mood"
    run.rename(name, "")
    assert "mood" not in run.controls[0].label


def test_rows_of_ones_own(run, refuses):
    text = "tense\tcalm\n80\t120\n121\t79\n"
    sample = sample_of_text(run, text, 2)
    assert sample.title == "your row 2"
    table = run.model.table
    restored = table.restore(sample.array)
    assert restored["calm"].tolist() == pytest.approx([79], abs=1e-3)
    first = sample_of_text(run, text).code(run)
    name = next(each.name for each in run.controls if not each.folded)
    place = run.model.code_names.index(name)
    assert first[0, place] * sample.code(run)[0, place] < 0
    assert "data:text/csv;base64," in columns_of([run], sample, {name: 1.0})
    refuses(lambda: sample_of_text(run, text, 3), "row 3", "2 rows")
    refuses(lambda: sample_of_text(run, "other\n3\n"), "calm")
    refuses(lambda: sample_of_text(run, ""), "not a table")
    refuses(lambda: sample_of_text(run, "a" * 300_000), "200,000")


def test_presets_set_every_informative_slider(run):
    names = {each.name for each in run.controls if not each.folded}
    presets = presets_of(run)
    assert presets["Middle"] == [dict.fromkeys(names, 0.0)]
    assert len(presets["Surprise me"]) > 1
    assert all(set(each) == names for each in presets["Surprise me"])


def test_an_address_asks_for_a_row_and_for_sliders(run):
    state, name = PageState(), run.controls[0].name
    query = f"?run=0&row=17&{name}=1.25&z99=3&nonsense=x"
    assert state.asked_for(run, query) == {name: 1.25}
    assert state.sample.row == 17
    assert PageState().asked_for(run, "?run=5&row=2") == {}
    assert PageState().asked_for(run, f"?run=0&row=-4&{name}=inf") == {}


def test_a_dead_model_has_no_sliders_and_says_so(place):
    run = load_runs([place / "dead"], "cpu")[0]
    assert run.controls == []
    assert presets_of(run) == {}
    assert traversals_of(run, sample_of_row(run)) == ""


def test_a_slow_reading_does_not_stop_that_of_another_run(place, monkeypatch):
    slow, quick = load_runs([place / "alive"], "cpu")[0], load_runs([place / "alive"], "cpu")[0]
    begun, free, calls = threading.Event(), threading.Event(), []

    def read(run):
        calls.append(run)
        if run is slow:
            begun.set()
            assert free.wait(20)
        return f"reading {len(calls)}"

    monkeypatch.setattr(readings, "_read", read)
    found = []
    waiting = [
        threading.Thread(target=lambda: found.append(readings.readings_html(slow)))
        for _ in range(2)
    ]
    for each in waiting:
        each.start()
    assert begun.wait(20)
    assert readings.readings_html(quick) == "reading 2"
    free.set()
    for each in waiting:
        each.join(20)
    # Two visitors of one run, one reading.
    assert len(set(found)) == 1
    assert calls == [slow, quick]


def test_the_edited_picture_lies_over_the_reconstruction(planted_run, planted):
    from unweave.app.loaded_run import LoadedRun
    from unweave.reporting.run_folders import DataFinder

    run = LoadedRun(0, "planted", planted_run(), DataFinder())
    html = stage_of([run], sample_of_row(run), {"Corner": 1.0})
    edited = html.partition('data-role="edited"')[2]
    assert 'class="pair"' in edited
    assert edited.count("data:image/png") >= 2
