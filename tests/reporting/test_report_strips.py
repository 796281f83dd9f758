"""Strips: a row for each image, a column for each edit, every picture where its head says."""

import io

import numpy as np
from PIL import Image

from unweave.reporting.strips import draw_strip, strip_png

GENERATOR = np.random.default_rng(0)
COLUMNS = [GENERATOR.random((3, 1, 8, 8)) for _ in range(4)]
HEADS = ["original", "recon-,structed", "Smiling=0", "Smiling=1.5, z0=-2"]


def test_every_picture_stands_where_it_is_named() -> None:
    figure = draw_strip(COLUMNS, HEADS, "title", ["first", "second", "x" * 40], apart=2)
    (axes,) = figure.axes
    (shown,) = axes.images
    pixels = np.asarray(shown.get_array())
    lefts, tops = axes.get_xticks(), axes.get_yticks()
    assert len(lefts) == 4
    assert len(tops) == 3
    for column, left in enumerate(lefts):
        for row, top in enumerate(tops):
            # The four pixels in the middle of the eight are on both sides of the tick.
            image = np.round(255 * COLUMNS[column][row, 0])
            assert pixels[int(top), int(left), 0] == image[3, 3]
            assert pixels[int(top) + 1, int(left) + 1, 0] == image[4, 4]
    gaps = np.diff(lefts)
    assert gaps[1] > gaps[0] == gaps[2]


def test_heads_break_at_commas_and_long_names_are_cut() -> None:
    figure = draw_strip(COLUMNS, HEADS, "title", ["first", "second", "x" * 40])
    (axes,) = figure.axes
    heads = [label.get_text() for label in axes.get_xticklabels()]
    assert heads == ["original", "recon-\nstructed", "Smiling=0", "Smiling=1.5\nz0=-2"]
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ["first", "second", "x" * 23 + "…"]
    assert [text.get_text() for text in figure.texts] == ["title"]
    assert len(draw_strip(COLUMNS, HEADS, "title").axes[0].get_yticks()) == 0


def test_a_png_of_any_number_of_channels() -> None:
    for channels in (1, 3):
        columns = [np.repeat(column, channels, axis=1) for column in COLUMNS]
        content = strip_png(columns, HEADS, "a title, long enough to be broken into lines " * 5)
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.format == "PNG"
            assert picture.width > 4 * 128
            assert picture.height > 3 * 128


def test_a_single_picture_is_a_strip() -> None:
    assert strip_png([COLUMNS[0][:1]], ["Smiling=2"], "title").startswith(b"\x89PNG")
