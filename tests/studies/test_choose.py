"""Choices without labels: the rule, the rungs, a small choice made once, and what is refused."""

import json
import shlex
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import unweave as uw
from unweave.cli import run_command
from unweave.cli.choosing import commands_of
from unweave.cli.options import candidates
from unweave.models.families import MODELS, family_of
from unweave.reporting.choice import draw_choice
from unweave.runs.model import Model
from unweave.studies.candidates import default_grid, methods_of
from unweave.studies.choose import CHOICE_FILE, LAST, choose_settings, rungs_of
from unweave.studies.criteria import Criteria
from unweave.studies.plan import Method, listing_plan, read_plan
from unweave.studies.ranking import NEAR, ranked
from unweave.studies.results import collect

# --- the rule ---------------------------------------------------------------------------


def known(believed, nats, **more):
    facts = {"nats_error": 0.1, "udr": 0.5, "lsdi": 0.5, "open": 5.0, "turn": "none"}
    return Criteria(nats, **{**facts, "replicated": believed, "certificate": None, **more})


def test_more_dimensions_go_before_likelihood_and_likelihood_among_nearly_as_many():
    found = [known(2, 9), known(4, 1), known(3.9, 2), known(0, 99)]
    assert ranked(found) == [2, 1, 0, 3]


def test_the_certificate_counts_where_there_is_one():
    found = [known(4, 0, certificate=(0.1, 0.2)), known(1, 0, certificate=(0.9, 0.9, 0.9))]
    assert ranked(found) == [1, 0]


@given(
    st.lists(
        st.tuples(st.floats(0, 20), st.integers(-100, 100)),
        min_size=1,
        max_size=8,
        unique_by=lambda each: each[1],
    ),
    st.randoms(),
)
def test_neither_scale_nor_order_matters(rows, random):
    plain = [known(believed, nats) for believed, nats in rows]
    order = ranked(plain)
    assert sorted(order) == list(range(len(rows)))
    best = plain[order[0]]
    assert best.believed >= (1 - NEAR) * max(each.believed for each in plain)
    scaled = [known(2 * believed, 0.001 * nats - 7) for believed, nats in rows]
    assert ranked(scaled) == order
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    assert [shuffled[place] for place in ranked([plain[at] for at in shuffled])] == order


# --- the rungs, and what is tried -------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "steps", "rungs"),
    [
        (2, 900, [(2, 900)]),
        (LAST, 900, [(LAST, 900)]),
        (9, 900, [(9, 300), (3, 900)]),
        (18, 900, [(18, 100), (6, 300), (2, 900)]),
        (9, 60, [(9, 60)]),  # Too few steps to stop anything early.
    ],
)
def test_a_third_goes_on_three_times_as_long(count, steps, rungs):
    assert rungs_of(count, steps) == rungs


@pytest.mark.parametrize("name", [name for name in MODELS if family_of(name).has_posterior])
@pytest.mark.parametrize("kind", ["rows", "pictures"])
def test_every_model_with_a_posterior_has_settings_to_choose(name, kind, request):
    dataset = request.getfixturevalue(kind)
    grid = default_grid(name, dataset, {})
    assert {*MODELS[name].strengths, "latent_dim"} <= set(grid)
    methods = methods_of(name, grid, {})
    assert len(methods) == np.prod([len(values) for values in grid.values()])
    assert len({method.label for method in methods}) == len(methods)
    if name == "beta-vae":
        assert grid == {
            "beta": (1.0, 4.0, 16.0),
            "latent_dim": (5, 10, 20 if kind != "rows" else 15),
        }


def test_the_variance_is_tried_where_beta_does_not_stand_for_it(rows):
    assert "likelihood_variance" in default_grid("factor-vae", rows, {})
    assert "likelihood_variance" in default_grid("beta-vae", uw.load_data("fa-mixed"), {})
    assert "likelihood_variance" not in default_grid("beta-vae", rows, {})
    assert "beta" not in default_grid("beta-vae", rows, {"beta": 2})


def test_commas_within_schedules_part_no_values():
    assert candidates(["beta=1, linear(4, 1, 0.5),2"]) == {"beta": ["1", "linear(4, 1, 0.5)", "2"]}


# --- study files that list their methods ------------------------------------------------


