import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unweave.data import Dataset, load_data
from unweave.data.files.crops import FACE, HEIGHT, WIDTH
from unweave.errors import RequestError

COUNT = 20
SIDE = 16
NAMES = ("5_o_Clock_Shadow", "Bald", "Young")
LISTED = tuple(f"{k + 1:06d}.jpg" for k in range(COUNT))
ARCHIVE = "img_align_celeba.zip"


def attributes_of(k: int) -> list[int]:
    return [k % 2, int(k < 5), int(k % 3 == 0)]


def picture(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    """Encode without loss, whatever the name says: decoders look at the bytes."""
    stream = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(stream, kind, **options)
    return stream.getvalue()


def flat(k: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Encode a flat picture: picture k is (10 k, 255 - 10 k, 7)."""
    return picture(np.full((height, width, 3), (10 * k, 255 - 10 * k, 7)))


def write_zip(folder: Path, members: dict[str, bytes], top: str = "img_align_celeba/") -> None:
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(top + name, raw)


def write_attributes(
    folder: Path, rows: list[str] | None = None, count: object = COUNT, no: str = "-1"
) -> None:
    if rows is None:
        rows = [
            f"{name} " + " ".join(f"{'1' if cell else no:>2}" for cell in attributes_of(k))
            for k, name in enumerate(LISTED)
        ]
    # The official file ends its line of names with a blank.
    text = "\n".join([str(count), " ".join(NAMES) + " ", *rows]) + "\n"
    (folder / "list_attr_celeba.txt").write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty flat images in a zip, their attributes, no partition."""
    place = tmp_path / "celeba"
    place.mkdir()
    write_zip(place, {name: flat(k, 89, 109) for k, name in enumerate(LISTED)})
    write_attributes(place)
    return place


def load(folder: Path) -> Dataset:
    return load_data(folder, image_size=SIDE)


def assert_flat(dataset: Dataset, numbers: range = range(COUNT)) -> None:
    for image, k in zip(np.asarray(dataset.samples), numbers, strict=True):
        assert (image == np.array([10 * k, 255 - 10 * k, 7])[:, None, None]).all()


def test_the_zip_in_the_order_of_its_names(folder: Path) -> None:
    dataset = load(folder)
    assert dataset.name == "celeba"
    assert dataset.samples.dtype == np.uint8
    assert dataset.sample_shape == (3, SIDE, SIDE)
    assert_flat(dataset)
    assert dataset.labels is not None
    assert dataset.labels.names == NAMES
    assert not dataset.labels.exclusive
    assert dataset.labels.values.tolist() == [attributes_of(k) for k in range(COUNT)]
    assert [len(rows) for rows in dataset.splits.values()] == [16, 2, 2]
    assert dataset.notes == ()
    assert dataset.crop == "celeba-face"


def test_zip_and_folder_are_the_same(folder: Path, own_cache: Path) -> None:
    zipped = load(folder)
    with zipfile.ZipFile(folder / ARCHIVE) as archive:
        archive.extractall(folder)
    again = load(folder)
    (folder / ARCHIVE).unlink()
    unpacked = load(folder)
    assert zipped.fingerprint == again.fingerprint == unpacked.fingerprint
    assert unpacked.source == f"{folder.resolve()}:image_size={SIDE}"
    assert load_data(unpacked.source).fingerprint == unpacked.fingerprint
    assert len(list((own_cache / "packed").glob("*.npy"))) == 2


def test_members_in_any_order_and_any_folder(folder: Path) -> None:
    expected = load(folder).fingerprint
    shuffled = {name: flat(k, 89, 109) for k, name in reversed(list(enumerate(LISTED)))}
    extras = {"__MACOSX/._000001.jpg": b"x", "readme.txt": b"x"}
    write_zip(folder, shuffled | extras, top="")
    assert load(folder).fingerprint == expected


def test_the_built_in_name_finds_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNWEAVE_DATA", str(folder.parent))
    dataset = load_data("celeba:image_size=16")
    assert (dataset.name, dataset.source) == ("celeba", "celeba:image_size=16")
    assert dataset.fingerprint == load(folder).fingerprint
    assert load_data("celeba").sample_shape == (3, 64, 64)
    (folder / ARCHIVE).rename(folder / "gone")
    (folder / "img_align_celeba").mkdir()
    for k, name in enumerate(LISTED):
        (folder / "img_align_celeba" / name).write_bytes(flat(k, 89, 109))
    assert load_data("celeba:image_size=16").fingerprint == dataset.fingerprint


def test_nothing_is_written_beside_the_zip(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    load(folder)
    assert sorted(folder.rglob("*")) == before


class TestCrop:
    """Rows 40 to 188 and columns 15 to 163 are kept, at whatever size the images are."""

    def halves(self, scale: int) -> np.ndarray:
        """Red outside the face; inside green, its lower right quarter blue."""
        left, top, right, bottom = (scale * edge for edge in FACE)
        pixels = np.full((scale * HEIGHT, scale * WIDTH, 3), (255, 0, 0))
        pixels[top:bottom, left:right] = (0, 255, 0)
        pixels[(top + bottom) // 2 : bottom, (left + right) // 2 : right] = (0, 0, 255)
        return pixels

    def check(self, folder: Path, raw: bytes, side: int, slack: int = 0) -> None:
        write_zip(folder, dict.fromkeys(LISTED, raw))
        image = np.asarray(load_data(folder, image_size=side).samples)[0].astype(int)
        assert image[0].max() <= slack
        half, margin = side // 2, side // 16
        assert image[1, : half - margin].min() >= 255 - slack
        assert image[1, :, : half - margin].min() >= 255 - slack
        assert image[2, half + margin :, half + margin :].min() >= 255 - slack
        assert image[1, half + margin :, half + margin :].max() <= slack

    def test_original_size_to_the_pixel(self, folder: Path) -> None:
        self.check(folder, picture(self.halves(1)), 148)

    @pytest.mark.parametrize("scale", [1, 2])
    def test_resized(self, folder: Path, scale: int) -> None:
        # The filter looks a little beyond the crop: a trace of red on the border.
        self.check(folder, picture(self.halves(scale)), 64, slack=40)

    def test_one_pixel_more_would_be_seen(self, folder: Path) -> None:
        pixels = self.halves(1)
        pixels[: FACE[1] + 2] = 255, 0, 0
        write_zip(folder, dict.fromkeys(LISTED, picture(pixels)))
        image = np.asarray(load_data(folder, image_size=148).samples)[0]
        assert (image[0, :2] == 255).all()
        assert (image[0, 2:] == 0).all()

    def test_half_size(self, folder: Path) -> None:
        # At 89 x 109 the face's edges lie between pixels: half a pixel of red shines in.
        reduced = self.halves(1).reshape(109, 2, 89, 2, 3).mean(axis=(1, 3))
        write_zip(folder, dict.fromkeys(LISTED, picture(reduced)))
        image = np.asarray(load_data(folder, image_size=64).samples)[0].astype(int)
        assert (image[0, 1:-1, 2:-2] <= 2).all()
        assert (image[1, 1:28, 2:-2] >= 253).all()
        assert (image[2, 36:-1, 36:-2] >= 253).all()
        # The left edge of the face is at column 7.5 of 89: 1 % of the crop is half red.
        assert 20 < image[0, 1:-1, 0].mean() < 160

    @pytest.mark.parametrize("side", [16, 64])
    def test_jpeg(self, folder: Path, side: int) -> None:
        raw = picture(self.halves(1), "JPEG", quality=100, subsampling=0)
        write_zip(folder, dict.fromkeys(LISTED, raw))
        image = np.asarray(load_data(folder, image_size=side).samples)[0].astype(int)
        assert np.abs(image[:, 2:6, 2:6] - np.array([0, 255, 0])[:, None, None]).max() < 12

    @pytest.mark.parametrize("size", [(64, 64), (178, 178), (218, 178), (178, 220)])
    def test_another_shape(
        self, folder: Path, size: tuple[int, int], refuses: Callable[..., str]
    ) -> None:
        members = {name: flat(k) for k, name in enumerate(LISTED)}
        write_zip(folder, members | {LISTED[4]: flat(4, *size)})
        refuses(lambda: load(folder), ARCHIVE, LISTED[4], f"{size[0]} x {size[1]}", "178 x 218")


def test_pictures_of_any_kind_are_read_as_rgb(folder: Path) -> None:
    grey = np.full((HEIGHT, WIDTH), 77, dtype=np.uint8)
    palette = Image.fromarray(np.stack([grey] * 3, axis=2)).convert("P", palette=1, colors=4)
    pictures = [
        Image.fromarray(grey),
        palette,
        Image.fromarray(np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=2)),
        Image.fromarray(grey.astype(np.uint16) * 257),
    ]
    members = {name: flat(k) for k, name in enumerate(LISTED)}
    for name, image in zip(LISTED, pictures, strict=False):
        stream = io.BytesIO()
        image.save(stream, "PNG")
        members[name] = stream.getvalue()
    write_zip(folder, members)
    assert (np.asarray(load(folder).samples)[: len(pictures)] == 77).all()


class TestPartition:
    """0 is train, 1 validation, 2 test."""

    def write(self, folder: Path, parts: list[object]) -> None:
        lines = [f"{name} {part}" for name, part in zip(LISTED, parts, strict=True)]
        (folder / "list_eval_partition.txt").write_text("\n".join(lines))

    def test_the_published_one(self, folder: Path) -> None:
        self.write(folder, [k % 3 for k in range(COUNT)])
        splits = load(folder).splits
        for code, name in enumerate(("train", "validation", "test")):
            assert splits[name].tolist() == list(range(code, COUNT, 3))

    def test_one_that_leaves_a_split_empty(self, folder: Path) -> None:
        plain = load(folder)
        self.write(folder, [0] * COUNT)
        dataset = load(folder)
        assert "no validation and no test images" in dataset.notes[0]
        for name, rows in dataset.splits.items():
            np.testing.assert_array_equal(rows, plain.splits[name])

    def test_bad_ones(self, folder: Path, refuses: Callable[..., str]) -> None:
        file = "list_eval_partition.txt"
        self.write(folder, [0, 1, 2, 3] * 5)
        refuses(lambda: load(folder), f"{file}, line 4", LISTED[3], "'3'", "2 (test)")
        self.write(folder, ["0 1"] * COUNT)
        refuses(lambda: load(folder), f"{file}, line 1", "2 values where 1")

    def test_an_image_it_does_not_list_is_in_train(self, folder: Path) -> None:
        self.write(folder, [k % 3 for k in range(COUNT)])
        file = folder / "list_eval_partition.txt"
        lines = file.read_text().splitlines()
        file.write_text("\n".join(lines[:4] + lines[6:]))
        dataset = load(folder)
        assert dataset.splits["train"].tolist() == sorted([*range(0, COUNT, 3), 4, 5])
        assert dataset.splits["test"].tolist() == [2, 8, 11, 14, 17]
        assert dataset.notes == (
            f"{file.name} has no row for 2 of 20 images (first: {LISTED[4]}); "
            "they are put in train",
        )

    def test_one_that_lists_hardly_any(self, folder: Path) -> None:
        plain = load(folder)
        (folder / "list_eval_partition.txt").write_text(f"{LISTED[0]} 0\n")
        dataset = load(folder)
        (note,) = dataset.notes
        assert "no validation and no test images" in note
        np.testing.assert_array_equal(dataset.rows("test"), plain.rows("test"))


class TestAttributes:
    """What the list says and what is there may differ."""

    def test_zero_and_one(self, folder: Path) -> None:
        expected = load(folder)
        write_attributes(folder, no="0")
        assert load(folder).fingerprint == expected.fingerprint

    def test_more_are_listed_than_there_are(self, folder: Path) -> None:
        write_zip(folder, {name: flat(k) for k, name in enumerate(LISTED) if k >= 3})
        dataset = load(folder)
        assert_flat(dataset, range(3, COUNT))
        assert dataset.labels is not None
        assert dataset.labels.values.tolist() == [attributes_of(k) for k in range(3, COUNT)]
        assert dataset.notes == ("list_attr_celeba.txt lists 20 images; 17 of them are here",)

    def test_the_count_may_be_wrong(self, folder: Path) -> None:
        write_attributes(folder, count=202599)
        dataset = load(folder)
        assert dataset.notes == ("list_attr_celeba.txt says 202,599 images and lists 20",)
        assert_flat(dataset)

    def test_windows_lines_and_blank_lines(self, folder: Path) -> None:
        expected = load(folder)
        file = folder / "list_attr_celeba.txt"
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
        assert load(folder).fingerprint == expected.fingerprint

    def test_an_image_without_labels(self, folder: Path) -> None:
        members = {name: flat(k) for k, name in enumerate(LISTED) if k >= 2}
        write_zip(folder, members | {"000099.jpg": flat(1)})
        dataset = load(folder)
        assert dataset.labels is not None
        expected = [*(attributes_of(k) for k in range(2, COUNT)), [-1, -1, -1]]
        assert dataset.labels.values.tolist() == expected
        assert dataset.notes == (
            "list_attr_celeba.txt lists 20 images; 18 of them are here",
            "list_attr_celeba.txt has no row for 1 of 19 images (first: 000099.jpg); "
            "they are used without labels",
        )

    def test_a_list_of_other_images(self, folder: Path, refuses: Callable[..., str]) -> None:
        write_attributes(folder, [f"0{name} 1 1 1" for name in LISTED])
        words = ("list_attr_celeba.txt", "0 of the 20 images", f"'0{LISTED[0]}'", "did you mean")
        refuses(lambda: load(folder), *words)

    def test_a_single_class(self, folder: Path) -> None:
        write_attributes(folder, [f"{name} 1 {(-1) ** k} -1" for k, name in enumerate(LISTED)])
        assert load(folder).notes == (
            "attribute '5_o_Clock_Shadow' is 1 for every image: it cannot be learned",
            "attribute 'Young' is 0 for every image: it cannot be learned",
        )

    @pytest.mark.parametrize("cell", ["2", "maybe", "0.5", "-"])
    def test_a_cell(self, folder: Path, cell: str, refuses: Callable[..., str]) -> None:
        rows = [f"{name} 1 -1 1" for name in LISTED]
        rows[4] = f"{LISTED[4]} 1 {cell} 1"
        write_attributes(folder, rows)
        words = ("list_attr_celeba.txt, line 7", LISTED[4], "'Bald'", repr(cell), "mend")
        refuses(lambda: load(folder), *words)

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ([f"{LISTED[0]} 1 -1"], ["line 3", "2 values where 3"]),
            ([f"{LISTED[0]} 1 -1 1 1"], ["line 3", "4 values where 3"]),
            ([f"{LISTED[0]} 1 1 1"] * 2, ["line 4", "listed twice"]),
            ([], ["0 of the 20 images", "add rows"]),
        ],
    )
    def test_lines(
        self, folder: Path, rows: list[str], words: list[str], refuses: Callable[..., str]
    ) -> None:
        write_attributes(folder, rows)
        refuses(lambda: load(folder), "list_attr_celeba.txt", *words)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", ["line 1", "''", "number of images"]),
            ("000001.jpg 1 1\n", ["line 1", "number of images"]),
            ("9" * 5000, ["line 1", "number of images"]),
            ("20\n", ["line 2", "name each"]),
            ("20\nBald Bald\n", ["line 2", "named twice"]),
            ("20\n\xe9", ["cannot read", "as text"]),
        ],
    )
    def test_heads(
        self, folder: Path, text: str, words: list[str], refuses: Callable[..., str]
    ) -> None:
        (folder / "list_attr_celeba.txt").write_text(text, encoding="latin-1")
        refuses(lambda: load(folder), "list_attr_celeba.txt", *words)


