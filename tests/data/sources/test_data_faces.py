from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unweave.data import Dataset, People, draw_faces, invent_intensities, invent_people, load_data
from unweave.data.sources.faces.drawing import ATTRIBUTES
from unweave.data.sources.faces.people import TRAITS

COUNT = 48
DEGREES = np.linspace(0, 1, 9)
# Where each attribute acts, as row and column ranges wide enough for everybody.
REGIONS = {
    "Eyeglasses": (slice(24, 40), slice(10, 54)),
    "Smiling": (slice(38, 56), slice(18, 46)),
    "Blond_Hair": (slice(4, 64), slice(5, 59)),
    "Pale_Skin": (slice(8, 64), slice(8, 56)),
    "Mustache": (slice(34, 50), slice(18, 46)),
}
COLOURED = ("Eyeglasses", "Blond_Hair", "Pale_Skin", "Mustache")


@pytest.fixture(scope="module")
def people() -> People:
    return invent_people(COUNT, seed=5)


def sweep(people: People, attribute: str, rest: np.ndarray | float = 0.0) -> np.ndarray:
    """Draw everybody at every degree of one attribute: degrees x N x 3 x 64 x 64."""
    intensities = np.broadcast_to(rest, (len(people), len(ATTRIBUTES))).copy()
    drawn = []
    for degree in DEGREES:
        intensities[:, ATTRIBUTES.index(attribute)] = degree
        drawn.append(draw_faces(intensities, people))
    return np.stack(drawn).astype(int)


@pytest.fixture(scope="module")
def sweeps(people: People) -> dict[str, np.ndarray]:
    """Every attribute's sweep, the others to random degrees."""
    rest = invent_intensities(COUNT, seed=6)
    return {attribute: sweep(people, attribute, rest) for attribute in ATTRIBUTES}


@pytest.mark.parametrize("attribute", ATTRIBUTES)
class TestEveryAttribute:
    """An intensity acts in its place, further the larger it is, whoever it is."""

    def test_every_step_moves_away_from_none(
        self, attribute: str, sweeps: dict[str, np.ndarray]
    ) -> None:
        drawn = sweeps[attribute]
        change = np.abs(drawn - drawn[0]).mean(axis=(2, 3, 4))
        assert (np.diff(change, axis=0) > 0).all()

    def test_it_is_clearly_visible(self, attribute: str, sweeps: dict[str, np.ndarray]) -> None:
        drawn = sweeps[attribute]
        change = np.abs(drawn[-1] - drawn[0]).max(axis=1)
        strong = (change > 40).sum(axis=(1, 2))
        assert strong.min() >= 20

    def test_nothing_changes_elsewhere(self, attribute: str, sweeps: dict[str, np.ndarray]) -> None:
        drawn = sweeps[attribute]
        change = np.abs(drawn - drawn[0])
        change[..., REGIONS[attribute][0], REGIONS[attribute][1]] = 0
        assert change.max() == 0


@pytest.mark.parametrize("attribute", COLOURED)
def test_every_pixel_goes_one_way(attribute: str, sweeps: dict[str, np.ndarray]) -> None:
    steps = np.diff(sweeps[attribute], axis=0)
    rising, falling = (steps > 0).any(axis=0), (steps < 0).any(axis=0)
    assert not (rising & falling).any()
    assert (rising | falling).any()


def test_a_smile_bends_and_opens_the_mouth(people: People) -> None:
    closed = np.zeros((COUNT, len(ATTRIBUTES)))
    drawn = sweep(people, "Smiling")
    rows, columns = REGIONS["Smiling"]
    mouth = drawn[..., rows, columns]
    skin = draw_faces(closed, people)[:, :, 30:34, 24:40].astype(int)
    assert skin.min() < 230
    teeth = (mouth.min(axis=2) > 235).sum(axis=(2, 3))
    assert (np.diff(teeth.mean(axis=1)) >= 0).all()
    assert (teeth[0] == 0).all()
    assert (teeth[-1] >= 6).all()
    # What changes reaches ever farther down in the middle of the face.
    changed = (np.abs(mouth - mouth[:1]).max(axis=2) > 30).any(axis=3)
    lowest = np.where(changed.any(axis=2), changed.shape[2] - changed[..., ::-1].argmax(axis=2), 0)
    assert (np.diff(lowest, axis=0) >= 0).all()
    assert (lowest[-1] > lowest[2]).all()


def test_colours_arrive(people: People) -> None:
    full = np.ones((COUNT, len(ATTRIBUTES))) * [0, 0, 1, 1, 0]
    drawn = draw_faces(full, people)
    crown = 34 + people.trait("shift_down") - people.trait("face_height")
    for image, row, left in zip(drawn, crown, people.trait("shift_right"), strict=True):
        column = int(32 + left)
        assert np.abs(image[:, int(row) + 1, column].astype(int) - (244, 210, 104)).max() <= 1
        assert (image[:, 44, 20:44].min(axis=0) > 225).any()


def test_the_same_person_is_the_same_face(people: People) -> None:
    intensities = invent_intensities(COUNT, seed=3)
    together = draw_faces(intensities, people)
    assert together.shape == (COUNT, 3, 64, 64)
    assert together.dtype == np.uint8
    backwards = draw_faces(intensities[::-1], people[::-1])[::-1]
    np.testing.assert_array_equal(backwards, together)
    for row in range(COUNT):
        alone = draw_faces(intensities[[row]], people[[row]])
        np.testing.assert_array_equal(alone[0], together[row])


