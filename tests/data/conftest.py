from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the user's cache."""
    cache = tmp_path / "own-cache"
    monkeypatch.setenv("UNWEAVE_CACHE", str(cache))
    return cache


@pytest.fixture
def image_folder(tmp_path: Path) -> Path:
    """Twenty flat colour images: image k is (10 k, 255 - 10 k, 7)."""
    folder = tmp_path / "pictures"
    (folder / "more").mkdir(parents=True)
    for k in range(20):
        pixels = np.empty((12, 16, 3), dtype=np.uint8)
        pixels[:] = (10 * k, 255 - 10 * k, 7)
        place = folder / "more" if k >= 15 else folder
        Image.fromarray(pixels).save(place / f"image-{k:02d}.png")
    return folder
