"""Settings of the attribute family, beside the weights of its terms."""

from __future__ import annotations

from dataclasses import dataclass

from unweave.settings import Settings, setting


@dataclass(frozen=True)
class AttributeSettings(Settings):
    """Form, decorrelation and networks (`docs/methods/attribute.md`).

    The weights of the terms are added to these; each comes from its term.
    """

    form: str = setting(
        "tuned",
        "which defaults: tuned (this project's) or paper (those of Song, Koyejo and Zhang)",
        choices=("tuned", "paper"),
    )
    latent_dim: int = setting(128, "number of latent values K beside the soft target", least=1)
    decoder_input: str = setting(
        "soft-target",
        "input of the decoder beside the latent values: the soft target, the label, or nothing",
        choices=("soft-target", "label", "nothing"),
    )
    mse_over: str = setting(
        "mean",
        "how the squared errors of a sample's values are combined: averaged or summed",
        choices=("mean", "sum"),
    )
    value_width: float = setting(
        1.0,
        "width of the scale the squared error refers to: 1 for values in [0, 1], 2 for [-1, 1]",
        above=0,
    )
    labels_over: str = setting(
        "sum",
        "how the losses of a sample's L labels are combined: averaged or summed",
        choices=("mean", "sum"),
    )
    decorrelation: str = setting(
        "none",
        "how the soft target and the latent values are decorrelated",
        choices=("none", "cross-covariance", "distance-covariance"),
    )
    distance_estimate: str = setting(
        "unbiased",
        "estimate of the squared distance covariance",
        choices=("unbiased", "v-statistic"),
    )
    normalise: bool = setting(
        True, "scale each latent value to mean 0 and variance 1 over the batch"
    )
    normalise_target: bool = setting(
        True, "scale each element of the soft target to variance 1/L before it is decorrelated"
    )
    target_gradient: str = setting(
        "reconstruction",
        "which losses besides the discriminative one shape the soft target: all, the "
        "reconstruction but not the decorrelation, or none",
        choices=("all", "reconstruction", "none"),
    )
    channels: tuple[int, ...] = setting(
        (), "images: channels of the stride-2 convolutions; empty: chosen by image size", least=1
    )
    units: tuple[int, ...] = setting(
        (512,), "images: units of the fully connected layers; empty: none", least=1
    )
    hidden: tuple[int, ...] = setting((64, 64), "tables: units of the hidden layers", least=1)
