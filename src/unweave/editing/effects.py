"""Effects: what moving one element of the code alone changes, where, and in which direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unweave.data import Dataset
from unweave.editing.aggregate_posterior import aggregate_posterior
from unweave.runs.model import Model
from unweave.runs.values import comparable_values, value_names
from unweave.statistics import random_rows

# From the lower to the upper of these quantiles, as far as one standard deviation to either side.
LOW, HIGH = 0.16, 0.84
BASES = 24
_SEED = 20_260_318
# A feature is named if it moves at least half as far as the one that moves farthest.
NAMED_SHARE, MOST_NAMED = 0.5, 3
# Less than this, in standard deviations or in intensities, is no effect.
LEAST_CHANGE = {"table": 0.1, "images": 0.01}
_SHIFT = 0.04  # of the picture's side
_ONE_WAY, _SPREAD = 0.6, 0.6


@dataclass(frozen=True)
class Effects:
    """Signed changes of decoded samples while one element of the code moves from low to high.

    Attributes
    ----------
    names : tuple of str
        The E elements of the code.
    features : tuple of str
        Names of a table's J values (`unweave.runs.values.value_names`); empty for images.
    change : numpy.ndarray
        E x J in the units of `unweave.runs.values.comparable_values`, or E x H x W in intensity,
        the mean over channels: the mean over the base codes of decoded high minus decoded low.
    size : numpy.ndarray
        The same with absolute differences, never negative.
    shift : numpy.ndarray
        Images: E x 2, by how much of the side the picture's mass moves down and right.
    """

    names: tuple[str, ...]
    features: tuple[str, ...]
    change: np.ndarray
    size: np.ndarray
    shift: np.ndarray

    def meaning(self, name: str) -> str:
        """Return what an element moves in a few words, such as ``N3 + N2 − E1``; "" if nothing.

        The features of a table that move farthest, with their signs as the element rises; in a
        picture what happens and where, such as ``moves right`` or ``brighter, bottom``.
        """
        place = self.names.index(name)
        if self.features:
            return _features_text(self.features, self.change[place], self.size[place])
        return _picture_text(self.change[place], self.size[place], self.shift[place])


def effects(model: Model, dataset: Dataset | None) -> Effects:
    """Return what each element of a model's code changes.

    Attributes move from 0 to 1, latent dimensions of a posterior from the 16 % to the 84 %
    quantile of its aggregate; all others stay at the codes of 24 random rows.

    Parameters
    ----------
    model : Model
    dataset : Dataset or None
        The data as the model reads it; without it the base codes are draws of the prior.
    """
    generator = np.random.default_rng(_SEED)
    if model.can_be_read:
        names = tuple(model.code_names)
        draws = aggregate_posterior(model, dataset).draws
        low, high = np.quantile(draws, [LOW, HIGH], axis=0)
    else:
        names = tuple(model.targets.names)
        low, high = np.zeros(len(names)), np.ones(len(names))
    if dataset is None:
        base = generator.standard_normal((BASES, model.module.code_dim)).astype(np.float32)
    else:
        base = model.encode(dataset, random_rows(len(dataset), BASES, generator))
    images = len(model.sample_shape) == 3
    changes, sizes, shifts = [], [], []
    for place in range(len(names)):
        pair = []
        for value in (low[place], high[place]):
            codes = base.copy()
            codes[:, place] = value
            if images:
                pair.append(model.decode_features(codes).clip(0, 1).mean(1))
            else:
                pair.append(comparable_values(model, codes))
        difference = pair[1] - pair[0]
        changes.append(difference.mean(0))
        sizes.append(np.abs(difference).mean(0))
        shifts.append(_shift(*pair) if images else np.zeros(2))
    features = () if images else value_names(model)
    shape = (len(names), *model.sample_shape[-2:]) if images else (len(names), len(features))
    return Effects(
        names,
        features,
        np.reshape(changes, shape),
        np.reshape(sizes, shape),
        np.reshape(shifts, (len(names), 2)),
    )


def _shift(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return how far the mass of pictures moves down and right, as a share of their sides."""
    return np.asarray(np.median(_centres(after) - _centres(before), axis=0))


def _centres(images: np.ndarray) -> np.ndarray:
    """Return the centres of what differs from the border's median, N x 2, as shares of the side."""
    edge = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1)
    mass = np.abs(images - np.median(edge, axis=1)[:, None, None]) + 1e-9
    total = mass.sum((1, 2))
    rows, columns = (np.linspace(0, 1, side) for side in images.shape[1:])
    return np.stack([mass.sum(2) @ rows / total, mass.sum(1) @ columns / total], axis=1)


def _features_text(features: tuple[str, ...], change: np.ndarray, size: np.ndarray) -> str:
    order = np.argsort(-size, kind="stable")[:MOST_NAMED]
    least = max(LEAST_CHANGE["table"], NAMED_SHARE * float(size.max(initial=0)))
    text = ""
    for j in order:
        if size[j] >= least:
            sign = "+" if change[j] >= 0 else "−"
            text += f" {sign} {features[j]}" if text else f"{sign}{features[j]}".removeprefix("+")
    return text


def _picture_text(change: np.ndarray, size: np.ndarray, shift: np.ndarray) -> str:
    if size.max(initial=0) < LEAST_CHANGE["images"]:
        return ""
    axis = int(np.abs(shift).argmax())
    if abs(shift[axis]) >= _SHIFT:
        directions = (("up", "down"), ("left", "right"))
        return f"moves {directions[axis][int(shift[axis] > 0)]}"
    one_way = float(change.sum() / size.sum())
    what = "changes" if abs(one_way) < _ONE_WAY else "brighter" if one_way > 0 else "darker"
    return f"{what}, {_where(size)}"


def _where(size: np.ndarray) -> str:
    """Return where in the picture a change is: one of nine places, or ``overall``."""
    share = size**2 / (size**2).sum()
    if 1 / float((share**2).sum()) > _SPREAD * share.size:
        return "overall"
    rows, columns = (np.linspace(0, 1, side) for side in share.shape)
    place = float(share.sum(1) @ rows), float(share.sum(0) @ columns)
    names = (("top", "", "bottom"), ("left", "", "right"))
    found = [each[min(2, int(3 * at))] for each, at in zip(names, place, strict=True)]
    return " ".join(filter(None, found)) or "middle"
