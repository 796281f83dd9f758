"""Edits of an attribute model whose networks can be worked out by hand."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from unweave.cli.edits import edit_files, read_edits
from unweave.data import Dataset, load_data
from unweave.editing.edits import Edit, edit_data, swap_class, sweep
from unweave.models.attribute.model import AttributeModel
from unweave.models.families import ATTRIBUTE
from unweave.objectives.targets import Targets
from unweave.runs.model import Model
from unweave.runs.training_settings import TrainingSettings

NAMES = ("5_o_Clock_Shadow", "Wide=Hat", "Smiling")
CODES = 2
SIDE = 4


class Encoder(nn.Module):
    """Logits and latent values are the first pixels, brought to -4 … 4."""

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        return 8 * samples.flatten(1)[:, : len(NAMES) + CODES] - 4


class Decoder(nn.Module):
    """Pixel k is element k of the code (before the sigmoid); the rest is mid-grey."""

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        rest = codes.new_zeros(len(codes), SIDE * SIDE - codes.shape[1])
        return torch.cat([codes, rest], dim=1).reshape(-1, 1, SIDE, SIDE)


def run_of(name: str = "mdd-ae-dcov", exclusive: bool = False, **changes: object) -> Model:
    targets = Targets() if name == "ae" else Targets(NAMES, exclusive)
    settings = ATTRIBUTE.settings(latent_dim=CODES, normalise=False, **changes)
    module = AttributeModel(Encoder(), Decoder(), settings, ATTRIBUTE.terms, targets, images=True)
    module.register_parameter("weight", nn.Parameter(torch.zeros(1)))
    data = {"name": "array", "source": "", "fingerprint": "", "shape": [1, SIDE, SIDE]}
    data |= {"population": 10, "labels": targets.to_json()}  # type: ignore[dict-item]
    return Model(name, module, settings, TrainingSettings(), 0, data)


@pytest.fixture
def images() -> Dataset:
    generator = np.random.default_rng(6)
    return load_data(generator.integers(0, 256, (20, 1, SIDE, SIDE), dtype=np.uint8))


def element(decoded: np.ndarray, index: int) -> np.ndarray:
    """Return an element of the code, as it can be read off the decoded images."""
    pixels = decoded.reshape(len(decoded), -1)[:, index].astype(float)
    return np.log(pixels / (1 - pixels))


@pytest.mark.parametrize("value", [0.0, 1.0, 1.7, -0.5, 3.0])
def test_an_attribute_is_set_and_all_else_stays(images: Dataset, value: float) -> None:
    run = run_of()
    edited = np.asarray(edit_data(run, images, {"5_o_Clock_Shadow": value}))
    plain = np.asarray(run.reconstruct(images))
    assert edited.dtype == np.float32
    np.testing.assert_allclose(element(edited, 0), value, atol=1e-5)
    np.testing.assert_array_equal(edited.reshape(20, -1)[:, 1:], plain.reshape(20, -1)[:, 1:])


def test_several_at_once_and_latent_values_too(images: Dataset) -> None:
    run = run_of()
    edited = np.asarray(edit_data(run, images, {"Wide=Hat": 2.0, "z1": -1.0}))
    np.testing.assert_allclose(element(edited, 1), 2, atol=1e-5)
    np.testing.assert_allclose(element(edited, len(NAMES) + 1), -1, atol=1e-5)


def test_codes_decode_to_the_reconstruction(images: Dataset) -> None:
    for changes in ({}, {"decoder_input": "label"}):
        run = run_of(**changes)
        codes = run.encode(images)
        assert codes.shape == (20, len(NAMES) + CODES)
        assert run.code_names == [*NAMES, "z0", "z1"]
        np.testing.assert_array_equal(run.decode(codes), run.reconstruct(images))
        soft = run.soft_targets(images)
        told = soft > 0.5 if changes else soft
        np.testing.assert_array_equal(codes[:, : len(NAMES)], told.astype(np.float32))


def test_the_class_is_exchanged_with_the_largest() -> None:
    targets = Targets(("a", "b", "c"), exclusive=True)
    codes = np.array([[0.7, 0.2, 0.1, 5, 6], [0.1, 0.1, 0.8, 7, 8]], np.float32)
    swapped = swap_class(codes, targets, "c")
    np.testing.assert_allclose(swapped, [[0.1, 0.2, 0.7, 5, 6], [0.1, 0.1, 0.8, 7, 8]])
    np.testing.assert_allclose(swap_class(swapped, targets, "a")[0], codes[0])
    assert codes[0, 0] == np.float32(0.7)


def test_a_discrete_class_becomes_the_target_alone(images: Dataset) -> None:
    run = run_of("dis-ae", exclusive=True, decoder_input="label")
    edited = Edit(to_class="Smiling").apply(run, run.encode(images))
    np.testing.assert_array_equal(edited[:, : len(NAMES)], np.tile([0, 0, 1], (20, 1)))


def test_through_the_public_names(images: Dataset) -> None:
    model = run_of(exclusive=True)
    swapped = model.edit(images, to_class="Wide=Hat")
    codes = swap_class(model.encode(images), Targets(NAMES, True), "Wide=Hat")
    np.testing.assert_array_equal(swapped, model.decode(codes))
    assert (codes[:, 1] >= codes[:, : len(NAMES)].max(1)).all()


class TestRefusals:
    """Each is one line that says what there is."""

    def test_names(self, images: Dataset, refuses: Callable[..., str]) -> None:
        run = run_of()
        refuses(
            lambda: edit_data(run, images, {"Smilling": 1.0}),
            "unknown attribute 'Smilling'",
            "did you mean 'Smiling'",
            "5_o_Clock_Shadow",
            "z0 to z1",
        )
        refuses(lambda: edit_data(run, images, {"Smiling": float("nan")}), "finite number")
        refuses(lambda: edit_data(run, images, to_class="Smiling"), "no exclusive classes")
        classes = run_of(exclusive=True)
        refuses(lambda: edit_data(classes, images, to_class="smile"), "unknown class", "'Smiling'")

    def test_an_autoencoder_without_labels(
        self, images: Dataset, refuses: Callable[..., str]
    ) -> None:
        run = run_of("ae", decoder_input="nothing")
        refuses(lambda: edit_data(run, images, {"Smiling": 1.0}), "unknown latent dimension")
        refuses(lambda: run.soft_targets(images), "knows no labels")
        refuses(lambda: run.sample(3), "no prior")
        refuses(lambda: run.posterior(images), "no posterior")

    @pytest.mark.parametrize(
        ("request_", "words"),
        [
            ({}, ["nothing to be done"]),
            ({"values": ["Smiling"]}, ["NAME=VALUE"]),
            ({"values": ["Smiling=much"]}, ["'much'", "finite number"]),
            ({"values": ["Smiling=inf"]}, ["finite number"]),
            ({"values": ["Smiling=1", "Smiling=2"]}, ["set twice"]),
            ({"sweeps": ["Smiling=0:1"]}, ["START:STOP:COUNT"]),
            ({"sweeps": ["Smiling=0:1:x"]}, ["START:STOP:COUNT"]),
            ({"sweeps": ["Smiling=0:1:1"]}, ["2 to 99"]),
            ({"sweeps": ["Smiling=a:1:3"]}, ["'a'"]),
        ],
    )
    def test_texts(
        self, request_: dict[str, list[str]], words: list[str], refuses: Callable[..., str]
    ) -> None:
        refuses(lambda: read_edits(**request_), *words)


def test_texts_are_read() -> None:
    assert read_edits(["Wide=Hat=1.5", "z0=-2"]) == [Edit({"Wide=Hat": 1.5, "z0": -2.0})]
    edits = read_edits(["Smiling=1"], ["Wide=Hat=0:2:3"])
    assert [edit.changes["Wide=Hat"] for edit in edits] == [0, 1, 2]
    assert all(edit.changes["Smiling"] == 1 for edit in edits)
    assert [edit.to_class for edit in read_edits(classes=["3", "7"])] == ["3", "7"]
    assert sweep("a", 1, 0, 2) == [Edit({"a": 1.0}), Edit({"a": 0.0})]
    assert Edit({"a": 0.25}, "7").label == "class=7, a=0.25"


class TestFiles:
    """`unweave edit` from a run's folder to a strip or a folder of pictures."""

    @pytest.fixture(scope="class")
    def folder(self, tmp_path_factory: pytest.TempPathFactory) -> str:
        import unweave as uw

        place = tmp_path_factory.mktemp("edit") / "run"
        uw.train(
            "mdd-ae-dcov",
            "faces:count=64",
            out=place,
            steps=3,
            batch_size=16,
            progress=False,
            channels="4,4",
            units="8",
            latent_dim=4,
        )
        return str(place)

    @pytest.fixture
    def pictures(self, tmp_path: object) -> list[str]:
        from pathlib import Path

        from PIL import Image

        place = Path(str(tmp_path))
        generator = np.random.default_rng(1)
        modes = {"grey": "L", "colour": "RGB", "clear": "RGBA", "palette": "P"}
        paths = []
        for name, mode in modes.items():
            array = generator.integers(0, 256, (90, 70, 3), dtype=np.uint8)
            path = place / f"{name} picture.png"
            Image.fromarray(array).convert(mode).save(path)
            paths.append(str(path))
        return paths

    def test_a_strip(self, folder: str, pictures: list[str], tmp_path: object) -> None:
        from pathlib import Path

        from PIL import Image

        out = Path(str(tmp_path)) / "strip.png"
        edit_files(folder, pictures, out, sweeps=["Smiling=0:2:3"])
        with Image.open(out) as strip:
            assert strip.width > 5 * 64
            assert strip.height > 4 * 64

    def test_a_folder(self, folder: str, pictures: list[str], tmp_path: object) -> None:
        from pathlib import Path

        out = Path(str(tmp_path)) / "edited"
        edit_files(folder, pictures[:2], out, values=["Blond_Hair=1.5", "Smiling=0"])
        assert sorted(path.name for path in out.iterdir()) == [
            "0-grey_picture-Blond_Hair=1.5,Smiling=0.png",
            "0-grey_picture-reconstruction.png",
            "1-colour_picture-Blond_Hair=1.5,Smiling=0.png",
            "1-colour_picture-reconstruction.png",
        ]

    def test_rows_of_the_data(self, folder: str, tmp_path: object) -> None:
        from pathlib import Path

        out = Path(str(tmp_path)) / "rows.png"
        edit_files(folder, [], out, values=["Eyeglasses=1"], rows=[0, 63])
        assert out.is_file()

    def test_refusals(
        self,
        folder: str,
        pictures: list[str],
        tmp_path: object,
        refuses: Callable[..., str],
    ) -> None:
        from pathlib import Path

        place = Path(str(tmp_path))
        broken = place / "broken.png"
        broken.write_bytes(b"no picture")
        out = place / "new.png"
        one = ["Smiling=1"]
        refuses(lambda: edit_files(folder, [broken], out, values=one), "broken.png", "decoded")
        refuses(
            lambda: edit_files(folder, [], out, values=one),
            "picture files or --rows",
        )
        refuses(lambda: edit_files(folder, [], out, values=one, rows=[64]), "rows 0 to 63")
        refuses(lambda: edit_files(folder, pictures, place / "a.jpg", values=one), ".png")
        refuses(lambda: edit_files(folder, pictures, place, values=one), "name a new folder")
        refuses(lambda: edit_files(folder, pictures, out, classes=["all"]), "exclusive classes")
        assert not out.exists()
