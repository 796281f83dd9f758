"""The models that come with the package, and the studio that opens on them."""

import base64
import json
import re

import numpy as np
import pytest

from unweave.app.about import run_html
from unweave.app.bundled import FOLDERS, MODELS, PAGE_FILE, BundledRuns
from unweave.app.bundled_data import STARTS, first_page_content
from unweave.app.readings import readings_html
from unweave.editing.effects import effects
from unweave.reporting.labels import run_title


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNWEAVE_CACHE", str(tmp_path_factory.mktemp("cache")))
        loading = BundledRuns("cpu")
        loading.begin()
        runs = {run.model.data["name"]: run for run in loading}
        assert [run_title(run.model) for run in runs.values()] == loading.titles
        for run in runs.values():
            assert run.dataset is not None
        yield runs


def test_they_are_alive_and_small(bundled):
    assert tuple(bundled) == MODELS
    for run in bundled.values():
        assert run.model.health["note"] == ""
        assert run.model.folder is None
    from importlib.resources import files

    sizes = [each.stat().st_size for each in files("unweave.app").joinpath("models").glob("*/*")]
    assert len(sizes) == 5 * len(MODELS)
    assert sum(sizes) < 5e6


def same_but_for_rounding(shipped, made):
    """Compare plain data; numbers agree to four digits."""
    if isinstance(made, dict):
        assert shipped.keys() == made.keys()
        for key, value in made.items():
            same_but_for_rounding(shipped[key], value)
    elif isinstance(made, list | tuple):
        assert len(shipped) == len(made)
        for one, other in zip(shipped, made, strict=True):
            same_but_for_rounding(one, other)
    elif isinstance(made, float):
        assert shipped == pytest.approx(made, rel=1e-4, abs=1e-4)
    else:
        assert shipped == made


@pytest.mark.parametrize("place", range(len(MODELS)), ids=MODELS)
def test_the_first_page_shows_these_models(bundled, place):
    run = bundled[MODELS[place]]
    shipped = json.loads((FOLDERS[place] / PAGE_FILE).read_bytes())
    made = first_page_content(run)
    kind = np.float16 if made["facts"]["half"] else np.float32
    weights = [
        np.frombuffer(base64.b64decode(each.pop("weights")), kind) for each in (shipped, made)
    ]
    np.testing.assert_allclose(*weights, rtol=2e-3, atol=1e-6)
    same_but_for_rounding(shipped, made)
    assert made["panel"] == run.panel_kind
    rows = [each["row"] for each in shipped["facts"]["starts"]]
    assert rows == run.gallery[:STARTS].tolist()
    assert [each["label"] for each in shipped["facts"]["sliders"]] == [
        each.label for each in run.controls
    ]


def test_a_run_on_other_data_says_so_in_its_own_words(bundled):
    told = run_html(bundled["faces"])
    assert "were drawn anew" in told
    assert "3,200 of them for training" in told
    assert "fingerprint" not in told
    assert "drawn anew" not in run_html(bundled["sprites"])


def test_both_readings_of_a_table_are_headed(bundled):
    read = readings_html(bundled["questionnaire"])
    heads = re.findall("<h3>([^<]*)</h3>", read)
    assert heads == ["Turned by varimax", "As the model has learned them"]
    assert [part.count("<img") for part in read.split("<h3>")[1:]] == [3, 3]


def test_sprites_move_across_and_down_on_dimensions_of_their_own(bundled):
    run = bundled["sprites"]
    found = effects(run.model, run.dataset)
    shift = abs(found.shift)
    across, down = shift[:, 1].argmax(), shift[:, 0].argmax()
    assert across != down
    assert shift[across, 1] > 3 * shift[across, 0]
    assert shift[down, 0] > 3 * shift[down, 1]


def test_every_trait_of_the_questionnaire_has_a_slider(bundled):
    meanings = [each.meaning for each in bundled["questionnaire"].controls if not each.folded]
    assert sorted(each.removeprefix("−")[0] for each in meanings) == list("ACENO")
    for meaning in meanings:
        letters = {part.strip("−+ ")[0] for part in meaning.split() if part.strip("−+ ")}
        assert len(letters) == 1


def test_attributes_of_faces_change_what_they_name(bundled):
    run = bundled["faces"]
    codes = run.model.encode(run.dataset, np.arange(24))
    drawn = {}
    for name in ("Eyeglasses", "Blond_Hair"):
        place = run.model.code_names.index(name)
        pair = []
        for value in (0.0, 1.0):
            changed = codes.copy()
            changed[:, place] = value
            pair.append(run.model.decode(changed))
        drawn[name] = abs(pair[1] - pair[0]).mean((0, 1))
    eyes, hair = np.s_[26:38, 16:48], np.s_[8:20, 16:48]
    assert drawn["Eyeglasses"][eyes].mean() > 2 * drawn["Eyeglasses"].mean()
    assert drawn["Blond_Hair"][hair].mean() > 2 * drawn["Blond_Hair"].mean()


def test_an_address_builds_one_panel(opened):
    asked = []
    page = opened("vae")
    page.on("request", lambda each: asked.append(each.url) if each.method == "POST" else None)
    page.goto(f"{page.url.partition('?')[0]}?run=1")
    page.locator(".control input").first.wait_for()
    page.wait_for_timeout(500)
    assert len([url for url in asked if "predict" in url]) == 1
    names = page.get_by_role("tab").all_inner_texts()
    assert len(names) == len(set(names))
