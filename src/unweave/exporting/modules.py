"""Encoder, decoder and editor of a model as plain modules of tensors."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from unweave.data import TableSchema
from unweave.errors import RequestError
from unweave.exporting.quiet import quietly
from unweave.runs.model import Model

CHECKED = 8
_SEED = 0


class OwnUnits(nn.Module):
    """The scale of a table: rows in its own units, as float64, to samples and back.

    Parameters
    ----------
    table : TableSchema
    """

    fill: torch.Tensor
    mean: torch.Tensor
    sd: torch.Tensor
    unit: torch.Tensor
    log: torch.Tensor
    log1p: torch.Tensor

    def __init__(self, table: TableSchema) -> None:
        super().__init__()
        for name in ("fill", "mean", "sd", "unit"):
            values = [getattr(column, name) for column in table.features]
            self.register_buffer(name, torch.tensor(values, dtype=torch.float64))
        if table.coding == "columns":
            self.fill.fill_(torch.nan)
        for scale in ("log", "log1p"):
            has = [column.log == scale for column in table.features]
            self.register_buffer(scale, torch.tensor(has))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """Return N x J rows as the network reads them, float32.

        NaN are imputed in the coding "gaussian", and stay NaN in the coding "columns".
        """
        own = torch.where(torch.isnan(rows), self.fill, rows)
        scaled = torch.where(self.log, own.log(), own)
        scaled = torch.where(self.log1p, torch.log1p(own / self.unit), scaled)
        # As `Column.scaled`: what has no logarithm is blank.
        scaled = torch.where(torch.isfinite(scaled), scaled, torch.nan)
        return ((scaled - self.mean) / self.sd).float()

    def restore(self, samples: torch.Tensor) -> torch.Tensor:
        """Return samples in the table's own units, N x J, float64; whole numbers not rounded."""
        numbers = samples.double() * self.sd + self.mean
        own = torch.where(self.log, numbers.exp(), numbers)
        return torch.where(self.log1p, torch.expm1(numbers) * self.unit, own)

    def deviations(self, own: torch.Tensor) -> torch.Tensor:
        """Return by how much N x J own numbers move where their samples move by 1."""
        slope = torch.where(self.log, own.abs(), torch.ones_like(own))
        return self.sd * torch.where(self.log1p, own.abs() + self.unit, slope)


class _Part(nn.Module):
    """What the three modules share: the model's own module and the units of its data."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        # A copy, since unused networks are dropped and the original may be on another device.
        self.module = copy.deepcopy(model.module).cpu().eval()
        self.units = OwnUnits(model.table) if model.table else None
        self.images = len(model.sample_shape) == 3

    def encoded(self, samples: torch.Tensor) -> torch.Tensor:
        codes: torch.Tensor = self.module.encode(self.units(samples) if self.units else samples)
        return codes

    def decoded(self, codes: torch.Tensor) -> torch.Tensor:
        samples = self.module.decode(codes)
        if self.units is not None:
            return self.units.restore(samples)
        return samples.clamp(0, 1) if self.images else samples


class Encoder(_Part):
    """Samples to codes: images in [0, 1], N x C x H x W, or rows, N x J."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.module.decoder = nn.Identity()

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """Return the codes of N samples, as `Model.encode` does."""
        return self.encoded(samples)


