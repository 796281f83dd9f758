import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from unweave.data import SOURCES, Dataset, Files, Source, fetch, load_data, source_named
from unweave.data.files.find import find_or_fetch

EMBEDDED = [name for name, entry in SOURCES.items() if entry.embedded]
ELSEWHERE = [name for name, entry in SOURCES.items() if not entry.embedded]


def small(entry: Source) -> Dataset:
    """Load an embedded data set, a small part of it where it offers one."""
    names = {option.name for option in entry.options}
    return load_data(entry.name, **({"count": 200} if "count" in names else {}))


@pytest.mark.parametrize("name", EMBEDDED)
class TestEveryEmbeddedName:
    """What holds for any data set."""

    def test_the_contract(self, name: str) -> None:
        entry = SOURCES[name]
        dataset = small(entry)
        assert dataset.name == entry.name == name
        assert dataset.kind == entry.kind
        assert entry.where() == "embedded"
        assert entry.description
        assert entry.licence
        count = len(dataset)
        rows = np.concatenate([dataset.rows("train"), dataset.rows("validation")])
        together = np.concatenate([rows, dataset.rows("test")])
        assert np.array_equal(np.sort(together), np.arange(count))
        expected = np.uint8 if dataset.kind == "images" else np.float32
        assert dataset.samples.dtype == expected
        assert (dataset.table is None) == (dataset.kind == "images")
        if dataset.factors is not None:
            assert dataset.factors.values.shape == (count, len(dataset.factors.names))
            assert dataset.factors.values.dtype == np.float64
            assert len(dataset.factors.sizes) == len(dataset.factors.names)
        if dataset.labels is not None:
            assert len(dataset.labels.values) == count

    def test_draws_on_a_device(self, name: str) -> None:
        dataset = small(SOURCES[name])
        rows = np.array([5, 0, 5, 17])
        drawn = dataset.draw_on(torch.device("cpu"))(torch.from_numpy(rows))
        np.testing.assert_array_equal(drawn.numpy(), dataset.samples[rows])

    def test_the_source_finds_the_same_data(self, name: str) -> None:
        dataset = small(SOURCES[name])
        again = load_data(dataset.source)
        assert again.fingerprint == dataset.fingerprint
        assert again.source == dataset.source
        for split, rows in dataset.splits.items():
            np.testing.assert_array_equal(again.splits[split], rows)

    def test_defaults_are_the_loaders(self, name: str) -> None:
        defaults = {option.name: option.default for option in SOURCES[name].options}
        if "count" not in defaults:
            assert load_data(name, **defaults).fingerprint == load_data(name).fingerprint
            assert load_data(name, **defaults).source == name


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_is_nowhere_says_what_to_put_where(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses: Callable[..., str]
) -> None:
    def offline(*args: object, **options: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("unweave.data.files.fetching.fetch_file", offline)
    monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path))
    entry = SOURCES[name]
    assert entry.files is not None
    for call in (lambda: load_data(name), lambda: fetch(name)):
        refuses(call, name, "put", entry.files.places[0], str(tmp_path), "UNWEAVE_DATA")
    monkeypatch.delenv("UNWEAVE_DATA")
    refuses(lambda: load_data(name), "UNWEAVE_DATA")
    assert entry.where() in ("can be fetched", f"missing: {entry.files.places[0]}")


def test_the_cache_is_searched_after_the_data_folder(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Files(("tables/a.csv", "a.csv"))
    cached = own_cache / "data" / "tables" / "a.csv"
    cached.parent.mkdir(parents=True)
    cached.write_text("x")
    monkeypatch.delenv("UNWEAVE_DATA", raising=False)
    assert find_or_fetch("a", files) == cached
    monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path / "data"))
    assert find_or_fetch("a", files) == cached
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("x")
    assert find_or_fetch("a", files) == tmp_path / "data" / "a.csv"


def test_fetch_of_embedded_data_is_nothing() -> None:
    assert fetch("digits") is None


