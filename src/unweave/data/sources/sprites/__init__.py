"""Sprites: white shapes on black, with the factors of dSprites, drawn when asked for.

Every shape x scale x orientation is rendered once, as a small template (`templates`); an
image is a window on it, shifted by the position (`grid`). The whole grid is never stored.
"""

from __future__ import annotations

import numpy as np

from unweave.data.assemble import Contents
from unweave.data.factors import Factors
from unweave.data.files.fingerprint import fingerprint_of
from unweave.data.former import samples_alone
from unweave.data.options import Option
from unweave.data.source import Source
from unweave.data.sources.sprites.grid import LIMITS, NAMES, Sprites
from unweave.data.splits import require_rows
from unweave.errors import RequestError

SUBSET_SEED = 2017


def read(
    *,
    shapes: int = 3,
    scales: int = 6,
    orientations: int = 40,
    positions: int = 32,
    count: int | None = None,
    seed: int = SUBSET_SEED,
) -> Contents:
    """Make a data set of sprites; by default the grid of dSprites, 737,280 images.

    Parameters
    ----------
    shapes, scales, orientations, positions : int
        Sizes of the grid: up to 3 shapes, 64 scales, 360 orientations, and 32
        positions along each axis.
    count : int, optional
        The number of images drawn at random from the grid, without replacement; all of
        them unless given.
    seed : int
        Seed of this random choice; it has nothing to do with a training seed.

    Returns
    -------
    Contents
        Images N x 1 x 64 x 64 of 0 and 255. Factors with one class only are left out.

    Raises
    ------
    RequestError
        If `count` is larger than the grid, or there are fewer than 16 images.
    """
    grid = (shapes, scales, orientations, positions, positions)
    total = int(np.prod(grid))
    cells = None
    if count is not None:
        if not 1 <= count <= total:
            raise RequestError(f"count={count}: the grid has {total} images; give at most that")
        drawn = np.random.default_rng(seed).choice(total, size=count, replace=False)
        cells = np.sort(drawn).astype(np.int64)
    sprites = Sprites(grid, cells)
    require_rows(len(sprites), "sprites", "images")
    varying = [axis for axis, size in enumerate(grid) if size > 1]
    constant = [NAMES[axis] for axis, size in enumerate(grid) if size == 1]
    return Contents(
        sprites,
        factors=Factors(
            names=tuple(NAMES[axis] for axis in varying),
            values=sprites.classes_of(slice(None))[:, varying].astype(np.float64),
            sizes=tuple(grid[axis] for axis in varying),
        ),
        notes=(f"constant factors left out: {', '.join(constant)}",) if constant else (),
        synthetic=True,
        white=1,  # As in dSprites' arrays, which models of sprites read, too.
        # What draws them tells them apart: to hash 737,280 images would mean to draw them.
        content=fingerprint_of("sprites", list(grid), count, count and seed),
        former=samples_alone,
    )


SOURCE = Source(
    name="sprites",
    description="synthetic: square, ellipse and heart, 64 x 64, with dSprites' five factors",
    kind="images",
    licence="generated here",
    read=read,
    options=(
        Option("shapes", 3, int, "how many of square, ellipse, heart", 1, LIMITS[0]),
        Option("scales", 6, int, "number of scales, 0.5 to 1", 1, LIMITS[1]),
        Option("orientations", 40, int, "number of orientations over a full turn", 1, LIMITS[2]),
        Option(
            "positions", 32, int, "number of positions along x and along y, up to 32", 1, LIMITS[3]
        ),
        Option(
            "count", None, int, "number of images drawn at random from the grid; all by default"
        ),
        Option("seed", SUBSET_SEED, int, "seed of this random choice", least=0),
    ),
)
