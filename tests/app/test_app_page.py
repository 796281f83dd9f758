"""The page in a real browser, on every family of runs."""

import base64
import io
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

import unweave as uw


def picture(page, role):
    """Return the pixels of a picture on the stage."""
    source = page.locator(f"[data-role='{role}'] img").first.get_attribute("src")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))), float)


def move(page, name, value):
    """Drag a slider and wait until the stage has followed."""
    before = page.locator(".stages, .columns").first.inner_html()
    page.locator(f".control input[name='{name}']").fill(str(value))
    page.wait_for_function(
        "was => document.querySelector('.stages, .columns').innerHTML !== was", arg=before
    )
    page.wait_for_timeout(150)


def caption(page):
    return page.locator("[data-role=original] figcaption").first.inner_text()


def test_a_slider_changes_the_picture_in_the_expected_place(opened):
    page = opened("mdd-ae-dcov on halves")
    changes = {}
    for name in ("Top", "Bottom"):
        page.locator(".reset").click()
        page.wait_for_timeout(300)
        move(page, name, 0)
        dark = picture(page, "edited")
        move(page, name, 1)
        changes[name] = picture(page, "edited") - dark
    upper, lower = np.s_[1:7], np.s_[9:15]
    assert changes["Top"][upper].mean() > 40 > 3 * abs(changes["Top"][lower].mean())
    assert changes["Bottom"][lower].mean() > 40 > 3 * abs(changes["Bottom"][upper].mean())
    move(page, "Bottom", 2)
    assert picture(page, "edited")[lower].mean() > dark[lower].mean()


def test_what_is_not_moved_stays_and_reset_returns_to_the_reconstruction(opened):
    page = opened("mdd-ae-dcov on halves")
    start = picture(page, "edited")
    np.testing.assert_array_equal(start, picture(page, "reconstruction"))
    move(page, "Top", 2)
    assert (picture(page, "edited") != start).any()
    page.locator(".reset").click()
    page.wait_for_timeout(400)
    np.testing.assert_array_equal(picture(page, "edited"), start)
    assert page.locator(".control.moved").count() == 0


def test_sliders_are_moved_by_keys(opened):
    page = opened("mdd-ae-dcov on halves")
    slider = page.locator(".control input[name='Top']")
    value = float(slider.input_value())
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) == pytest.approx(value + 0.05)
    assert page.locator(".control.moved").count() == 1


def test_the_search_field_shows_the_sliders_it_names(opened):
    page = opened("mdd-ae-dcov on halves")
    assert page.locator(".control:visible").count() == 14
    page.locator("input[type=search]").fill("noise 1")
    assert page.locator(".control:visible").count() == 3  # Noise_1, Noise_10, Noise_11
    page.locator("input[type=search]").fill("nothing of this name")
    assert page.locator(".control:visible").count() == 0
    assert page.locator(".none").is_visible()


def test_the_strip_goes_from_end_to_end_and_can_be_kept(opened):
    page = opened("mdd-ae-dcov on halves")
    strip = page.locator(".strip").first
    sources = strip.locator("img").evaluate_all("all => all.map(each => each.src)")
    assert len(sources) == len(set(sources)) == 7
    with page.expect_download() as kept:
        page.get_by_text("Keep this strip").first.click()
    assert kept.value.suggested_filename == "strip-Top.png"
    with Image.open(kept.value.path()) as image:
        assert image.format == "PNG"
        assert image.width > 7 * 16
    with page.expect_download() as kept:
        page.get_by_text("Keep the edited image").click()
    with Image.open(kept.value.path()) as image:
        assert image.size == (256, 256)


def test_digits_are_shown_as_every_class(opened):
    page = opened("mdd-ae-dcov on digits")
    assert page.locator("[data-role^='class-']").count() == 10
    first = page.locator("[data-role='class-3'] img").get_attribute("src")
    page.locator(".thumb").nth(5).click()
    page.wait_for_function(
        "was => document.querySelector(\"[data-role='class-3'] img\").src !== was", arg=first
    )


