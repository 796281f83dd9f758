"""Turned codes and turned runs: planted mixtures are found, and the rest stays as it was."""

import json

import numpy as np
import pytest
import torch

import unweave as uw
from support import planted
from unweave.errors import RequestError
from unweave.interpretation.rotate import candidates, chosen, elected
from unweave.interpretation.turns import METHODS, find_turn
from unweave.reporting.turns import turn_summary, turn_text
from unweave.statistics import correlations

DATA = "fa15:rows=400"


def mixture(seed=3):
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))[0]


@pytest.fixture(scope="module")
def mixed():
    return planted(mixed=mixture())


@pytest.fixture(scope="module")
def turned(mixed):
    return mixed.rotate()


def factors_and_codes(rows=2000, gaussian=False, seed=0):
    """Return factors, their rotated mixture, and features of a simple structure."""
    generator = np.random.default_rng(seed)
    factors = (
        generator.standard_normal((rows, 4)) if gaussian else generator.uniform(-1, 1, (rows, 4))
    )
    loadings = np.kron(np.eye(4), np.ones(4))
    features = factors @ loadings + 0.1 * generator.standard_normal((rows, 16))
    turn = np.linalg.qr(generator.standard_normal((4, 4)))[0]
    return factors, factors @ turn * [1, 2, 3, 0.5], features


@pytest.mark.parametrize("method", METHODS)
def test_every_method_unmixes_codes(method):
    factors, codes, features = factors_and_codes()
    turn = find_turn(codes, features, method)
    found = np.abs(correlations(turn.apply(codes), factors))
    assert found.max(0).min() > 0.99
    assert turn.kept == 4
    assert turn.apply(codes).std(0) == pytest.approx(1)
    assert turn.simplicity[method] > 0.95 > turn.simplicity["none"]


def test_gaussian_factors_are_turned_by_their_features_and_not_by_ica():
    factors, codes, features = factors_and_codes(gaussian=True)
    turn = find_turn(codes, features, "varimax")
    assert np.abs(correlations(turn.apply(codes), factors)).max(0).min() > 0.99
    assert "ICA is not identified" in " ".join(find_turn(codes, features, "ica").notes)
    factors, codes, features = factors_and_codes()
    assert not find_turn(codes, features, "ica").notes


def test_a_turn_that_failed_is_told_of_whichever_is_chosen(monkeypatch):
    def refuse(*_):
        raise RequestError("it makes two factors one")

    monkeypatch.setitem(METHODS, "oblimin", refuse)
    _, codes, features = factors_and_codes()
    found = candidates(codes, features, {})
    assert elected([found]) == "varimax"
    assert chosen(found, "varimax").notes == ("oblimin: it makes two factors one",)


class TestCorrelatedFactors:
    """Oblimin is chosen where factors are correlated, though not only by a wide margin."""

    @staticmethod
    def choose(correlation):
        """Return the candidates for four equally correlated factors with small cross-loadings."""
        generator = np.random.default_rng(3)
        wanted = np.full((4, 4), correlation) + (1 - correlation) * np.eye(4)
        factors = generator.standard_normal((2000, 4)) @ np.linalg.cholesky(wanted).T
        loadings = np.kron(np.eye(4), np.full(5, 0.7)) + 0.1 * generator.standard_normal((4, 20))
        features = factors @ loadings + 0.6 * generator.standard_normal((2000, 20))
        features = (features - features.mean(0)) / features.std(0)
        codes = features @ np.linalg.svd(features, full_matrices=False)[2][:4].T
        found = candidates(codes, features, {})
        return factors, codes, found, elected([found])

    def test_their_turn_comes_closer_to_them(self):
        factors, codes, found, method = self.choose(0.3)
        assert method == "oblimin"
        near = {
            name: np.abs(correlations(turn.apply(codes), factors)).max(0).min()
            for name, turn in found.items()
        }
        assert near["oblimin"] > near["varimax"] + 0.02

    def test_factors_that_are_not_stay_uncorrelated(self):
        assert self.choose(0.0)[-1] == "varimax"


