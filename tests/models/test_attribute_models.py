"""The attribute family: what its targets say, what its loss adds up to, whom it teaches what."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from unweave.models.families import ATTRIBUTE, MODELS, build_model, model_settings
from unweave.models.objective import Batch, Draws
from unweave.objectives.cross_covariance import cross_covariance_penalty
from unweave.objectives.distance_covariance import (
    bias_corrected_distance_correlation,
    squared_distance_covariance,
    unbiased_squared_distance_covariance,
)
from unweave.objectives.structural_similarity import structural_dissimilarity
from unweave.objectives.targets import Targets
from unweave.schedules import value_at

SHAPE = (3, 16, 16)
BATCH, CODES = 12, 5
ATTRIBUTES = Targets(("Hat", "5_o_Clock", "Red"))
CLASSES = Targets(("a", "b", "c", "d"), exclusive=True)
LABELLED = [name for name in ATTRIBUTE.corners if name != "ae"]


def model_of(name, targets=ATTRIBUTES, **changes):
    torch.manual_seed(0)
    small = {"latent_dim": CODES, "channels": "8,8", "units": "16"}
    settings = model_settings(name, SHAPE, {**small, **changes})
    told = Targets() if settings.decoder_input == "nothing" else targets
    return build_model(name, settings, SHAPE, 100, targets=told)


def batch_of(targets=ATTRIBUTES, seed=1):
    generator = torch.Generator().manual_seed(seed)
    samples = torch.rand(BATCH, *SHAPE, generator=generator)
    if targets.exclusive:
        labels = torch.randint(len(targets), (BATCH,), generator=generator)
    else:
        labels = torch.randint(2, (BATCH, len(targets)), generator=generator)
    return Batch(samples, labels=labels if len(targets) else None)


def step_of(model, batch):
    coefficients = {
        name: torch.tensor(value_at(value, 9, 10)) for name, value in model.coefficients.items()
    }
    return model(batch, Draws(torch.empty(BATCH, 0)), coefficients), coefficients


@pytest.mark.parametrize("name", ATTRIBUTE.corners)
@pytest.mark.parametrize("targets", [ATTRIBUTES, CLASSES])
def test_the_total_is_the_weighted_sum_of_the_named_terms(name, targets):
    model = model_of(name, targets, beta=3.0, gamma=2.0, alpha=0.7, labels_over="mean")
    output, weight = step_of(model, batch_of(model.targets))
    terms = output.terms
    total = weight["mse_weight"] * terms["squared_error"]
    total = total + 0.7 * terms["structural_dissimilarity"]
    if name != "ae":
        total = total + 3.0 * terms["discriminative"]
        assert "distance_correlation" in terms
    if MODELS[name].settings.get("decorrelation", "none") != "none":
        total = total + 2.0 * terms["decorrelation"]
    torch.testing.assert_close(output.total, total)
    assert ("discriminative" in terms) == (name != "ae")


@pytest.mark.parametrize(
    ("changes", "penalty"),
    [
        ({"decorrelation": "cross-covariance"}, cross_covariance_penalty),
        ({"distance_estimate": "v-statistic"}, squared_distance_covariance),
        ({"distance_estimate": "unbiased"}, unbiased_squared_distance_covariance),
    ],
)
@pytest.mark.parametrize("normalise_target", [True, False])
def test_terms_against_their_definitions(changes, penalty, normalise_target):
    model = model_of("mdd-ae-dcov", alpha=1.0, normalise_target=normalise_target, **changes)
    batch = batch_of()
    terms = step_of(model, batch)[0].terms
    # Batch norms give the same in a second pass over the same batch.
    logits, latent = model.logits_and_latent(batch.samples)
    soft = torch.sigmoid(logits)
    output = model.decode(torch.cat([soft, latent], dim=1))
    torch.testing.assert_close(terms["squared_error"], ((output - batch.samples) ** 2).mean())
    torch.testing.assert_close(
        terms["structural_dissimilarity"], structural_dissimilarity(batch.samples, output)
    )
    wanted = soft.clamp(1e-12, 1 - 1e-12)
    entropy = -(batch.labels * wanted.log() + (1 - batch.labels) * (1 - wanted).log()).mean()
    torch.testing.assert_close(terms["discriminative"], entropy)
    torch.testing.assert_close(
        terms["distance_correlation"], bias_corrected_distance_correlation(soft, latent)
    )
    if normalise_target:
        soft = soft / soft.std(0).clamp_min(0.05) / math.sqrt(len(ATTRIBUTES))
    torch.testing.assert_close(terms["decorrelation"], penalty(soft, latent))


def test_the_squared_error_is_in_the_units_that_are_named():
    model = model_of("ae", mse_over="sum", value_width=2.0, mse_weight=1.0)
    output, _ = step_of(model, batch_of(Targets()))
    # Twice the width, four times the square; summed over 3 x 16 x 16 values.
    torch.testing.assert_close(output.total, 4 * math.prod(SHAPE) * output.terms["squared_error"])


def test_labels_count_as_often_as_there_are_some():
    outputs = {
        over: step_of(model_of("dis-ae", beta=1.0, labels_over=over), batch_of())[0]
        for over in ("mean", "sum")
    }
    mean, summed = outputs["mean"], outputs["sum"]
    torch.testing.assert_close(mean.terms["discriminative"], summed.terms["discriminative"])
    extra = (len(ATTRIBUTES) - 1) * mean.terms["discriminative"]
    torch.testing.assert_close(summed.total - mean.total, extra)


def gradient_of_targets(model, term):
    """Return how strongly a term pulls at the rows of the encoder that make the logits."""
    output, _ = step_of(model, batch_of())
    value = output.terms[term]
    (gradient,) = torch.autograd.grad(value, model.encoder[-1].weight, allow_unused=True)
    return float(gradient[: len(ATTRIBUTES)].abs().max())


@pytest.mark.parametrize(
    ("who", "reconstruction", "decorrelation"),
    [("all", True, True), ("reconstruction", True, False), ("none", False, False)],
)
def test_the_soft_target_hears_only_whom_it_should(who, reconstruction, decorrelation):
    for term, heard in (("squared_error", reconstruction), ("decorrelation", decorrelation)):
        model = model_of("mdd-ae-dcov", target_gradient=who)
        assert (gradient_of_targets(model, term) > 0) == heard
    assert gradient_of_targets(model_of("mdd-ae-dcov", target_gradient=who), "discriminative") > 0


def test_normalised_codes_have_variance_one_whatever_the_encoder_does():
    model = model_of("mdd-ae-dcov")
    with torch.no_grad():
        model.encoder[-1].weight.mul_(0.1)
    _, latent = model.logits_and_latent(batch_of().samples)
    torch.testing.assert_close(latent.mean(0), torch.zeros(CODES), atol=1e-5, rtol=0)
    # Batch norm's own epsilon, 1e-5, is all that is missing.
    assert (latent.var(0, correction=0) > 0.9).all()


class Recorder(nn.Module):
    """Stands for a decoder and remembers what it was fed."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, codes):
        self.codes = codes.detach()
        return codes.mean() * self.weight * torch.ones(len(codes), *SHAPE)


