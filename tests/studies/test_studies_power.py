"""Power: textbook values, simulation, Holm's example, and studies that cannot be compared."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import unweave as uw
from unweave.cli import run_command
from unweave.studies.paired_test import expected_power, holm, p_value, power_of, seeds_needed
from unweave.studies.plan import Method, StudyPlan
from unweave.studies.power import LEVEL, comparisons
from unweave.studies.results import Result, Study


def study_of(values: Mapping[str, list[float]], folder: Path, score: str = "mig") -> Study:
    """Return a study of methods with these values of a score, seed after seed."""
    methods = tuple(Method(name, "vae", {}) for name in values)
    seeds = tuple(range(max(map(len, values.values()))))
    results = tuple(
        Result(name, seed, folder, {score: value}, {}, 1.0, 10, None)
        for name, own in values.items()
        for seed, value in enumerate(own)
    )
    return Study(StudyPlan("sprites", methods, seeds, None, "test", ""), folder, results, (), ())


@pytest.mark.parametrize(
    # Cohen's d of paired differences and the seeds that tables of the paired test give.
    ("effect", "level", "power", "seeds"),
    [(0.2, 0.05, 0.8, 199), (0.5, 0.05, 0.8, 34), (0.8, 0.05, 0.8, 15), (0.5, 0.05, 0.95, 54)],
)
def test_textbook_values(effect: float, level: float, power: float, seeds: int) -> None:
    assert seeds_needed(effect, 1.0, level, power) == seeds
    assert seeds_needed(-3 * effect, 3.0, level, power) == seeds
    assert power_of(effect, 1.0, seeds, level) >= power > power_of(effect, 1.0, seeds - 1, level)


def test_without_a_difference_the_power_is_the_level() -> None:
    assert power_of(0, 1, 7, 0.01) == pytest.approx(0.01)
    assert power_of(1e6, 1, 2, 0.001) == pytest.approx(1)


@pytest.mark.parametrize("effect", [0.6, 1.0, 2.0])
@pytest.mark.parametrize("pairs", [1, 21])
def test_the_power_is_that_of_simulations(effect: float, pairs: int) -> None:
    level = LEVEL / pairs
    seeds = seeds_needed(effect, 1.0, level, 0.8)
    draws = np.random.default_rng(0).normal(effect, 1, (4000, seeds))
    found = (stats.ttest_1samp(draws, 0, axis=1).pvalue < level).mean()
    assert abs(found - power_of(effect, 1.0, seeds, level)) < 0.03
    assert found > 0.8 - 0.03


@pytest.mark.parametrize("pairs", [1, 6])
def test_seeds_planned_from_few_find_as_often_as_they_should(pairs: int) -> None:
    level, effect, few = LEVEL / pairs, 0.7, 5
    generator = np.random.default_rng(0)
    found, trusted = [], []
    for sd in generator.normal(size=(150, few)).std(1, ddof=1):
        seeds = seeds_needed(effect, sd, level, 0.8, few - 1)
        found.append(power_of(effect, 1.0, seeds, level))
        trusted.append(power_of(effect, 1.0, seeds_needed(effect, sd, level, 0.8), level))
    assert np.mean(found) == pytest.approx(0.8, abs=0.05)
    assert np.mean(trusted) < 0.75


def test_an_estimate_of_many_seeds_is_as_good_as_the_deviation() -> None:
    assert expected_power(0.5, 1.0, 100_000, 34, 0.05) == pytest.approx(
        power_of(0.5, 1.0, 34, 0.05), abs=1e-4
    )


def test_what_needs_no_seeds_or_too_many() -> None:
    assert seeds_needed(0.1, 0.0, 0.05, 0.8) == 2
    assert seeds_needed(0.0, 1.0, 0.05, 0.8) is None
    assert seeds_needed(1e-6, 1.0, 0.05, 0.8) is None
    assert seeds_needed(1.0, np.nan, 0.05, 0.8) is None


def test_the_p_value_is_that_of_scipy() -> None:
    differences = np.random.default_rng(1).normal(0.3, 1, 9)
    expected = stats.ttest_1samp(differences, 0).pvalue
    assert p_value(differences.mean(), differences.std(ddof=1), 9) == pytest.approx(expected)
    assert np.isnan(p_value(1.0, np.nan, 1))
    assert (p_value(1.0, 0.0, 3), p_value(0.0, 0.0, 3)) == (0, 1)


def test_holm_by_hand() -> None:
    found = holm(np.array([0.04, 0.01, 0.03, 0.005]))
    assert found == pytest.approx([0.06, 0.03, 0.06, 0.02])
    assert holm(np.array([0.9, 0.8])).tolist() == [1, 1]
    assert holm(np.array([])).tolist() == []


def test_decided_pairs_and_the_seeds_of_others(tmp_path: Path) -> None:
    base = np.array([0.3, 0.5, 0.2, 0.4, 0.6])
    noise = np.array([0.02, -0.01, 0.0, 0.01, -0.02])
    values = {"a": base, "b": base + 0.1 + noise, "c": base + noise[::-1]}
    found = comparisons(study_of({name: list(own) for name, own in values.items()}, tmp_path))
    known = {(each.one, each.other): each for each in found}
    assert [known[pair].decided for pair in known] == [True, False, True]
    sd = noise.std(ddof=1)
    assert known["a", "c"].stated == pytest.approx(0.05)
    assert known["a", "c"].seeds_for_stated == seeds_needed(0.05, sd, LEVEL / 3, 0.8, freedom=4)
    assert known["a", "c"].seeds_for_observed is None
    assert "b is above a by 0.1 (5 seeds" in known["a", "b"].sentence
    assert "a and c are not told apart by 5 seeds" in known["a", "c"].sentence
    assert "a difference of 0.05" in known["a", "c"].sentence


def test_unfinished_seeds_are_left_out_of_a_report(tmp_path: Path) -> None:
    (found,) = comparisons(study_of({"a": [0.1, 0.2], "b": [0.3]}, tmp_path))
    assert found.difference.count == 1
    assert not found.decided
    assert "train at least 2" in found.sentence


def test_a_score_without_a_range_has_no_stated_difference(tmp_path: Path) -> None:
    values = {"a": [1.0, 2.0, 1.5], "b": [1.1, 1.9, 1.4]}
    (found,) = comparisons(study_of(values, tmp_path, "total-correlation"))
    assert found.stated is None
    assert found.seeds_for_stated is None
    assert found.sentence.count("would find") == 1
    assert json.dumps(found.to_json())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda study: replace(study, missing=("vae/seed-1: is not finished",)), ["1 of 4 runs"]),
        (lambda study: study_of({"a": [0.1, 0.2]}, study.folder), ["one method, a"]),
        (lambda study: study_of({"a": [0.1], "b": [0.2]}, study.folder), ["one seed"]),
    ],
)
def test_studies_that_cannot_be_compared(
    change: Callable[[Study], Study], words: list[str], tmp_path: Path, refuses: Callable[..., str]
) -> None:
    study = study_of({"a": [0.1, 0.2], "b": [0.3, 0.5]}, tmp_path)
    refuses(lambda: uw.power(change(study)), str(tmp_path), *words)


def test_requests_that_make_no_sense(tmp_path: Path, refuses: Callable[..., str]) -> None:
    study = study_of({"a": [0.1, 0.2], "b": [0.3, 0.5]}, tmp_path)
    refuses(lambda: uw.power(study, power=1), "power=1")
    refuses(lambda: uw.power(study, difference=0), "difference=0")
    refuses(lambda: uw.power(tmp_path), "holds no study")


def test_the_command(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["power", str(finished), "--json", "--difference", "0.1"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["level"], document["power"]) == (0.05, 0.8)
    assert len(document["comparisons"]) == 3 * 3
    assert {each["stated"] for each in document["comparisons"]} == {0.1}
    assert run_command(["power", str(finished), "--power", "0.9"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert all(each["method"] in said for each in document["comparisons"])
    assert run_command(["power", str(finished), "--power", "2"]) == 2
    assert capsys.readouterr().err.startswith("unweave: --power 2: give a chance")
