from collections.abc import Callable

import numpy as np
import pytest
import torch

from unweave.data import load_data
from unweave.data.files.pixels import as_pixels


def test_a_matrix_is_a_table() -> None:
    table = np.random.default_rng(0).normal(size=(50, 3))
    dataset = load_data(table)
    assert dataset.kind == "table"
    assert dataset.table is not None
    assert dataset.table.feature_names == ("x1", "x2", "x3")
    np.testing.assert_allclose(dataset.table.restore(np.asarray(dataset.samples)), table, atol=1e-5)
    assert dataset.source == ""


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "bool"])
def test_a_matrix_of_any_numbers_is_a_table(dtype: str) -> None:
    table = np.random.default_rng(0).integers(0, 2, (50, 8)).astype(dtype)
    assert load_data(table).sample_shape == (8,)


def test_no_column_of_an_array_is_taken_for_a_row_counter() -> None:
    assert load_data(np.arange(40.0).reshape(20, 2)[:, :1] / 2).sample_shape == (1,)


def test_tensors() -> None:
    table = torch.randn(50, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert load_data(table).fingerprint == load_data(table.detach().numpy()).fingerprint


@pytest.mark.parametrize(
    ("shape", "sample"),
    [
        ((20, 8, 9), (1, 8, 9)),
        ((20, 1, 8, 9), (1, 8, 9)),
        ((20, 3, 8, 9), (3, 8, 9)),
        ((20, 8, 9, 1), (1, 8, 9)),
        ((20, 8, 9, 3), (3, 8, 9)),
        ((20, 3, 9, 3), (3, 9, 3)),
    ],
)
def test_channels_come_first(shape: tuple[int, ...], sample: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    dataset = load_data(array)
    assert dataset.kind == "images"
    assert dataset.sample_shape == sample
    expected = array if shape[1] in (1, 3) else array.reshape(20, 8, 9, -1).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(np.asarray(dataset.samples), expected.reshape(20, *sample))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_from_zero_to_one(dtype: type) -> None:
    array = np.linspace(0, 1, 256).repeat(16).reshape(256, 4, 4).astype(dtype)
    samples = np.asarray(load_data(array).samples)
    np.testing.assert_array_equal(samples[:, 0, 0, 0], np.arange(256))


def test_two_values_become_black_and_white() -> None:
    mask = np.random.default_rng(0).integers(0, 2, (20, 4, 4))
    black_and_white = 255 * mask[:, np.newaxis]
    for array in (mask.astype(bool), mask.astype(np.uint8), mask, mask.astype(float)):
        np.testing.assert_array_equal(np.asarray(load_data(array).samples), black_and_white)


def test_every_byte_survives() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 4, 4)
    np.testing.assert_array_equal(as_pixels(pixels.astype(np.int32)), pixels)
    np.testing.assert_array_equal(as_pixels(pixels / 255), pixels)


@pytest.mark.parametrize(
    ("value", "dtype"), [(1.01, float), (-0.1, float), (np.nan, float), (256, int), (-1, int)]
)
def test_values_out_of_range(value: float, dtype: type, refuses: Callable[..., str]) -> None:
    array = np.zeros((20, 4, 4), dtype=dtype)
    array[7, 1, 2] = value
    refuses(lambda: load_data(array), "image 7", str(value), "not in 0 to")


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros(20), ["(20,)"]),
        (np.zeros((20, 4, 4, 4)), ["(20, 4, 4, 4)", "1 or 3 channels"]),
        (np.zeros((20, 2, 2, 2, 2)), ["(20, 2, 2, 2, 2)"]),
        (np.zeros((20, 0, 4)), ["no pixels"]),
        (np.zeros((15, 4)), ["15 rows", "16"]),
        (np.zeros((20, 4)), ["no usable column", "'x1'"]),
        (np.full((20, 3), "a"), ["dtype", "give numbers"]),
        (np.full((20, 3), None), ["dtype object"]),
    ],
)
def test_refused(array: np.ndarray, words: list[str], refuses: Callable[..., str]) -> None:
    refuses(lambda: load_data(array), *words)


def test_refused_things(refuses: Callable[..., str]) -> None:
    refuses(lambda: load_data(3), "int")  # type: ignore[arg-type]
    refuses(lambda: load_data(np.zeros((20, 4)), rows=3), "unknown option 'rows'")


def test_a_dataset_is_returned_as_it_is() -> None:
    dataset = load_data("digits")
    assert load_data(dataset) is dataset


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(40.0).reshape(20, 2).bfloat16(),
        torch.arange(40.0).reshape(20, 2).half(),
        torch.arange(40.0).reshape(20, 2).to_sparse(),
        torch.arange(40.0, requires_grad=True).reshape(20, 2),
    ],
    ids=["bfloat16", "half", "sparse", "with a gradient"],
)
def test_tensors_of_every_kind(tensor: torch.Tensor) -> None:
    plain = load_data(torch.arange(40.0).reshape(20, 2))
    np.testing.assert_array_equal(np.asarray(load_data(tensor).samples), np.asarray(plain.samples))


def test_tensors_without_values(refuses: Callable[..., str]) -> None:
    refuses(lambda: load_data(torch.zeros(20, 2, device="meta")), "device meta")
    refuses(lambda: load_data(torch.zeros(20, 2, dtype=torch.complex64)), "give numbers")
