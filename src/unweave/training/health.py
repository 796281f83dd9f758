"""The health of a model: dead layers, collapsed reconstructions, exploded posteriors."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from unweave.data import Dataset
from unweave.models.objective import ObjectiveModel
from unweave.nets.inputs import as_input
from unweave.objectives.divergence import kl_from_standard_normal

logger = logging.getLogger("unweave")

# A unit is dead if it varies over the samples by less than this share of its layer's largest.
DEAD_SHARE = 1e-4
# A layer is dead if at least this share of its units is.
DEAD_LAYER = 0.9
# A model has collapsed if its reconstructions have less than this share of the variance.
LEAST_VARIANCE = 0.01
# Mean nats of a dimension beyond which it has exploded: enough to tell e^50 samples apart.
EXPLODED_NATS = 50.0
# Shares of a run's steps at which health is checked, and from which on for collapse.
MARKS = (0.05, 0.1, 0.25, 0.5, 0.75)
SETTLED = 0.5


@dataclass(frozen=True)
class Health:
    """The health of a model on some samples.

    Attributes
    ----------
    variance : float
        Variance of the reconstructions over the samples, as a share of the samples' own.
    dead : dict of str to float
        For each activation of encoder and decoder, the share of its units that do not vary.
    exploded : tuple of int
        Latent dimensions whose posterior is far from the prior.
    """

    variance: float
    dead: dict[str, float] = field(default_factory=dict)
    exploded: tuple[int, ...] = ()

    @property
    def collapsed(self) -> bool:
        """Whether all samples are reconstructed alike, as if only their mean had been learned."""
        return not self.variance >= LEAST_VARIANCE

    @property
    def dead_layers(self) -> dict[str, float]:
        """The dead layers, each with the share of its units that are dead."""
        return {name: share for name, share in self.dead.items() if share >= DEAD_LAYER}

    @property
    def note(self) -> str:
        """The finding and its mend, in one line; empty if the model is healthy."""
        wrong = []
        if self.collapsed:
            wrong.append(
                f"collapsed: reconstructions have {self.variance:.2%} of the data's variance"
            )
        if self.exploded:
            names = ", ".join(f"z{index}" for index in self.exploded)
            wrong.append(f"exploded: the posterior of {names} has left the prior")
        for name, share in self.dead_layers.items():
            wrong.append(f"dead: {share:.0%} of the units of {name} do not respond")
        if not wrong:
            return ""
        return f"{'; '.join(wrong)}; {self._mend}"

    @property
    def _mend(self) -> str:
        if self.dead_layers:
            return "train again with network=tuned, a smaller learning_rate or another seed"
        if self.collapsed:
            return "train again for more steps, or with a smaller beta or learning_rate"
        return "train again with a smaller learning_rate or a larger likelihood_variance"

    def to_json(self) -> dict[str, Any]:
        """Return the entry ``health`` of ``summary.json``."""
        return {
            "collapsed": self.collapsed,
            "dead": {name: round(share, 4) for name, share in self.dead.items()},
            "exploded": list(self.exploded),
            "variance": round(self.variance, 6) if np.isfinite(self.variance) else None,
            "note": self.note,
        }


@torch.no_grad()
def health_of(module: ObjectiveModel, samples: torch.Tensor, has_posterior: bool) -> Health:
    """Measure a model's health; the model stays in its mode.

    Parameters
    ----------
    module : ObjectiveModel
    samples : torch.Tensor
        N x …, as the encoder takes them, N at least 2.
    has_posterior : bool
    """
    training = module.training
    module.eval()
    try:
        with _spreads(module) as spreads:
            decoded = module.expected(module.encode(samples), samples)
        exploded: tuple[int, ...] = ()
        if has_posterior:
            kl = kl_from_standard_normal(*module.posterior(samples)).mean(0)
            exploded = tuple((~(kl <= EXPLODED_NATS)).nonzero().flatten().tolist())
    finally:
        module.train(training)
    own = _variance(module.observed(samples))
    made = _variance(torch.where(module.observed(samples).isnan(), torch.nan, decoded))
    return Health(made / own if own > 0 else 1.0, _dead(spreads), exploded)


def _variance(values: torch.Tensor) -> float:
    """Return the sum of the values' variances over the samples, blank ones left out."""
    values = values.double()
    mean = values.nanmean(0)
    return float((values - mean).square().nanmean(0).nan_to_num().sum())


@contextmanager
def _spreads(module: ObjectiveModel) -> Iterator[dict[str, torch.Tensor]]:
    """Collect the deviation of every unit of every activation over the samples."""
    spreads: dict[str, torch.Tensor] = {}

    def remember(name: str, output: torch.Tensor) -> None:
        values = output.float()
        # A channel is one unit: it is alive if it varies at any place of the image.
        spreads[name] = values.std(0).flatten(1).amax(1) if values.ndim > 2 else values.std(0)

    def hook(name: str) -> Any:
        return lambda layer, inputs, output: remember(name, output)

    layers = [
        (f"{part}.{name}", layer)
        for part in ("encoder", "decoder")
        for name, layer in getattr(module, part).named_modules()
        if type(layer).__module__ == nn.ReLU.__module__
    ]
    handles = [layer.register_forward_hook(hook(name)) for name, layer in layers]
    try:
        yield spreads
    finally:
        for handle in handles:
            handle.remove()


def _dead(spreads: Mapping[str, torch.Tensor]) -> dict[str, float]:
    dead = {}
    for name, spread in spreads.items():
        alive = spread > DEAD_SHARE * spread.max()
        dead[name] = float((~alive).float().mean())
    return dead


def probe_of(dataset: Dataset, device: torch.device) -> torch.Tensor:
    """Return the dataset's examples as the encoder takes them, on `device`."""
    return as_input(torch.from_numpy(dataset.examples).to(device))


class HealthWatch:
    """Checks a model while it trains, and warns of each finding once, in one line.

    Parameters
    ----------
    module : ObjectiveModel
    probe : torch.Tensor
        Samples from `probe_of`.
    has_posterior : bool
    steps : int
        Number of steps of the run.
    """

    def __init__(
        self, module: ObjectiveModel, probe: torch.Tensor, has_posterior: bool, steps: int
    ) -> None:
        self.module, self.probe, self.has_posterior = module, probe, has_posterior
        self.steps, self._said = steps, ""
        self._marks = [max(1, int(share * steps)) for share in MARKS]

    def step(self, step: int) -> None:
        """Check the model if `step` has passed the next mark."""
        if not self._marks or step < self._marks[0]:
            return
        self._marks = [mark for mark in self._marks if mark > step]
        found = health_of(self.module, self.probe, self.has_posterior)
        settled = step >= SETTLED * self.steps
        wrong = found.dead_layers or found.exploded or (found.collapsed and settled)
        if wrong and found.note != self._said:
            self._said = found.note
            logger.warning("step %d: %s", step, found.note)