def test_other_images_can_be_chosen(opened):
    page = opened("vae on halves, seed 0")
    rows = page.locator(".thumb").evaluate_all("all => all.map(each => each.dataset.row)")
    page.locator(".thumb").nth(3).click()
    page.wait_for_function(
        "row => document.querySelector('[data-role=original] figcaption').textContent"
        " === `test row ${row}`",
        arg=rows[3],
    )
    page.locator(".others").click()
    page.wait_for_function(
        "row => document.querySelector('.thumb').dataset.row !== row", arg=rows[0]
    )
    after = page.locator(".thumb").evaluate_all("all => all.map(each => each.dataset.row)")
    assert not set(rows) & set(after)


TABS = {
    "mdd-ae-dcov on halves": ["Edit", "This run"],
    "vae on halves, seed 0": ["Edit", "Traversals", "What dimensions mean", "This run"],
    "bf-vae on fa15, seed 0": ["Edit", "What dimensions mean", "This run"],
}


@pytest.mark.parametrize("run", TABS)
def test_every_tab_of_every_family_has_what_it_promises(opened, run):
    page = opened(run)
    page.get_by_role("tab", name=TABS[run][-1]).wait_for()
    assert page.get_by_role("tab").all_inner_texts() == TABS[run]
    if "Traversals" in TABS[run]:
        page.get_by_role("tab", name="Traversals").click()
        page.locator(".traversals .strip-row").first.wait_for()
        sliders = page.locator(".board > .control").count()
        assert page.locator(".traversals .strip-row").count() == sliders
    if "What dimensions mean" in TABS[run]:
        page.get_by_role("tab", name="What dimensions mean").click()
        if "fa15" not in run:  # A table is read at once.
            page.get_by_text("Read the latent space").click()
        page.locator(".readings img").nth(1).wait_for(timeout=120_000)
        # Both readings, and of a table its loadings and certificates; of images both turned.
        assert page.locator(".readings img").count() == 4
    page.get_by_role("tab", name="This run").click()
    fact = "informative dimensions" if "vae" in run else "final loss"
    page.get_by_text(fact, exact=True).first.wait_for()
    assert str(Path.cwd()) not in page.content()
    page.get_by_text("Score it on the test split").click()
    page.locator(".scores table").wait_for(timeout=120_000)
    assert "rmse" in page.locator(".scores table").inner_text()


def test_a_row_of_a_table_responds_where_its_dimension_says(opened):
    page = opened("bf-vae on fa15, seed 0")
    move(page, page.locator(".control input").first.get_attribute("name"), 2.5)
    cells = page.locator(".changes tbody tr .number").all_inner_texts()
    changes = np.abs([float(text.replace("−", "-")) for text in cells])
    # Three factors drive 7, 5 and 3 of the features.
    moved = changes > 1
    assert moved.sum() in (3, 5, 7)
    assert changes[moved].min() > 3 * changes[~moved].max()
    before = page.locator(".changes").inner_html()
    page.get_by_text("Another row").click()
    page.wait_for_function(
        "was => document.querySelector('.changes').innerHTML !== was", arg=before
    )
    page.locator(".row-number input").fill("17")
    page.locator(".row-number input").press("Enter")
    page.get_by_text("row 17").first.wait_for()


def test_runs_stand_beside_each_other(opened):
    page = opened("vae on halves, seed 0")
    page.get_by_label("Beside it").click()
    page.get_by_role("option", name="vae on halves, seed 1").last.click()
    page.locator(".stage").nth(1).wait_for()
    assert page.locator(".stage h4").all_inner_texts() == ["seed 0", "seed 1"]
    pictures = page.locator(".stage").nth(1).locator("[data-role=edited] img")
    before = pictures.get_attribute("src")
    move(page, page.locator(".control input").first.get_attribute("name"), 3)
    assert pictures.get_attribute("src") != before


