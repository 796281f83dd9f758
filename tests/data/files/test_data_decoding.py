"""Grey of more than 8 bits is scaled by the depth that the file declares, not by its values."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.data import read_image

VALUES = np.arange(64, dtype=np.uint16).reshape(8, 8)


def tiff(values: np.ndarray, bits: int, kind: int = 1) -> bytes:
    """Return a grey TIFF: little endian, one strip, no compression; 12 bits are packed."""
    height, width = values.shape
    data = values.tobytes()
    if bits == 12:
        pairs = values.astype(int).reshape(-1, 2)
        data = b"".join(bytes([a >> 4, (a & 15) << 4 | b >> 8, b & 255]) for a, b in pairs)
    tags = [(256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 1), (262, 3, 1),
            (273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, len(data)),
            (339, 3, kind)]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, form, 1, value) for tag, form, value in tags)
    start = struct.pack("<4sI", b"II*\0", 8 + len(data))
    return start + data + struct.pack("<H", len(tags)) + entries + bytes(4)


def png_with_significant_bits(values: np.ndarray, bits: int) -> bytes:
    """Return a PNG of 16 bits with an sBIT chunk, its values scaled as the standard asks."""
    stream = io.BytesIO()
    scaled = np.round(values.astype(float) * 65535 / (2**bits - 1)).astype(np.uint16)
    Image.fromarray(scaled).save(stream, "PNG")
    raw = stream.getvalue()
    after_header = 8 + 25  # the signature, and the chunk IHDR
    chunk = b"sBIT" + bytes([bits])
    declared = struct.pack(">I", 1) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return raw[:after_header] + declared + raw[after_header:]


@pytest.mark.parametrize(
    ("step", "bits", "dtype", "kind", "white"),
    [
        (65, 12, np.uint16, 1, 4095),
        (1040, 16, np.uint16, 1, 65535),
        (520, 16, np.int16, 2, 32767),
        (1040, 32, np.uint32, 1, 65535),  # as if of 16 bits
    ],
)
def test_a_tiff_of_many_bits(
    step: int, bits: int, dtype: type, kind: int, white: int, tmp_path: Path
) -> None:
    values = (VALUES.astype(int) * step).astype(dtype)
    (tmp_path / "a.tif").write_bytes(tiff(values, bits, kind))
    expected = np.floor(values * 255.0 / white + 0.5)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif", 8, channels=1)[0], expected)


def test_a_dark_picture_of_12_bits_stays_dark(tmp_path: Path) -> None:
    """Its largest value does not matter: black on black is 1 of 255 at the most."""
    (tmp_path / "dark.tif").write_bytes(tiff(VALUES // 4, 12))
    assert read_image(tmp_path / "dark.tif", 8).max() == 1


def test_a_png_that_tells_its_significant_bits(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_with_significant_bits(VALUES * 65, 12))
    read = read_image(tmp_path / "a.png", 8, channels=1)[0]
    # Rounded once to 16 bits and once to 8.
    np.testing.assert_allclose(read, VALUES * (65 * 255 / 4095), rtol=0, atol=0.51)


def test_floats_are_from_0_to_1(tmp_path: Path, refuses: Callable[..., str]) -> None:
    path = tmp_path / "a.tif"
    values = VALUES.astype(np.float32) / 63
    Image.fromarray(values).save(path)
    read = read_image(path, 8, channels=1)[0]
    np.testing.assert_array_equal(read, np.round(values.astype(float) * 255))
    for wrong in (VALUES.astype(np.float32), np.full((8, 8), np.nan, np.float32)):
        Image.fromarray(wrong).save(path)
        refuses(lambda: read_image(path), "a.tif", "floats that are not in 0 to 1", "scale them")
