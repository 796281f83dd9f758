"""Pictures of the page for the documentation, taken where they are asked for.

UNWEAVE_SCREENSHOTS names the folder that they go to. The runs are those that come with the package.
"""

import os
from pathlib import Path

import pytest

FOLDER = os.environ.get("UNWEAVE_SCREENSHOTS")
VIEWS = {
    "faces": (
        "on faces",
        "light",
        (1280, 960),
        {"Smiling": 1.6, "Eyeglasses": 0.0, "Blond_Hair": 1.0},
    ),
    "faces-dark": ("on faces", "dark", (1280, 960), {"Smiling": 1.6}),
    "faces-phone": ("on faces", "light", (390, 844), {"Smiling": 1.6, "Mustache": 0.0}),
    "sprites": ("on sprites", "light", (1280, 960), {}),
    "table": ("on questionnaire", "light", (1280, 960), {}),
}


@pytest.fixture(scope="module")
def gallery(serve, tmp_path_factory):
    if not FOLDER:
        pytest.skip("no screenshots are asked for: UNWEAVE_SCREENSHOTS")
    log = tmp_path_factory.mktemp("log") / "log"
    with serve([], log, "whole studio is open") as address:
        yield address


@pytest.mark.parametrize("name", VIEWS)
def test_pictures_for_the_documentation(opened, gallery, name):
    run, scheme, size, values = VIEWS[name]
    page = opened(run, size, gallery, color_scheme=scheme)
    if not values:
        first = page.locator(".control input").first
        values = {first.get_attribute("name"): 0.7 * float(first.get_attribute("max"))}
    for control, value in values.items():
        page.locator(f".control input[name='{control}']").fill(str(value))
        page.wait_for_timeout(300)
    page.mouse.click(2, 2)  # The focus ring is for who needs it.
    page.screenshot(path=Path(FOLDER) / f"{name}.png")
