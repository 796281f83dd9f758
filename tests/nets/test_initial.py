"""Where networks start: at the data's mean, and near the prior."""

import numpy as np
import pytest
import torch

from support import train_run
from unweave.data import load_data
from unweave.models.families import build_model, model_settings
from unweave.nets.convolution import image_decoder, image_encoder
from unweave.nets.initial import start_at_mean, start_at_prior

SHAPE, CHANNELS, UNITS = (3, 16, 16), (8, 8), (16,)


@pytest.mark.parametrize("logits", [True, False])
def test_a_decoder_without_weights_says_the_mean(logits):
    decoder = image_decoder(4, SHAPE, CHANNELS, UNITS)
    mean = torch.tensor([0.05, 0.5, 0.8])
    start_at_mean(decoder, mean, logits)
    with torch.no_grad():
        decoder[-1].weight.zero_()
        said = decoder(torch.randn(5, 4))
    said = said.sigmoid() if logits else said
    torch.testing.assert_close(said, mean[None, :, None, None].expand(5, *SHAPE))


def test_a_mean_at_the_edge_stays_within_reach():
    decoder = image_decoder(4, SHAPE, CHANNELS, UNITS)
    start_at_mean(decoder, torch.tensor([0.0, 1.0, 0.5]), logits=True)
    np.testing.assert_allclose(decoder[-1].bias.detach().sigmoid(), [0.01, 0.99, 0.5], rtol=1e-5)


def test_a_network_that_ends_otherwise_is_left_alone():
    decoder = torch.nn.Sequential(torch.nn.Linear(4, 12), torch.nn.Unflatten(1, (3, 2, 2)))
    before = {name: value.clone() for name, value in decoder.state_dict().items()}
    start_at_mean(decoder, torch.tensor([0.1, 0.2, 0.3]), logits=True)
    assert all(torch.equal(before[name], value) for name, value in decoder.state_dict().items())


def test_a_posterior_starts_near_the_prior():
    torch.manual_seed(0)
    encoder = image_encoder(SHAPE, 8, CHANNELS, UNITS)
    images = torch.rand(9, *SHAPE)
    before = encoder(images)
    start_at_prior(encoder, 4)
    after = encoder(images)
    torch.testing.assert_close(after[:, :4], before[:, :4])
    torch.testing.assert_close(after[:, 4:], 0.1 * before[:, 4:])


def first_loss(data, network):
    """Return the reconstruction term of the first step of a plain VAE, and that of the mean."""
    run = train_run("vae", data, {"steps": 1, "network": network, "log_every": 1, "compile": "no"})
    images = np.asarray(data.samples[data.rows("train")]) / 255
    mean = images.mean((0, 2, 3), keepdims=True)
    entropy = -(images * np.log(mean) + (1 - images) * np.log(1 - mean)).sum((1, 2, 3)).mean()
    return run.history.column("reconstruction")[0], entropy


def test_training_starts_where_the_mean_picture_is():
    data = load_data("sprites:scales=2,orientations=2,positions=4")
    tuned, mean = first_loss(data, "tuned")
    published, _ = first_loss(data, "published")
    assert tuned < 1.1 * mean
    assert published > 3 * mean


def test_the_published_networks_stay_available():
    shape = (1, 64, 64)
    for network, activation in (("tuned", torch.nn.LeakyReLU), ("published", torch.nn.ReLU)):
        settings = model_settings("vae", shape, {"network": network, "likelihood": "bernoulli"})
        model = build_model("vae", settings, shape, 100)
        kinds = {type(layer) for part in (model.encoder, model.decoder) for layer in part}
        assert activation in kinds
        assert len(kinds & {torch.nn.LeakyReLU, torch.nn.ReLU}) == 1
