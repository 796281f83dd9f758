"""Training speed: our loop against bare PyTorch loops and against pythae, on equal work.

Every contender trains a beta-VAE with the same networks (conv 32-32-64-64, 256 units, 10
latents) on the same 64 x 64 sprites, Bernoulli likelihood, batch 64, Adam; on a table, the
same perceptron on FA15, batch 256. They take turns for several rounds in one process, so that
a machine whose speed drifts slows all of them; ratios are medians over the rounds.

    python benchmarks/training.py [--rounds 5] [--steps 100] [--device auto] [--json FILE]

Needs the extra ``[bench]`` for pythae; without it that row is left out, and said to be.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import os
import platform
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from unweave.data import Dataset, load_data
from unweave.models.families import build_model
from unweave.training.devices import make_fabric, pick_device, should_compile
from unweave.training.loop import Loop
from unweave.training.progress import Silent
from unweave.training.request import settings_for

Contender = Callable[[int], float]  # steps → steps a second
LATENTS = 10


class Ours:
    """The package's loop, kept warm between rounds; without `changes` as it is by default."""

    def __init__(self, dataset: Dataset, device: str, **changes: object) -> None:
        settings, training = settings_for("beta-vae", dataset, {"learning_rate": 1e-3, **changes})
        images = dataset.kind == "images"
        fabric = make_fabric(device, training, images)
        compiled = should_compile(training, fabric, images)
        module = build_model("beta-vae", settings, dataset.sample_shape, len(dataset.rows("train")))
        self.what = f"{fabric._precision.precision}{', compiled' if compiled else ''}"
        self.loop = Loop(module, dataset, training, 0, fabric, compiled=compiled)

    def __call__(self, steps: int) -> float:
        end = self.loop.step + steps
        self.loop.settings = dataclasses.replace(self.loop.settings, steps=end)
        self.loop.run(Silent())
        return self.loop.steps_per_second


class Bare:
    """The shortest honest loop: a TensorDataset's tensor, random batches, Adam, no logging."""

    def __init__(self, dataset: Dataset, device: torch.device, compiled: bool, last: bool) -> None:
        settings, training = settings_for("beta-vae", dataset, {})
        model = build_model("beta-vae", settings, dataset.sample_shape, 1).to(device)
        images = dataset.kind == "images"
        self.format = torch.channels_last if last and images else torch.contiguous_format
        self.model, self.images = model.to(memory_format=self.format), images
        self.batch, self.device = training.batch_size, device
        self.samples = torch.from_numpy(np.asarray(dataset.samples[:])).to(device)
        self.optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
        self.loss = torch.compile(self.plain_loss) if compiled else self.plain_loss

    def plain_loss(self, samples: torch.Tensor) -> torch.Tensor:
        mean, log_variance = self.model.encoder(samples).chunk(2, 1)
        codes = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        output = self.model.decoder(codes)
        if self.images:
            fit = functional.binary_cross_entropy_with_logits(output, samples, reduction="sum")
        else:
            fit = functional.mse_loss(output, samples, reduction="sum") / 0.2
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
        return (fit + 4 * kl) / len(samples)

    def __call__(self, steps: int) -> float:
        began = time.perf_counter()
        for _ in range(steps):
            rows = torch.randint(len(self.samples), (self.batch,), device=self.device)
            samples = self.samples[rows]
            if self.images:
                samples = samples.float().div_(255).contiguous(memory_format=self.format)
            loss = self.loss(samples)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        loss.item()
        return steps / (time.perf_counter() - began)