class Decoder(_Part):
    """Codes, N x K, to samples."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self.module.encoder = nn.Identity()

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        """Return the samples of N codes, as `Model.decode` does."""
        return self.decoded(codes)


class Editor(_Part):
    """Samples to samples with some elements of their codes set."""

    def forward(self, samples: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """Return N samples after an edit.

        Parameters
        ----------
        samples : torch.Tensor
            As for `Encoder`.
        values : torch.Tensor
            N x K, float32: what each element of the code is set to; NaN leaves it alone.

        Returns
        -------
        torch.Tensor
            Blank cells of a table stay blank in the coding "columns".
        """
        codes = self.encoded(samples)
        edited = self.decoded(torch.where(torch.isnan(values), codes, values))
        if self.units is None:
            return edited
        # Blanks that were not filled.
        return torch.where(torch.isnan(samples) & torch.isnan(self.units.fill), torch.nan, edited)


@dataclass(frozen=True)
class Part:
    """A module to export, with inputs to check it on and what the model makes of them.

    Attributes
    ----------
    name : str
        ``encoder``, ``decoder`` or ``editor``.
    module : torch.nn.Module
    inputs : dict of str to torch.Tensor
        Its inputs by name, `CHECKED` rows each.
    output : str
        What its output is called.
    expected : torch.Tensor
        What the model itself gives.
    scale : torch.Tensor
        The unit in which a difference counts, of the shape of `expected`: standard deviations
        of a table's columns, else 1.
    """

    name: str
    module: nn.Module
    inputs: dict[str, torch.Tensor]
    output: str
    expected: torch.Tensor
    scale: torch.Tensor


def parts_of(model: Model) -> list[Part]:
    """Return encoder, decoder and editor of a model.

    Raises
    ------
    RequestError
        If its networks cannot be copied, or its decoder is told of given columns.
    """
    columns = model.module.columns
    if columns is not None and columns.layout.given:
        raise RequestError(
            f"{model.title}: its decoder is told of given columns, which an export has no place "
            "for; train it without them"
        )
    try:
        encoder, decoder, editor = Encoder(model), Decoder(model), Editor(model)
    except Exception as error:
        raise refusal(model, "networks", error) from error
    units = encoder.units
    one = torch.ones(())
    generator = torch.Generator().manual_seed(_SEED)
    codes = torch.randn(CHECKED, model.module.code_dim, generator=generator)
    values = torch.randn(CHECKED, model.module.code_dim, generator=generator)
    values[torch.rand(values.shape, generator=generator) < 0.5] = torch.nan
    with torch.inference_mode():
        samples = decoder(codes)
        own = encoder(samples)
    decoded = samples_of(model, codes)
    edited = samples_of(model, torch.where(torch.isnan(values), own, values))
    scales = [one if units is None else units.deviations(each) for each in (decoded, edited)]
    return [
        Part("encoder", encoder, {"samples": samples}, "codes", codes_of(model, samples), one),
        Part("decoder", decoder, {"codes": codes}, "samples", decoded, scales[0]),
        Part("editor", editor, {"samples": samples, "values": values}, "edited", edited, scales[1]),
    ]


def codes_of(model: Model, samples: torch.Tensor) -> torch.Tensor:
    """Return the codes that the model itself gives of samples in their own units."""
    read = samples.float() if model.table is None else OwnUnits(model.table)(samples)
    with _evaluating(model):
        return model.module.encode(read.to(model.device)).cpu()


def samples_of(model: Model, codes: torch.Tensor) -> torch.Tensor:
    """Return the samples, in their own units, that the model itself gives of codes."""
    decoded = torch.from_numpy(model.decode_features(codes.numpy()))
    if model.table is not None:
        return OwnUnits(model.table).restore(decoded)
    return decoded.clamp(0, 1) if decoded.ndim == 4 else decoded


def traced(model: Model, part: Part) -> torch.export.ExportedProgram:
    """Return a part as a graph of operations, for any number of rows.

    Raises
    ------
    RequestError
        If the module does what a graph cannot hold, as networks of one's own may.
    """
    rows = torch.export.Dim("rows", min=1)
    try:
        with quietly():
            return torch.export.export(
                part.module,
                tuple(each.clone() for each in part.inputs.values()),
                dynamic_shapes=tuple({0: rows} for _ in part.inputs),
            )
    except Exception as error:  # Whatever a network of one's own may raise.
        raise refusal(model, part.name, error) from error


def refusal(model: Model, what: str, error: Exception) -> RequestError:
    """Return the error of one line that names the part that cannot be exported, and the mend."""
    reason = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return RequestError(
        f"{model.title}: its {what} cannot be exported ({reason[:160] or type(error).__name__}); "
        "write its forward as operations of torch that do not depend on the values"
    )


def check(model: Model, part: Part, found: Any, tolerance: float = 1e-5) -> None:
    """Compare what an export gives with what the model gives.

    Raises
    ------
    RequestError
        If they differ by more than `tolerance`, absolutely or relative to values over 1.
    """
    expected, scale = part.expected.double(), part.scale.double()
    difference = (torch.as_tensor(found).double() - expected).abs() / scale
    room = tolerance * (expected / scale).abs().clamp(min=1)
    if not bool((difference <= room).all()):
        raise RequestError(
            f"{model.title}: the exported {part.name} differs from the model by "
            f"{float(difference.max()):.2g}; export it in another format"
        )


@contextmanager
def _evaluating(model: Model) -> Iterator[None]:
    model.module.eval()
    with torch.inference_mode():
        yield
