"""`unweave.interpret` on runs: what it finds, what it refuses, and its document."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import torch

import unweave as uw
from support import planted
from unweave.errors import RequestError
from unweave.interpretation.lsdi import disentanglement_index
from unweave.reporting.interpretation import save_interpretation
from unweave.reporting.reading_figures import MOST_FEATURES, leading_order

DATA = "fa15:rows=400"


@pytest.fixture(scope="module")
def one():
    return uw.interpret(planted())


@pytest.fixture(scope="module")
def several():
    orders = [(4, 0, 2), (1, 2, 3), (9, 5, 0)]
    signs = [(1, -1, 1), (-1, -1, 1), (1, 1, -1)]
    return uw.interpret(
        [
            planted(seed, order, sign)
            for seed, (order, sign) in enumerate(zip(orders, signs, strict=True))
        ]
    )


class TestOne:
    def test_a_planted_code_is_read_as_such(self, one):
        assert one.informative == (0, 2, 4)
        assert one.features == tuple(f"x{index}" for index in range(1, 16))
        for name in ("fvh_lt", "dbsr_ls"):
            table = one.tables[name]
            leading = table.argmax(1).tolist()
            assert leading == [4] * 7 + [0] * 5 + [2] * 3
            assert not table[:, [1, 3, 5, 6, 7, 8, 9]].any()
        document = one.to_json()
        assert document["fdr"] == [0]
        assert document["power"] == [1]
        assert document["lsdi"]["fvh_lt"] > 0.9
        assert document["lsdi"]["mean"] == pytest.approx(
            (document["lsdi"]["fvh_lt"] + document["lsdi"]["dbsr_ls"]) / 2
        )
        assert document["alignment"] is None
        assert document["readings"][0]["agreement"]["share"] == 1

    def test_intervals_hold_the_index(self, one):
        index = one.to_json()["lsdi"]
        for name in ("fvh_lt", "dbsr_ls", "mean"):
            low, high = index["interval"][name]
            assert low <= index[name] <= high
            assert high - low < 0.2

    def test_kl_is_that_of_the_posterior(self, one):
        wanted = (one.reference.codes[:, 4] ** 2).mean() / 2 + 0.05**2 / 2 - 0.5 - np.log(0.05)
        assert one.kl[4] == pytest.approx(wanted, rel=1e-5)
        assert one.kl[1] == pytest.approx(0, abs=1e-6)

    def test_equal_seeds_read_equally(self, one):
        again = uw.interpret(planted())
        assert json.dumps(again.to_json()) == json.dumps(one.to_json())


class TestSeveral:
    def test_runs_are_aligned_with_signs(self, several):
        alignment = several.alignment
        orders = np.array([(4, 0, 2), (1, 2, 3), (9, 5, 0)])
        signs = np.array([(1, -1, 1), (-1, -1, 1), (1, 1, -1)])
        reference = alignment.reference
        for factor in range(3):
            column = orders[reference, factor]
            assert alignment.permutations[:, column].tolist() == orders[:, factor].tolist()
            wanted = signs[:, factor] * signs[reference, factor]
            assert alignment.signs[:, column].tolist() == wanted.tolist()

    def test_the_average_is_as_sharp_as_one_run_and_unaligned_it_is_not(self, several, one):
        for name in ("fvh_lt", "dbsr_ls"):
            sharp = several.sharpness()[name]
            assert sharp["aligned"] > 0.9
            assert sharp["unaligned"] < 0.5 * sharp["aligned"]
            assert np.sort(several.tables[name].max(0)) == pytest.approx(
                np.sort(one.tables[name].max(0)), abs=0.02
            )
            assert several.spread[name].max() < 0.05

    def test_the_index_of_averaged_tables_stands_beside_the_mean_of_runs(self, several, one):
        index = several.to_json()["lsdi"]
        for name in ("fvh_lt", "dbsr_ls"):
            table = several.tables[name][:, several.informative]
            assert index["aligned"][name] == pytest.approx(disentanglement_index(table).value)
            # Equal codes in another order: averages are as sharp as each run.
            assert index["aligned"][name] == pytest.approx(index[name], abs=0.01)
            assert index["aligned"]["attainable"][name] >= index["aligned"][name]
        mean = (index["aligned"]["fvh_lt"] + index["aligned"]["dbsr_ls"]) / 2
        assert index["aligned"]["mean"] == pytest.approx(mean)
        alone = one.to_json()["lsdi"]
        assert alone["aligned"]["mean"] == pytest.approx(alone["mean"])

    def test_averages_of_runs_that_differ_are_less_exclusive(self, several):
        columns = list(several.informative)
        turned = {}
        for name, table in several.tables.items():
            turned[name] = table.copy()
            turned[name][:, columns] += table[:, columns[1:] + columns[:1]]
        mixed = dataclasses.replace(several, tables=turned)
        assert mixed.aligned_index()["mean"] < several.aligned_index()["mean"] - 0.2

    def test_documents_carry_the_contract(self, several):
        document = json.loads(json.dumps(several.to_json()))
        assert {
            "runs",
            "features",
            "informative",
            "kl",
            "fvh_lt",
            "dbsr_ls",
            "lsdi",
            "alignment",
            "fdr",
            "power",
        } <= set(document)
        assert np.array(document["fvh_lt"]).shape == (15, 10)
        assert len(document["informative"]) == 3
        assert document["fdr"] == [0, 0, 0]
        assert document["udr"] == pytest.approx([0.95] * 3, abs=0.06)
        assert set(document["lsdi"]) >= {"fvh_lt", "dbsr_ls", "mean", "interval"}


class TestRefused:
    def test_runs_of_other_data(self):
        with pytest.raises(RequestError, match="other data"):
            uw.interpret([planted(), planted(data="fa15:rows=300")])

    def test_runs_of_other_latent_dim(self):
        other = uw.train("vae", DATA, steps=1, progress=False, latent_dim=4, compile="no")
        with pytest.raises(RequestError, match="latent_dim = 4"):
            uw.interpret([planted(), other])

    def test_another_family(self):
        digits = uw.train("dis-ae", "digits", steps=1, progress=False, compile="no")
        with pytest.raises(RequestError, match="variational family"):
            uw.interpret(digits)

    def test_no_run(self):
        with pytest.raises(RequestError, match="no run"):
            uw.interpret([])

    def test_codes_that_are_not_finite(self):
        model = planted()
        with torch.no_grad():
            model.module.encoder.bias[0] = float("nan")
        with pytest.raises(RequestError, match="not finite"):
            uw.interpret(model)

    def test_few_rows(self):
        rows = np.random.default_rng(0).standard_normal((9, 15))
        with pytest.raises(RequestError, match="10 at least"):
            uw.interpret(planted(), rows)


def test_a_collapsed_model_has_an_index_of_zero_and_says_so(tmp_path):
    model = planted(wide=1.0)
    with torch.no_grad():
        model.module.encoder.weight.zero_()
    found = save_interpretation(model, tmp_path / "read")
    document = found.to_json()
    assert document["informative"] == []
    assert document["lsdi"]["mean"] == 0
    assert document["fdr"] == [0]
    assert any("collapsed" in note for note in document["notes"])
    assert (tmp_path / "read" / "fvh_lt.png").is_file()


def test_constant_features_are_told_and_zero():
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((300, 4)) @ generator.standard_normal((4, 6))
    model = uw.train("vae", rows, steps=200, progress=False, compile="no", latent_dim=4)
    rows[:, 3] = 1.0
    found = uw.interpret(model, rows)
    assert np.isfinite(found.tables["fvh_lt"]).all()
    assert not found.tables["fvh_lt"][3].any()
    assert not found.tables["dbsr_ls"][3].any()
    assert any("1 feature of 6" in note for note in found.notes)


def test_pixels_are_features(tmp_path):
    generator = np.random.default_rng(0)
    level = generator.random((60, 1, 1, 1))
    images = np.zeros((60, 3, 8, 8))
    images[:, :, :, 4:] = level
    model = uw.train("vae", images, steps=150, progress=False, compile="no", latent_dim=2)
    found = save_interpretation(model, tmp_path, images)
    assert found.features[0] == "0,0,0"
    assert len(found.features) == 192
    varying = np.zeros((3, 8, 8), bool)
    varying[:, :, 4:] = True
    assert not found.tables["dbsr_ls"][~varying.ravel()].any()
    assert any("96 pixels" in note for note in found.notes)
    assert (tmp_path / "fvh_lt.png").stat().st_size > 1000


def test_files(tmp_path, several):
    save_interpretation([each.model for each in several.readings], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "interpretation.json",
        "fvh_lt.csv",
        "fvh_lt.png",
        "dbsr_ls.csv",
        "dbsr_ls.png",
        "loadings.csv",
        "loadings.png",
        "communalities.csv",
        "scree.png",
        "certificate.csv",
        "certificate.png",
    }
    loadings = pd.read_csv(tmp_path / "loadings.csv")
    assert list(loadings.columns) == ["feature", "dimension", "loading", "low", "high"]
    assert loadings["loading"].to_numpy() == pytest.approx(several.factors.loadings.ravel())
    frame = pd.read_csv(tmp_path / "fvh_lt.csv")
    assert list(frame.columns) == ["feature", "dimension", "value", "sd"]
    assert frame["value"].to_numpy() == pytest.approx(several.tables["fvh_lt"].ravel())
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match="is a file"):
        save_interpretation(several.readings[0].model, tmp_path / "file")


def test_features_are_shown_by_what_moves_them_most():
    table = np.array([[0.1, 0.9], [0.8, 0], [0.2, 0.1], [0, 0.95]])
    assert leading_order(table).tolist() == [1, 2, 3, 0]
    assert len(leading_order(np.eye(200))) == MOST_FEATURES
