"""The documentation says what the code says: links, tables, commands, examples."""

import ast
import dataclasses
import doctest
import importlib
import re
import shlex
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from PIL import Image

import unweave
from documentation import GENERATED, PAGES, ROOT, TABLES, groups, with_tables
from unweave import api
from unweave.cli import app, run_command
from unweave.cli.settings_help import setting_lines
from unweave.data.files.decoding import IMAGE_SIZE
from unweave.data.splits import MINIMUM_ROWS
from unweave.interpretation.recovery import MATCHED
from unweave.metrics.encoded_rows import BATCH
from unweave.metrics.scores.reconstruction import PSNR_CAP, SSIM_SIGMA, SSIM_WINDOW
from unweave.models.families import ATTRIBUTE, MODELS, VARIATIONAL
from unweave.objectives.divergence import INFORMATIVE_NATS
from unweave.runs.training_settings import TrainingSettings
from unweave.studies import job

SOURCE = Path(unweave.__file__).parent
# Written beside the results they report, whose commands run for hours.
WRITTEN_HERE = [page for page in PAGES if not re.search(r"results/|benchmarks", page.as_posix())]

_FENCE = re.compile(
    r"(?P<mark><!-- not run: [^\n]*-->\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```", re.S | re.M
)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")


def page_id(page):
    return page.relative_to(ROOT).as_posix()


# --- the tables that the code determines ------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_generated_tables_are_what_the_code_says(page):
    text = page.read_text(encoding="utf-8")
    assert text == with_tables(text), "run: python tests/documentation.py"


def test_every_table_stands_on_a_page():
    names = {hit["name"] for page in PAGES for hit in GENERATED.finditer(page.read_text("utf-8"))}
    assert names == set(TABLES)


@pytest.mark.parametrize(
    "path", sorted(SOURCE.glob("*/__init__.py")), ids=lambda path: path.parent.name
)
def test_every_package_says_what_it_is_for_and_names_what_others_use(path):
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    assert len(re.findall(r"\.(?:\s|$)", text)) >= 3, "about three sentences"
    assert "`" in text.partition("\n\n")[2], "names that others use"


@pytest.mark.parametrize(
    ("model", "group"),
    [
        (None, VARIATIONAL.settings),
        ("mdd-ae-dcov", ATTRIBUTE.settings),
        (None, TrainingSettings),
    ],
)
def test_the_settings_page_names_every_setting_with_its_default(model, group):
    lines = (ROOT / "docs/settings.md").read_text("utf-8").splitlines()
    for name, line in setting_lines(model, (group,)):
        default = line.rpartition("[default: ")[2].removesuffix("]")
        assert any(f"| `{name}` |" in row and f"| {default} |" in row for row in lines), name


def test_numbers_in_the_text_are_those_of_the_code():
    training = TrainingSettings()
    contender = (training.adversary_adam_beta1, training.adversary_adam_beta2)
    said = {
        "methods/informative.md": [
            f"| {INFORMATIVE_NATS:g} nats | `INFORMATIVE_NATS` |",
            f"| {MATCHED:g} | `MATCHED` |",
        ],
        "methods/data.md": [
            f"At least {MINIMUM_ROWS} rows or images",
            f"`image_size` ({IMAGE_SIZE})",
        ],
        "methods/variational.md": [
            f"`beta = {MODELS['bf-vae'].defaults.tables['beta']}`",
            f"`adam_beta1` = {training.adam_beta1:g} and `adam_beta2` = {training.adam_beta2:g}",
            "{:g} and {:g}, as published".format(*contender),
        ],
        "methods/reconstruction.md": [
            f"{PSNR_CAP:g} dB: what",
            f"{SSIM_WINDOW} x {SSIM_WINDOW} pixels, σ = {SSIM_SIGMA:g}",
            f"{BATCH['images']} images ({BATCH['table']:,} rows) at a time",
        ],
        "how-to/schedules.md": [f"`beta={MODELS['bf-vae'].defaults.tables['beta']}`"],
        "how-to/long-runs.md": [f"{training.checkpoint_seconds:g} seconds (`checkpoint_seconds`)"],
    }
    for page, texts in said.items():
        words = " ".join((ROOT / "docs" / page).read_text("utf-8").split())
        for text in texts:
            assert text in words, f"{page}: {text}"


# --- links and names --------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_resolve(page):
    broken = []
    for hit in _LINK.finditer(without_code(page.read_text("utf-8"))):
        target, _, anchor = hit["target"].partition("#")
        if target.startswith(("http:", "https:", "data:")):
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(hit["target"])
    assert not broken


def without_code(text):
    return re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text))


