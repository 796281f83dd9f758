"""Where networks start: at the data's mean, and near the prior."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import unweave as uw
from support import train_run
from unweave.data import load_data
from unweave.models.families import build_model, model_settings
from unweave.nets.convolution import image_decoder, image_encoder
from unweave.nets.initial import NETWORKS, start_at_mean, start_at_prior

WRITTEN_BEFORE = Path(__file__).parents[1] / "runs" / "written_by_64d4cee"
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
    losses = {network: first_loss(data, network) for network in NETWORKS}
    (mean,) = {mean for _, mean in losses.values()}
    assert losses["steady"][0] < 1.1 * mean
    assert losses["tuned"][0] < 1.1 * mean
    assert losses["published"][0] > 3 * mean


@pytest.mark.parametrize(
    ("network", "slope"), [("published", 0.0), ("steady", 0.01), ("tuned", 0.2)]
)
def test_each_network_has_its_activation(network, slope):
    shape = (1, 64, 64)
    settings = model_settings("vae", shape, {"network": network, "likelihood": "bernoulli"})
    model = build_model("vae", settings, shape, 100)
    layers = [layer for part in (model.encoder, model.decoder) for layer in part]
    kinds = (torch.nn.LeakyReLU, torch.nn.ReLU)
    slopes = {getattr(layer, "negative_slope", 0.0) for layer in layers if isinstance(layer, kinds)}
    assert slopes == {slope}


def test_steady_networks_differ_from_the_published_in_the_decoder_s_last_bias_alone():
    shape, examples = (1, 16, 16), np.full((4, 1, 16, 16), 51, np.uint8)

    def weights(network):
        torch.manual_seed(0)
        settings = model_settings("vae", shape, {"network": network, "likelihood": "bernoulli"})
        return build_model("vae", settings, shape, 100, examples=examples).state_dict()

    published, steady = weights("published"), weights("steady")
    changed = [name for name in published if not torch.equal(published[name], steady[name])]
    assert changed == [
        max(name for name in published if name.startswith("decoder") and "bias" in name)
    ]
    torch.testing.assert_close(steady[changed[0]].sigmoid(), torch.tensor([0.2]))


def test_runs_older_than_the_setting_keep_the_published_networks(tmp_path):
    shutil.copytree(WRITTEN_BEFORE, tmp_path, dirs_exist_ok=True)
    assert uw.load(tmp_path / "images").settings.network == "published"
    interrupted = tmp_path / "images-interrupted"
    source = json.loads((interrupted / "config.json").read_text())["data"]["source"]
    model = uw.train("beta-vae", source, out=interrupted, resume=True, progress=False)
    assert model.settings.network == "published"


@pytest.mark.parametrize(("network", "learns"), [("published", False), ("steady", True)])
def test_units_that_are_silent_for_all_samples_still_learn(network, learns):
    torch.manual_seed(0)
    encoder = image_encoder(SHAPE, 8, CHANNELS, UNITS, NETWORKS[network].activation)
    with torch.no_grad():
        encoder[0].bias.fill_(-100)
    encoder(torch.rand(9, *SHAPE)).square().sum().backward()
    assert bool(encoder[0].weight.grad.any()) == learns
