"""Soft targets: the labels an attribute autoencoder learns, and their discriminative loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from unweave.data import UNKNOWN
from unweave.objectives.outputs import AttributeOutputs
from unweave.objectives.term import Term, Weight
from unweave.schedules import Schedule


@dataclass(frozen=True)
class Targets:
    """Names of the soft target's L elements, and whether they exclude each other.

    Attributes
    ----------
    names : tuple of str
    exclusive : bool
        Exclusive classes share one softmax; independent attributes have a sigmoid each.
    """

    names: tuple[str, ...] = ()
    exclusive: bool = False

    def __len__(self) -> int:
        return len(self.names)

    def soft(self, logits: torch.Tensor) -> torch.Tensor:
        """Return ŷ of N x L logits; equation 4 of Song, Koyejo and Zhang (2019)."""
        return logits.softmax(1) if self.exclusive else logits.sigmoid()

    def discrete(self, soft: torch.Tensor) -> torch.Tensor:
        """Return ŷ made discrete, N x L of 0 and 1: 1 for its largest element, or each rounded."""
        if self.exclusive:
            return functional.one_hot(soft.argmax(1), len(self)).to(soft.dtype)
        return (soft > 0.5).to(soft.dtype)

    def known(self, labels: torch.Tensor, soft: torch.Tensor) -> torch.Tensor:
        """Return the labels as N x L of 0 and 1, unknown ones replaced by discrete ŷ."""
        guess = self.discrete(soft)
        if not self.exclusive:
            return torch.where(labels == UNKNOWN, guess, labels.to(soft.dtype))
        one_hot = functional.one_hot(labels.clamp_min(0), len(self)).to(soft.dtype)
        return torch.where((labels == UNKNOWN)[:, None], guess, one_hot)

    def loss(
        self, logits: torch.Tensor, labels: torch.Tensor, count: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return L_dis: cross entropy, or the mean of the attributes' binary cross entropies.

        Equations 8 and 9 of Song, Koyejo and Zhang (2019), in nats. Unknown labels do
        not count; where no label is known the loss is 0.

        Parameters
        ----------
        logits : torch.Tensor
            N x L.
        labels : torch.Tensor
            int64: N classes, or N x L of 0 and 1; or float32, N x L, if some are ratings from 0
            to 1, which ŷ is to equal. −1 where unknown.
        count : torch.Tensor, optional
            The number that the sum is divided by; by default that of the known labels here.
        """
        known = labels != UNKNOWN
        if self.exclusive:
            losses = functional.cross_entropy(logits, labels.clamp_min(0), reduction="none")
        else:
            losses = functional.binary_cross_entropy_with_logits(
                logits, labels.clamp_min(0).to(logits.dtype), reduction="none"
            )
        count = known.sum() if count is None else count
        return (losses * known).sum() / count.clamp_min(1)

    def accuracy(
        self, soft: torch.Tensor, labels: torch.Tensor, count: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the share of known labels that discrete ŷ gets right; of a rating its half.

        Parameters
        ----------
        soft : torch.Tensor
            N x L in [0, 1].
        labels, count : as for `loss`
        """
        known = labels != UNKNOWN
        right = soft.argmax(1) == labels if self.exclusive else (soft > 0.5) == (labels > 0.5)
        count = known.sum() if count is None else count
        return (right & known).sum() / count.clamp_min(1)

    def to_json(self) -> dict[str, Any]:
        return {"names": list(self.names), "exclusive": self.exclusive}


def _discriminative(outputs: AttributeOutputs) -> torch.Tensor:
    assert outputs.labels is not None
    loss: torch.Tensor = outputs.targets.loss(outputs.logits, outputs.labels, outputs.known)
    return loss


def _over_labels(outputs: AttributeOutputs, loss: torch.Tensor) -> torch.Tensor:
    """Return the loss in units of the setting ``labels_over``."""
    return len(outputs.targets) * loss if outputs.settings.labels_over == "sum" else loss


def _accuracy(outputs: AttributeOutputs) -> torch.Tensor:
    soft = outputs.targets.soft(outputs.logits)
    accuracy: torch.Tensor = outputs.targets.accuracy(soft, outputs.labels, outputs.known)
    return accuracy


def has_targets(settings: Any) -> bool:
    """Tell whether a model with these settings learns from labels."""
    return bool(settings.decoder_input != "nothing")


# A large weight at first settles which element stands for which label; a small one later lets
# an element take on degrees that the labels do not contain. With a small weight from the start,
# some elements became codes of other things.
BETA = Weight(
    "beta",
    "β",
    "weight of the discriminative loss, in units of labels_over",
    default=Schedule("exponential", 2.0, 0.1, 0.5),
)
DISCRIMINATIVE = Term(
    name="discriminative",
    symbol="L_dis(y, ŷ)",
    unit="nats per label",
    source="Song, Koyejo and Zhang (arXiv 1912.11675), equations 8 and 9",
    value=_discriminative,
    weight=BETA,
    weighed=_over_labels,
    used=has_targets,
)
ACCURACY = Term(
    name="accuracy",
    symbol="P(ŷ, made discrete, = y)",
    unit="share",
    source="Song, Koyejo and Zhang (arXiv 1912.11675), section 4",
    value=_accuracy,
    used=has_targets,
    watched=True,
)
