"""Animations of figures as GIF."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from unweave.reporting.drawing import look

MILLISECONDS = 80
_HOLD = 4


def rendered(
    figure: Figure, show: Callable[[int], None], count: int, moving: Sequence[Artist]
) -> list[Image.Image]:
    """Return `count` frames of a figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    show : callable
        Brings the moving artists to the given step.
    count : int
        How many steps there are.
    moving : sequence of matplotlib.artist.Artist
        The artists that move. They lie above all else, which is drawn only once.
    """
    canvas: Any = FigureCanvasAgg(figure)
    for artist in moving:
        artist.set_animated(True)
    frames = []
    with look():
        canvas.draw()
        still = canvas.copy_from_bbox(figure.bbox)
        for step in range(count):
            canvas.restore_region(still)
            show(step)
            for artist in moving:
                figure.draw_artist(artist)
            frames.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy()))
    return frames


def sweep_gif(frames: Sequence[Image.Image]) -> bytes:
    """Return an endless GIF that runs through the frames and back, resting at both ends."""
    colours = _palette(frames)
    indexed = [_indexed(frame, colours) for frame in frames]
    there_and_back = [*indexed, *indexed[-2:0:-1]]
    durations = [MILLISECONDS] * len(there_and_back)
    durations[0] = durations[len(indexed) - 1] = _HOLD * MILLISECONDS
    stream = io.BytesIO()
    there_and_back[0].save(
        stream,
        format="GIF",
        save_all=True,
        append_images=there_and_back[1:],
        duration=durations,
        loop=0,
        # Pixels that stay the same from frame to frame become transparent, which halves the size.
        optimize=True,
    )
    return stream.getvalue()


def _palette(frames: Sequence[Image.Image]) -> Image.Image:
    """Return one palette for all frames, so that still parts do not flicker."""
    some = [frames[place] for place in np.linspace(0, len(frames) - 1, 5).astype(int)]
    width, height = some[0].size
    strip = Image.new("RGB", (width, height * len(some)))
    for place, frame in enumerate(some):
        strip.paste(frame, (0, place * height))
    palette = strip.quantize(255, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    colours = _colours(palette)
    colours[_whitest(colours)] = 255
    palette.putpalette(colours.ravel().tolist())
    return palette


def _indexed(frame: Image.Image, palette: Image.Image) -> Image.Image:
    """Return a frame in the palette's colours, with white kept exactly, as Pillow does not."""
    places = np.array(frame.quantize(palette=palette, dither=Image.Dither.NONE))
    colours = _colours(palette)
    places[(np.asarray(frame) == 255).all(axis=2)] = _whitest(colours)
    indexed = Image.fromarray(places)
    indexed.putpalette(colours.ravel().tolist())
    return indexed


def _colours(palette: Image.Image) -> np.ndarray:
    return np.array(palette.getpalette()).reshape(-1, 3)


def _whitest(colours: np.ndarray) -> int:
    return int(colours.sum(axis=1).argmax())
