import dataclasses
import importlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from support import double_precision
from unweave.cli import run_command
from unweave.data import Dataset, load_data, split_rows
from unweave.errors import RequestError
from unweave.models.attribute.model import AttributeModel
from unweave.models.families import ATTRIBUTE
from unweave.objectives.targets import Targets
from unweave.runs.model import Model
from unweave.runs.training_settings import TrainingSettings

if "PYTEST_XDIST_WORKER" in os.environ:
    # Several processes share the cores; those that tests start share them, too.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def pytest_configure(config: pytest.Config) -> None:
    """Let one process fill dcor's cache of compiled code: several at once leave it unreadable."""
    if "PYTEST_XDIST_WORKER" not in os.environ and getattr(config.option, "numprocesses", None):
        importlib.import_module("dcor")


if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # As in `nohup make test &`: the programs that tests interrupt would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a headless Chromium, for one module: its event loop keeps others from running."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Keep small tensors off the thread pool: faster, and repeatable beside other work."""
    torch.set_num_threads(1)


@pytest.fixture
def in_double() -> Iterator[None]:
    """Compute the whole test in 64 bits."""
    with double_precision():
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real data, or skip."""
    folder = os.environ.get("UNWEAVE_DATA")
    if not folder:
        pytest.skip("UNWEAVE_DATA is not set: no real data here")
    return Path(folder)


@pytest.fixture(scope="session")
def rows():
    """Return a factor-analysis table: 400 rows, in pairs, of 15 features and 3 factors."""
    dataset = load_data("fa15:rows=400")
    return dataclasses.replace(dataset, pairs=np.arange(400).reshape(-1, 2))


@pytest.fixture(scope="session")
def pictures():
    """Return 96 grey images of 16 x 16: a bright square at random places."""
    generator = np.random.default_rng(0)
    images = np.zeros((96, 1, 16, 16), np.uint8)
    for image, (x, y) in zip(images, generator.integers(0, 10, (96, 2)), strict=True):
        image[0, y : y + 6, x : x + 6] = 255
    return load_data(images)


@pytest.fixture
def refuses() -> Callable[..., str]:
    """Call something that must raise a RequestError of one line holding all given words."""

    def check(call: Callable[[], object], *words: str) -> str:
        with pytest.raises(RequestError) as caught:
            call()
        message = str(caught.value)
        assert "\n" not in message
        assert caught.value.exit_code == 2
        for word in words:
            assert word in message, f"{word!r} not in {message!r}"
        return message

    return check


PLANTED = {"Corner": (1, 1), "Edge": (1, 11), "Stripe": (11, 1)}
"""Attributes by the top left corner of their patch of 4 x 4 in images of 16 x 16."""
DARK, BRIGHT, GROUND = 0.2, 0.8, 0.4
PLANTED_IMAGES = 240


class PlantedEncoder(nn.Module):
    """Logits tell a bright patch for certain; 'Never' is never told; z0 is the ground's mean."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = names

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        logits = [torch.full((len(samples),), -60.0) for _ in self.names]
        for place, name in enumerate(self.names):
            if name in PLANTED:
                logits[place] = 200 * (samples[_patch(name)].mean((1, 2, 3)) - 0.5)
        return torch.stack([*logits, samples[:, :, 6:10].mean((1, 2, 3))], dim=1)


class PlantedDecoder(nn.Module):
    """Every patch is as bright as its element says; the ground is z0 + leak x the first."""

    def __init__(self, names: Sequence[str], leak: float) -> None:
        super().__init__()
        self.names, self.leak = names, leak

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        ground = codes[:, -1] + self.leak * codes[:, 0]
        images = ground[:, None, None, None].repeat(1, 1, 16, 16)
        for place, name in enumerate(self.names):
            if name in PLANTED:
                value = DARK + codes[:, place] * (BRIGHT - DARK)
                images[_patch(name)] = value[:, None, None, None]
        return images.clamp(1e-3, 1 - 1e-3).logit()


def _patch(name: str) -> tuple[slice, ...]:
    top, left = PLANTED[name]
    return slice(None), slice(None), slice(top, top + 4), slice(left, left + 4)


@pytest.fixture(scope="session")
def planted_source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write noisy grey images in which an attribute is a bright patch, and their labels.

    Every eighth Corner is not told, no test image has a Stripe, no image at all is Never.
    """
    folder = tmp_path_factory.mktemp("planted") / "patches"
    folder.mkdir()
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, (PLANTED_IMAGES, len(PLANTED)))
    labels[split_rows(PLANTED_IMAGES)["test"], 2] = 0
    pixels = generator.uniform(GROUND - 0.1, GROUND + 0.1, (PLANTED_IMAGES, 1, 16, 16))
    lines = ["file,Corner,Edge,Stripe,Never"]
    for number, (image, told) in enumerate(zip(pixels, labels, strict=True)):
        for name, value in zip(PLANTED, told, strict=True):
            image[_patch(name)[1:]] = BRIGHT if value else DARK
        name = f"{number:03d}.png"
        Image.fromarray((255 * image[0]).round().astype(np.uint8)).save(folder / name)
        cells = ["" if number % 8 == 0 else str(told[0]), *map(str, told[1:]), "0"]
        lines.append(",".join([name, *cells]))
    (folder / "attributes.csv").write_text("\n".join(lines))
    return f"{folder}:image_size=16"


@pytest.fixture(scope="module")
def planted(planted_source: str) -> Iterator[Dataset]:
    """Return the planted images; while it is in use, they are cached beside themselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNWEAVE_CACHE", str(Path(planted_source).parent / "cache"))
        yield load_data(planted_source)


@pytest.fixture
def planted_run(planted: Dataset) -> Callable[..., Model]:
    """Return a maker of runs on the planted images whose edits are known beforehand."""

    def make(
        names: tuple[str, ...] = ("Corner", "Edge"),
        model: str = "mdd-ae-dcov",
        exclusive: bool = False,
        leak: float = 0.0,
        **changes: object,
    ) -> Model:
        targets = Targets(names, exclusive)
        settings = ATTRIBUTE.settings(latent_dim=1, normalise=False, **changes)
        networks = PlantedEncoder(names), PlantedDecoder(names, leak)
        module = AttributeModel(*networks, settings, ATTRIBUTE.terms, targets, images=True)
        module.register_parameter("weight", nn.Parameter(torch.zeros(1)))
        data = {
            "name": planted.name,
            "source": planted.source,
            "fingerprint": planted.fingerprint,
            "shape": list(planted.sample_shape),
            "population": len(planted.rows("train")),
            "labels": targets.to_json(),
        }
        return Model(model, module, settings, TrainingSettings(), 0, data)

    return make


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Run a command that must exit 2 with one line on standard error holding all given words."""

    def check(arguments: Sequence[object], *words: str) -> None:
        capsys.readouterr()
        assert run_command([str(part) for part in arguments]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert len(captured.err.strip().splitlines()) == 1, captured.err
        for word in words:
            assert word in captured.err, f"{word!r} not in {captured.err!r}"

    return check