def anchors(page):
    heads = re.findall(r"^#+ (.*)$", _FENCE.sub("", page.read_text("utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_all_pages_are_in_the_index():
    index = ROOT / "docs/index.md"
    linked = {(index.parent / hit["target"]).resolve() for hit in _LINK.finditer(index.read_text())}
    pages = {page for page in PAGES if page.is_relative_to(index.parent)} - {index}
    assert pages <= linked


@pytest.mark.parametrize(
    ("page", "models", "group"),
    [
        ("variational.md", VARIATIONAL.corners, VARIATIONAL.settings),
        ("attribute.md", ATTRIBUTE.corners, ATTRIBUTE.settings),
    ],
)
def test_methods_name_every_model_and_every_setting_of_the_objective(page, models, group):
    page = (ROOT / "docs/methods" / page).read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    symbols = page.partition("## Symbols")[2].partition("\n## ")[0]
    for name in models:
        assert f"| `{name}` |" in page
        assert f"| `{name}` |" in readme
    for name in group.names():
        assert f"`{name}`" in symbols, name


# --- commands and Python blocks ---------------------------------------------------------


def commands_in(text):
    """Return the lines of a shell block as lists of words, continued lines joined."""
    lines = text.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


def arguments_of(words):
    """Return what follows `unweave` or `-m unweave`; None in other commands."""
    start = words.index("unweave") + 1 if "unweave" in words else 0
    alone = words[:1] == ["unweave"] or words[start - 2 : start - 1] == ["-m"]
    return words[start:] if start and alone else None


COMMANDS = [
    pytest.param(arguments, id=f"{page_id(page)}: {' '.join(arguments)}")
    for page in PAGES
    for block in _FENCE.finditer(page.read_text("utf-8"))
    if block["kind"] in ("bash", "sh", "shell", "console")
    for words in commands_in(block["text"])
    if (arguments := arguments_of([word for word in words if word != "$"])) is not None
]


@pytest.mark.parametrize("arguments", COMMANDS)
def test_commands_parse(arguments):
    command, words = typer.main.get_command(app), list(arguments)
    while hasattr(command, "commands"):
        assert words[0] in command.commands
        command = command.commands[words.pop(0)]
    words = [word for word in words if word != "--help"]
    if len(words) < len(arguments) - 1:
        return
    values = command.make_context("unweave", words).params
    if "model" in values:
        assert values["model"] in MODELS
        known = {name for group in groups() for name in group.names()}
        assert {pair.partition("=")[0] for pair in values.get("set_") or ()} <= known


def blocks_of(page, *kinds):
    blocks = _FENCE.finditer(page.read_text("utf-8"))
    return [block for block in blocks if block["kind"] in kinds]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_python_blocks_compile(page):
    for block in blocks_of(page, "python"):
        compile(block["text"], page_id(page), "exec")


RUNNABLE = [page for page in WRITTEN_HERE if blocks_of(page, "python", "bash")]
NOT_RUN = ("demo", "fetch", "app")


def _briefly(trained, few, request, *others):
    short = dataclasses.replace(request, changes={**request.changes, **few})
    return trained(short, *others)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """Stand in a folder with what the pages take for granted; make training short."""
    few = {"steps": 12, "compile": "no"}
    for place, name in ((api, "train_model"), (api, "train_many"), (job, "train_many")):
        if hasattr(place, name):
            monkeypatch.setattr(place, name, partial(_briefly, getattr(place, name), few))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNWEAVE_CACHE", str(tmp_path / "cache"))
    generator = np.random.default_rng(0)
    sizes = generator.uniform(1, 5, 80)
    columns = {"price": [f"€{size:.2f}K" for size in sizes], "weight": sizes**2}
    pd.DataFrame({**columns, "age": generator.uniform(0, 9, 80)}).to_csv("table.csv", index=False)
    Path("pictures").mkdir()
    for number, pixels in enumerate(generator.integers(0, 256, (20, 40, 50, 3), np.uint8)):
        Image.fromarray(pixels).save(f"pictures/{number}.png")
    Path("cartoons").mkdir()
    labels = generator.integers(0, 2, 20)
    for number, pixels in enumerate(generator.integers(0, 256, (20, 40, 50, 3), np.uint8)):
        Image.fromarray(pixels).save(f"cartoons/{number}.png")
    listed = pd.DataFrame({"file": [f"{number}.png" for number in range(20)], "Hat": labels})
    listed.to_csv("cartoons/attributes.csv", index=False)
    return tmp_path


@pytest.mark.parametrize("page", RUNNABLE, ids=page_id)
def test_pages_run_from_top_to_bottom(page, workplace):
    names = {}
    for block in blocks_of(page, "python", "bash", "toml"):
        if block["mark"]:
            continue
        if block["kind"] == "toml":  # What a page calls a study file.
            Path("study.toml").write_text(block["text"], encoding="utf-8")
            continue
        if block["kind"] == "python":
            exec(compile(block["text"], page_id(page), "exec"), names)
            continue
        for words in commands_in(block["text"]):
            if words[0] == "unweave" and not set(words[1:3]) & set(NOT_RUN):
                assert run_command(words[1:]) == 0, words


DOCTESTED = [path for path in SOURCE.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", DOCTESTED, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_doctests(path):
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    result = doctest.testmod(importlib.import_module(".".join(parts)))
    assert result.attempted > 0
    assert result.failed == 0
