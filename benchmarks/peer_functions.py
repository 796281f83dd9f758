"""Scores, distance covariance, MS-SSIM and folders of pictures, as rows for `peers.py`."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peer_scores import PEERS, disent_score
from PIL import Image
from rounds import Contender, Row, clocked

from unweave.data import load_data
from unweave.metrics.registry import SCORES
from unweave.metrics.truth import Truth, truth_of
from unweave.objectives.distance_covariance import (
    distance_statistics,
    squared_distance_covariance,
)
from unweave.objectives.structural_similarity import scale_weights, structural_dissimilarity

# Of the trees, as many rows as disent's own fast setting has: at 10,000 it takes minutes.
TREES = {"train_rows": 1000, "test_rows": 500}, {"num_train": 1000, "num_test": 500}


def score_row(names: tuple[str, ...], title: str, _: int) -> Row:
    codes, truth = noisy_codes()

    def ours() -> Callable[[], float]:
        def compute() -> None:
            for name in names:
                options = TREES[0] if name.startswith("dci") else {}
                SCORES[name].function(codes, truth, np.random.default_rng(0), **options)

        return clocked(compute)

    def disent() -> Callable[[], float]:
        scores = [
            disent_score(name, codes, truth, **(TREES[1] if name.startswith("dci") else {}))
            for name in names
        ]
        return clocked(lambda: [score() for score in scores])

    contenders = [Contender("ours", ours), Contender("disent 0.8.0", disent)]
    return Row(f"{title}, {len(codes):,} codes of 10 dimensions", "all of it", contenders)


@functools.cache
def noisy_codes() -> tuple[np.ndarray, Truth]:
    """Return codes of sprites: their factors with noise, and five dimensions of noise alone."""
    factors = load_data("sprites:scales=4,orientations=8,positions=16").factors
    assert factors is not None
    truth, generator = truth_of(factors.values, factors.names), np.random.default_rng(3)
    levels = truth.levels / (truth.sizes - 1)
    known = (levels - levels.mean(0)) / levels.std(0)
    more = generator.standard_normal((len(known), 10 - known.shape[1]))
    codes = np.concatenate([known, more], axis=1)
    return (codes + 0.3 * generator.standard_normal(codes.shape)).astype(np.float32), truth


def dependent(count: int, kind: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Return samples of 5 and of 16 dimensions that depend on each other."""
    generator = torch.Generator().manual_seed(0)
    left = torch.randn(count, 5, generator=generator, dtype=kind)
    right = torch.randn(count, 16, generator=generator, dtype=kind)
    right[:, :5] += left.square()
    return left, right


def small_covariance_row(steps: int) -> Row:
    left, right = dependent(128, torch.float32)
    right.requires_grad_()

    def descend(function: Callable[..., torch.Tensor]) -> Callable[[], None]:
        def work() -> None:
            right.grad = None
            function(left, right).backward()

        return work

    def dcor() -> Callable[[], float]:
        import dcor

        return clocked(descend(dcor.distance_covariance_sqr), steps)

    def without_gradient() -> Callable[[], float]:
        import dcor

        arrays = left.numpy(), right.detach().numpy()
        return clocked(lambda: dcor.distance_covariance_sqr(*arrays), steps)

    ours = descend(squared_distance_covariance)
    contenders = [
        Contender("ours", lambda: clocked(ours, steps)),
        Contender("dcor, on tensors", dcor),
        Contender("dcor, on arrays, without a gradient", without_gradient),
    ]
    return Row("dCov², N = 128, with its gradient, 5 and 16 dimensions", "once", contenders)


def large_covariance_row(_: int) -> Row:
    left, right = dependent(5000, torch.float64)

    def dcor() -> Callable[[], float]:
        import dcor

        arrays = left.numpy(), right.numpy()

        def work() -> None:
            dcor.distance_covariance_sqr(*arrays)
            dcor.u_distance_covariance_sqr(*arrays)
            dcor.u_distance_correlation_sqr(*arrays)

        return clocked(work)

    def one() -> Callable[[], float]:
        import dcor

        return clocked(lambda: dcor.distance_covariance_sqr(left.numpy(), right.numpy()))

    contenders = [
        Contender(
            "ours, three statistics", lambda: clocked(lambda: distance_statistics(left, right))
        ),
        Contender("dcor, three statistics", dcor),
        Contender("dcor, dCov² alone", one),
    ]
    return Row("dCov², N = 5,000, 5 and 16 dimensions", "once", contenders)


def similarity_row(_: int) -> Row:
    generator = torch.Generator().manual_seed(0)
    images, output = (torch.rand(128, 3, 64, 64, generator=generator) for _ in range(2))
    output.requires_grad_()
    weights = scale_weights(64, 64)

    def descend(function: Callable[[], torch.Tensor]) -> Callable[[], float]:
        def work() -> None:
            output.grad = None
            function().backward()

        return clocked(work)

    def torchmetrics() -> Callable[[], float]:
        from torchmetrics.functional import image

        similarity = image.multiscale_structural_similarity_index_measure
        options: dict[str, Any] = {"data_range": 1.0, "betas": weights, "normalize": "relu"}
        return descend(lambda: similarity(output, images, **options))

    contenders = [
        Contender("ours", lambda: descend(lambda: structural_dissimilarity(images, output))),
        Contender("torchmetrics", torchmetrics),
    ]
    return Row("MS-SSIM, 128 x 3 x 64 x 64, with its gradient", "once", contenders)


def folder_row(_: int) -> Row:
    folder = pictures()

    def read() -> np.ndarray:
        files = sorted(folder.glob("*.png"))
        return np.stack([np.asarray(Image.open(file).convert("L")) for file in files])

    def first() -> Callable[[], float]:
        measure = clocked(lambda: load_data(folder))

        def without_cache() -> float:
            shutil.rmtree(Path(os.environ["UNWEAVE_CACHE"]), ignore_errors=True)
            return measure()

        return without_cache

    contenders = [
        Contender("ours, the first time", first),
        Contender("ours, the second time", lambda: clocked(lambda: load_data(folder))),
        Contender("a bare loop of Pillow's", lambda: clocked(read)),
    ]
    return Row("A folder of 8,000 PNG pictures of 64 x 64", "all of it", contenders, 2)


@functools.cache
def pictures(count: int = 8000) -> Path:
    """Write pictures of random circles' kind to a folder that Python removes as it ends."""
    place = tempfile.TemporaryDirectory()
    pictures.keep = place  # type: ignore[attr-defined]
    os.environ["UNWEAVE_CACHE"] = f"{place.name}/cache"
    folder = Path(place.name) / "pictures"
    folder.mkdir()
    samples = load_data(f"sprites:count={count}").samples
    for index, sample in enumerate(np.asarray(samples[:])):
        Image.fromarray(sample[0]).save(folder / f"{index:05}.png")
    return folder


ALL = tuple(PEERS)
FUNCTIONS: dict[str, Callable[[int], Row]] = {
    "scores": functools.partial(score_row, ALL, "The four scores"),
    "scores-without-trees": functools.partial(score_row, ALL[:3], "FactorVAE score, MIG and SAP"),
    "dcov-128": small_covariance_row,
    "dcov-5000": large_covariance_row,
    "ms-ssim": similarity_row,
    "folder": folder_row,
}