def test_an_upload_is_edited_and_stays_while_runs_are_switched(opened, tmp_path):
    Image.new("RGB", (300, 200), "white").save(tmp_path / "own.jpg")
    page = opened("vae on halves, seed 0")
    page.locator("input[type=file]").set_input_files(tmp_path / "own.jpg")
    page.get_by_text("your picture", exact=True).first.wait_for()
    assert picture(page, "original").min() == 255
    other = opened("vae on halves, seed 0")
    assert caption(other).startswith("test row")  # A second visitor sees nothing of it.
    move(other, other.locator(".control input").first.get_attribute("name"), 1)
    assert caption(other).startswith("test row")
    page.get_by_label("Run", exact=True).click()
    page.get_by_role("option", name="vae on halves, seed 1").first.click()
    page.wait_for_timeout(1500)
    assert caption(page) == "your picture"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no picture", "not a picture"), (b"\x89PNG\r\n\x1a\n", "not a picture")],
)
def test_a_corrupt_upload_gets_a_message(opened, tmp_path, content, words):
    (tmp_path / "corrupt.png").write_bytes(content)
    page = opened("mdd-ae-dcov on halves")
    before = caption(page)
    page.locator("input[type=file]").set_input_files(tmp_path / "corrupt.png")
    page.wait_for_function("document.querySelector('.problem').textContent !== ''")
    assert words in page.locator(".problem").inner_text()
    assert caption(page) == before
    page.locator(".thumb").nth(1).click()
    page.wait_for_function("document.querySelector('.problem').textContent === ''")


@pytest.mark.parametrize("run", TABS)
def test_it_fits_a_phone(opened, run):
    page = opened(run, size=(390, 844))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for control in page.locator(".board > .control input").all():
        box = control.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["height"] >= 20


def test_the_picture_stays_in_sight_on_a_phone(opened):
    page = opened("mdd-ae-dcov on halves", size=(390, 844))
    page.locator(".control input").last.scroll_into_view_if_needed()
    box = page.locator("[data-role=edited] img").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 844


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_it_follows_light_and_dark(opened, scheme, dark):
    page = opened("mdd-ae-dcov on digits", color_scheme=scheme)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    levels = [int(part) for part in colour.strip("rgba()").split(",")[:3]]
    assert (np.mean(levels) < 64) == dark


def test_no_request_leaves_the_machine(opened, requested):
    page = opened("vae on halves, seed 0")
    page.wait_for_timeout(500)
    hosts = {urlsplit(address).hostname for address in requested if address.startswith("http")}
    assert hosts == {"127.0.0.1"}


def test_before_and_after_lie_over_each_other(opened):
    page = opened("mdd-ae-dcov on halves")
    move(page, "Top", 2)
    page.locator(".cut input").fill("40")
    clip = page.locator("[data-role=edited] img").evaluate(
        "each => getComputedStyle(each).clipPath"
    )
    assert clip == "inset(0px 0px 0px 40%)"
    move(page, "Top", 1)  # The bar stays where it is.
    clip = page.locator("[data-role=edited] img").evaluate(
        "each => getComputedStyle(each).clipPath"
    )
    assert clip == "inset(0px 0px 0px 40%)"


def test_presets_move_every_slider(opened):
    page = opened("mdd-ae-dcov on halves")
    page.get_by_role("button", name="All", exact=True).click()
    values = page.locator(".control input").evaluate_all("all => all.map(each => +each.value)")
    assert values == [1] * 14
    page.wait_for_timeout(300)
    assert picture(page, "edited").mean() > 100


def test_a_new_name_is_kept_in_the_run(opened, app_runs):
    page = opened("vae on halves, seed 0")
    label = page.locator(".control label").first
    name = label.inner_text().partition(":")[0]
    page.get_by_text("Rename a slider").click()
    page.get_by_label("Its name; none takes it back").fill("daylight")
    page.get_by_text("Keep the name in the run").click()
    page.get_by_text(f"{name}: daylight").first.wait_for()
    assert uw.load(app_runs / "vae-0").given_names() == {name: "daylight"}
