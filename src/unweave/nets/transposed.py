"""The transposed convolution that doubles the sides of an image, faster where it learns."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class DoublingConvolution(nn.ConvTranspose2d):
    """A transposed convolution of 4 x 4 with stride 2: N x C x H x W to N x D x 2H x 2W.

    Weights, values and gradients are those of `torch.nn.ConvTranspose2d`, to rounding. While it
    trains, two things are done otherwise than torch does them, since they took an eighth of a step
    on a CPU: the bias is added outside the convolution, whose gradient for it is slow; and a
    single channel comes from a convolution with four channels, one for each place in a square of
    2 x 2 pixels, because nearly all of a vector unit would be idle on one.

    Parameters
    ----------
    in_channels, out_channels : int
        C and D.
    bias : bool
    """

    def __init__(self, in_channels: int, out_channels: int, bias: bool = True) -> None:
        super().__init__(in_channels, out_channels, 4, stride=2, padding=1, bias=bias)

    def forward(self, input: torch.Tensor, output_size: list[int] | None = None) -> torch.Tensor:
        """Return the images; without training, and for other sizes, as torch does."""
        if not self.training or self.bias is None or output_size is not None:
            return super().forward(input, output_size)
        if self.out_channels == 1:
            return doubled_by_squares(input, self.weight, self.bias)
        images = functional.conv_transpose2d(input, self.weight, stride=2, padding=1)
        # In its own kind, so that no image is cast to another and back.
        return images + self.bias.to(images.dtype)[:, None, None]


def doubled_by_squares(
    values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor
) -> torch.Tensor:
    """Return the transposed convolution of 4 x 4, stride 2 and padding 1, by squares of pixels.

    Every square of 2 x 2 pixels, of those that tile the image with a border of one pixel, depends
    on 2 x 2 places of the input: a plain convolution with 4 D channels (Shi et al. 2016, section
    3.2), whose kernels hold the same numbers in another order.

    Parameters
    ----------
    values : torch.Tensor
        N x C x H x W.
    weight, bias : torch.Tensor
        C x D x 4 x 4, and D.

    Returns
    -------
    torch.Tensor
        N x D x 2H x 2W.
    """
    inputs, outputs = weight.shape[:2]
    # Row 2 p + r of a kernel is row r of a square, from the place p before the nearest.
    kernels = weight.view(inputs, outputs, 2, 2, 2, 2).flip(2, 4).permute(1, 3, 5, 0, 2, 4)
    kernels = kernels.reshape(4 * outputs, inputs, 2, 2)
    squares = functional.conv2d(values, kernels, bias.repeat_interleave(4), padding=1)
    return functional.pixel_shuffle(squares, 2)[:, :, 1:-1, 1:-1]
