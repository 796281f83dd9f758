"""Uploaded pictures."""

import base64
import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

import unweave as uw
from unweave.app.uploads import FORMATS, MOST_BYTES, read_upload
from unweave.editing.pictures import read_pictures


@pytest.fixture(scope="module")
def run(pictures):
    return uw.train("vae", pictures, steps=2, compile="no", progress=False)


def address(content, kind="image/png"):
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def encoded(image, kind="PNG"):
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def sized_png(width, height):
    """Return a PNG whose head promises so many pixels, and that holds none."""

    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", FORMATS)
def test_it_is_read_as_the_training_images_were(run, tmp_path, kind):
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    content = encoded(Image.fromarray(pixels), kind)
    (tmp_path / "picture").write_bytes(content)
    (expected,) = read_pictures(run, [tmp_path / "picture"])
    np.testing.assert_array_equal(read_upload(run, address(content)), expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "did not arrive"),
        ("/etc/passwd", "did not arrive"),
        ("file:///etc/passwd", "did not arrive"),
        ("http://example.org/picture.png", "did not arrive"),
        ("data:image/png;base64,!!!", "did not arrive whole"),
        (address(b""), "not a picture"),
        (address(b"plain words", "image/png"), "not a picture"),
        (address(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"), "not a picture"),
        (address(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"), "not a picture"),
        (address(encoded(Image.new("L", (9, 9)))[:40]), "not a picture"),
        (address(b"x" * (MOST_BYTES + 1000)), "larger than 10 MB"),
    ],
)
def test_what_is_no_picture_is_refused(run, refuses, text, words):
    refuses(lambda: read_upload(run, text), words)


def test_a_picture_cut_short_is_refused(run, refuses):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    content = encoded(Image.fromarray(noise))
    refuses(lambda: read_upload(run, address(content[: len(content) // 2])), "cannot be decoded")


@pytest.mark.parametrize("side", [7_100, 12_000, 60_000])
def test_a_bomb_is_refused_before_it_unpacks(run, refuses, side):
    with warnings.catch_warnings():
        # The library warns of what is refused here anyway.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        refuses(lambda: read_upload(run, address(sized_png(side, side))), "choose")


def test_other_channels_and_turned_pictures(run):
    upright = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert (read_upload(run, address(encoded(upright))) == 255).all()
