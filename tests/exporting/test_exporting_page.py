"""The static page in a real browser, with the network off."""

import re
from contextlib import contextmanager
from importlib.resources import files

import numpy as np
import pytest
import torch
from torch import nn

import unweave as uw


@contextmanager
def opened(browser, path, size=(1280, 900), **options):
    """Open a page without a network; yield it, and fail where its script fails."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, offline=True, **options
    )
    page = context.new_page()
    asked, failed = [], []
    page.on("pageerror", lambda error: failed.append(error))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    yield page
    assert failed == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def halves_page(halves_model, place):
    halves_model.export(place / "halves.html", "page")
    return place / "halves.html"


@pytest.fixture(scope="module")
def table_page(table_model, place):
    table_model.export(place / "table.html", "page")
    return place / "table.html"


def pixels(page, name, channels=1):
    """Return the levels of a canvas: grey, or of each colour."""
    shown = page.evaluate(
        """name => { const canvas = document.getElementById(name);
        const got = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return [got.height, got.width, [...got.data]]; }""",
        name,
    )
    levels = np.array(shown[2]).reshape(shown[0], shown[1], 4).astype(int)
    return levels[:, :, 0] if channels == 1 else levels[:, :, :channels]


def move(page, name, value):
    page.locator(f"input[name='{name}']").evaluate(
        "(slider, value) => { slider.value = value;"
        " slider.dispatchEvent(new Event('input', {bubbles: true})); }",
        float(value),
    )


def code_of(page):
    return np.array([page.evaluate("[...window.unweave.code()]")], np.float32)


def test_a_slider_changes_the_picture_where_it_should(browser, halves_page, halves_model):
    with opened(browser, halves_page) as page:
        before = pixels(page, "edited")
        np.testing.assert_array_equal(before, pixels(page, "reconstruction"))
        move(page, "z0", code_of(page)[0, 0] + 2)
        change = pixels(page, "edited") - before
        assert (change[:4] >= 50).all()
        assert (change[4:] == 0).all()
        move(page, "z1", 3)
        wanted = halves_model.decode(code_of(page))[0, 0]
        assert abs(pixels(page, "edited") - 255 * wanted).max() <= 1
        page.get_by_text("Reset").click()
        np.testing.assert_array_equal(pixels(page, "edited"), before)
        page.locator(".start").nth(3).click()
        assert (pixels(page, "edited") != before).any()


@pytest.mark.parametrize(
    ("attribute", "part"),
    [("Eyeglasses", np.s_[26:38, 16:48]), ("Blond_Hair", np.s_[8:20, 16:48])],
)
def test_a_page_of_faces_changes_where_the_attribute_is(browser, place, attribute, part):
    model = uw.load(files("unweave.app").joinpath("models", "faces"))
    path = place / "faces.html"
    if not path.exists():
        model.export(path, "page")
    with opened(browser, path) as page:
        before = pixels(page, "edited", channels=3)
        move(page, attribute, 2)
        edited = pixels(page, "edited", channels=3)
        change = abs(edited - before).mean(2)
        elsewhere = np.ones_like(change, bool)
        elsewhere[part] = False
        assert change[part].mean() > 20
        assert change[part].mean() > 3 * change[elsewhere].mean()
        wanted = model.decode(code_of(page))[0].transpose(1, 2, 0)
        assert abs(edited - 255 * wanted).max() <= 1


def test_sliders_are_named_by_what_they_move(browser, halves_page):
    with opened(browser, halves_page) as page:
        labels = page.locator(".control label").all_inner_texts()
    assert labels == ["z0: brighter, top", "z1: darker, bottom"]


def test_without_data_the_middle_of_the_code_is_the_start(browser, pictures, place):
    model = uw.train("vae", pictures, latent_dim=2, steps=2, progress=False, compile="no")
    model.summary["health"] = {}
    model.export(place / "memory.html", "page")
    with opened(browser, place / "memory.html") as page:
        assert code_of(page).tolist() == [[0, 0]]
        wanted = model.decode(np.zeros((1, 2)))[0, 0]
        assert abs(pixels(page, "edited") - 255 * wanted).max() <= 1


def test_every_pixel_is_the_models_own(browser, digits_model, place):
    digits_model.export(place / "digits.html", "page")
    with opened(browser, place / "digits.html") as page:
        assert page.locator(".control").count() == 10
        for number, value in enumerate((-1, 0.3, 2)):
            move(page, str(number), value)
        wanted = digits_model.decode(code_of(page))[0, 0]
        assert abs(pixels(page, "edited") - 255 * wanted).max() <= 1


class Wide(nn.Module):
    """A decoder with an operation of each kind that a page can run."""

    def __init__(self):
        super().__init__()
        self.begin = nn.Sequential(
            nn.Linear(3, 3, bias=False), nn.Linear(3, 36), nn.BatchNorm1d(36), nn.ELU(0.7)
        )
        self.middle = nn.Sequential(
            nn.Conv2d(4, 5, 3, padding=1), nn.BatchNorm2d(5), nn.SiLU(), nn.LeakyReLU(0.3)
        )
        self.end = nn.Sequential(
            nn.ConvTranspose2d(5, 6, 4, stride=3, padding=1), nn.Softplus(), nn.Dropout(),
            nn.Conv2d(6, 3, 2, stride=2), nn.Tanh(), nn.Sigmoid(), nn.ReLU(),
        )  # fmt: skip
        self.register_buffer("turn", torch.linalg.qr(torch.randn(3, 3))[0])

    def forward(self, codes):
        hidden = self.middle(self.begin(codes @ self.turn).view(-1, 4, 3, 3))
        return self.end(hidden + hidden * hidden - 0.25) / 0.9


def test_every_operation_is_torchs(browser, place):
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    images = generator.integers(0, 255, (64, 3, 4, 4), np.uint8)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(48, 6))
    model = uw.train(
        "vae", images, latent_dim=3, encoder=encoder, decoder=Wide(), steps=2, progress=False,
        compile="no", likelihood="gaussian",
    )  # fmt: skip
    model.module.eval()
    with torch.no_grad():
        for name, value in model.module.decoder.named_buffers():
            if "running" in name:
                value.uniform_(0.5, 1.5)
    model.summary["health"] = {}
    model.export(place / "wide.html", "page")
    codes = generator.normal(0, 2, (5, 3)).astype(np.float32)
    with opened(browser, place / "wide.html") as page:
        for code, wanted in zip(codes, model.decode_features(codes), strict=True):
            found = page.evaluate("code => [...window.unweave.decode(code)]", code.tolist())
            assert abs(np.array(found) - wanted.clip(0, 1).ravel()).max() <= 0.5 / 255


def test_a_tables_page_shows_its_columns_in_their_own_units(browser, table_page, table_model):
    with opened(browser, table_page) as page:
        move(page, "z1", 2.5)
        wanted = table_model.decode(code_of(page)).iloc[0]
        rows = page.locator("#rows tr")
        names = rows.locator("th").all_inner_texts()
        assert names == ["year", "b", "c", "smokes", "country"]
        shown = [row.locator("td").nth(1).inner_text() for row in rows.all()]
        assert float(shown[0].replace(",", "")) == pytest.approx(wanted["year"], abs=0.51)
        assert float(shown[2].replace(",", "")) == pytest.approx(
            wanted["c"], abs=10
        )  # of an sd of 3e6
        assert shown[3:] == [wanted["smokes"], "7"]
        with page.expect_download() as kept:
            page.get_by_text("Keep both rows").click()
        text = kept.value.path().read_text()
        assert kept.value.suggested_filename == "edited.csv"
        assert float(text.splitlines()[2].split(",")[1]) == pytest.approx(wanted["year"], rel=1e-6)


def test_a_page_decodes_columns_of_all_kinds(browser, place):
    model = uw.train(
        "bf-vae", "fa-mixed:rows=200", latent_dim=3, steps=30, progress=False, compile="no"
    )
    model.summary["health"] = {}
    model.export(place / "mixed.html", "page")
    with opened(browser, place / "mixed.html") as page:
        move(page, "z1", 2.5)
        wanted = model.decode(code_of(page)).iloc[0]
        for row in page.locator("#rows tr").all():
            name = row.locator("th").inner_text()
            cell, kind = row.locator("td").nth(1).inner_text(), model.table.columns
            kind = next(column.kind for column in kind if column.name == name)
            if kind in ("binary", "category", "ordinal"):
                level = wanted[name]
                assert cell == (level if isinstance(level, str) else f"{level:g}")
            elif kind in ("date", "time"):
                assert cell[:5] == str(wanted[name])[:5]
            else:
                assert float(cell.replace(",", "")) == pytest.approx(wanted[name], rel=1e-3)


def test_an_address_leads_to_what_was_seen(browser, halves_page):
    with opened(browser, halves_page) as page:
        page.locator(".start").nth(2).click()
        move(page, "z1", 1.25)
        page.get_by_text("Link to this").click()
        shown, address = pixels(page, "edited"), page.url
        assert "start=2" in address
        assert "z1=1.25" in address
    with opened(browser, halves_page) as page:
        page.goto(address)
        np.testing.assert_array_equal(pixels(page, "edited"), shown)


def test_nothing_is_loaded_from_elsewhere_and_no_other_script_runs(halves_page):
    text = halves_page.read_text()
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text)
    assert "default-src 'none'" in text
    assert "script-src 'sha256-" in text


def test_on_a_phone_sliders_come_before_the_table(browser, table_page):
    with opened(browser, table_page, (390, 844)) as page:
        assert page.locator(".control").first.bounding_box()["y"] < 844 / 2
        assert (
            page.locator("#rows").bounding_box()["y"]
            > (page.locator(".control").first.bounding_box()["y"])
        )


def test_on_a_phone_changes_of_ratings_are_seen_whole(browser, place):
    model = uw.load(files("unweave.app").joinpath("models", "questionnaire"))
    model.export(place / "ratings.html", "page")
    with opened(browser, place / "ratings.html", (390, 844)) as page:
        move(page, "z2", 2.5)
        assert page.locator(".scroll").evaluate("each => each.scrollWidth - each.clientWidth") == 0


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
def test_the_page_is_as_wide_as_the_window(browser, table_page, halves_page, size):
    for path in (table_page, halves_page):
        with opened(browser, path, size) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_dead_model_says_so_in_place_of_sliders(browser, table_model, place):
    kept = dict(table_model.summary)
    table_model.summary["health"] = {"collapsed": True, "note": "collapsed: train it longer"}
    try:
        table_model.export(place / "dead.html", "page")
    finally:
        table_model.summary.clear()
        table_model.summary.update(kept)
    with opened(browser, place / "dead.html") as page:
        assert "collapsed" in page.locator("[role=alert]").inner_text()
        assert page.locator("input[type=range]").count() == 0


def test_an_operation_that_a_page_lacks_is_named(pictures, tmp_path, refuses):
    decoder = nn.Sequential(nn.Linear(2, 256), nn.Unflatten(1, (1, 16, 16)), nn.Softmax(3))
    model = uw.train(
        "vae", pictures, latent_dim=2, decoder=decoder, steps=2, progress=False, compile="no"
    )
    model.summary["health"] = {}
    refuses(lambda: model.export(tmp_path / "x.html", "page"), "softmax", "format=onnx")
    assert not (tmp_path / "x.html").exists()


def test_a_plain_autoencoder_is_moved_by_its_dimensions(pictures, tmp_path):
    model = uw.train("ae", pictures, steps=2, progress=False, compile="no", latent_dim=3)
    model.summary["health"]["note"] = ""
    model.export(tmp_path / "x.html", "page")
    text = (tmp_path / "x.html").read_text()
    assert all(f'"z{k}"' in text for k in range(3))