def test_scores_are_written_with_two_digits_after_the_point():
    turn = {"method": "varimax", "dimensions": 4, "simplicity": {"none": 0.4, "varimax": 0.998}}
    assert turn_summary({"turn": turn}).endswith("0.40 before, 1.00 after")
    turn |= {"method": "ica", "independence": {"none": 0.0113, "ica": 0.0198}}
    assert turn_summary({"turn": turn}).endswith("on held-out rows 0.011 before, 0.02 after")


class TestChoiceWhereDecodersAreNotLinear:
    """As of images: loadings say little there, and independent components may."""

    @staticmethod
    def choose(codes, factors):
        """Return the candidates for codes of factors that move bumps, and the one chosen."""
        places = np.linspace(-1.5, 1.5, 12)
        bumps = np.exp(-(((factors[:, :, None] - places) / 0.3) ** 2)).reshape(len(factors), -1)
        found = candidates(codes, bumps, {"decoded": bumps})
        return found, elected([found])

    def test_components_that_halves_of_the_rows_agree_on(self):
        factors, codes, _ = factors_and_codes()
        found, method = self.choose(codes, factors)
        assert list(found) == ["none", "ica"]
        assert method == "ica"
        assert found["ica"].independence["ica"] > 1.2 * found["ica"].independence["none"]
        turned = chosen(found, method).apply(codes)
        assert np.abs(correlations(turned, factors)).max(0).min() > 0.99
        assert chosen(found, method).simplicity.keys() == {"none", "ica"}

    def test_codes_that_are_the_factors_stay(self):
        factors, _, _ = factors_and_codes()
        assert self.choose(factors * [1, 2, 3, 0.5], factors)[1] == "none"

    def test_gaussian_codes_stay(self):
        factors, codes, _ = factors_and_codes(gaussian=True)
        found, method = self.choose(codes, factors)
        assert method == "none"
        assert found["ica"].gain == 0

    def test_one_method_for_all_runs(self):
        factors, codes, _ = factors_and_codes()
        mixed, plain = self.choose(codes, factors)[0], self.choose(factors, factors)[0]
        assert elected([mixed, plain]) == "ica"
        assert elected([mixed, {"none": plain["none"]}]) == "none"


def test_the_variance_that_codes_do_not_show_counts():
    _, codes, features = factors_and_codes()
    noise = np.array([0.5, 0.1, 0.2, 0.3])
    turn = find_turn(codes, features, noise=noise)
    assert turn.apply(codes).var(0) + noise @ turn.matrix**2 == pytest.approx(1)


def test_directions_that_features_do_not_share_are_left_out():
    generator = np.random.default_rng(0)
    factors, codes, features = factors_and_codes()
    spare = generator.standard_normal((len(codes), 2))
    own = np.column_stack([features, spare + 0.1 * generator.standard_normal(spare.shape)])
    turn = find_turn(np.column_stack([codes, spare]), own)
    assert turn.kept == 4
    assert "keeps 4 of 6" in turn.notes[0]
    found = np.abs(correlations(turn.apply(np.column_stack([codes, spare])), factors))
    assert found[:4].max(0).min() > 0.99
    assert found[4:].max() < 0.1
    assert find_turn(np.column_stack([codes, spare]), own, dimensions=6).kept == 6


@pytest.mark.parametrize(
    ("codes", "features", "message"),
    [
        (np.eye(20)[:, :1], np.eye(20), "1 informative dimension: a turn needs two"),
        (np.eye(20)[:, :2], np.eye(19), "20 rows of codes, but 19"),
        (np.eye(6)[:, :2], np.eye(6), "6 rows are too few"),
        (np.full((20, 2), np.nan), np.eye(20), "finite"),
        (np.column_stack([np.arange(20), np.ones(20)]), np.eye(20), "z1 is constant"),
        (np.outer(np.arange(20), [1, 2]), np.eye(20), "depend on each other linearly"),
        (np.eye(20)[:, :2], np.ones(20), "N x J features"),
    ],
)
def test_codes_that_cannot_be_turned(codes, features, message):
    with pytest.raises(RequestError, match=message):
        find_turn(codes, features)


