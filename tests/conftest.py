import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from unweave.data import load_data
from unweave.errors import RequestError


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Keep small tensors off the thread pool: faster, and repeatable beside other work."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real data, or skip."""
    folder = os.environ.get("UNWEAVE_DATA")
    if not folder:
        pytest.skip("UNWEAVE_DATA is not set: no real data here")
    return Path(folder)


@pytest.fixture(scope="session")
def rows():
    """Return a small factor-analysis table: 400 rows, 15 features, 3 factors."""
    return load_data("fa15:rows=400")


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
