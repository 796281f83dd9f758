"""A run's section begins with findings in sentences, and ends with what is technical."""

import copy

import numpy as np
import pytest
import torch

import unweave as uw
from unweave.reporting.findings import findings
from unweave.reporting.page import Folded, Picture, Table
from unweave.reporting.run_section import run_section


@pytest.fixture(scope="module")
def run(rows):
    model = uw.train("bf-vae", rows, steps=300, progress=False, latent_dim=4)
    model.summary["health"] = {"collapsed": False, "dead": {}, "variance": 0.42, "note": ""}
    model.summary["kl"], model.summary["informative"] = [2.0, 0.02, 0.15, 0.0], [0, 2]
    return model


def test_it_says_what_was_found_how_sure_and_what_to_do_next(run, rows):
    found, sure, later = findings(run, rows)
    assert found.startswith("2 of 4 dimensions carry what the model keeps of fa15")
    assert "z0" in found
    assert "z1" not in found
    assert "seed 0" in sure
    assert "42% of the variance" in sure
    assert "z2 (0.15) is barely above the threshold of 0.1 nats" in sure
    assert "several seeds" in later


def test_of_a_dead_model_only_that_is_said(run, rows, monkeypatch):
    monkeypatch.setitem(run.summary, "health", {"note": "collapsed: train it longer"})
    assert findings(run, rows) == [
        "This model is not to be trusted. It is collapsed: train it longer."
    ]


def test_attributes_are_found_by_name(planted_run, planted):
    (found, *_) = findings(planted_run(), planted)
    assert "Corner, Edge" in found


def test_findings_come_first_figures_next_losses_last(run, rows):
    parts = run_section(run, rows).parts
    kinds = [type(part) for part in parts]
    assert kinds[:3] == [str, str, str]
    assert kinds.index(Picture) < kinds.index(Table) < kinds.index(Folded)
    assert isinstance(parts[-1], Picture)
    assert parts[-1].title == "Training"


@pytest.fixture(scope="module")
def alone(rows):
    model = uw.train("bf-vae", rows, steps=300, progress=False, latent_dim=3, beta=0.5)
    return uw.interpret(model)


def test_signed_coefficients_have_the_signs_of_the_data(alone, rows):
    np.testing.assert_allclose(abs(alone.signed()), alone.tables["dbsr_ls"], atol=1e-12)
    codes, samples = alone.reference.codes, rows.samples[alone.reference.rows]
    k = int(np.argmax(alone.kl))
    strong = alone.tables["dbsr_ls"][:, k] > 0.5
    assert strong.any()
    with_code = [np.corrcoef(codes[:, k], samples[:, j])[0, 1] for j in np.flatnonzero(strong)]
    assert (np.sign(with_code) == np.sign(alone.signed()[strong, k])).all()
    assert alone.to_json()["dbsr_ls_signed"] == alone.signed().tolist()


def test_a_turned_run_is_turned_back_before_it_is_averaged(alone):
    model = alone.reference.model
    turned = copy.deepcopy(model)
    with torch.no_grad():
        turned.module.encoder[-1].weight[:3] *= -1
        turned.module.encoder[-1].bias[:3] *= -1
        turned.module.decoder[0].weight *= -1
    both = uw.interpret([model, turned])
    columns = list(both.informative)
    np.testing.assert_allclose(
        abs(both.signed()[:, columns]), abs(alone.signed()[:, columns]), atol=1e-4
    )


def test_a_report_is_a_page_and_results_are_a_folder(run, tmp_path, refuses, refused):
    run.save(tmp_path / "run")
    refuses(lambda: uw.report(tmp_path / "run", tmp_path / "x.pdf"), "x.pdf", ".html")
    refuses(lambda: uw.save_interpretation(run, tmp_path / "r.html"), "r.html", "folder")
    out = tmp_path / "r.html"
    refused(["interpret", tmp_path / "run", "--out", out], "--out", "r.html", "folder")
    assert not out.exists()
    assert not (tmp_path / "x.pdf").exists()
