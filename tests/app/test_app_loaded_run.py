"""Runs as the page shows them, without a browser."""

import json
import re

import numpy as np
import pandas as pd
import pytest

import unweave as uw

pytest.importorskip("gradio", reason="Gradio, the extra [app], is not installed")

from unweave.app.image_panel import classes_of, stage_of, strip_of_control, traversals_of
from unweave.app.loaded_run import load_runs
from unweave.app.markup import changes_html, message_html, stage_html
from unweave.app.page_state import PageState
from unweave.app.panel import short_titles
from unweave.app.sample import sample_of_row
from unweave.app.table_panel import columns_of
from unweave.app.widgets import choice_of, moved, thumbs

QUIET = {"progress": False, "compile": "no"}


@pytest.fixture(scope="module")
def wine(tmp_path_factory):
    """Two runs of a table in odd units, whose columns are driven by two factors."""
    place = tmp_path_factory.mktemp("wine")
    generator = np.random.default_rng(0)
    factors = generator.normal(size=(600, 2))
    noise = 0.05 * generator.normal(size=(600, 4))
    columns = factors[:, [0, 0, 1, 1]] + noise
    frame = pd.DataFrame(columns * [3, 40, 0.1, 1000] + [100, -7, 5, 1e5], columns=list("abcd"))
    frame.insert(2, "kind", "red")
    frame.to_csv(place / "wine.csv", index=False)
    for seed in (0, 1):
        path = str(place / "wine.csv")
        uw.train("bf-vae", path, seed=seed, steps=1500, out=place / f"runs/{seed}", **QUIET)
    return load_runs([place / "runs"], "cpu")


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    place = tmp_path_factory.mktemp("digits")
    uw.train("mdd-ae-dcov", "digits", steps=30, out=place / "attributes", **QUIET)
    uw.train("vae", "digits", steps=30, out=place / "variational", **QUIET)
    runs = load_runs([place], "cpu")
    for run in runs:
        run.model.summary["health"] = {}  # A dead model has no sliders.
    return runs


def test_a_row_is_encoded_as_the_model_encodes_its_table(wine):
    run = wine[0]
    frame = pd.read_csv(run.model.data["source"])
    sample = sample_of_row(run, 5)
    ((first, second),) = sample.outputs([run], {})
    expected = run.model.reconstruct(frame.iloc[[5]])
    restored = run.model.table.restore(np.stack([first, second]))
    for row in (0, 1):
        np.testing.assert_allclose(
            restored.iloc[[row]].drop(columns="kind").to_numpy(float),
            expected.drop(columns="kind").to_numpy(float),
            rtol=1e-5,
        )
    # A bfVAE of two strong factors is close to the row itself.
    np.testing.assert_allclose(expected["b"], frame["b"].iloc[[5]], atol=12)


def test_another_run_follows_along_the_same_meaning(wine):
    reference, other = wine
    sample = sample_of_row(reference, 5)
    changes = []
    for name in [each.name for each in reference.controls if not each.folded]:
        place = reference.model.code_names.index(name)
        value = float(sample.code(reference)[0, place]) + 1.0
        pairs = sample.outputs([reference, other], {name: value})
        changes.append([second - first for first, second in pairs])
    assert len(changes) == 2
    for own, followed in changes:
        moved_columns = np.abs(own) > 0.5
        assert moved_columns.sum() == 2
        np.testing.assert_allclose(followed[moved_columns], own[moved_columns], rtol=0.35)
        assert np.abs(followed[~moved_columns]).max() < 0.3


def test_controls_are_ordered_and_reach_all_of_the_data(wine):
    controls = wine[0].controls
    kl = wine[0].posterior.kl
    assert [each.name for each in controls] == [f"z{k}" for k in np.argsort(-kl)]
    assert [each.folded for each in controls].count(False) == 2
    assert not any(each.folded for each in controls[:2])
    codes = wine[0].model.encode(wine[0].dataset)
    for control in controls:
        values = codes[:, wine[0].model.code_names.index(control.name)]
        assert control.low <= np.quantile(values, 0.001)
        assert control.high >= np.quantile(values, 0.999)


