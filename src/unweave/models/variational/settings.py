"""Settings of the variational family, beside the weights of its terms."""

from __future__ import annotations

from dataclasses import dataclass

from unweave.nets.initial import NETWORKS
from unweave.schedules import Schedule
from unweave.settings import Scheduled, Settings, setting


@dataclass(frozen=True)
class VariationalSettings(Settings):
    """Likelihood, estimators and networks (`docs/methods/variational.md`).

    The weights of the terms are added to these; each comes from its term.
    """

    latent_dim: int = setting(10, "number of latent dimensions K", least=1)
    capacity: Scheduled | None = setting(
        None,
        "nats that the KL is drawn to: its term becomes beta·|KL − c|; none for plain KL",
        least=0,
    )
    capacity_fraction: float = setting(
        0.5, "fraction of the steps over which c rises linearly from 0 to capacity", above=0, most=1
    )
    open_dimensions: Scheduled | None = setting(
        None,
        "how many latent dimensions the decoder sees, the first ones; the others are 0 to it until "
        "they open; none for all",
        least=1,
    )
    turning: float = setting(
        0.0,
        "share of the steps in which, at every twentieth part of the run, the codes are turned to "
        "independent components; 0 for never",
        least=0,
        most=1,
    )
    total_correlation: str = setting(
        "none",
        "how total correlation is estimated",
        choices=("none", "density-ratio", "minibatch-weighted"),
    )
    covariance_of: str = setting(
        "mean",
        "whose covariance is penalised: the encoder's mean, or the aggregate posterior q(z)",
        choices=("mean", "aggregate"),
    )
    pairs: str = setting(
        "none",
        "averaged: samples come in pairs, whose posteriors are averaged in the dimensions that "
        "differ least",
        choices=("none", "averaged"),
    )
    likelihood: str = setting(
        "auto",
        "distribution of the data given the code; auto: bernoulli for binary images, gaussian for "
        "others, columns (each column of a table by its kind) for tables",
        choices=("auto", "bernoulli", "gaussian", "columns"),
    )
    likelihood_variance: Scheduled = setting(
        0.1, "variance of the gaussian likelihood, in squared standardised or pixel units", above=0
    )
    column_variance: str = setting(
        "fixed",
        "tables: likelihood_variance for every real column, or a variance learned for each",
        choices=("fixed", "learned"),
    )
    network: str = setting(
        "published",
        "images: published (ReLU units), steady (leaky ReLU units of slope 0.01, a start at the "
        "data's mean) or tuned (slope 0.2, a start at the mean and at the prior)",
        choices=tuple(NETWORKS),
    )
    hidden: tuple[int, ...] = setting((64, 64), "tables: units of the hidden layers", least=1)
    activation: str = setting(
        "tanh",
        "tables: activation between the layers of encoder and decoder",
        choices=("relu", "silu", "tanh"),
    )
    channels: tuple[int, ...] = setting(
        (), "images: channels of the stride-2 convolutions; empty: chosen by image size", least=1
    )
    units: int = setting(256, "images: units of the fully connected layer", least=1)
    discriminator_hidden: tuple[int, ...] = setting(
        (1000,) * 6, "units of the discriminator's hidden layers", least=1
    )

    def scheduled_capacity(self) -> Scheduled | None:
        """Return the capacity as a schedule: a number is reached from 0 by `capacity_fraction`."""
        if self.capacity is None or isinstance(self.capacity, Schedule):
            return self.capacity
        return Schedule("linear", 0.0, float(self.capacity), self.capacity_fraction)
