"""A run before its first step: its model built and initialised, its data written down."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from unweave.data import Dataset
from unweave.errors import RequestError
from unweave.models.attribute_settings import AttributeSettings
from unweave.models.build import ModelSettings, build_model
from unweave.models.targets import Targets
from unweave.nets.inputs import as_input
from unweave.training.run import Run
from unweave.training.settings import TrainingSettings


def new_run(
    name: str,
    dataset: Dataset,
    settings: ModelSettings,
    training: TrainingSettings,
    seed: int,
    encoder: nn.Module | None,
    decoder: nn.Module | None,
) -> Run:
    """Build the model, its weights drawn from the seed, and wrap it as a run."""
    population = len(dataset.rows("train"))
    targets = _targets_of(name, settings, dataset)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = build_model(settings, dataset.sample_shape, population, encoder, decoder, targets)
    own = {"encoder": encoder, "decoder": decoder}
    networks = None
    if encoder is not None or decoder is not None:
        networks = {
            part: "default" if net is None else f"{type(net).__module__}.{type(net).__qualname__}"
            for part, net in own.items()
        }
        _check_networks(module, dataset)
    data: dict[str, Any] = {
        "name": dataset.name,
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "shape": list(dataset.sample_shape),
        "population": population,
    }
    if dataset.kind == "images":
        data["crop"] = dataset.crop
    if targets is not None:
        data["labels"] = targets.to_json()
    return Run(name, module, settings, training, seed, data, dataset.table, networks=networks)


def _targets_of(name: str, settings: ModelSettings, dataset: Dataset) -> Targets | None:
    """Return what an attribute model is to be told; None for the variational family.

    Raises
    ------
    RequestError
        If the model needs labels and the data has none, or a label is named like a code.
    """
    if not isinstance(settings, AttributeSettings):
        return None
    if settings.decoder_input == "nothing":
        return Targets()
    labels = dataset.labels
    if labels is None:
        raise RequestError(
            f"{name} learns from labels, and {dataset.name} has none; give a folder of images "
            "with an attributes.csv, or data with labels such as faces, celeba, mnist or digits"
        )
    for label in labels.names:
        if label in (f"z{index}" for index in range(settings.latent_dim)):
            raise RequestError(
                f"{dataset.name}: the attribute {label!r} is named like a latent value; rename it"
            )
    return Targets(labels.names, labels.exclusive)


@torch.no_grad()
def _check_networks(module: Any, dataset: Dataset) -> None:
    """Hold the user's own networks against the shapes they are to take and give."""
    rows = torch.from_numpy(dataset.rows("train")[:2])
    module.eval()
    batch = as_input(dataset.draw_on(torch.device("cpu"))(rows))
    outputs, codes = module.encoder(batch), module.code_dim
    wanted, what = module.encoder_outputs
    if outputs.shape != (2, wanted):
        raise RequestError(
            f"the encoder gives {tuple(outputs.shape)} for 2 samples; wanted (2, {wanted}): {what}"
        )
    decoded = module.decoder(outputs[:, :codes])
    if decoded.shape != batch.shape:
        raise RequestError(
            f"the decoder gives {tuple(decoded.shape)} for 2 codes; wanted {tuple(batch.shape)}"
        )