def test_columns_stand_in_their_own_units(wine):
    page = columns_of([wine[0]], sample_of_row(wine[0], 5), {wine[0].controls[0].name: 2.0})
    lines = dict(re.findall(r'data-feature="(\w+)">.*?<td>(.*?)</td>', page))
    assert list(lines) == ["a", "b", "kind", "c", "d"]
    row = pd.read_csv(wine[0].model.data["source"]).iloc[5]
    assert lines["kind"] == "red"
    assert float(lines["b"]) == pytest.approx(row["b"], rel=1e-3)
    assert float(lines["d"].replace(",", "")) == pytest.approx(row["d"], rel=1e-3)


def test_values_of_the_sliders_are_held_against_the_run(wine, refuses):
    name = wine[0].controls[0].name
    assert moved(wine[0], json.dumps({name: 1.5})) == {name: 1.5}
    assert moved(wine[0], None) == {}
    assert moved(wine[0], json.dumps({"z99": 1, "Smiling": 1})) == {}
    assert moved(wine[0], f'{{"{name}": NaN}}') == {}
    assert moved(wine[0], f'{{"{name}": 1e99}}') == {}
    for text in ("[", "[1]", f'{{"{name}": "x"}}', f'{{"{name}": null}}'):
        refuses(lambda t=text: moved(wine[0], t), "load the page again")


def test_choices_are_held_against_the_data(digits, wine, refuses):
    assert choice_of('{"row": 3}') == {"row": 3}
    for text in ("", "[]", '{"row": "3"}', '{"file": 3}', '{"others": null}'):
        refuses(lambda t=text: choice_of(t), "load the page again")
    for row in (-1, 600):
        refuses(lambda r=row: sample_of_row(wine[0], r), f"row={row}", "0 to 599")


def test_the_gallery_goes_around_its_end(digits):
    count = len(digits[0].gallery)
    places = [each["place"] for each in thumbs(digits[0], count - 2)]
    assert places[:4] == [count - 2, count - 1, 0, 1]
    rows = {each["row"] for each in thumbs(digits[0], 0)}
    assert rows <= set(digits[0].dataset.rows("test").tolist())


def test_a_class_swap_is_that_of_the_edit(digits):
    attributes = next(each for each in digits if each.panel_kind == "attributes")
    assert classes_of(attributes, sample_of_row(attributes)).count("<img") == 10
    variational = next(each for each in digits if each.panel_kind == "images")
    assert classes_of(variational, sample_of_row(variational)) == ""
    assert strip_of_control(variational, sample_of_row(variational), None, {}) == ""
    assert traversals_of(variational, sample_of_row(variational)).count("<img") % 7 == 0


def test_without_its_data_a_run_is_still_shown(tmp_path, pictures, rows):
    uw.train("vae", pictures, steps=2, out=tmp_path / "images", **QUIET)
    uw.train("vae", rows.samples[:], steps=2, out=tmp_path / "table", **QUIET)
    for run in load_runs([tmp_path], "cpu"):
        sample = sample_of_row(run)
        page = columns_of if run.panel_kind == "table" else stage_of
        assert run.dataset is None
        assert "message" in page([run], sample, {"z0": 1.0})
        assert (sample.code(run) == 0).all()


def test_a_sample_is_kept_until_the_data_changes(wine, digits):
    state = PageState()
    first = state.sample_for(wine[0])
    assert state.sample_for(wine[1]) is first
    assert state.sample_for(digits[0]) is not first


def test_every_text_is_escaped():
    evil = "<script>alert(1)</script>"
    made = message_html(evil) + stage_html([(evil, [])]) + changes_html([evil], [])
    assert "<script>" not in made
    assert made.count("&lt;script&gt;") == 4


def test_runs_are_told_apart_in_few_words(wine, digits):
    assert short_titles(wine) == ["seed 0", "seed 1"]
    assert short_titles(wine[:1]) == [""]
    assert short_titles([wine[0], digits[0]]) == [wine[0].title, digits[0].title]
