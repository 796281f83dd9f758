"""From runs to documents: which rows, which scores, in one pass, whatever the batch."""

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest

import unweave as uw
from unweave.data.factors import Factors
from unweave.errors import UnweaveError
from unweave.metrics import evaluation, registry
from unweave.metrics.encoded_rows import EncodedRows
from unweave.metrics.evaluation import scores_of
from unweave.metrics.score import FactorScore, PosteriorScore, ReconstructionScore
from unweave.reporting.terminal import show_scores

EVERY = list(registry.SCORES.values())
OF_FACTORS = [score.name for score in EVERY if isinstance(score, FactorScore)]
NO_POSTERIOR = {
    score.name: "needs a model with a posterior"
    for score in EVERY
    if isinstance(score, PosteriorScore)
}
OF_SAMPLES = [score for score in EVERY if isinstance(score, ReconstructionScore)]


def dark(images):
    return images * 0.9 + 0.03


# --- the registry -------------------------------------------------------------------------


@pytest.fixture
def first_code_score(monkeypatch):
    """Put a score of codes against factors into the registry, alone."""
    row = FactorScore(
        name="first-code",
        summary="the largest first code",
        source="this test",
        higher_is_better=True,
        range=(-math.inf, math.inf),
        function=lambda codes, truth, generator: {
            "value": float(codes[:, 0].max()),
            "factors": truth.values.shape[1],
        },
    )
    for name, score in list(registry.SCORES.items()):
        if not isinstance(score, ReconstructionScore):
            monkeypatch.delitem(registry.SCORES, name)
    monkeypatch.setitem(registry.SCORES, row.name, row)
    return row


def test_a_new_score_is_one_row(first_code_score, known_run, rows, pictures):
    document = uw.evaluate(known_run(rows, np.copy))
    expected = float(rows.samples[rows.rows("test"), 0].max())
    assert document["scores"]["first-code"] == {"value": expected, "factors": 3}
    omitted = uw.evaluate(known_run(pictures, dark), pictures)["omitted"]
    assert omitted == {"first-code": "needs known factors"}


def test_scores_of_codes_share_them(first_code_score, known_run, rows, monkeypatch):
    twin = dataclasses.replace(first_code_score, name="twin")
    monkeypatch.setitem(registry.SCORES, "twin", twin)
    run = known_run(rows, np.copy)
    assert len(uw.evaluate(run, metrics="first-code,twin")["scores"]) == 2
    assert run.passes == [len(rows.rows("test"))]


# --- values -------------------------------------------------------------------------------


def test_a_constant_offset(known_run):
    images = uw.load_data(np.full((40, 1, 12, 12), 102, np.uint8))  # 0.4, all of them.
    scores = uw.evaluate(known_run(images, lambda truth: truth + 0.1), images)["scores"]
    count = len(images.rows("test"))
    assert scores["rmse"]["value"] == pytest.approx(0.1, abs=1e-6)
    assert scores["psnr"]["value"] == pytest.approx(20, abs=1e-4)
    for score in scores.values():
        assert score["sd"] == pytest.approx(0, abs=1e-5)
        assert score["count"] == count


def test_an_exact_reconstruction_is_finite_json(known_run, pictures):
    document = uw.evaluate(known_run(pictures, np.copy), pictures)
    json.dumps(document, allow_nan=False)
    values = {name: score["value"] for name, score in document["scores"].items()}
    assert values == {"rmse": 0, "psnr": 100, "ssim": pytest.approx(1, abs=1e-6)}


def test_mean_and_deviation_are_over_images(known_run):
    """Image i is off by i / 100; the mean of the decibels is not the decibels of the mean."""
    images = uw.load_data(
        np.arange(40, dtype=np.uint8).reshape(40, 1, 1, 1) * np.ones((1, 1, 12, 12), np.uint8)
    )
    offsets = np.arange(40) / 100

    def off(truth):
        number = np.round(truth * 255) / 100
        return truth + number

    scores = uw.evaluate(known_run(images, off), images, split="all")["scores"]
    decibels = np.minimum(100, -20 * np.log10(np.maximum(offsets, 1e-9)))
    for name, values in {"rmse": offsets, "psnr": decibels}.items():
        assert scores[name]["value"] == pytest.approx(values.mean(), abs=1e-4)
        assert scores[name]["sd"] == pytest.approx(values.std(), abs=1e-4)
        assert scores[name]["count"] == 40


