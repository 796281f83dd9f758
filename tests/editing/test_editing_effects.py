"""Effects of decoders that are known beforehand, and what they are called."""

import numpy as np
import pytest
import torch
from torch import nn

import unweave as uw
from unweave.editing.controls import controls_of
from unweave.editing.effects import effects


class Planted(nn.Module):
    """A decoder that is a function of the codes."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.register_parameter("none", nn.Parameter(torch.zeros(1)))

    def forward(self, codes):
        return self.function(codes) + 0 * self.none


def planted(samples, function, codes=3):
    return uw.train(
        "vae", samples, steps=1, progress=False, compile="no", latent_dim=codes,
        decoder=Planted(function), likelihood="gaussian",
    )  # fmt: skip


@pytest.fixture(scope="module")
def table(rows):
    weights = torch.zeros(3, 15)
    weights[0, [2, 4]] = torch.tensor([1.0, -0.8])
    weights[0, 7] = 0.3
    weights[1, 1] = -0.5
    return planted(rows, lambda codes: codes @ weights), rows


def test_a_linear_decoders_effects_are_its_weights_times_the_way_moved(table):
    model, _ = table
    found = effects(model, None)
    way = 2 * 0.994458  # from the 16 % to the 84 % quantile of the standard normal prior
    np.testing.assert_allclose(
        found.change[0, [2, 4, 7]], way * np.array([1, -0.8, 0.3]), rtol=1e-3
    )
    np.testing.assert_allclose(found.size, abs(found.change), rtol=1e-5)
    assert (found.change[2] == 0).all()


def test_a_dimension_is_called_by_the_features_it_moves_with_their_signs(table):
    model, _rows = table
    found = effects(model, None)
    assert [found.meaning(f"z{k}") for k in range(3)] == ["x3 − x5", "−x2", ""]


def test_a_given_name_comes_before_the_meaning(table, monkeypatch):
    from unweave.editing.aggregate_posterior import aggregate_posterior

    model, _ = table
    model.summary["informative"] = [0, 1]
    model.summary["kl"] = [2.0, 1.0, 0.0]
    monkeypatch.setattr(type(model), "given_names", lambda self: {"z1": "mood"})
    controls = controls_of(model, None, aggregate_posterior(model, None))
    assert [each.label for each in controls] == ["z0: x3 − x5", "z1: mood", "z2"]
    assert [each.folded for each in controls] == [False, False, True]


def square(top, left):
    """Draw soft squares of side 4 at places in pixels, on black."""
    axis = torch.arange(16.0)

    def band(first):
        begins, ends = axis - first[:, None], first[:, None] + 4 - axis
        return torch.sigmoid(4 * begins) * torch.sigmoid(4 * ends)

    return (band(top)[:, :, None] * band(left)[:, None, :])[:, None]


def test_a_picture_that_moves_says_where_to(pictures):
    model = planted(pictures, lambda codes: square(6 - codes[:, 0], 6 + codes[:, 1]))
    found = effects(model, None)
    assert [found.meaning(f"z{k}") for k in range(3)] == ["moves up", "moves right", ""]
    np.testing.assert_allclose(found.shift[1], [0, 2 * 0.9945 / 15], atol=5e-3)


def test_a_picture_that_changes_says_where(pictures):
    def draw(codes):
        images = torch.full((len(codes), 1, 16, 16), 0.5)
        images[:, :, :5, :5] += 0.1 * codes[:, 0, None, None, None]
        images[:, :, :5, 11:] -= 0.1 * codes[:, 0, None, None, None]
        images[:, :, 11:, 6:10] -= 0.1 * codes[:, 1, None, None, None]
        return images + 0.02 * codes[:, 2, None, None, None]

    found = effects(planted(pictures, draw), None)
    assert found.meaning("z1") == "darker, bottom"
    assert found.meaning("z2") == "brighter, overall"
    assert found.meaning("z0") == "changes, top"
