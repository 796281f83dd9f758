"""Pages need nothing but themselves, and show text as text."""

import base64
import io
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from unweave.data import Dataset, load_data
from unweave.reporting.page import Folded, Picture, Section, Table, page_html, write_page
from unweave.reporting.run_folders import find_runs
from unweave.reporting.run_section import run_section
from unweave.reporting.runs import report_runs
from unweave.runs.model import Model

RunOf = Callable[..., Model]
NASTY = '<script>alert("x")</script> & more'


class Reader(HTMLParser):
    """Notes what a page refers to, what it is made of, and its text."""

    VOID = frozenset({"meta", "link", "img"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.identifiers: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.tags: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == [], f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.references += [given[key] or "" for key in ("src", "href", "data") if key in given]
        if "id" in given:
            self.identifiers.append(given["id"] or "")
        if tag == "img":
            self.pictures.append(given)
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def check_self_contained(page: str) -> Reader:
    reader = Reader(page)
    for reference in reader.references:
        if reference.startswith("#"):
            assert reference[1:] in reader.identifiers
        else:
            assert reference.startswith("data:")
    assert len(set(reader.identifiers)) == len(reader.identifiers)
    assert "script" not in reader.tags
    assert "@import" not in page
    assert "url(" not in page
    for picture in reader.pictures:
        assert picture["alt"]
        head, _, content = (picture["src"] or "").partition(",")
        assert head in ("data:image/png;base64", "data:image/gif;base64")
        assert base64.b64decode(content, validate=True)[:4] in (b"\x89PNG", b"GIF8")
    return reader


def test_every_text_is_escaped() -> None:
    stream = io.BytesIO()
    Image.new("L", (3, 2)).save(stream, "PNG")
    picture = Picture(stream.getvalue(), NASTY, NASTY, NASTY)
    table = Table((NASTY, "b"), [(NASTY, NASTY)], {NASTY: "1-x"})
    parts = [NASTY, table, Folded(NASTY, table), picture]
    sections = [Section(NASTY, parts), Section("x", [])]
    page = page_html(NASTY, sections, [NASTY])
    reader = Reader(page)
    assert "script" not in reader.tags
    assert page.count("<script>") == 0
    assert reader.text.count(NASTY) >= 10
    assert reader.pictures[0]["alt"] == NASTY


def test_contents_are_listed_where_there_are_several_sections() -> None:
    one = page_html("title", [Section("first", ["text"])])
    assert "nav" not in check_self_contained(one).tags
    several = check_self_contained(page_html("t", [Section("same", []), Section("same", [])]))
    assert several.tags.count("nav") == 1
    assert len([text for text in several.references if text.startswith("#")]) == 2


def test_a_picture_is_png_or_gif() -> None:
    with pytest.raises(ValueError, match="PNG or a GIF"):
        Picture(b"BM......", "title", "caption", "words").to_html()


@pytest.mark.parametrize("kind", ["grey", "colour", "table"])
def test_a_run_has_its_section(
    kind: str, run_of: RunOf, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    dataset: Dataset = request.getfixturevalue(kind)
    path = tmp_path / "report.html"
    write_page(path, "A run", [run_section(run_of(dataset), dataset)])
    reader = check_self_contained(path.read_text(encoding="utf-8"))
    assert len(reader.pictures) == (4 if kind == "table" else 6)
    assert "informative dimensions" in reader.text
    assert "z1 (2.14 nats), z0 (0.50 nats)" in reader.text
    assert "learning_rate" in reader.text
    assert path.stat().st_size < 2_000_000


def test_a_run_without_data_or_summary_still_has_a_section(table: Dataset, run_of: RunOf) -> None:
    run = run_of(table)
    run.summary, run.history.rows = {}, []
    section = run_section(run)
    reader = check_self_contained(page_html("t", [section]))
    assert "cannot be found" in reader.text
    assert len(reader.pictures) == 1


def test_of_many_informative_dimensions_the_hidden_ones_are_counted(
    table: Dataset, run_of: RunOf
) -> None:
    reader = check_self_contained(page_html("t", [run_section(run_of(table, codes=28), table)]))
    assert "2 more informative dimensions" in reader.text


def test_changed_data_is_pointed_out(table: Dataset, run_of: RunOf) -> None:
    run = run_of(table)
    run.data["fingerprint"] = "another"
    assert any("differs" in part for part in run_section(run, table).parts if isinstance(part, str))


def test_a_page_from_folders(table: Dataset, run_of: RunOf, tmp_path: Path) -> None:
    for seed in (10, 2):
        run_of(table, seed=seed).save(tmp_path / "runs" / f"seed-{seed}")
    begun = tmp_path / "runs" / "seed-3"
    begun.mkdir()
    (begun / "config.json").write_text("{}")
    finished, unfinished = find_runs([tmp_path / "runs", tmp_path / "runs" / "seed-2"])
    assert [folder.name for folder in finished] == ["seed-2", "seed-10"]
    assert unfinished == [begun]
    path = tmp_path / "report.html"
    report_runs([tmp_path / "runs"], path)
    reader = check_self_contained(path.read_text(encoding="utf-8"))
    assert reader.tags.count("section") == 3
    assert "vae on table: 2 runs" in reader.text
    assert "seed-3" in reader.text
    assert reader.text.index("seed 2") < reader.text.index("seed 10")
    # Findings in sentences come first, and the losses of all runs last.
    first = ["2 of 4 dimensions carry", "How sure this is", "What to do next", "steps"]
    places = [reader.text.index(words) for words in first]
    assert places == sorted(places)
    assert reader.text.count("What to do next") == 1
    losses = page_of(path).rpartition("<h2>")[2]
    assert losses.startswith("Losses</h2>")
    assert page_of(path).count('<th scope="col">KL</th>') == losses.count('col">KL<') == 1


def page_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_the_page_of_one_run_has_its_title_once(
    table: Dataset, run_of: RunOf, tmp_path: Path
) -> None:
    run_of(table).save(tmp_path / "run")
    report_runs([tmp_path / "run"], tmp_path / "report.html")
    page = page_of(tmp_path / "report.html")
    assert "<h1>vae on table, seed 0</h1>" in page
    assert "<h2>" not in page


def test_a_pictures_size_is_that_of_its_file(grey: Dataset, run_of: RunOf) -> None:
    parts = [each for each in run_section(run_of(grey), grey).parts if isinstance(each, Picture)]
    assert {each.content[:3] for each in parts} == {b"\x89PN", b"GIF"}
    for picture in parts:
        width, height = Image.open(io.BytesIO(picture.content)).size
        assert f'width="{width}" height="{height}" style="--width: {width}px"' in picture.to_html()


def test_runs_of_one_name_are_told_apart(table: Dataset, run_of: RunOf, tmp_path: Path) -> None:
    for place in ("a", "b"):
        run_of(table).save(tmp_path / place)
    report_runs([tmp_path / "a", tmp_path / "b"], tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"vae on table, seed 0 ({tmp_path / 'a'})" in text


def test_the_data_is_found_again(run_of: RunOf, tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal((100, 3))
    pd.DataFrame(values, columns=["a", "b", "c"]).to_csv(tmp_path / "table.csv", index=False)
    run_of(load_data(tmp_path / "table.csv")).save(tmp_path / "run")
    report_runs([tmp_path / "run"], tmp_path / "report.html")
    reader = check_self_contained((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "cannot be found" not in reader.text
    assert "differs" not in reader.text
    assert "80 train, 10 validation, 10 test" in reader.text
    assert "Reconstructions" in reader.text


def test_folders_without_runs_are_refused(
    table: Dataset, run_of: RunOf, tmp_path: Path, refuses: Callable[..., str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    page = tmp_path / "report.html"
    refuses(lambda: report_runs([empty], page), "empty", "no finished run")
    refuses(lambda: report_runs([tmp_path / "none"], page), "none", "this folder does not exist")
    (empty / "config.json").write_text("{}")
    refuses(lambda: report_runs([empty], page), "has not ended")
    assert not page.exists()
    run_of(table).save(tmp_path / "run")
    refuses(lambda: report_runs([tmp_path / "run"], tmp_path), "is a folder")


def test_a_page_is_reproducible(grey: Dataset, run_of: RunOf) -> None:
    first, second = (page_html("t", [run_section(run_of(grey), grey)]) for _ in range(2))
    assert first == second