def test_a_listed_plan_reads_as_it_was_written(tmp_path):
    methods = (
        Method("one-beta=2.0", "beta-vae", {"beta": 2.0, "hidden": "8,8", "steps": 9}),
        Method("two", "bf-vae", {"beta": "linear(4, 1, 0.5)"}),
    )
    plan = listing_plan("fa15:rows=400", methods, (3, 4), ("rmse",), "validation")
    (tmp_path / "study.toml").write_text(plan.text)
    assert read_plan(tmp_path / "study.toml") == plan


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("method = 3", "[[method]]"),
        ("[[method]]\nmodel = 'vae'", "a name and a model"),
        ("[[method]]\nname = 'a/b'\nmodel = 'vae'", "no name for a folder"),
        ("[[method]]\nname = 'a'\nmodel = 'va'", "[[method]] 1: unknown model"),
        ("[[method]]\nname = 'a'\nmodel = 'vae'\nbet = 1", "did you mean 'beta'"),
        ("models = ['vae']\n[[method]]\nname = 'a'\nmodel = 'vae'", "not both"),
    ],
)
def test_what_does_not_list_methods_is_refused(text, words, tmp_path, refuses):
    (tmp_path / "study.toml").write_text(f"data = 'fa15'\nseeds = 2\n{text}\n")
    refuses(lambda: read_plan(tmp_path / "study.toml"), words)


# --- a choice ---------------------------------------------------------------------------


class Forbidden:
    """Labels at which nobody may look."""

    def __getattr__(self, name):
        raise AssertionError(f"somebody looked at the labels ({name})")


@pytest.fixture(scope="module")
def made(rows, tmp_path_factory):
    """Return a choice among too few, and enough, dimensions for the three factors of fa15."""
    folder = tmp_path_factory.mktemp("choices") / "out"
    return choose_settings(
        "vae", replace(rows, factors=Forbidden(), labels=Forbidden()), folder, seeds=2, steps=100,
        grid={"latent_dim": [2, 6]}, seed=3, hidden=(32,),
    )  # fmt: skip


def test_three_factors_need_more_than_two_dimensions(made):
    assert made.settings == {"hidden": "32", "latent_dim": 6}
    assert made.chosen.criteria.believed == pytest.approx(3, abs=0.4)
    assert made.rungs[0].settings[1].criteria.open == 2
    assert "latent_dim=6" in made.advice


def test_the_document_holds_what_was_found(made):
    document = json.loads((made.folder / CHOICE_FILE).read_text())
    assert document["settings"] == made.settings
    assert document["chosen"]["certificate"] == pytest.approx(made.chosen.criteria.certificate)
    assert [each["settings"]["latent_dim"] for each in document["rungs"][0]["settings"]] == [6, 2]
    assert draw_choice(made)[:4] == b"\x89PNG"


def test_its_folder_is_that_of_a_study(made):
    plan = read_plan(made.folder / "study.toml")
    assert len(collect(plan, made.folder).results) == 4
    assert [each.seed for each in made.models] == [3, 4]


def test_pictures_in_memory_are_chosen_for_by_what_seeds_share(pictures, tmp_path):
    found = uw.choose(
        "beta-vae", np.asarray(pictures.samples).repeat(2, axis=0), out=tmp_path / "out", seeds=2,
        steps=50, grid={"latent_dim": [1, 2]}, channels=(8, 8), units=16,
    )  # fmt: skip
    criteria = [each.criteria for each in found.rungs[0].settings]
    assert [each.certificate for each in criteria] == [None, None]
    assert all(0 <= each.replicated <= each.open + 1e-9 for each in criteria)
    assert found.data == ""
    assert (tmp_path / "out" / "choice.png").is_file()


def test_it_goes_on_where_it_was_stopped(made, rows, tmp_path, monkeypatch):
    found = {each.values["latent_dim"]: each.criteria for each in made.rungs[0].settings}
    monkeypatch.setattr(
        "unweave.studies.choose.criteria_of", lambda models, *_, **__: found[models[0].latent_dim]
    )
    folder = tmp_path / "out"
    shutil.copytree(made.folder, folder)
    (folder / CHOICE_FILE).unlink()
    shutil.rmtree(folder / made.chosen.label / "seed-4")
    before = (folder / made.chosen.label / "seed-3" / "summary.json").stat().st_mtime_ns
    again = choose_settings(
        "vae",
        rows,
        folder,
        seeds=2,
        steps=100,
        grid={"latent_dim": [2, 6]},
        seed=3,
        hidden=(32,),
    )
    assert (folder / made.chosen.label / "seed-3" / "summary.json").stat().st_mtime_ns == before
    assert again.rungs[0].settings[0].criteria == made.chosen.criteria
    assert len(again.models) == 2


