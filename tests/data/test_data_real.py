"""The real files: skipped where ``UNWEAVE_DATA`` is not set."""

from pathlib import Path

import numpy as np
import pytest

from unweave.data import SOURCES, Dataset, load_data


def reports(dataset: Dataset) -> dict[str, dict[str, str | int]]:
    assert dataset.table is not None
    return {str(row["name"]): row for row in dataset.table.report()}


@pytest.mark.parametrize("name", ["white-wine", "fifa18", "fifa2018"])
def test_tables_standardise_and_restore(real_data: Path, name: str) -> None:
    dataset = load_data(name)
    assert dataset.table is not None
    samples = np.asarray(dataset.samples)
    blank = sum(row["blank"] for row in dataset.table.report() if row["used"])
    marks = sum(column.blanks for column in dataset.table.features if column.mark)
    assert np.isnan(samples).sum() == blank - marks
    assert all(len(rows) > 0 for rows in dataset.splits.values())
    restored = dataset.table.restore(samples)
    again = dataset.table.standardise(restored)
    np.testing.assert_allclose(again, samples, atol=1e-4)
    assert SOURCES[name].where().startswith(str(real_data))


def test_white_wine(real_data: Path) -> None:
    dataset = load_data("white-wine")
    assert dataset.samples.shape == (4898, 12)
    assert dataset.table is not None
    first = dataset.table.restore(np.asarray(dataset.samples)[:1]).iloc[0]
    assert first["alcohol"] == pytest.approx(8.8)
    assert first["quality"] == pytest.approx(6)


def test_fifa18(real_data: Path) -> None:
    dataset = load_data("fifa18")
    assert dataset.samples.shape == (17_981, 41)
    assert dataset.table is not None
    assert dataset.table.duplicates == 52
    report = reports(dataset)
    assert len(report) == 42
    left_out = [name for name, row in report.items() if not row["used"]]
    assert left_out == ["Name"]
    assert report["Club"]["blank"] == 248
    assert "11-Oct" in str(report["Interceptions"]["reason"])
    assert report["Interceptions"]["blank"] == 1
    first = dataset.table.restore(np.asarray(dataset.samples)[:1]).iloc[0]
    assert first["Value"] == pytest.approx(95_500_000)
    assert first["Wage"] == pytest.approx(565_000)
    for column in dataset.table.columns:
        if column.kind in ("positive", "count") and column.name not in ("Value", "Wage"):
            assert 10 < column.mean < 80


def test_fifa2018(real_data: Path) -> None:
    dataset = load_data("fifa2018")
    assert dataset.samples.shape == (128, 28)
    report = reports(dataset)
    assert report["column 28"]["reason"] == "entirely blank"
    # 1 or blank: the goal was scored, or not.
    assert report["Own goals"]["kind"] == "binary"
    assert report["Man of the Match"]["kind"] == "binary"
    assert report["1st Goal"]["blank"] == 34
    assert report["Own goal Time"]["blank"] == 116
    assert report["Opponent"]["kind"] == "category"
    left_out = [name for name, row in report.items() if not row["used"]]
    assert left_out == ["column 28"]


def test_mnist(real_data: Path) -> None:
    dataset = load_data("mnist")
    assert dataset.samples.shape == (70_000, 1, 28, 28)
    assert [len(rows) for rows in dataset.splits.values()] == [50_000, 10_000, 10_000]
    assert dataset.labels is not None
    assert dataset.labels.values[:5].tolist() == [5, 0, 4, 1, 9]
    assert dataset.labels.values[60_000:60_005].tolist() == [7, 2, 1, 0, 4]


def test_sprites_have_the_order_and_directions_of_dsprites(real_data: Path) -> None:
    real = load_data("dsprites")
    ours = load_data("sprites:orientations=10,positions=16")
    assert real.factors is not None
    assert ours.factors is not None
    assert real.factors.names == ours.factors.names
    assert real.factors.sizes == ours.factors.sizes
    np.testing.assert_array_equal(real.factors.values, ours.factors.values)

    rows = np.random.default_rng(0).integers(0, len(real), 500)
    theirs, mine = (data.samples[rows][:, 0] / 255.0 for data in (real, ours))
    pixels = np.arange(64)
    for axis in (1, 2):
        mass = [image.sum(axis=3 - axis) for image in (theirs, mine)]
        centres = [(one * pixels).sum(axis=1) / one.sum(axis=1) for one in mass]
        assert np.abs(centres[0] - centres[1]).max() < 3
    overlap = np.minimum(theirs, mine).sum(axis=(1, 2)) / theirs.sum(axis=(1, 2))
    assert overlap.mean() > 0.9

    # A tenth of a turn of the heart tells the direction of rotation.
    hearts = np.flatnonzero(
        (real.factors.values == [2, 5, 1, 8, 8]).all(axis=1)
        | (real.factors.values == [2, 5, 9, 8, 8]).all(axis=1)
    )
    (turn, back), (our_turn, our_back) = (data.samples[hearts][:, 0] > 0 for data in (real, ours))
    assert (turn & our_turn).sum() > (turn & our_back).sum()
    assert (back & our_back).sum() > (back & our_turn).sum()


def test_dsprites_is_packed_from_the_file(real_data: Path, own_cache: Path) -> None:
    dataset = load_data("dsprites")
    with np.load(real_data / "dsprites" / "dsprites_downsampled.npz", allow_pickle=False) as file:
        images = file["imgs"]
    np.testing.assert_array_equal(np.asarray(dataset.samples)[:, 0], images * 255)
    assert load_data("dsprites").fingerprint == dataset.fingerprint
    assert len(list((own_cache / "packed").glob("*.npy"))) == 1
