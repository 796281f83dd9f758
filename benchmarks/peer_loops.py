"""Loops that train the same networks on the same data: ours, a bare one, and those of peers.

Images are 64 x 64, batch 64, with the default networks of the package for all (conv 32-32-64-64,
256 units, 10 latents). Rows of a table are of FA15, batch 256, with the default perceptrons.
A step of FactorVAE reconstructs one batch, encodes another one, and updates the discriminator once:
five layers of 1000 units on images, as pythae has it, and three of 128 on the table.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import io
import tempfile
import time
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from unweave.data import Dataset
from unweave.models.families import build_model
from unweave.training.devices import fitting_threads, make_fabric, should_compile
from unweave.training.loop import Loop
from unweave.training.progress import Silent
from unweave.training.request import _targets_of, settings_for

LATENTS = 10
BETA = {"vae": 1.0, "beta-vae": 4.0, "factor-vae": 1.0}
# Without what our FactorVAE does beyond the published one.
PUBLISHED = {
    "gamma": 10.0,
    "beta": 1.0,
    "open_dimensions": "none",
    "turning": 0.0,
    "adversary_learning_rate": 1e-4,
}


def changes_for(model: str, dataset: Dataset) -> dict[str, Any]:
    """Return the settings by which our model does the work that the peers can do."""
    if model not in BETA:
        return {}
    changes: dict[str, Any] = {"learning_rate": 1e-3}
    if dataset.kind == "images":
        changes["likelihood"] = "bernoulli"
        if model == "factor-vae":
            changes["discriminator_hidden"] = (1000,) * 5  # pythae's.
    return changes | (PUBLISHED if model == "factor-vae" else {})


def built(model: str, dataset: Dataset, settings: Any) -> Any:
    """Return our model of a dataset, with its networks."""
    count = len(dataset.rows("train"))
    targets = _targets_of(model, settings, dataset)
    return build_model(model, settings, dataset.sample_shape, count, targets=targets)


def plain(network: nn.Module) -> nn.Module:
    """Return the same layers, with the same weights, as torch has them."""
    layers: list[nn.Module] = []
    for layer in network.children():
        layer = copy.deepcopy(layer)
        if isinstance(layer, nn.ConvTranspose2d):
            layer.__class__ = nn.ConvTranspose2d
        if hasattr(layer, "inplace"):
            layer.inplace = False
        layers.append(layer)
    return nn.Sequential(*layers)


class Ours:
    """The package's loop, kept warm between rounds."""

    def __init__(self, model: str, dataset: Dataset, device: str, **changes: object) -> None:
        changes = changes_for(model, dataset) | changes
        settings, training = settings_for(model, dataset, changes)
        self.images = dataset.kind == "images"
        fabric = make_fabric(device, training, self.images)
        compiled = should_compile(training, fabric, self.images)
        module = built(model, dataset, settings)
        self.loop = Loop(module, dataset, training, 0, fabric, compiled=compiled)

    def __call__(self, steps: int) -> float:
        end = self.loop.step + steps
        self.loop.settings = dataclasses.replace(self.loop.settings, steps=end)
        with fitting_threads(self.loop.fabric.device, self.images):
            began = time.perf_counter()
            self.loop.run(Silent())
            return (time.perf_counter() - began) / steps

    def step(self) -> None:
        """Take a single step."""
        self.loop.model.train()
        self.loop._take_step()


class Bare:
    """The shortest honest loop of the same step: random batches, Adam, no logging."""

    def __init__(self, model: str, dataset: Dataset, device: torch.device) -> None:
        settings, training = settings_for(model, dataset, changes_for(model, dataset))
        self.images, self.beta = dataset.kind == "images", BETA[model]
        self.format = torch.channels_last if self.images else torch.contiguous_format
        self.model = built(model, dataset, settings).to(device, memory_format=self.format)
        self.batch, self.device = training.batch_size, device
        self.samples = torch.from_numpy(np.asarray(dataset.samples[:])).to(device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, fused=True)

    def loss(self, samples: torch.Tensor) -> torch.Tensor:
        mean, log_variance = self.model.encoder(samples).chunk(2, 1)
        codes = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        output = self.model.decoder(codes)
        if self.images:
            fit = functional.binary_cross_entropy_with_logits(output, samples, reduction="sum")
        else:
            fit = functional.mse_loss(output, samples, reduction="sum") / 0.2
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
        return (fit + self.beta * kl) / len(samples)

    def __call__(self, steps: int) -> float:
        with fitting_threads(self.device, self.images):
            began = time.perf_counter()
            for _ in range(steps):
                rows = torch.randint(len(self.samples), (self.batch,), device=self.device)
                samples = self.samples[rows]
                if self.images:
                    samples = samples.contiguous(memory_format=self.format).float().div_(255)
                loss = self.loss(samples)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
            loss.item()
            return (time.perf_counter() - began) / steps


