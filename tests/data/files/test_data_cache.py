import multiprocessing
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unweave.data import load_data
from unweave.data.files.cache import Create, cache_directory, key_of, packed

IMAGES = np.random.default_rng(0).integers(0, 256, (30, 1, 5, 5)).astype(np.uint8)


def pack(create: Create) -> np.ndarray:
    array = create(IMAGES.shape)
    array[:] = IMAGES
    return array


def never(create: Create) -> np.ndarray:
    raise AssertionError("packed again")


def test_packed_once_and_mapped(own_cache: Path) -> None:
    first = packed("key", pack)
    second = packed("key", never)
    for found in (first, second):
        np.testing.assert_array_equal(found.images, IMAGES)
        assert isinstance(found.images, np.memmap)
        assert not found.images.flags.writeable
        assert found.notes == ()
    assert first.fingerprint == second.fingerprint
    names = sorted(path.name for path in (own_cache / "packed").iterdir())
    assert names == ["key.json", "key.npy"]


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "header", "gone", "about", "no about"])
def test_a_damaged_file_is_rebuilt(own_cache: Path, damage: str) -> None:
    packed("key", pack)
    path, about = own_cache / "packed" / "key.npy", own_cache / "packed" / "key.json"
    raw = path.read_bytes()
    flipped = raw[:-7] + bytes([raw[-7] ^ 1]) + raw[-6:]
    content = {"cut": raw[:-1], "flip": flipped, "empty": b"", "header": b"x" + raw[1:]}
    if damage in content:
        path.write_bytes(content[damage])
    elif damage == "gone":
        path.unlink()
    elif damage == "about":
        about.write_text("{")
    else:
        about.unlink()
    np.testing.assert_array_equal(packed("key", pack).images, IMAGES)
    np.testing.assert_array_equal(packed("key", never).images, IMAGES)


def test_a_pickle_in_the_cache_is_never_loaded(own_cache: Path) -> None:
    packed("key", pack)
    np.save(own_cache / "packed" / "key.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.testing.assert_array_equal(packed("key", pack).images, IMAGES)


def test_a_pack_that_fails_leaves_nothing(own_cache: Path) -> None:
    def half(create: Create) -> np.ndarray:
        create(IMAGES.shape)[:10] = IMAGES[:10]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        packed("key", half)
    assert list((own_cache / "packed").iterdir()) == []


def test_a_cache_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image_folder: Path
) -> None:
    obstacle = tmp_path / "file"
    obstacle.write_text("in the way")
    monkeypatch.setenv("UNWEAVE_CACHE", str(obstacle / "cache"))
    dataset = load_data(image_folder, image_size=8)
    assert len(dataset) == 20
    assert "UNWEAVE_CACHE" in dataset.notes[0]
    assert str(obstacle) in dataset.notes[0]


def test_no_folder_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    obstacle = tmp_path / "file"
    obstacle.write_text("in the way")
    monkeypatch.setenv("UNWEAVE_CACHE", str(obstacle))
    monkeypatch.setattr("unweave.data.files.cache._temporary", lambda: obstacle / "temporary")
    found = packed("key", pack)
    np.testing.assert_array_equal(found.images, IMAGES)
    assert len(found.notes) == 1


def test_the_key_follows_files_and_options(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("1")
    key = key_of([path], size=1)
    assert key_of([path], size=1) == key
    assert key_of([path], size=2) != key
    path.write_text("22")
    assert key_of([path], size=1) != key


def test_the_default_is_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNWEAVE_CACHE")
    assert "unweave" in str(cache_directory())


def race(number: int) -> str:
    return packed("key", pack).fingerprint


def test_processes_may_race(own_cache: Path) -> None:
    context = multiprocessing.get_context("fork")
    with context.Pool(2) as pool:
        fingerprints = pool.map(race, range(8), chunksize=1)
    assert len(set(fingerprints)) == 1
    np.testing.assert_array_equal(packed("key", never).images, IMAGES)


def test_nothing_is_shown_where_there_is_no_terminal(
    image_folder: Path, capfd: pytest.CaptureFixture[str], refuses: Callable[..., str]
) -> None:
    load_data(image_folder, image_size=8)
    shown = capfd.readouterr()
    assert shown.out == shown.err == ""


def test_left_overs_of_a_killed_packing_are_swept_and_no_others(own_cache: Path) -> None:
    pytest.importorskip("fcntl")
    folder = own_cache / "packed"
    folder.mkdir(parents=True)
    for name in ("other.abc.tmp", "other.abc.tmp.json"):
        (folder / name).write_bytes(b"half")

    def while_another_packs(create: Create) -> np.ndarray:
        array = pack(create)
        packed("other", pack)  # A second packing begins, and sweeps.
        return array

    np.testing.assert_array_equal(packed("key", while_another_packs).images, IMAGES)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["key.json", "key.npy", "other.json", "other.npy"]