def test_an_unknown_method_is_refused_with_the_nearest(mixed):
    with pytest.raises(RequestError, match="varimax"):
        mixed.rotate(method="varimaxx")
    with pytest.raises(RequestError, match="dimensions=7: give a number from 2 to 3"):
        mixed.rotate(dimensions=7)
    with pytest.raises(RequestError, match="seed=-1: must be at least 0"):
        mixed.rotate(seed=-1)
    with pytest.raises(RequestError, match="seed=-1: must be at least 0"):
        uw.interpret(mixed, seed=-1)


class TestTurnedRun:
    def test_finds_the_factors(self, mixed, turned):
        factors = uw.load_data(DATA).factors.values
        assert np.abs(correlations(mixed.encode(), factors)).max(0).min() < 0.9
        assert np.abs(correlations(turned.encode(), factors))[:3].max(0).min() > 0.99
        assert turned.summary["informative"] == [0, 1, 2]

    def test_reconstructs_as_before(self, mixed, turned):
        ours, theirs = turned.reconstruct(), mixed.reconstruct()
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)

    def test_has_the_marginals_of_the_posterior(self, mixed, turned):
        mean, log_variance = turned.posterior()
        before = np.exp(mixed.posterior()[1].astype(float))
        matrix = turned.module.matrix.numpy().astype(float)
        assert np.exp(log_variance) == pytest.approx(before @ matrix**2, rel=1e-4)
        total = mean.var(0) + np.exp(log_variance).mean(0)
        assert total[:3] == pytest.approx(1, abs=0.05)  # The training rows have exactly 1.

    def test_draws_the_same_samples_of_the_prior(self, mixed, turned):
        np.testing.assert_allclose(turned.sample(5), mixed.sample(5), rtol=1e-4, atol=1e-4)

    def test_edits_one_factor_alone(self, turned):
        data = uw.load_data(DATA)
        loadings = correlations(data.samples, data.factors.values)
        for name in ("z0", "z1", "z2"):
            rows = [turned.edit(data.samples[:50], {name: value}) for value in (-1.5, 1.5)]
            moved = np.abs(np.asarray(rows[1]) - np.asarray(rows[0])).mean(0) > 0.5
            assert any(np.array_equal(moved, np.abs(group) > 0.5) for group in loadings.T)

    def test_is_kept_by_a_folder(self, mixed, turned, tmp_path):
        mixed.rotate(out=tmp_path / "run")
        networks = torch.nn.Linear(15, 20), torch.nn.Linear(10, 15)
        loaded = uw.load(tmp_path / "run", encoder=networks[0], decoder=networks[1])
        np.testing.assert_array_equal(loaded.encode(), turned.encode())
        assert loaded.turn["method"] == "varimax"
        assert (
            json.loads((tmp_path / "run" / "summary.json").read_text())["turn"]["dimensions"] == 3
        )
        with pytest.raises(RequestError, match="already holds a run"):
            mixed.rotate(out=tmp_path / "run")
        with pytest.raises(RequestError, match="already holds a turned run"):
            uw.train("vae", DATA, out=tmp_path / "run", resume=True, steps=1, progress=False)

    def test_turned_twice_is_turned_once(self, mixed, turned):
        np.testing.assert_array_equal(turned.rotate().encode(), turned.encode())
        np.testing.assert_array_equal(turned.rotate(method="none").encode(), mixed.encode())

    def test_can_be_traversed(self, turned):
        assert set(turned.traverse().dimensions) == {0, 1, 2}


