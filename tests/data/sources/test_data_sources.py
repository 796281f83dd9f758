"""The contract of every named data set, and the proof that a new one is one file."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unweave.cli import run_command
from unweave.data import SOURCES, Source, load_data, source_named, sources
from unweave.data.declarations import declared


@pytest.mark.parametrize("name", SOURCES)
def test_the_declaration(name: str) -> None:
    source = SOURCES[name]
    assert source.name == name == name.casefold()
    assert source.kind in ("images", "table")
    assert source.description
    assert source.licence
    for option in source.options:
        assert option.help
        assert option.read(option.default, name) == option.default
        assert option.default is None or option.read(str(option.default), name) == option.default
    assert len({option.name for option in source.options}) == len(source.options)
    if source.files is not None:
        assert source.files.places
        assert source.files.origin
    if source.files_for is not None:
        defaults = {option.name: option.default for option in source.options}
        assert source.files_for(**defaults) == source.files


def test_what_needs_no_file_comes_first_and_images_before_tables() -> None:
    order = [(not source.embedded, source.kind) for source in SOURCES.values()]
    assert order == sorted(order)


def test_a_module_without_a_declaration_is_said(tmp_path: Path) -> None:
    (tmp_path / "nothing_declared.py").write_text("READ = 1\n")
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(ModuleNotFoundError):
            declared("no_such_package", [str(tmp_path)], Source)
        (tmp_path / "declares").mkdir()
        (tmp_path / "declares" / "__init__.py").touch()
        (tmp_path / "nothing_declared.py").rename(tmp_path / "declares" / "nothing.py")
        with pytest.raises(TypeError, match=r"declares\.nothing must end in SOURCE = Source"):
            declared("declares", [str(tmp_path / "declares")], Source)
    finally:
        sys.path.remove(str(tmp_path))
        for module in ("declares", "declares.nothing"):
            sys.modules.pop(module, None)


class TestANewNamedSourceIsOneFile:
    """`examples/sources/iris.py`, put beside the others, is found by all that loop over them."""

    @pytest.fixture
    def iris(self, put_beside: Callable[..., Any]) -> Source:
        source: Source = put_beside(sources, SOURCES, "iris")
        return source

    def test_it_keeps_the_contract(self, iris: Source) -> None:
        test_the_declaration("iris")
        assert iris.where() == "embedded"
        assert source_named("iris") is iris
        test_what_needs_no_file_comes_first_and_images_before_tables()

    def test_it_loads(self, iris: Source, refuses: Callable[..., str]) -> None:
        dataset = load_data("iris")
        assert (dataset.name, dataset.source, dataset.kind) == ("iris", "iris", "table")
        assert dataset.samples.shape == (150, 4)
        assert dataset.labels is not None
        assert dataset.labels.names == ("setosa", "versicolor", "virginica")
        assert np.bincount(dataset.labels.values).tolist() == [50, 50, 50]
        assert load_data("iris", schema=dataset.table).fingerprint == dataset.fingerprint
        refuses(lambda: load_data("iris:rows=3"), "iris", "unknown option 'rows'")

    def test_the_listing_and_the_errors_name_it(
        self, iris: Source, refuses: Callable[..., str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run_command(["data", "list"]) == 0
        listed = capsys.readouterr().out
        assert "iris" in listed
        refuses(lambda: load_data("irsi"), "did you mean 'iris'")

    def test_without_it_there_is_no_such_name(self, refuses: Callable[..., str]) -> None:
        message = refuses(lambda: load_data("irsi"), "neither a built-in data set")
        assert "iris" not in message
