"""The fast layers of decoders against torch's own, in double precision."""

import pytest
import torch
from torch import nn

from unweave.nets.convolution import image_decoder, image_encoder, leaky_relu, relu, steady_relu
from unweave.nets.transposed import DoublingConvolution


def plain(network):
    """Return a copy of a network from torch's own layers, nothing in place."""
    layers = []
    for layer in network:
        if isinstance(layer, nn.ConvTranspose2d):
            layer = nn.ConvTranspose2d(
                layer.in_channels, layer.out_channels, 4, 2, 1, bias=layer.bias is not None
            )
        elif isinstance(layer, nn.LeakyReLU):
            layer = nn.LeakyReLU(layer.negative_slope)
        elif isinstance(layer, nn.ReLU):
            layer = nn.ReLU()
        layers.append(layer)
    copy = nn.Sequential(*layers).double()
    copy.load_state_dict(network.state_dict())
    return copy


def gradients(network, inputs, weights):
    """Return a network's outputs, and the gradients of their weighted sum."""
    inputs = inputs.clone().requires_grad_()
    outputs = network(inputs)
    parameters = list(network.parameters())
    return [outputs, *torch.autograd.grad((outputs * weights).sum(), [inputs, *parameters])]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_values_and_gradients_are_those_of_torch(channels, bias, layout):
    fast = DoublingConvolution(5, channels, bias=bias).double().to(memory_format=layout)
    slow = nn.ConvTranspose2d(5, channels, 4, stride=2, padding=1, bias=bias).double()
    slow.load_state_dict(fast.state_dict())
    inputs = torch.randn(3, 5, 4, 6, dtype=torch.float64).to(memory_format=layout)
    weights = torch.randn(3, channels, 8, 12, dtype=torch.float64)
    for found, expected in zip(
        gradients(fast, inputs, weights), gradients(slow, inputs, weights), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
def test_without_training_the_bits_are_torchs(channels):
    fast = DoublingConvolution(5, channels).eval()
    slow = nn.ConvTranspose2d(5, channels, 4, stride=2, padding=1)
    slow.load_state_dict(fast.state_dict())
    inputs = torch.randn(3, 5, 4, 4)
    assert torch.equal(fast(inputs), slow(inputs))
    sizes = [9, 8]
    assert torch.equal(fast.train()(inputs, sizes), slow(inputs, sizes))


@pytest.mark.parametrize("activation", [relu, steady_relu, leaky_relu])
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 16, 16)])
def test_networks_learn_as_those_of_torchs_own_layers(shape, batch_norm, activation):
    options = (4, 6), (10,), activation, batch_norm
    decoder = image_decoder(3, shape, *options).double()
    encoder = image_encoder(shape, 6, *options).double()
    images = torch.rand(5, *shape, dtype=torch.float64)
    cases = (
        (decoder, torch.randn(5, 3, dtype=torch.float64), torch.randn_like(images)),
        (encoder, images, torch.randn(5, 6, dtype=torch.float64)),
    )
    for network, inputs, weights in cases:
        expected = gradients(plain(network), inputs, weights)
        for found, known in zip(gradients(network, inputs, weights), expected, strict=True):
            torch.testing.assert_close(found, known, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
def test_half_precision_agrees_with_torch(channels):
    fast = DoublingConvolution(8, channels)
    slow = nn.ConvTranspose2d(8, channels, 4, stride=2, padding=1)
    slow.load_state_dict(fast.state_dict())
    inputs, weights = torch.randn(4, 8, 8, 8), torch.randn(4, channels, 16, 16)
    with torch.autocast("cpu", torch.bfloat16):
        found, known = (gradients(layer, inputs, weights) for layer in (fast, slow))
    assert found[0].dtype == known[0].dtype == torch.bfloat16
    for one, other in zip(found, known, strict=True):
        assert (one - other).abs().max() < 0.02 * other.abs().max()
