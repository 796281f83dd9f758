"""Certificates of planted runs: factors are real, their mixtures are not; what is refused."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import unweave as uw
from support import planted
from unweave.interpretation.certificate import (
    calibration_of_package,
    certificate_of,
    certify_readings,
    verdict,
)
from unweave.interpretation.evidence.registry import QUANTITIES
from unweave.interpretation.together import seeds_beside, seeds_of_one_setting
from unweave.reporting.certificate import certificate_frame, certificate_lines

DATA = "fa15:rows=400,factors=gaussian"
# Directions at 45 degrees and more from all factors, orthogonal to each other.
MIXED = np.array([[1, 1, 1], [1, -1, 0], [1, 1, -2]]).T / np.sqrt([3, 2, 6])


@pytest.fixture(scope="module")
def factors():
    return [planted(seed, data=DATA) for seed in range(3)]


@pytest.fixture(scope="module")
def mixtures():
    return [planted(seed, data=DATA, mixed=MIXED) for seed in range(3)]


class TestPlanted:
    def test_factors_are_certified(self, factors):
        found = uw.certify(factors)
        assert found.dimensions == (0, 2, 4)
        assert found.certified == (0, 2, 4)
        assert found.runs == 3

    def test_mixtures_on_which_all_seeds_agree_are_not(self, mixtures):
        found = uw.certify(mixtures)
        for agreement in ("seed_agreement", "space_agreement"):
            assert found.evidence[agreement] == pytest.approx(1)
        assert found.evidence["turn_stability"].max() < 0.9
        assert found.certified == ()
        assert found.verdicts() == ("mixture",) * 3
        assert all(reason.startswith("a mixture") for reason in found.reasons)

    def test_their_turn_is_certified(self, mixtures):
        found = certify_readings(mixtures)
        assert list(found) == ["as learned", "turned by varimax"]
        assert found["turned by varimax"].certified == (0, 1, 2)

    def test_signs_and_order_of_dimensions_do_not_matter(self, factors):
        other = planted(1, (9, 5, 0), (1, 1, -1), data=DATA)
        found, again = (uw.certify([factors[0], each], reference=0) for each in (factors[1], other))
        assert found.probability == pytest.approx(again.probability, abs=1e-4)

    def test_equal_seeds_certify_equally(self, factors):
        assert json.dumps(uw.certify(factors).to_json()) == json.dumps(
            uw.certify(factors).to_json()
        )

    def test_interpret_has_it(self, factors, tmp_path):
        found = uw.save_interpretation(factors, tmp_path / "reading", rotate="none")
        document = json.loads((tmp_path / "reading" / "interpretation.json").read_text())
        assert document["certificate"]["certified"] == list(found.certificate.certified)
        assert document["uncertified"] is None
        frame = pd.read_csv(tmp_path / "reading" / "certificate.csv")
        assert frame["probability"].tolist() == pytest.approx(found.certificate.probability)
        assert (tmp_path / "reading" / "certificate.png").stat().st_size > 5000

    def test_of_one_seed_interpret_says_what_is_missing(self, factors):
        found = uw.interpret(factors[0], rotate="none")
        assert found.certificate is None
        assert "train another seed" in found.to_json()["uncertified"]
        assert certificate_lines(None, found.uncertified) == [
            f"No certificate: {found.uncertified}"
        ]


class TestCurves:
    @pytest.fixture
    def calibration(self):
        curves = {
            "seed_agreement": {"values": [0, 1], "log_odds": [-4, 0]},
            "simplicity": {"values": [0.5, 0.75, 1], "log_odds": [-2, -1, 0]},
        }
        return {"intercept": 3.0, "curves": curves}

    def test_log_odds_are_summed(self, calibration):
        evidence = {"seed_agreement": np.array([0.5, 2]), "simplicity": np.array([0.625, 1])}
        found = certificate_of((0, 3), evidence, runs=2, rows=9, calibration=calibration)
        # 3 − 2 − 1.5 for the first; 3 for the second, whose values lie on or beyond the ends.
        assert found.probability == pytest.approx([1 / (1 + np.exp(0.5)), 1 / (1 + np.exp(-3))])
        assert found.certified == (3,)
        assert found.reasons[0].startswith("undecided (38%): the other runs have no such")

    def test_those_of_the_package_rise_to_nothing(self):
        known = calibration_of_package()
        assert list(known["curves"]) == list(QUANTITIES)
        for curve in known["curves"].values():
            assert (np.diff(curve["values"]) > 0).all()
            assert (np.diff(curve["log_odds"]) >= 0).all()
            assert curve["log_odds"][-1] == 0
        assert known["runs"] > 0

    @given(st.sampled_from(list(QUANTITIES)), st.floats(-1, 1), st.floats(0, 1))
    def test_better_evidence_never_lowers_the_probability(self, name, value, more):
        evidence = {each: np.full(2, 0.7) for each in QUANTITIES}
        evidence[name] = np.array([value, value + more])
        low, high = certificate_of((0, 1), evidence, runs=2, rows=9).probability
        assert low <= high

    def test_verdicts(self):
        assert [verdict(each) for each in (0.8, 0.79, 0.2, 0.19)] == [
            "real", "undecided", "undecided", "mixture",
        ]  # fmt: skip


class TestTogether:
    def test_one_seed(self, factors, refuses):
        refuses(lambda: uw.certify(factors[:1]), "vae", "train another seed")

    def test_one_seed_twice(self, factors, refuses):
        refuses(lambda: uw.certify([factors[0], factors[0]]), "seed 0", "agrees with itself")

    def test_no_run(self, refuses):
        refuses(lambda: uw.certify([]), "no run")

    def test_other_data(self, factors, refuses):
        refuses(lambda: uw.certify([factors[0], planted(1)]), "other data")

    def test_other_settings(self, factors, refuses):
        other = dataclasses.replace(
            factors[1], settings=dataclasses.replace(factors[1].settings, beta=2.0)
        )
        refuses(lambda: uw.certify([factors[0], other]), "beta (2.0 and 1.0)")

    def test_another_model(self, factors, refuses):
        other = dataclasses.replace(factors[1], name="beta-vae")
        refuses(lambda: uw.certify([factors[0], other]), "beta-vae", "differ in their seeds alone")

    def test_one_of_them_turned(self, mixtures, refuses):
        turned = mixtures[1].rotate()
        refuses(lambda: uw.certify([mixtures[0], turned]), "varimax", "none")

    def test_a_collapsed_run(self, factors, refuses):
        refuses(lambda: uw.certify([factors[0], planted(5, data=DATA, wide=1.0)], threshold=2.5),
                "no dimension is informative")  # fmt: skip

    def test_images(self, refuses):
        images = np.random.default_rng(0).integers(0, 256, (60, 1, 8, 8), dtype=np.uint8)
        runs = [uw.train("vae", images, steps=1, seed=seed, progress=False, compile="no",
                         channels=(4,), units=4) for seed in (0, 1)]  # fmt: skip
        refuses(lambda: uw.certify(runs, images), "calibrated on tables")

    def test_without_posterior_and_with_labels(self, refuses):
        rows = np.random.default_rng(0).standard_normal((60, 4))
        runs = [uw.train("ae", rows, steps=1, seed=seed, progress=False, latent_dim=2)
                for seed in (0, 1)]  # fmt: skip
        refuses(lambda: uw.certify(runs), "ae", "has no posterior")
        labelled = uw.train("dis-ae", "digits", steps=1, progress=False, compile="no")
        refuses(lambda: uw.certify([labelled]), "learned from labels")

    def test_few_rows(self, factors, refuses):
        rows = factors[0].dataset().samples[:20]
        refuses(lambda: uw.certify(factors, rows), "20 rows", "50 at least")

    def test_runs_are_grouped_and_found_in_their_folder(self, factors, mixtures, tmp_path):
        assert seeds_of_one_setting([factors[0], planted(7), *factors[1:]]) == [factors]
        assert seeds_of_one_setting([factors[0], planted(7)]) == []
        rows = np.random.default_rng(0).standard_normal((60, 4))
        common = {"steps": 2, "progress": False, "latent_dim": 2}
        runs = uw.train_seeds("vae", rows, seeds=3, out=tmp_path, **common)
        uw.train("beta-vae", rows, out=tmp_path / "other", **common)
        assert [each.seed for each in seeds_beside(runs[1])] == [0, 2]
        assert seeds_beside(factors[0]) == []


def test_the_table_has_a_row_for_each_dimension(factors):
    found = uw.certify(factors)
    frame = certificate_frame(found)
    assert frame["dimension"].tolist() == ["z0", "z2", "z4"]
    assert frame["verdict"].tolist() == ["real"] * 3
    assert set(QUANTITIES) < set(frame.columns)