def test_the_command_trains_the_chosen_run(made, tmp_path):
    line = commands_of(replace(made, folder=tmp_path), "fa15:rows=400", {})["command"]
    words = shlex.split(line)[1:]
    assert run_command([*words, "--seeds", "2"]) == 0
    trained = Model.load(tmp_path / "chosen" / "seed-3").module.state_dict()
    for name, weights in made.models[0].module.state_dict().items():
        torch.testing.assert_close(trained[name], weights)


def test_another_request_is_not_mixed_into_it(made, rows, refuses):
    refuses(
        lambda: choose_settings("vae", rows, made.folder, seeds=2, steps=100, seed=3, hidden=(32,)),
        "holds a choice with grid",
    )


def test_the_columns_asked_for_are_in_the_command(made):
    asked = {"drop": "a,b", "columns": {"c d": "count"}}
    words = shlex.split(commands_of(made, "table.csv", asked)["command"])
    assert words[5:9] == ["--column", "c d=count", "--drop", "a,b"]


# --- what is refused --------------------------------------------------------------------

TWO = ["--try", "latent_dim=2,6"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["vae", *TWO, "--seeds", "1"], "--seeds 1: a choice compares seeds; ask for 2"),
        (["vae", *TWO, "--steps", "10"], "--steps 10: too small a budget"),
        (["vae", *TWO, "--runs", "5"], "--runs 5: too small a budget for a choice; 3 seeds"),
        (["vae", *TWO, "--seconds", "0.01"], "--seconds 0.01: too small a budget"),
        (["vae", *TWO, "--seconds", "-1"], "--seconds -1.0: must be above 0"),
        (["vae", *TWO, "--seconds", "9", "--steps", "99"], "give one of them"),
        (["vae", "--try", "latent=2,6"], "did you mean 'latent_dim'"),
        (["vae", "--try", "latent_dim=2,x"], "a whole number is wanted"),
        (["vae", "--try", "latent_dim"], "--try latent_dim: write KEY=VALUE"),
        (["vae", "--try", "latent_dim="], "has no values"),
        (["vae", *TWO, "--set", "latent_dim=3"], "is fixed and has candidates"),
        (["vae", "--try", "latent_dim=4"], "nothing to choose"),
        (["vae", *TWO, "--set", "steps=9"], "--steps 9: too small a budget"),
        (["ae"], "ae: has no posterior"),
        (["mdd-ae-dcov"], "has no posterior"),
        (["gan"], "unknown model"),
    ],
)
def test_what_no_choice_can_be_made_of_is_one_line(words, said, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("unweave.studies.choose._speed", lambda request: 100.0)
    command = ["choose", *words, "--data", "fa15:rows=400", "--out", str(tmp_path / "out")]
    assert run_command(command) == 2
    line = capsys.readouterr().err
    assert said in line
    assert line.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_small_data_and_folders_of_other_things_are_refused(rows, tmp_path, refuses):
    small = uw.load_data("fa15:rows=60")
    refuses(lambda: choose_settings("vae", small, tmp_path / "out"), "60 rows", "100")
    (tmp_path / "notes.txt").write_text("mine")
    refuses(lambda: choose_settings("vae", rows, tmp_path), "something else", "notes.txt")


def test_seconds_become_steps_and_runs_a_part_of_the_grid(rows, tmp_path, monkeypatch):
    plans = []

    def stop(plan, folder, **rest):
        plans.append(plan)
        raise StopIteration

    monkeypatch.setattr("unweave.studies.choose._speed", lambda request: 100.0)
    monkeypatch.setattr("unweave.studies.choose.study", stop)
    grid = {"beta": [1, 2, 3], "latent_dim": [2, 4, 6]}
    with pytest.raises(StopIteration):
        choose_settings("beta-vae", rows, tmp_path / "out", grid=grid, seconds=60)
    # 9 settings for a third of the steps and 3 for all are worth 6 settings: 60 s are 1,000 steps.
    assert [each.changes["steps"] for each in plans[0].methods] == [333] * 9
    with pytest.raises(StopIteration):
        choose_settings("beta-vae", rows, tmp_path / "few", grid=grid, runs=22, seconds=60)
    # Five settings and then two are 21 runs of three seeds each.
    assert len(plans[1].methods) == 5