def pythae_contender(dataset: Dataset, device: torch.device) -> Contender | None:
    """Return pythae's beta-VAE with the same networks under its own trainer, if installed."""
    try:
        from pythae.models import BetaVAE, BetaVAEConfig
        from pythae.models.base.base_utils import ModelOutput
        from pythae.models.nn import BaseDecoder, BaseEncoder
        from pythae.trainers import BaseTrainer, BaseTrainerConfig
    except ImportError:
        return None
    settings, _ = settings_for("beta-vae", dataset, {})
    model = build_model("beta-vae", settings, dataset.sample_shape, 1)

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.layers: nn.Module = model.encoder

        def forward(self, samples: torch.Tensor) -> ModelOutput:
            mean, log_variance = self.layers(samples).chunk(2, 1)
            return ModelOutput(embedding=mean, log_covariance=log_variance)

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.layers: nn.Module = model.decoder

        def forward(self, codes: torch.Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=torch.sigmoid(self.layers(codes)))

    config = BetaVAEConfig(
        input_dim=dataset.sample_shape, latent_dim=LATENTS, beta=4.0, reconstruction_loss="bce"
    )
    peer = BetaVAE(config, encoder=Encoder(), decoder=Decoder())
    images = torch.from_numpy(np.asarray(dataset.samples[:])).float() / 255

    def run(steps: int) -> float:
        from pythae.data.datasets import BaseDataset

        count = 64 * steps
        part = images.repeat(-(-count // len(images)), 1, 1, 1)[:count]
        with tempfile.TemporaryDirectory() as folder:
            plan = BaseTrainerConfig(
                output_dir=folder,
                num_epochs=1,
                learning_rate=1e-3,
                per_device_train_batch_size=64,
                per_device_eval_batch_size=64,
                no_cuda=device.type == "cpu",
            )
            data = BaseDataset(part, torch.ones(count))
            trainer = BaseTrainer(peer, data, training_config=plan)
            with contextlib.redirect_stdout(io.StringIO()):
                trainer.prepare_training()
            began = time.perf_counter()
            # One epoch, without the saving of models around it.
            with contextlib.redirect_stderr(io.StringIO()):
                trainer.train_step(1)
            return steps / (time.perf_counter() - began)

    return run


def compare(contenders: dict[str, Contender], rounds: int, steps: int) -> dict[str, list[float]]:
    """Let the contenders take turns; return their speeds, the warm-up round left out."""
    speeds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, contender in contenders.items():
            speed = contender(steps if turn else max(5, steps // 10))
            if turn:
                speeds[name].append(speed)
    return speeds


def table(title: str, speeds: dict[str, list[float]], ours: str) -> str:
    """Return a Markdown table: median speed, range, and our speed over each."""
    lines = [f"### {title}", "", f"| loop | steps/s (median) | range | «{ours}» ÷ it |"]
    lines += ["| --- | --- | --- | --- |"]
    for name, values in speeds.items():
        ratio = statistics.median(a / b for a, b in zip(speeds[ours], values, strict=True))
        lines.append(
            f"| {name} | {statistics.median(values):.1f} | {min(values):.1f} to "
            f"{max(values):.1f} | {ratio:.2f} |"
        )
    return "\n".join([*lines, ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    device = pick_device(options.device)
    images = load_data("sprites:count=6400")
    rows = load_data("fa15")
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"{os.cpu_count()} CPU cores"
    print(f"{name}, torch {torch.__version__}, Python {platform.python_version()}", flush=True)
    single = {"precision": "32-true"}
    default = Ours(images, options.device)
    ours = f"ours, default here ({default.what})"
    contenders: dict[str, Contender] = {
        ours: default,
        "ours, float32": Ours(images, options.device, **single, compile="no"),
        "ours, float32 compiled": Ours(images, options.device, **single, compile="yes"),
        "bare, float32": Bare(images, device, compiled=False, last=False),
        "bare, float32, channels last": Bare(images, device, compiled=False, last=True),
        "bare, float32, channels last, compiled": Bare(images, device, compiled=True, last=True),
    }
    peer = pythae_contender(images, device)
    if peer is None:
        print("pythae is not installed: its row is left out (pip install -e '.[bench]')")
    else:
        contenders["pythae 0.1.2"] = peer
    found = {"images": compare(contenders, options.rounds, options.steps)}
    for against in (ours, "ours, float32", "ours, float32 compiled"):
        print(table("beta-VAE, 64 x 64, batch 64", found["images"], against), flush=True)
    small: dict[str, Contender] = {
        "ours": Ours(rows, options.device),
        "bare": Bare(rows, device, compiled=False, last=False),
    }
    found["table"] = compare(small, options.rounds, 10 * options.steps)
    print(table("beta-VAE, FA15, batch 256", found["table"], "ours"))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
