"""Traversals as files: PNG for print, GIF for animation."""

from __future__ import annotations

from pathlib import Path

from unweave.editing.traversal import Traversal, refine
from unweave.errors import RequestError
from unweave.files import write_bytes
from unweave.reporting.animation import sweep_gif
from unweave.reporting.drawing import look, png_bytes
from unweave.reporting.image_traversals import animate_images, draw_image_traversal
from unweave.reporting.labels import run_title
from unweave.reporting.table_traversals import animate_table, draw_table_traversal
from unweave.runs.model import Model

SUFFIXES = (".png", ".gif")
LEAST_FRAMES = 17


def save_traversal(model: Model, traversal: Traversal, path: Path | str) -> None:
    """Write a traversal as a picture or as an animation.

    Parameters
    ----------
    model : Model
        The model that was traversed.
    traversal : Traversal
    path : path
        Ends in ``.png``, or in ``.gif``, where the dimensions sweep back and forth without
        end, through at least 17 values.

    Raises
    ------
    RequestError
        If the path ends otherwise, or cannot be written to.
    """
    suffix = traversal_suffix(path)
    draw = traversal_png if suffix == ".png" else traversal_gif
    write_bytes(path, draw(model, traversal))


def traversal_suffix(path: Path | str) -> str:
    """Return the path's suffix in lower case, if a traversal can be drawn to it.

    Raises
    ------
    RequestError
        If it is neither ``.png`` nor ``.gif``.
    """
    suffix = Path(path).suffix.casefold()
    if suffix not in SUFFIXES:
        ending = f"ends in {suffix!r}" if suffix else "has no suffix"
        raise RequestError(f"out={path}: {ending}; a traversal is drawn to .png or .gif")
    return suffix


def traversal_png(model: Model, traversal: Traversal) -> bytes:
    """Return a traversal as PNG."""
    draw = draw_image_traversal if traversal.is_images else draw_table_traversal
    with look():
        return png_bytes(draw(traversal, run_title(model)))


def traversal_gif(model: Model, traversal: Traversal) -> bytes:
    """Return a traversal as GIF: every dimension sweeps back and forth."""
    animate = animate_images if traversal.is_images else animate_table
    finer = refine(model, traversal, max(LEAST_FRAMES, len(traversal.quantiles)))
    with look():
        return sweep_gif(animate(finer, run_title(model)))