class Pythae:
    """pythae's model with the same networks, under its own trainer."""

    def __init__(self, model: str, dataset: Dataset, device: torch.device) -> None:
        import pythae.models as theirs

        settings, training = settings_for(model, dataset, changes_for(model, dataset))
        module, self.device = built(model, dataset, settings), device
        name = {"vae": "VAE", "beta-vae": "BetaVAE", "factor-vae": "FactorVAE"}[model]
        images = dataset.kind == "images"
        own = {"vae": {}, "beta-vae": {"beta": 4.0}, "factor-vae": {"gamma": 10.0}}[model]
        config = getattr(theirs, f"{name}Config")(
            input_dim=dataset.sample_shape,
            latent_dim=LATENTS,
            reconstruction_loss="bce" if images else "mse",
            **own,
        )
        networks = _pythae_networks(*map(plain, (module.encoder, module.decoder)), images)
        self.model = getattr(theirs, name)(config, **networks)
        if model == "factor-vae":
            self.model.discriminator = plain(module.adversary)
        # Its FactorVAE reconstructs one half of a batch, and encodes the other.
        self.batch = training.batch_size * (2 if model == "factor-vae" else 1)
        self.adversarial = model == "factor-vae"
        samples = torch.from_numpy(np.asarray(dataset.samples[:])).float()
        self.samples = samples / 255 if images else samples

    def __call__(self, steps: int) -> float:
        from pythae.data.datasets import BaseDataset
        from pythae.trainers import (
            AdversarialTrainer,
            AdversarialTrainerConfig,
            BaseTrainer,
            BaseTrainerConfig,
        )

        trainer, config = BaseTrainer, BaseTrainerConfig
        rates: dict[str, float] = {"learning_rate": 1e-3}
        if self.adversarial:
            trainer, config = AdversarialTrainer, AdversarialTrainerConfig
            rates = {"autoencoder_learning_rate": 1e-3, "discriminator_learning_rate": 1e-4}
        rows = torch.arange(self.batch * steps) % len(self.samples)
        data = BaseDataset(self.samples[rows], torch.ones(len(rows)))
        said = io.StringIO()
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
        ):
            plan = config(
                output_dir=folder,
                num_epochs=1,
                per_device_train_batch_size=self.batch,
                per_device_eval_batch_size=self.batch,
                no_cuda=self.device.type == "cpu",
                **rates,
            )
            training = trainer(self.model, data, training_config=plan)
            training.prepare_training()
            began = time.perf_counter()
            training.train_step(1)  # One epoch, without the saving of models around it.
            return (time.perf_counter() - began) / steps


def _pythae_networks(encoder: nn.Module, decoder: nn.Module, images: bool) -> dict[str, nn.Module]:
    """Return the encoder and the decoder of our model in the form that pythae takes."""
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layers = encoder

        def forward(self, samples: torch.Tensor) -> ModelOutput:
            mean, log_variance = self.layers(samples).chunk(2, 1)
            return ModelOutput(embedding=mean, log_covariance=log_variance)

    class Decoder(BaseDecoder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.layers = decoder

        def forward(self, codes: torch.Tensor) -> ModelOutput:
            output = self.layers(codes)
            return ModelOutput(reconstruction=torch.sigmoid(output) if images else output)

    return {"encoder": Encoder(), "decoder": Decoder()}


def disent_training(steps: int) -> float:
    """Fail with the error of disent's own import, where that fails."""
    import disent.frameworks.vae  # noqa: F401

    raise NotImplementedError("its trainings are not measured, its scores are")