class TestDamage:
    """Each names the zip file, and the image in it where there is one."""

    def test_a_truncated_image(
        self, folder: Path, own_cache: Path, refuses: Callable[..., str]
    ) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3))
        raw = picture(noise, "JPEG")
        for kept in (0, 10, len(raw) // 2):
            members = {name: flat(k) for k, name in enumerate(LISTED)}
            write_zip(folder, members | {LISTED[7]: raw[:kept]})
            message = refuses(lambda: load(folder), ARCHIVE, LISTED[7], "cannot be decoded", "mend")
            assert " object at 0x" not in message
        assert list((own_cache / "packed").iterdir()) == []

    def test_a_damaged_member(self, folder: Path, refuses: Callable[..., str]) -> None:
        path = folder / ARCHIVE
        with zipfile.ZipFile(path) as archive:
            start = archive.getinfo(f"img_align_celeba/{LISTED[6]}").header_offset
        raw = bytearray(path.read_bytes())
        raw[start + 70 : start + 90] = bytes(20)
        path.write_bytes(raw)
        refuses(lambda: load(folder), ARCHIVE, LISTED[6], "cannot be read", "again")

    @pytest.mark.parametrize("kept", [0.0, 0.3, 0.95])
    def test_a_torn_zip(self, folder: Path, kept: float, refuses: Callable[..., str]) -> None:
        path = folder / ARCHIVE
        path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
        refuses(lambda: load(folder), ARCHIVE, "not a readable zip file", "again")

    def test_a_zip_without_images(self, folder: Path, refuses: Callable[..., str]) -> None:
        write_zip(folder, {"readme.txt": b"x"})
        refuses(lambda: load(folder), ARCHIVE, "0 images")

    def test_the_same_name_twice(self, folder: Path, refuses: Callable[..., str]) -> None:
        write_zip(folder, {"a/000001.jpg": flat(0), "b/000001.jpg": flat(1)})
        refuses(lambda: load(folder), ARCHIVE, "two images '000001.jpg'", "remove one")

    def test_no_images_at_all(self, folder: Path, refuses: Callable[..., str]) -> None:
        (folder / ARCHIVE).unlink()
        refuses(lambda: load(folder), "neither img_align_celeba.zip nor img_align_celeba")

    def test_a_damaged_image_in_a_folder(self, folder: Path, refuses: Callable[..., str]) -> None:
        shutil.unpack_archive(folder / ARCHIVE, folder)
        (folder / ARCHIVE).unlink()
        (folder / "img_align_celeba" / LISTED[9]).write_bytes(b"no image")
        refuses(lambda: load(folder), f"img_align_celeba/{LISTED[9]}", "cannot be decoded")

    def test_image_size_out_of_range(self, folder: Path, refuses: Callable[..., str]) -> None:
        refuses(lambda: load_data(folder, image_size=2), "image_size=2", "4 to 1024")


def test_the_real_images(real_data: Path) -> None:
    if not (real_data / "celeba").is_dir():
        pytest.skip("UNWEAVE_DATA has no celeba")
    dataset = load_data("celeba")
    assert dataset.sample_shape == (3, 64, 64)
    assert dataset.labels is not None
    names = dataset.labels.names
    assert len(names) == 40
    assert (names[0], names[-1]) == ("5_o_Clock_Shadow", "Young")
    # 000001.jpg: a smiling young woman with brown hair, without glasses.
    first = dict(zip(names, dataset.labels.values[0], strict=True))
    assert (first["Smiling"], first["Young"], first["Brown_Hair"]) == (1, 1, 1)
    assert (first["Male"], first["Eyeglasses"], first["Mustache"]) == (0, 0, 0)
    shares = dict(zip(names, dataset.labels.values.mean(axis=0), strict=True))
    assert 0.4 < shares["Smiling"] < 0.55
    assert 0.05 < shares["Eyeglasses"] < 0.08
    # The labels belong to the images: blond hair is bright where the hair is, above.
    samples = np.asarray(dataset.samples[:4000])
    above = samples[:, :, :8, 8:56].mean(axis=(1, 2, 3))
    labels = dataset.labels.values[:4000]
    brightness = {
        name: above[labels[:, names.index(name)] == 1].mean()
        for name in ("Blond_Hair", "Black_Hair")
    }
    assert brightness["Blond_Hair"] > brightness["Black_Hair"] + 30
    assert load_data(dataset.source).fingerprint == dataset.fingerprint


class TestOtherLayouts:
    """Kaggle's tables and the folders of the authors' drive hold the same data."""

    @pytest.fixture
    def partitioned(self, folder: Path) -> Path:
        lines = [f"{name} {k % 3}" for k, name in enumerate(LISTED)]
        (folder / "list_eval_partition.txt").write_text("\n".join(lines))
        return folder

    def same(self, one: Dataset, other: Dataset) -> bool:
        splits = all((one.splits[name] == other.splits[name]).all() for name in one.splits)
        return one.fingerprint == other.fingerprint and splits and one.crop == other.crop

    def test_kaggles(
        self, partitioned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = tmp_path / "kaggle" / "celeba"
        inner = place / "img_align_celeba" / "img_align_celeba"
        inner.mkdir(parents=True)
        for k, name in enumerate(LISTED):
            (inner / name).write_bytes(flat(k, 89, 109))
        rows = [",".join([name, *(str(2 * cell - 1) for cell in attributes_of(k))])
                for k, name in enumerate(LISTED)]  # fmt: skip
        header = ",".join(["image_id", *NAMES])
        (place / "list_attr_celeba.csv").write_text("\n".join([header, *rows]) + "\n")
        rows = [f"{name},{k % 3}" for k, name in enumerate(LISTED)]
        (place / "list_eval_partition.csv").write_text("\n".join(["image_id,partition", *rows]))
        assert self.same(load(place), load(partitioned))
        assert load(place).notes == ()
        monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path / "kaggle"))
        assert self.same(load_data("celeba:image_size=16"), load(partitioned))

    def test_the_folders_of_the_drive(self, partitioned: Path) -> None:
        expected = load(partitioned)
        for name, subfolder in (
            (ARCHIVE, "Img"),
            ("list_attr_celeba.txt", "Anno"),
            ("list_eval_partition.txt", "Eval"),
        ):
            (partitioned / subfolder).mkdir()
            (partitioned / name).rename(partitioned / subfolder / name)
        assert self.same(load(partitioned), expected)
        (partitioned / "Img" / ARCHIVE).unlink()
        with pytest.raises(RequestError, match=r"Img has neither img_align_celeba\.zip"):
            load(partitioned)

    def test_a_table_without_names(self, folder: Path, refuses: Callable[..., str]) -> None:
        (folder / "list_attr_celeba.txt").unlink()
        (folder / "list_attr_celeba.csv").write_text("")
        refuses(lambda: load(folder), "list_attr_celeba.csv, line 1", "name each")


def test_a_choice_of_attributes(folder: Path, refuses: Callable[..., str]) -> None:
    dataset = load_data(folder, image_size=SIDE, attributes="Young,Bald")
    assert dataset.labels is not None
    assert dataset.labels.names == ("Bald", "Young")
    assert dataset.labels.values.tolist() == [attributes_of(k)[1:] for k in range(COUNT)]
    assert dataset.source.endswith(f":image_size={SIDE},attributes=Young+Bald")
    assert load_data(dataset.source).fingerprint == dataset.fingerprint
    refuses(lambda: load_data(folder, attributes="Yong"), "list_attr_celeba", "mean 'Young'")
