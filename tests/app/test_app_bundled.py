"""The models that come with the package, and the studio that opens on them."""

import re

import numpy as np
import pytest

from unweave.app.about import run_html
from unweave.app.bundled import MODELS, BundledRuns
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
    assert len(sizes) == 4 * len(MODELS)
    assert sum(sizes) < 5e6


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


def test_the_studio_opens_on_them(serve, browser, tmp_path):
    pytest.importorskip("gradio", reason="Gradio, the extra [app], is not installed")
    log = tmp_path / "log"
    with serve([], log) as address:
        assert log.read_text().startswith("starting the studio")
        page = browser.new_page()
        page.set_default_timeout(90_000)  # The models are loaded meanwhile.
        page.goto(address)
        page.wait_for_selector(".control input")
        assert page.locator(".control").count() == 5
        page.close()


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
