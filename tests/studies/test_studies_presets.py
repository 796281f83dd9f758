"""Published studies: their settings, changes for a small one, and what a report shows of them."""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import unweave as uw
from unweave.cli import run_command
from unweave.models.families import VARIATIONAL, model_settings
from unweave.models.variational.settings import VariationalSettings
from unweave.reporting.study_report import published_claims, published_table, report_study
from unweave.studies.plan import StudyPlan, read_plan
from unweave.studies.presets import PRESETS
from unweave.studies.results import Result, Study

WRITTEN = """\
data = "fa15:rows=200"
models = ["vae"]
seeds = 3
scores = ["mig"]
[settings]
steps = 40
[[published]]
source = "A paper, table 1"
method = "vae"
score = "mig"
value = 0.25
[[published]]
source = "A paper, page 2"
claim = "It works."
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    (tmp_path / "study.toml").write_text(WRITTEN)
    return tmp_path / "study.toml"


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_says_what_it_is_and_names_its_sources(name: str) -> None:
    plan = read_plan(name)
    assert plan.title
    assert all(each.source for each in plan.published)
    for method in plan.methods:
        assert (method.changes["steps"], method.changes["batch_size"]) == (300_000, 64)
        settings = VARIATIONAL.settings(**VARIATIONAL.settings.read(of_model(method.changes)))
        assert settings.latent_dim == 10


@pytest.mark.parametrize("name", PRESETS)
def test_factor_vae_of_a_preset_is_the_published_one(name: str) -> None:
    """Whatever the defaults are: β = 1, all dimensions open, six layers of 1,000 units."""
    found = [method for method in read_plan(name).methods if method.model == "factor-vae"]
    assert len(found) == 6
    shape, examples = (1, 64, 64), np.zeros((2, 1, 64, 64), np.uint8)
    for method in found:
        settings = model_settings("factor-vae", shape, of_model(method.changes), examples)
        assert isinstance(settings, VariationalSettings)
        assert settings.network == "published"
        assert settings.beta == 1  # type: ignore[attr-defined]
        assert settings.open_dimensions == settings.latent_dim
        assert settings.turning == 0
        assert settings.discriminator_hidden == (1000,) * 6


def of_model(changes: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in changes.items() if key in VARIATIONAL.settings.names()}


def test_locatellos_sweep_is_six_times_six() -> None:
    plan = read_plan("locatello-2019")
    assert plan.count == 6 * 6 * 50
    by_model: dict[str, list[dict[str, object]]] = {}
    for method in plan.methods:
        by_model.setdefault(method.model, []).append(method.changes)
    assert {name: len(own) for name, own in by_model.items()} == dict.fromkeys(by_model, 6)
    # λ_d is ten times λ_od in DIP-VAE-I, and equal to it in DIP-VAE-II.
    for name, times in (("dip-vae-i", 10), ("dip-vae-ii", 1)):
        for own in by_model[name]:
            assert own["lambda_diagonal"] == times * own["lambda_off_diagonal"]


def test_kim_and_mnih_have_ten_seeds() -> None:
    plan = read_plan("kim-mnih-2018")
    assert len(plan.seeds) == 10
    assert {method.model for method in plan.methods} == {"beta-vae", "factor-vae"}


def test_a_preset_can_be_run_small() -> None:
    plan = read_plan("kim-mnih-2018", seeds=2, changes={"steps": 7, "units": "16"})
    assert plan.seeds == (0, 1)
    assert {method.changes["steps"] for method in plan.methods} == {7}
    assert [method.label for method in plan.methods] == [
        method.label for method in read_plan("kim-mnih-2018").methods
    ]
    assert tomllib.loads(plan.text)["changes"] == {"seeds": 2, "steps": 7, "units": "16"}


def test_changes_are_kept_with_the_study(written: Path, tmp_path: Path) -> None:
    plan = read_plan(written, changes={"hidden": (8, 4), "beta": "linear(0, 4, 0.5)"})
    (tmp_path / "again.toml").write_text(plan.text, encoding="utf-8")
    again = read_plan(tmp_path / "again.toml")
    assert again == plan
    assert again.methods[0].changes["hidden"] == "8,4"


def test_changes_that_make_no_sense(
    written: Path, tmp_path: Path, refuses: Callable[..., str]
) -> None:
    refuses(lambda: read_plan(written, changes={"stepz": 3}), "stepz", "did you mean 'steps'")
    refuses(lambda: read_plan(written, seeds=0), "seeds must be how many")
    (tmp_path / "changed.toml").write_text(read_plan(written, seeds=2).text)
    refuses(lambda: read_plan(tmp_path / "changed.toml", seeds=3), "[changes] already")
    refuses(lambda: read_plan("kim-mnih-2017"), "did you mean 'kim-mnih-2018'")
    refuses(lambda: uw.study(read_plan(written), tmp_path / "out", seeds=2), "name the file")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('claim = "It works."', "", "needs source and claim"),
        ("value = 0.25", 'value = "high"', "value must be a number"),
        ('method = "vae"', 'method = "vea"', "unknown method 'vea'"),
        ('score = "mig"', 'score = "gim"', "gim"),
        ('"A paper, page 2"', "2", "texts, in quotes"),
    ],
)
def test_published_entries_are_checked(
    old: str, new: str, words: str, written: Path, refuses: Callable[..., str]
) -> None:
    written.write_text(WRITTEN.replace(old, new))
    refuses(lambda: read_plan(written), "line 7", words)


def test_several_tables_of_a_model_are_methods_of_their_own(
    written: Path, refuses: Callable[..., str]
) -> None:
    one, other = "[[model.vae]]\nbeta = 1\nunits = 8\n", "[[model.vae]]\nbeta = 2\nunits = 8\n"
    written.write_text(WRITTEN.replace('method = "vae"', 'method = "vae-beta=1"') + one + other)
    assert [method.label for method in read_plan(written).methods] == ["vae-beta=1", "vae-beta=2"]
    written.write_text(written.read_text() + one)
    refuses(lambda: read_plan(written), "named twice")


def measured(plan: StudyPlan, folder: Path) -> Study:
    values = (0.1, 0.2, 0.3)
    results = [Result("vae", s, folder, {"mig": v}, {}, 1.0, 5, 2) for s, v in enumerate(values)]
    return Study(plan, folder, tuple(results), (), ())


def test_published_scores_stand_beside_those_measured(written: Path, tmp_path: Path) -> None:
    study = measured(read_plan(written), tmp_path)
    (row,) = published_table(study).rows
    assert row[:3] == ["mig", "vae", "0.250"]
    assert row[3].startswith("0.200 (")
    assert row[4] == "A paper, table 1"
    assert published_claims(study) == ["It works. (A paper, page 2)"]
    report_study(study, tmp_path / "study.md")
    text = (tmp_path / "study.md").read_text(encoding="utf-8")
    assert "## What was published" in text
    assert "It works. (A paper, page 2)" in text
    silent = replace(study, plan=replace(study.plan, published=()))
    report_study(silent, tmp_path / "silent.md")
    assert "What was published" not in (tmp_path / "silent.md").read_text(encoding="utf-8")


def test_the_command_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["study", "--list"]) == 0
    said = capsys.readouterr().out
    assert all(f"{name}: " in said for name in PRESETS)