def test_people_differ(people: People) -> None:
    drawn = draw_faces(np.zeros((COUNT, len(ATTRIBUTES))), people).astype(int)
    apart = np.abs(drawn[:, None] - drawn[None]).mean(axis=(2, 3, 4))
    assert apart[~np.eye(COUNT, dtype=bool)].min() > 5


@pytest.mark.parametrize("trait", TRAITS)
def test_every_trait_shows(trait: str) -> None:
    traits = np.full((2, len(TRAITS)), 0.5)
    traits[:, list(TRAITS).index(trait)] = 0, 1
    low, high = draw_faces(np.zeros((2, len(ATTRIBUTES))), People(traits)).astype(int)
    assert (np.abs(high - low).max(axis=0) > 20).sum() >= 4


class TestBadIntensities:
    """Each names the row, the attribute and the mend."""

    @pytest.mark.parametrize("value", [-0.01, 1.01, np.nan, np.inf])
    def test_out_of_range(self, people: People, value: float, refuses: Callable[..., str]) -> None:
        intensities = np.zeros((COUNT, len(ATTRIBUTES)))
        intensities[3, 1] = value
        refuses(lambda: draw_faces(intensities, people), "row 3", "'Smiling'", "0 to 1")

    @pytest.mark.parametrize("shape", [(COUNT, 4), (COUNT - 1, 5), (5,)])
    def test_shape(
        self, people: People, shape: tuple[int, ...], refuses: Callable[..., str]
    ) -> None:
        refuses(lambda: draw_faces(np.zeros(shape), people), str(shape), f"{COUNT} x 5", "Mustache")

    def test_none_at_all(self, people: People) -> None:
        assert draw_faces(np.zeros((0, 5)), people[:0]).shape == (0, 3, 64, 64)


@pytest.fixture
def faces() -> Dataset:
    return load_data("faces:count=300,seed=0")


class TestDataset:
    """What `load_data` hands over."""

    def test_factors_and_labels(self, faces: Dataset) -> None:
        assert faces.source == "faces:count=300,seed=0"
        assert faces.samples.shape == (300, 3, 64, 64)
        assert faces.samples.dtype == np.uint8
        assert faces.factors is not None
        assert faces.labels is not None
        assert faces.factors.names == faces.labels.names == ATTRIBUTES
        assert faces.factors.sizes == (None,) * 5
        assert not faces.labels.exclusive
        np.testing.assert_array_equal(faces.labels.values, faces.factors.values > 0.5)
        assert [len(rows) for rows in faces.splits.values()] == [240, 30, 30]

    def test_a_face_can_be_drawn_again_to_another_degree(self, faces: Dataset) -> None:
        assert faces.factors is not None
        people = invent_people(300, seed=0)
        np.testing.assert_array_equal(draw_faces(faces.factors.values, people), faces.samples[:])
        more = faces.factors.values.copy()
        more[:, 0] = 1
        glasses = draw_faces(more, people)
        rows, columns = REGIONS["Eyeglasses"]
        changed = (glasses != faces.samples[:]).any(axis=(0, 1))
        assert changed[rows, columns].any()
        changed[rows, columns] = False
        assert not changed.any()

    def test_the_first_are_the_same_whatever_the_count(self, faces: Dataset) -> None:
        fewer = load_data("faces", count=40, seed=0)
        np.testing.assert_array_equal(fewer.samples[:], faces.samples[:40])
        assert fewer.fingerprint != faces.fingerprint

    def test_reproducible(self, faces: Dataset, own_cache: Path) -> None:
        packs = own_cache / "packed"
        assert len(list(packs.glob("*.npy"))) == 1
        assert load_data("faces:count=300,seed=0").fingerprint == faces.fingerprint
        assert len(list(packs.glob("*.npy"))) == 1
        for file in packs.iterdir():
            file.unlink()
        assert load_data("faces:count=300,seed=0").fingerprint == faces.fingerprint
        assert load_data("faces:count=300,seed=1").fingerprint != faces.fingerprint

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"count": 15}, ["count=15", "at least 16"]),
            ({"count": -1}, ["count=-1", "at least 16"]),
            ({"count": 1_000_001}, ["count=1000001", "up to 1000000"]),
            ({"seed": -1}, ["seed=-1", "from 0 on"]),
        ],
    )
    def test_refused(
        self, options: dict[str, int], words: list[str], refuses: Callable[..., str]
    ) -> None:
        refuses(lambda: load_data("faces", **options), *words)


def test_intensities_cover_all_degrees_and_are_independent() -> None:
    intensities = invent_intensities(20_000)
    assert intensities.shape == (20_000, 5)
    for column in intensities.T:
        shares = np.histogram(column, bins=10, range=(0, 1))[0] / len(column)
        assert shares.min() > 0.05  # the arcsine law's own least is 0.064
        assert 0.48 < (column > 0.5).mean() < 0.52
    traits = invent_people(20_000).traits
    together = np.corrcoef(np.concatenate([intensities, traits], axis=1).T)
    assert np.abs(together - np.eye(len(together))).max() < 0.04
    labels = np.corrcoef((intensities > 0.5).T)
    assert np.abs(labels - np.eye(5)).max() < 0.04