@pytest.mark.parametrize("targets", [ATTRIBUTES, CLASSES])
def test_what_the_decoder_is_fed(targets):
    batch = batch_of(targets)
    for name in LABELLED:
        model = model_of(name, targets)
        model.decoder = Recorder()
        step_of(model, batch)
        fed = model.decoder.codes[:, : len(targets)]
        discrete = MODELS[name].settings.get("decoder_input") == "label"
        if discrete:
            one_hot = nn.functional.one_hot(batch.labels, 4) if targets.exclusive else batch.labels
            torch.testing.assert_close(fed, one_hot.float())
        else:
            torch.testing.assert_close(fed, model.soft_targets(batch.samples).detach())
        model.eval()
        codes = model.encode(batch.samples)[:, : len(targets)].detach()
        is_discrete = bool(((codes == 0) | (codes == 1)).all())
        assert is_discrete == discrete


def test_unknown_labels_do_not_count():
    logits = torch.tensor([[2.0, -1.0], [0.5, 0.5]])
    both = torch.tensor([[1, -1], [-1, 0]])
    wanted = (math.log(1 + math.exp(-2)) + math.log(1 + math.exp(0.5))) / 2
    assert Targets(("a", "b")).loss(logits, both).item() == pytest.approx(wanted, rel=1e-6)
    assert Targets(("a", "b")).loss(logits, torch.full((2, 2), -1)).item() == 0
    classes = Targets(("a", "b"), exclusive=True)
    wanted = math.log(1 + math.exp(-3))
    assert classes.loss(logits, torch.tensor([0, -1])).item() == pytest.approx(wanted, rel=1e-6)
    assert classes.accuracy(logits.softmax(1), torch.tensor([0, -1])).item() == 1
    soft = torch.tensor([[0.9, 0.2], [0.4, 0.6]])
    assert Targets(("a", "b")).accuracy(soft, both).item() == pytest.approx(0.5)


def test_unknown_labels_are_fed_as_the_model_guesses():
    soft = torch.tensor([[0.9, 0.2], [0.4, 0.6]])
    labels = torch.tensor([[0, -1], [-1, 0]])
    assert Targets(("a", "b")).known(labels, soft).tolist() == [[0, 0], [0, 0]]
    exclusive = Targets(("a", "b"), exclusive=True)
    assert exclusive.known(torch.tensor([1, -1]), soft).tolist() == [[0, 1], [0, 1]]


def test_soft_targets_are_shares():
    logits = torch.randn(7, 4, generator=torch.Generator().manual_seed(2))
    np.testing.assert_allclose(CLASSES.soft(logits).sum(1), 1, rtol=1e-6)
    four = Targets(("a", "b", "c", "d"))
    np.testing.assert_allclose(four.soft(logits), 1 / (1 + np.exp(-logits.numpy())), rtol=1e-5)


def test_the_paper_has_a_form_of_its_own():
    faces = model_settings("mdd-ae-dcov", (3, 64, 64), {"form": "paper"})
    assert (faces.beta, faces.gamma, faces.alpha, faces.mse_weight) == (1, 5, 1, 1)
    assert (faces.mse_over, faces.value_width, faces.target_gradient) == ("sum", 2, "all")
    assert (faces.distance_estimate, faces.normalise) == ("v-statistic", False)
    assert not faces.normalise_target
    digits = model_settings("mdd-ae-xcov", (1, 28, 28), {"form": "paper", "gamma": "7"})
    assert (digits.alpha, digits.value_width, digits.gamma) == (0, 1, 7)
    assert model_settings("dis-ae", (3, 64, 64), {"form": "paper"}).alpha == 0


def test_a_plain_autoencoder_has_no_targets_and_works_on_rows():
    model = build_model("ae", model_settings("ae", (6,), {}), (6,), 100)
    assert model.code_dim == 10
    assert not model.learns_from_labels
    assert model.decode(model.encode(torch.randn(8, 6))).shape == (8, 6)
