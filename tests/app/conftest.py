"""A studio on six small runs, and a browser to look at it."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from PIL import Image

import unweave as uw

QUIET = {"progress": False}
NOISE = [f"Noise_{number}" for number in range(12)]


def halves(folder: Path, count: int = 300) -> Path:
    """Write pictures whose upper half is bright if Top holds, the lower if Bottom does."""
    generator = np.random.default_rng(0)
    folder.mkdir()
    labels = generator.integers(0, 2, (count, 2 + len(NOISE)))
    for number, (top, bottom) in enumerate(labels[:, :2]):
        pixels = generator.integers(20, 60, (16, 16), np.uint8)
        pixels[:8] += np.uint8(150 * top)
        pixels[8:] += np.uint8(150 * bottom)
        Image.fromarray(pixels).convert("RGB").save(folder / f"{number}.png")
    frame = pd.DataFrame(labels, columns=["Top", "Bottom", *NOISE])
    frame.insert(0, "file", [f"{number}.png" for number in range(count)])
    frame.to_csv(folder / "attributes.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def app_runs(tmp_path_factory):
    """Train the runs of the page, a few seconds each; once for all processes of these tests."""
    place = tmp_path_factory.getbasetemp()
    place = (place.parent if "PYTEST_XDIST_WORKER" in os.environ else place) / "studio"
    with FileLock(f"{place}.lock"):
        if not (place / "trained").exists():
            train_runs(place)
            (place / "trained").touch()
    return place / "runs"


def train_runs(place: Path) -> None:
    """Train two attribute models, and two seeds of a model of pictures and of one of a table."""
    place.mkdir()
    runs = place / "runs"
    pictures = f"{halves(place / 'halves')}:image_size=16"
    quick = {"steps": 250, "compile": "no", **QUIET}
    uw.train("mdd-ae-dcov", pictures, out=runs / "halves", **quick)
    uw.train("mdd-ae-dcov", "digits", out=runs / "digits", **quick)
    for seed in (0, 1):
        uw.train("vae", pictures, seed=seed, out=runs / f"vae-{seed}", **quick)
    for seed in (0, 1):
        uw.train("bf-vae", "fa15:rows=1000", seed=seed, steps=1200, out=runs / f"t{seed}", **QUIET)


@contextmanager
def served(folders, log, said="open http"):
    """Open the page of some runs as a user does; yield its address once it has said something."""
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "unweave", "app", *map(str, folders)],
            stdout=stream,
            stderr=stream,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    address = None
    try:
        for _ in range(1800):
            found = re.search(r"open (http://127\.0\.0\.1:\d+)", log.read_text())
            address = found and found[1]
            if said in log.read_text() or process.poll() is not None:
                break
            time.sleep(0.1)
        assert address, log.read_text()
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


@pytest.fixture(scope="session")
def serve():
    """Return `served`."""
    return served


@pytest.fixture(scope="session")
def studio_log(tmp_path_factory):
    """Return the file that the page of all runs logs to."""
    return tmp_path_factory.mktemp("log") / "studio.log"


@pytest.fixture(scope="session")
def studio(app_runs, studio_log):
    """Return the address of the page of all runs."""
    pytest.importorskip("gradio", reason="Gradio, the extra [app], is not installed")
    with served([app_runs], studio_log) as address:
        yield address


@pytest.fixture(scope="session")
def requested():
    """Return the addresses that any page of this session asked for."""
    return []


@pytest.fixture
def opened(browser, studio, requested):
    """Return a function that opens the page as a new visitor, at one of its runs."""
    contexts = []

    def open_page(run="", size=(1280, 900), address=studio, **options):
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, accept_downloads=True, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("request", lambda request: requested.append(request.url))
        page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
        page.goto(address)
        page.wait_for_selector(".control")
        if run:
            switch(page, run)
        return page

    yield open_page
    for context in contexts:
        context.close()


def switch(page, run: str) -> None:
    """Choose a run in the page's menu and wait for its panel."""
    if run in page.get_by_label("Run", exact=True).input_value():
        return
    before = page.locator(".control input").first.get_attribute("id")
    page.get_by_label("Run", exact=True).click()
    page.get_by_role("option", name=run).first.click()
    page.wait_for_function(
        "id => { const now = document.querySelector('.control input');"
        " return now && now.id !== id; }",
        arg=before,
    )
    page.locator(".control input").first.wait_for(state="visible")