def test_fetched_files_have_published_hashes() -> None:
    """SHA-256, or MD5 for the two whose authors publish none; one address knows no https."""
    for entry in SOURCES.values():
        for address, digest in entry.files.fetched if entry.files else ():
            md5 = entry.name in ("cars3d", "mpi3d")
            assert address.startswith("http://" if entry.name == "cars3d" else "https://")
            assert len(bytes.fromhex(digest)) == (16 if md5 else 32)


def test_an_option_chooses_the_file_that_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses: Callable[..., str]
) -> None:
    asked: list[tuple[str, str]] = []

    def offline(address: str, digest: str, target: Path) -> None:
        asked.append((address, digest))
        raise OSError("no network")

    monkeypatch.setattr("unweave.data.files.fetching.fetch_file", offline)
    monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path))
    refuses(lambda: fetch("mpi3d:variant=real"), "mpi3d_real.npz")
    assert [(address.rpartition("/")[2], len(digest)) for address, digest in asked] == [
        ("mpi3d_real.npz", 32)
    ]
    refuses(lambda: fetch("mpi3d:variant=reel"), "variant", "did you mean 'real'")


def test_options_in_the_name_and_as_arguments() -> None:
    written = load_data("sprites:positions=16,orientations=10")
    given = load_data("sprites", positions=16, orientations=10)
    assert written.source == given.source == "sprites:orientations=10,positions=16"
    assert written.fingerprint == given.fingerprint
    assert load_data("sprites:positions=32").source == "sprites"
    assert load_data("sprites:positions=8", positions=4).source == "sprites:positions=4"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("sprits", ["'sprits'", "neither", "existing path", "did you mean 'sprites'"]),
        ("sprites:position=3", ["unknown option 'position'", "did you mean 'positions'"]),
        ("sprites:positions=many", ["positions='many'", "whole number"]),
        ("sprites:positions=2.5", ["positions='2.5'", "whole number"]),
        ("digits:count=3", ["unknown option 'count'", "there are: correlated, left_out"]),
        ("no/such/folder", ["'no/such/folder'", "neither"]),
        ("", ["neither"]),
        ("x" * 5000, ["neither"]),
        ("a\0b", ["neither"]),
    ],
)
def test_refused_names(source: str, words: list[str], refuses: Callable[..., str]) -> None:
    refuses(lambda: load_data(source), *words)


def test_unknown_built_in(refuses: Callable[..., str]) -> None:
    refuses(lambda: source_named("mnits"), "did you mean 'mnist'")
    refuses(lambda: load_data("sprites", positions=True), "positions=True")
    refuses(lambda: load_data("sprites", positions=None), "positions=None")
    assert load_data("fa15", rows=20.0).source == "fa15:rows=20"  # JSON knows no integers


def test_unknown_kind_of_file(tmp_path: Path, refuses: Callable[..., str]) -> None:
    path = tmp_path / "a.xlsx"
    path.write_text("x")
    refuses(lambda: load_data(path), "a.xlsx", "'.xlsx'", ".csv")
    plain = tmp_path / "plain"
    plain.write_text("x")
    refuses(lambda: load_data(plain), "without a suffix")
    table = tmp_path / "a.csv"
    table.write_text("a\n1\n")
    refuses(lambda: load_data(table, rows=3), "a.csv", "unknown option 'rows'")


def test_digits() -> None:
    dataset = load_data("digits")
    assert dataset.samples.shape == (1797, 1, 8, 8)
    samples = np.asarray(dataset.samples)
    assert (samples.min(), samples.max()) == (0, 255)
    assert dataset.labels is not None
    assert dataset.labels.exclusive
    assert dataset.labels.names == tuple("0123456789")
    assert np.bincount(dataset.labels.values).tolist() == [
        178, 182, 177, 183, 181, 182, 181, 179, 174, 180,
    ]  # fmt: skip


def test_options_are_plain_data() -> None:
    for entry in SOURCES.values():
        for option in entry.options:
            json.dumps([option.name, option.default, option.help])