class TestInterpretation:
    def test_says_when_the_features_point_to_a_turn(self, mixed):
        found = uw.interpret(mixed)
        document = json.loads(json.dumps(found.to_json()))
        assert document["turn"]["method"] == "varimax"
        assert document["turn"]["simplicity"]["varimax"] > 0.95
        assert document["power"][0] < 1
        assert document["turned"]["power"] == [1]
        assert document["turned"]["lsdi"]["mean"] > document["lsdi"]["mean"]
        scores = found.simplicity()
        assert f"as they are {scores['none']:.2f}, varimax {scores['varimax']:.2f}" in turn_text(
            found
        )

    def test_leaves_simple_dimensions_alone(self):
        found = uw.interpret(planted())
        assert found.turned is None
        assert found.turns[0].method == "none"

    def test_reads_runs_turned_by_a_method(self, mixed):
        found = uw.interpret([mixed, planted(1, mixed=mixture(4))], rotate="varimax")
        assert [each.recovery.power for each in found.readings] == [1, 1]
        assert (found.ranking > 0.95).all()
        assert uw.interpret(mixed, rotate="none").to_json()["turn"] is None

    def test_a_turned_run_is_read_as_it_is(self, turned):
        found = uw.interpret(turned)
        assert found.turns == ()
        assert found.readings[0].recovery.power == 1


def test_latent_values_beside_labels_are_turned():
    data = uw.load_data("fa15:rows=200")
    model = uw.train("ae", data, steps=60, progress=False, latent_dim=4, compile="no")
    turned = model.rotate(method="oblimin")
    np.testing.assert_allclose(turned.reconstruct(), model.reconstruct(), rtol=1e-3, atol=1e-3)
    found = uw.interpret(turned).to_json()
    assert found["kl"] == [None] * 4
    assert np.isfinite(turned.sample(3)).all().all()
    with pytest.raises(RequestError, match="rotate it"):
        model.sample(3)


class TestFactorAnalysis:
    def test_uncorrelated_codes_have_correlations_as_loadings(self):
        _, codes, features = factors_and_codes()
        turned = find_turn(codes, features).apply(codes)
        found = uw.factor_analysis(turned, features)
        assert found.loadings == pytest.approx(correlations(features, turned), abs=1e-8)
        assert found.ss_loadings.sum() == pytest.approx(found.communalities.sum())

    def test_communalities_are_shares_of_explained_variance(self):
        _, codes, features = factors_and_codes(300)
        codes[:, 1] += codes[:, 0]
        fitted = np.column_stack([codes, np.ones(len(codes))])
        rest = features - fitted @ np.linalg.lstsq(fitted, features)[0]
        found = uw.factor_analysis(codes, features)
        assert found.communalities == pytest.approx(1 - rest.var(0) / features.var(0))
        assert found.uniquenesses == pytest.approx(1 - found.communalities)

    def test_complexity_counts_the_factors_of_a_feature(self):
        codes = np.linalg.qr(np.random.default_rng(0).standard_normal((500, 2)))[0]
        found = uw.factor_analysis(codes, np.column_stack([codes[:, 0], codes.sum(1)]))
        assert found.complexities == pytest.approx([1, 2], abs=0.05)

    def test_intervals_over_rows_cover_the_loading(self):
        covered = []
        for seed in range(60):
            generator = np.random.default_rng(seed)
            codes = generator.standard_normal((200, 1))
            features = 0.6 * codes + 0.8 * generator.standard_normal((200, 1))
            found = uw.factor_analysis(codes, np.column_stack([features, codes[::-1]]))
            covered.append(found.low[0, 0] <= 0.6 <= found.high[0, 0])
        assert np.mean(covered) >= 0.85

    def test_bad_arrays_are_refused(self):
        with pytest.raises(RequestError, match="5 rows of codes, but 4"):
            uw.factor_analysis(np.ones((5, 2)), np.ones((4, 3)))
        with pytest.raises(RequestError, match="finite"):
            uw.factor_analysis(np.full((5, 2), np.nan), np.ones((5, 3)))
