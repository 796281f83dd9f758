import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

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


@pytest.fixture
def put_beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Put a file of `examples` into a package, as if it lay there; return what it declares."""
    added: list[tuple[ModuleType, str, dict[str, Any], dict[str, Any]]] = []

    def put(package: ModuleType, registry: dict[str, Any], name: str) -> Any:
        folder = Path(__file__).parent / "examples" / package.__name__.rpartition(".")[2]
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        found = package.collect()
        assert list(found) != list(registry)
        added.append((package, name, registry, dict(registry)))
        registry.clear()
        registry.update(found)
        return registry[name]

    yield put
    for package, name, registry, before in added:
        registry.clear()
        registry.update(before)
        sys.modules.pop(f"{package.__name__}.{name}", None)
        vars(package).pop(name, None)
