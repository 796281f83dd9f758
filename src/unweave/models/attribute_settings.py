"""The settings of the attribute family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unweave.settings import Scheduled, Settings, setting


@dataclass(frozen=True)
class AttributeSettings(Settings):
    """Weights, decorrelation and networks of the family (`docs/methods/attribute.md`)."""

    form: str = setting(
        "tuned",
        "whose defaults: tuned (ours) or paper (Song, Koyejo and Zhang's own weights and networks)",
        choices=("tuned", "paper"),
    )
    latent_dim: int = setting(128, "number of latent values K beside the soft target", least=1)
    decoder_input: str = setting(
        "soft-target",
        "what the decoder is fed beside the latent values: the soft target, the label made "
        "discrete, or nothing",
        choices=("soft-target", "label", "nothing"),
    )
    mse_weight: Scheduled = setting(
        100.0, "weight of the squared error, in units of mse_over and value_width", least=0
    )
    mse_over: str = setting(
        "mean",
        "squared errors of a sample's values are averaged or summed",
        choices=("mean", "sum"),
    )
    value_width: float = setting(
        1.0,
        "width of the scale the squared error refers to: 1 for values in [0, 1], 2 for [-1, 1]",
        above=0,
    )
    alpha: Scheduled = setting(
        0.0, "images: weight of the structural dissimilarity (1 - MS-SSIM) / 2", least=0
    )
    beta: Scheduled = setting(
        0.25, "weight of the discriminative loss, in units of labels_over", least=0
    )
    labels_over: str = setting(
        "sum",
        "the losses of a sample's L labels are averaged or summed",
        choices=("mean", "sum"),
    )
    gamma: Scheduled = setting(0.0, "weight of the decorrelation", least=0)
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
        (), "images: channels of the stride-2 convolutions; empty: chosen by the size", least=1
    )
    units: tuple[int, ...] = setting(
        (512,), "images: units of the fully connected layers; empty: none", least=1
    )
    hidden: tuple[int, ...] = setting((64, 64), "tables: units of the hidden layers", least=1)


# Dear labels at first settle which element stands for which; cheap ones later let it take on
# degrees that the labels do not tell. Cheap from the start, some became codes of other things.
_BETA = "exponential(2, 0.1, 0.5)"
# Strokes have few pixels and weigh little in the squared error beside which these stand.
_SMALL_GAMMA = {
    "none": 0.0,
    "cross-covariance": "linear(0, 6, 0.3)",
    "distance-covariance": "linear(0, 126, 0.3)",
}
_SMALL = 32  # images up to this side are too small for three scales of structure


def attribute_defaults(
    corner: Mapping[str, Any], shape: Sequence[int], form: str
) -> dict[str, Any]:
    """Return a corner's settings on samples of one shape, in one form.

    Parameters
    ----------
    corner : mapping
        What sets the corner apart, in the form ``tuned``.
    shape : sequence of int
    form : {"tuned", "paper"}
    """
    if len(shape) == 1:
        return {"beta": _BETA, **corner, "latent_dim": 10}
    small = max(shape[1:]) <= _SMALL
    own: dict[str, Any]
    decorrelation = corner.get("decorrelation", "none")
    if form == "tuned":
        own = {"latent_dim": 8, "alpha": 0.0, "gamma": _SMALL_GAMMA[decorrelation]}
        return {"beta": _BETA, **corner, **(own if small else {})}
    own = {
        "form": "paper",
        "mse_weight": 1.0,
        "mse_over": "sum",
        "beta": 1.0,
        "labels_over": "mean",
    }
    own |= {"normalise": False, "normalise_target": False, "target_gradient": "all"}
    own |= {"distance_estimate": "v-statistic", "alpha": 0.0, "gamma": 0.0}
    own["gamma"] = 0.0 if decorrelation == "none" else 5.0
    # The follow-up's published networks; values in [0, 1] for digits and [-1, 1] for faces.
    if small:
        return {**corner, **own, "channels": (32, 64), "units": (1000,), "latent_dim": 16}
    soft = corner.get("decoder_input", "soft-target") == "soft-target"
    own |= {"channels": (64, 128, 256), "units": (4000, 2000), "latent_dim": 1000}
    return {**corner, **own, "value_width": 2.0, "alpha": 1.0 if soft else 0.0}