@pytest.mark.parametrize("batch", [1, 7, 96, 1000])
def test_no_score_depends_on_the_batch(batch, known_run, pictures):
    run = known_run(pictures, dark)
    every = np.arange(len(pictures))
    reference = scores_of(EncodedRows(run, pictures, every), OF_SAMPLES)
    run.most_at_once = 0
    found = scores_of(EncodedRows(run, pictures, every, batch), OF_SAMPLES)
    assert run.most_at_once == min(batch, 96)
    for name, score in reference.items():
        for key in ("value", "sd", "count"):
            assert found[name][key] == pytest.approx(score[key], rel=1e-5, abs=1e-6), name


def test_the_scores_share_one_pass_in_bounded_batches(known_run):
    images = np.zeros((1300, 1, 12, 12), np.uint8)
    run = known_run(uw.load_data(images), np.copy)
    assert len(uw.evaluate(run, images, split="all")["scores"]) == 3
    assert run.passes == [512, 512, 276]


def test_tables_have_an_error_in_standardised_units(known_run, rows):
    run = known_run(rows, lambda codes: codes + 0.25)
    document = uw.evaluate(run)
    assert document["scores"]["rmse"] == {
        "value": pytest.approx(0.25, abs=1e-6),
        "sd": pytest.approx(0, abs=1e-6),
        "count": 40,
        "unit": "training standard deviations",
    }
    assert document["scores"].keys() == {"rmse", *OF_FACTORS}
    assert document["omitted"] == {"psnr": "needs images", "ssim": "needs images", **NO_POSTERIOR}
    # The mean of standardised rows is the origin, so its error is 1, overall.
    origin = known_run(rows, np.zeros_like)
    square = np.square(rows.samples[rows.rows("train")]).mean(1)
    error = uw.evaluate(origin, split="train")["scores"]["rmse"]["value"]
    assert error == pytest.approx(np.sqrt(square).mean(), rel=1e-6)
    assert square.mean() == pytest.approx(1, rel=1e-5)


def test_two_valued_columns_are_not_rounded():
    """A table's own units know yes and no alone; the error is that of the network's output."""
    generator = np.random.default_rng(1)
    answers = np.where(generator.random(60) > 0.3, "yes", "no")
    frame = pd.DataFrame({"answer": answers, "size": generator.standard_normal(60)})
    model = uw.train("vae", frame, steps=2, compile="no", progress=False)
    data = model.dataset(frame)
    decoded = model.expected(model.encode(data))
    assert ((decoded[:, 0] > 0) & (decoded[:, 0] < 1)).all()
    errors = np.sqrt(np.square(decoded - data.samples).mean(1))
    score = uw.evaluate(model, frame, split="all")["scores"]["rmse"]
    assert score["value"] == pytest.approx(errors.mean(), rel=1e-5)
    assert score["sd"] == pytest.approx(errors.std(), rel=1e-4)


# --- a trained run ------------------------------------------------------------------------


def test_the_document_of_a_run(trained):
    folder = trained("sprites:positions=4,scales=2,orientations=4")
    model = uw.load(folder)
    document = json.loads(json.dumps(uw.evaluate(model), allow_nan=False))
    assert list(document) == ["run", "health", "data", "split", "count", "scores", "omitted"]
    assert document["health"] == model.health
    data = model.dataset()
    assert document["run"] == str(folder)
    assert document["data"] == data.name
    assert document["split"] == "test"
    assert document["count"] == len(data.rows("test"))
    for name in ("rmse", "psnr", "ssim"):
        score = document["scores"][name]
        assert set(score) - {"unit"} == {"value", "sd", "count"}
        assert score["count"] == document["count"]
        assert all(math.isfinite(score[key]) for key in ("value", "sd"))
    rows = data.rows("test")
    truth = np.asarray(data.samples[rows], np.float64) / 255
    errors = np.sqrt(np.square(model.reconstruct(data)[rows] - truth).mean((1, 2, 3)))
    assert document["scores"]["rmse"]["value"] == pytest.approx(errors.mean(), rel=1e-4)


