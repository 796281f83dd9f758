"""Batch norm over several processes: of equal parts, what torch's own makes of the whole."""

import copy

import pytest
import torch
from torch import nn

from unweave.nets.batch_norm import share_batch_statistics

PARTS = 2


class Processes:
    """Stands for the other processes, which have the rest of the batch."""

    def __init__(self, whole: torch.Tensor) -> None:
        self.others = whole.chunk(PARTS)[1:]

    def gather(self, moments: torch.Tensor) -> torch.Tensor:
        axes = [axis for axis in range(self.others[0].ndim) if axis != 1]
        theirs = [torch.var_mean(part.float(), axes, correction=0) for part in self.others]
        return torch.cat([moments, *(torch.stack(pair[::-1])[None] for pair in theirs)])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", [(12, 5), (12, 5, 4, 3)])
def test_parts_are_normalised_as_the_whole_is(
    shape: tuple[int, ...], affine: bool, dtype: torch.dtype
) -> None:
    whole = torch.randn(shape, generator=torch.Generator().manual_seed(0)).mul(3).add(1).to(dtype)
    plain = (nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d)(5, affine=affine)
    if affine:
        nn.init.uniform_(plain.weight)
        nn.init.uniform_(plain.bias)
    shared = copy.deepcopy(plain)
    share_batch_statistics(shared, Processes(whole).gather)
    ours = shared(whole.chunk(PARTS)[0])
    wanted = plain(whole).chunk(PARTS)[0]
    # As torch's own, it takes statistics in single precision and gives back what it was given.
    assert ours.dtype == wanted.dtype == dtype
    near = {"atol": 1e-5, "rtol": 1e-5} if dtype == torch.float32 else {"atol": 0.02, "rtol": 0.02}
    torch.testing.assert_close(ours, wanted, **near)
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(shared.state_dict()[name], value, msg=name)
    shared.eval()
    plain.eval()
    torch.testing.assert_close(shared(whole), plain(whole))
