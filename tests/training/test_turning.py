"""Dimensions that open one after another, and codes that are turned while a model trains."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from scipy import stats

from support import train_run
from unweave.errors import RequestError
from unweave.models.families import build_model, model_settings
from unweave.models.objective import Batch, Draws
from unweave.objectives.divergence import kl_from_standard_normal
from unweave.training.turning import turn_of

SHAPE = (1, 16, 16)
DEGREES = 35


def model_of(**changes):
    changes = {"latent_dim": 4, "likelihood": "bernoulli", "units": 32} | changes
    examples = np.full((2, *SHAPE), 9, np.uint8)
    settings = model_settings("beta-vae", SHAPE, changes, examples)
    torch.manual_seed(0)
    return build_model("beta-vae", settings, SHAPE, 100, examples=examples).eval()


def loss_of(model, open_dimensions):
    samples = torch.rand(8, *SHAPE, generator=torch.Generator().manual_seed(1))
    draws = Draws(torch.randn(8, 4, generator=torch.Generator().manual_seed(2)))
    coefficients = {"beta": torch.tensor(1.0), "open_dimensions": torch.tensor(open_dimensions)}
    model.zero_grad()
    return samples, model(Batch(samples), draws, coefficients)


def quarter_turned(generator, degrees=DEGREES):
    """Return two uniform factors of variance 0.9, turned, and the matrix that turned them."""
    factors = generator.uniform(-1, 1, (4096, 2)) * np.sqrt(0.9 * 3)
    angle = np.radians(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return factors @ matrix.T, matrix


@pytest.mark.parametrize("degrees", [20, 35, 45, 60])
def test_independent_factors_come_to_lie_on_single_dimensions(degrees):
    codes, matrix = quarter_turned(np.random.default_rng(0), degrees)
    found = turn_of(codes, np.array([0.1, 0.1]))
    mixed = np.abs(found @ matrix)
    assert np.sort(mixed, axis=1) == pytest.approx(np.array([[0, 1], [0, 1]]), abs=0.04)
    variances = (codes @ found.T).var(0) + found**2 @ [0.1, 0.1]
    assert variances == pytest.approx([1, 1])


def test_a_turn_keeps_order_and_signs_where_it_can():
    codes, matrix = quarter_turned(np.random.default_rng(1))
    assert turn_of(codes, np.full(2, 0.1)) == pytest.approx(matrix.T, abs=0.05)


def test_factors_along_their_dimensions_and_gaussian_ones_stay():
    generator = np.random.default_rng(2)
    plain, _ = quarter_turned(generator, 0)
    noise = np.full(2, 0.1)
    assert turn_of(plain, noise) is None
    assert turn_of(generator.standard_normal((4096, 3)), np.full(3, 0.1)) is None
    assert turn_of(np.repeat(plain[:, :1], 2, axis=1), noise) is None, "no turn separates these"


def test_a_few_samples_far_out_turn_nothing():
    """As of a network that knows one factor of a few images, 150 steps after its start."""
    generator = np.random.default_rng(3)
    codes = 0.2 * generator.standard_normal((4096, 2))
    codes[:60] += generator.uniform(1, 3, (60, 1))
    assert (stats.kurtosis(codes) > 3).all()
    assert turn_of(codes, np.full(2, 0.9)) is None


def test_a_turned_model_decodes_its_codes_to_the_same():
    model = model_of()
    samples = torch.rand(8, *SHAPE)
    mean, log_variance = model.posterior(samples)
    before = model.decode(mean)
    matrix = torch.eye(4, dtype=torch.float64)
    matrix[:2, :2] = torch.tensor([[0.6, 0.8], [-0.8, 0.6]])
    model.turn(matrix)
    turned, variances = model.posterior(samples)
    torch.testing.assert_close(turned, mean @ matrix.float().T)
    torch.testing.assert_close(model.decode(turned), before)
    torch.testing.assert_close(variances, log_variance @ matrix.float().square().T)


def test_a_closed_dimension_learns_from_the_divergence_alone():
    model = model_of()
    samples, output = loss_of(model, 2.0)
    output.total.backward()
    learned = model.encoder[-1].weight.grad.clone()
    model.zero_grad()
    kl_from_standard_normal(*model.posterior(samples)).sum(1).mean().backward()
    alone = model.encoder[-1].weight.grad
    for rows in (slice(0, 4), slice(4, 8)):  # Means, then log-variances.
        torch.testing.assert_close(learned[rows][2:], alone[rows][2:])
        assert not torch.allclose(learned[rows][:2], alone[rows][:2])


def test_dimensions_open_at_whole_numbers_and_all_open_is_the_plain_objective():
    model = model_of()
    totals = [loss_of(model, count)[1].total.item() for count in (1.0, 2.0, 2.9, 3.0)]
    assert totals[1] == totals[2]
    assert len(set(totals)) == 3
    samples, output = loss_of(model, 4.0)
    draws = Draws(torch.randn(8, 4, generator=torch.Generator().manual_seed(2)))
    plain = model(Batch(samples), draws, {"beta": torch.tensor(1.0)})
    assert torch.equal(output.total, plain.total)


def test_what_never_opens_stays_at_the_prior(rows):
    changes = {"steps": 400, "open_dimensions": 2, "latent_dim": 5, "learning_rate": 3e-3}
    run = train_run("vae", rows, changes=changes, progress=False)
    assert max(run.summary["kl"][2:]) < 0.01 < min(run.summary["kl"][:2])


def test_a_turned_run_resumes_bit_for_bit(pictures, tmp_path, monkeypatch):
    changes = {
        "steps": 40,
        "log_every": 10,
        "checkpoint_seconds": 0,
        "turning": 1,
        "open_dimensions": "linear(2, 10, 0.5)",
        "discriminator_hidden": "32",
        "beta": 0.1,
    }
    turned = []
    from unweave.training import turning

    plain = turning.Turner.matrix

    def remember(turner):
        turned.append(plain(turner))
        return np.eye(10)[[1, 0, *range(2, 10)]]

    monkeypatch.setattr(turning.Turner, "matrix", remember)
    train_run("factor-vae", pictures, changes=changes, out=tmp_path / "whole", progress=False)
    assert len(turned) == 20
    from unweave.training.loop import Loop

    step = Loop._take_step

    def stop(loop):
        if loop.step == 23:
            raise KeyboardInterrupt
        return step(loop)

    with monkeypatch.context() as patch:
        patch.setattr(Loop, "_take_step", stop)
        with pytest.raises(KeyboardInterrupt):
            train_run(
                "factor-vae", pictures, changes=changes, out=tmp_path / "parts", progress=False
            )
    train_run("factor-vae", pictures, out=tmp_path / "parts", resume=True, progress=False)
    whole, parts = (load_file(tmp_path / each / "model.safetensors") for each in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_seeds_of_a_turned_table_are_trained_one_by_one(rows):
    from unweave.models.stack import can_be_stacked

    assert not can_be_stacked(train_run("vae", rows, changes={"turning": 1, "steps": 5}).module)


def test_networks_of_ones_own_are_not_turned(pictures):
    shape = pictures.sample_shape
    encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(int(np.prod(shape)), 20))
    with pytest.raises(RequestError, match="turns the first and last layers of the built-in"):
        train_run("vae", pictures, changes={"turning": 0.5, "steps": 5}, encoder=encoder)


@pytest.mark.parametrize(
    ("name", "value"), [("open_dimensions", 0), ("turning", 1.5), ("turning", -1)]
)
def test_values_that_make_no_sense_are_refused(name, value, rows):
    with pytest.raises(RequestError, match=f"{name}={value}: must be at"):
        train_run("vae", rows, changes={name: value})