def test_which_rows_count(known_run, pictures):
    run = known_run(pictures, dark)
    images = np.asarray(pictures.samples)
    counts = {
        split: uw.evaluate(run, images, "rmse", split)["count"]
        for split in ("train", "validation", "test", "all")
    }
    assert counts == {**{name: len(rows) for name, rows in pictures.splits.items()}, "all": 96}
    # Told by its fingerprint, whatever it is called; other data counts whole.
    other = uw.evaluate(run, images[:30], "rmse")
    assert (other["split"], other["count"], other["run"]) == ("all", 30, None)
    assert uw.evaluate(run, pictures, "rmse")["split"] == "test"


def test_data_is_known_by_the_fingerprint_of_an_earlier_run(known_run, rows):
    run = known_run(rows, np.copy)
    run.data["fingerprint"] = "of old"
    assert uw.evaluate(run, rows)["split"] == "all"
    known = dataclasses.replace(rows, former=lambda: "of old")
    assert uw.evaluate(run, known)["split"] == "test"


def test_data_that_has_changed_counts_whole_and_is_told(known_run, rows, caplog):
    run = known_run(rows, np.copy)
    run.data["fingerprint"] = "of older rows"
    document = uw.evaluate(run)
    assert (document["split"], document["count"]) == ("all", 400)
    assert "has changed since the run was trained" in caplog.text


def test_several_models_give_a_list_and_share_their_data(known_run, rows, monkeypatch):
    runs = [known_run(rows, np.copy), known_run(rows, lambda codes: codes + 1)]
    asked = []
    dataset = known_run.dataset
    monkeypatch.setattr(
        known_run, "dataset", lambda run, data=None: asked.append(run) or dataset(run, data)
    )
    documents = uw.evaluate(runs, metrics=["rmse"])
    assert [each["scores"]["rmse"]["value"] for each in documents] == pytest.approx([0, 1])
    assert asked == runs[:1]
    assert uw.evaluate(runs[:1], metrics=["rmse"]) == documents[:1]
    assert uw.evaluate([]) == []


# --- few rows, few factors, closed dimensions ---------------------------------------------


def grid_images(count, factors=3, side=12):
    """Return images, and factors of which the last never varies."""
    levels = np.stack(np.unravel_index(np.arange(count) % 24, (4, 3, 2)), axis=1)
    levels[:, factors - 1 :] = 0
    images = np.random.default_rng(0).integers(0, 256, (count, 1, side, side), dtype=np.uint8)
    known = Factors(("a", "b", "c"), levels.astype(float), (4, 3, 2))
    return dataclasses.replace(uw.load_data(images), factors=known)


def test_few_images_are_scored_by_what_needs_no_more(known_run):
    images = grid_images(16)
    document = uw.evaluate(known_run(images, dark), images, split="test")
    assert list(document["scores"]) == ["rmse", "psnr", "ssim"]
    why = f"needs 10 rows at least, these are {len(images.rows('test'))}"
    assert document["omitted"] == {**dict.fromkeys(OF_FACTORS, why), **NO_POSTERIOR}


def test_factors_that_do_not_vary_are_left_out_and_told(known_run, refuses, capsys):
    images = grid_images(40)
    run = known_run(images, dark)
    document = uw.evaluate(run, images, "mig", "all")
    assert document["scores"]["mig"]["left_out"] == ["c"]
    show_scores([document])
    assert "left out: factor c (does not vary in these rows)" in capsys.readouterr().out
    nothing = dataclasses.replace(images, factors=grid_images(40, factors=1).factors)
    none = uw.evaluate(run, nothing, split="all")
    assert list(none["scores"]) == ["rmse", "psnr", "ssim"]
    why = "needs known factors that vary; none does in these 40 rows"
    assert none["omitted"]["mig"] == why
    refuses(lambda: uw.evaluate(run, nothing, "mig,rmse", "all"), f"mig {why}")


