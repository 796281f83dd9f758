"""A corner with a new term is one file and one row: everything else finds it by itself."""

import importlib.util
from pathlib import Path

import pytest
import torch

import unweave as uw
from documentation import TABLES
from support import train_run
from unweave.cli import run_command
from unweave.models.families import MODELS, VARIATIONAL, build_model, family_of, model_settings
from unweave.models.objective import Batch, Draws
from unweave.runs.model import Model

EXAMPLE = Path(__file__).parent / "examples" / "absolute_means.py"


@pytest.fixture
def sparse(monkeypatch):
    """Register the corner of the worked example, as CONTRIBUTING says."""
    spec = importlib.util.spec_from_file_location("absolute_means", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(VARIATIONAL.corners, "sparse-vae", module.SPARSE_VAE)
    return module


@pytest.mark.usefixtures("sparse")
def test_the_command_line_finds_model_and_setting(capsys):
    assert "sparse-vae" in MODELS
    assert run_command(["train", "sparse-vae", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "means drawn to zero" in said
    assert "sparsity weight of the absolute means [may be scheduled] [default: 0.5]" in said


@pytest.mark.usefixtures("sparse")
def test_the_documentation_finds_term_model_and_setting():
    assert "| E Σ_k \\|μ_k\\| | `absolute_means` | code units |" in TABLES["variational terms"]()
    assert "λ_1·E Σ_k |μ_k|" in TABLES["variational formula"]()
    assert "| `sparse-vae` |" in TABLES["models"]()
    assert "| `sparse-vae` | `sparsity=0.5` |" in TABLES["variational corners"]()
    assert "| `sparsity` | weight of the absolute means |" in TABLES["schedulable"]()


def test_the_loss_has_its_share(sparse):
    shape = (6,)
    settings = model_settings("sparse-vae", shape, {"likelihood": "gaussian", "latent_dim": 3})
    torch.manual_seed(0)
    model = build_model("sparse-vae", settings, shape, 100)
    rows, noise = torch.randn(2, 12, 6), torch.randn(12, 3)
    coefficients = {name: torch.tensor(value) for name, value in model.coefficients.items()}
    output = model(Batch(rows[0]), Draws(noise), coefficients)
    mean, _ = model.posterior(rows[0])
    torch.testing.assert_close(output.terms["absolute_means"], sparse.absolute_means(mean))
    others = output.terms["reconstruction"] + output.terms["kl"]
    torch.testing.assert_close(output.total, others + 0.5 * output.terms["absolute_means"])


@pytest.mark.usefixtures("sparse")
def test_it_trains_is_kept_and_may_be_scheduled(rows, tmp_path):
    few = {"steps": 20, "log_every": 5, "sparsity": "linear(0, 2, 0.5)"}
    run = train_run("sparse-vae", rows, few, out=tmp_path / "run")
    assert "absolute_means" in run.history.terms
    loaded = Model.load(tmp_path / "run")
    assert str(loaded.settings.sparsity) == "linear(0, 2, 0.5)"
    assert (loaded.encode(rows) == run.encode(rows)).all()


def test_other_corners_lack_the_term(sparse, rows):
    assert sparse.ABSOLUTE_MEANS in family_of("vae").all_terms
    run = train_run("vae", rows, {"steps": 2})
    assert "absolute_means" not in run.history.terms
    assert run.settings.sparsity == 0


@pytest.mark.usefixtures("sparse")
def test_seeds_of_it_train_together(rows, tmp_path):
    models = uw.train_seeds("sparse-vae", rows, seeds=2, out=tmp_path, steps=10, progress=False)
    assert [model.summary["trained_together"] for model in models] == [2, 2]
    alone = train_run("sparse-vae", rows, {"steps": 10}, seed=1)
    torch.testing.assert_close(
        alone.module.encoder[0].weight, models[1].module.encoder[0].weight, atol=2e-4, rtol=2e-4
    )
