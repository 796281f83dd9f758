import itertools

import pytest
import torch
from torch import nn

from unweave.errors import RequestError
from unweave.nets.batch_norm import share_batch_statistics
from unweave.nets.convolution import default_channels, image_decoder, image_encoder
from unweave.nets.inputs import as_input
from unweave.nets.perceptron import discriminator, table_decoder, table_encoder


@pytest.mark.parametrize(
    ("side", "channels"),
    [(64, (32, 32, 64, 64)), (28, (32, 64)), (8, (64,)), (32, (32, 64, 64))],
)
def test_channels_by_size(side, channels):
    assert default_channels(side, side) == channels


@pytest.mark.parametrize("shape", [(1, 64, 64), (3, 28, 28), (1, 8, 8), (3, 32, 48), (1, 14, 14)])
def test_the_decoder_mirrors_the_encoder(shape):
    channels = default_channels(*shape[1:])
    encoder = image_encoder(shape, 6, channels, (32,))
    decoder = image_decoder(3, shape, channels, (32,))
    images = torch.rand(2, *shape)
    assert encoder(images).shape == (2, 6)
    assert decoder(torch.zeros(2, 3)).shape == images.shape
    convolutions = [part for part in encoder if isinstance(part, nn.Conv2d)]
    mirrored = [part for part in decoder if isinstance(part, nn.ConvTranspose2d)]
    forward = [(part.in_channels, part.out_channels) for part in convolutions]
    back = [(part.out_channels, part.in_channels) for part in reversed(mirrored)]
    assert forward == back
    # No two activations in a row, none after the last layer.
    kinds = [type(part) for part in decoder]
    assert (nn.ReLU, nn.ReLU) not in set(itertools.pairwise(kinds))
    assert isinstance(decoder[-1], nn.ConvTranspose2d)


def test_the_published_network_has_its_published_size():
    """Conv 32-32-64-64 of 4 x 4, 256 units, 2 x 10 outputs: counted by hand."""
    encoder = image_encoder((1, 64, 64), 20, (32, 32, 64, 64), (256,))
    weights = [1 * 16 * 32, 32 * 16 * 32, 32 * 16 * 64, 64 * 16 * 64, 1024 * 256, 256 * 20]
    biases = 32 + 32 + 64 + 64 + 256 + 20
    assert sum(part.numel() for part in encoder.parameters()) == sum(weights) + biases


@pytest.mark.parametrize(
    ("shape", "channels", "said"),
    [((1, 9, 9), (32,), "cannot be halved"), ((1, 64, 64), (8,) * 6, "can be halved 4 times")],
)
def test_sides_that_do_not_halve_are_refused(shape, channels, said):
    with pytest.raises(RequestError, match=said):
        image_encoder(shape, 6, channels, (32,))


def test_table_networks():
    rows = torch.zeros(5, 7)
    assert table_encoder(7, 6, (8, 9))(rows).shape == (5, 6)
    assert table_decoder(3, 7, (8, 9))(torch.zeros(5, 3)).shape == (5, 7)
    decoder = table_decoder(3, 7, (8, 9))
    widths = [part.out_features for part in decoder if isinstance(part, nn.Linear)]
    assert widths == [9, 8, 7]


def test_the_discriminator_is_as_published():
    judge = discriminator(10, (1000,) * 6)
    assert judge(torch.zeros(4, 10)).shape == (4, 2)
    slopes = [part.negative_slope for part in judge if isinstance(part, nn.LeakyReLU)]
    assert slopes == [0.2] * 6


def test_inputs_are_pixels_in_the_unit_interval():
    images = torch.tensor([0, 51, 255, 102], dtype=torch.uint8).reshape(1, 1, 2, 2)
    torch.testing.assert_close(
        as_input(images).flatten(), torch.tensor([0.0, 0.2, 1.0, 0.4]), atol=0, rtol=1e-6
    )
    rows = torch.randn(3, 2)
    assert as_input(rows) is rows


def test_shared_batch_statistics_of_one_process_are_torchs_own():
    torch.manual_seed(0)
    plain, shared = (nn.BatchNorm2d(3) for _ in range(2))
    share_batch_statistics(shared, lambda rows: rows)
    for seed in range(3):
        torch.manual_seed(seed)
        images = torch.randn(6, 3, 4, 4) * 2 + 1
        torch.testing.assert_close(shared(images), plain(images))
    torch.testing.assert_close(shared.running_var, plain.running_var)
    torch.testing.assert_close(shared.running_mean, plain.running_mean)
    plain.eval()
    shared.eval()
    torch.testing.assert_close(shared(images), plain(images))