def test_of_one_factor_nothing_is_said_that_holds_of_any_code(known_run):
    images = grid_images(40, factors=2, side=3)
    document = uw.evaluate(known_run(images, dark), images, split="all")
    why = "needs 2 factors that vary; in these rows 1 does"
    alone = {name for name, reason in document["omitted"].items() if reason == why}
    assert alone == {"factor-vae-score", "beta-vae-score", "modularity", "dci-disentanglement"}
    assert {"mig", "sap", "irs", "explicitness", "dci-completeness"} <= set(document["scores"])


def test_closed_dimensions_know_nothing():
    """A closed dimension whose mean copies a factor, a thousandth as large, changes no gap."""
    data = uw.load_data("fa15:rows=600")
    model = uw.train("vae", data, steps=1, compile="no", progress=False, latent_dim=6)
    factors = data.factors.values

    def posterior(given, rows=None):
        means = np.concatenate([factors, factors / 1000], axis=1).astype(np.float32)
        log_variances = np.repeat(np.float32([-4, 0]), 3) * np.ones_like(means)
        return means, log_variances

    model.posterior = posterior
    found = uw.evaluate(model, data, "mig,modularity,sap,irs,factor-vae-score", "all")["scores"]
    assert found["mig"]["value"] == pytest.approx(1, abs=1e-3)
    assert found["modularity"]["value"] == 1
    assert found["modularity"]["per_dimension"][3:] == [None] * 3
    assert found["sap"]["value"] > 0.95
    assert found["factor-vae-score"]["active"] == [0, 1, 2]


# --- refusals -----------------------------------------------------------------------------


def test_small_images_have_no_structural_similarity(known_run, small_pictures, refuses):
    run = known_run(small_pictures, dark)
    document = uw.evaluate(run, small_pictures)
    assert list(document["scores"]) == ["rmse", "psnr"]
    why = "needs images of at least 11 x 11 pixels, these are 8 x 8"
    unknown = dict.fromkeys(OF_FACTORS, "needs known factors")
    assert document["omitted"] == {"ssim": why, **unknown, **NO_POSTERIOR}
    refuses(lambda: uw.evaluate(run, small_pictures, metrics=["rmse", "ssim"]), "ssim", why)


def test_metrics_are_named(known_run, pictures, refuses):
    run = known_run(pictures, dark)
    document = uw.evaluate(run, pictures, " ssim, rmse,ssim")
    assert list(document["scores"]) == ["ssim", "rmse"]
    words = ("unknown metric 'rsme'", "did you mean 'rmse'?", *registry.SCORES)
    refuses(lambda: uw.evaluate(run, pictures, ["rsme"]), *words)
    refuses(lambda: uw.evaluate(run, pictures, ""), "unknown metric ''")
    refuses(lambda: uw.evaluate(run, pictures, []), "at least one", "psnr")
    refuses(lambda: uw.evaluate(run, pictures, split="tset"), "unknown split", "'test'")


def test_tables_refuse_scores_of_images(known_run, rows, refuses):
    run = known_run(rows, np.copy)
    refuses(lambda: uw.evaluate(run, metrics="psnr"), "psnr needs images", rows.name)


def test_data_from_memory_must_be_passed_in(known_run, pictures, refuses):
    refuses(lambda: uw.evaluate(known_run(pictures, dark)), "from memory")


def test_reconstructions_that_are_not_finite_are_no_score(known_run, rows):
    run = known_run(rows, lambda codes: codes * np.nan)
    with pytest.raises(UnweaveError, match="not finite"):
        uw.evaluate(run)


def test_splits_are_those_of_a_dataset(rows):
    assert set(evaluation.SPLITS) == {*rows.splits, "all"}
