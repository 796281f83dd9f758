"""`unweave edit` and `unweave strength`, and what other commands make of attribute runs."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import unweave as uw
from unweave.cli import run_command
from unweave.data import Dataset

Refused = Callable[..., None]
QUICK = ["--steps", "3", "--set", "units=8", "--set", "latent_dim=3", "--set", "compile=no"]
ATTRIBUTES = ["Corner", "Edge", "Stripe", "Never"]


@pytest.fixture(scope="module")
def folders(planted: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return runs of attributes, of classes, of no labels, and of a table."""
    place = tmp_path_factory.mktemp("runs")
    digits = ["--data", "digits", "--set", "channels=4"]
    requests = {
        "ATTRIBUTES": ["mdd-ae-dcov", "--data", planted.source, "--set", "channels=4,4"],
        "CLASSES": ["dis-ae-xcov", *digits],
        "PLAIN": ["ae", *digits],
    }
    for name, request in requests.items():
        assert run_command(["train", *request, *QUICK, "--out", str(place / name)]) == 0
    table = ["train", "vae", "--data", "fa15:rows=100", "--steps", "3", "--out"]
    assert run_command([*table, str(place / "TABLE")]) == 0
    return {name: str(place / name) for name in (*requests, "TABLE")}


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "a face.png"
    Image.fromarray(np.full((40, 50, 3), 200, np.uint8)).save(path)
    return str(path)


def done(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[str, str]:
    """Run a command that must succeed; return what it wrote to both streams."""
    capsys.readouterr()
    assert run_command([str(part) for part in arguments]) == 0
    captured = capsys.readouterr()
    return captured.out, captured.err


class TestEdit:
    def test_a_strip(
        self,
        folders: dict[str, str],
        picture: str,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        out = tmp_path / "strip.png"
        request = ["--set", "Edge=1.5", "--sweep", "Corner=0:2:3", "--out", out]
        said = done(capsys, "edit", folders["ATTRIBUTES"], picture, picture, *request)
        assert said == ("", f"wrote {out}\n")
        with Image.open(out) as strip:
            with_originals = strip.size
        done(capsys, "edit", folders["ATTRIBUTES"], picture, picture, "--no-originals", *request)
        with Image.open(out) as strip:
            assert strip.width < with_originals[0]

    def test_a_folder(
        self,
        folders: dict[str, str],
        picture: str,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        out = tmp_path / "edited"
        done(capsys, "edit", folders["ATTRIBUTES"], picture, "--set", "z1=2", "--out", out)
        names = sorted(path.name for path in out.iterdir())
        assert names == ["0-a_face-reconstruction.png", "0-a_face-z1=2.png"]
        model = uw.load(folders["ATTRIBUTES"])
        with Image.open(out / names[1]) as shown:
            pixels = np.asarray(shown)
        grey = np.full((1, 1, 16, 16), 200, np.uint8)
        wanted = np.asarray(model.edit(grey, {"z1": 2.0}))[0, 0]
        np.testing.assert_array_equal(pixels, (255 * wanted).round())

    def test_classes_of_rows(
        self, folders: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "swapped"
        done(capsys, "edit", folders["CLASSES"], "--rows", "0,7", "--class", "all", "--out", out)
        assert len(list(out.iterdir())) == 2 * (1 + 10)
        assert (out / "1-7-class=9.png").is_file()

    def test_a_table(
        self, folders: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        frame = pd.DataFrame(np.eye(15)[:4], columns=[f"x{k}" for k in range(1, 16)])
        frame.to_csv(tmp_path / "rows.csv", index=False)
        out = tmp_path / "edited.csv"
        done(capsys, "edit", folders["TABLE"], tmp_path / "rows.csv", "--set", "z0=1", "--out", out)
        wanted = uw.load(folders["TABLE"]).edit(frame, {"z0": 1.0})
        pd.testing.assert_frame_equal(pd.read_csv(out), wanted, check_dtype=False, rtol=1e-5)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["ATTRIBUTES", "PICTURE", "--set", "Corner=1"], ["--out"]),
            (["ATTRIBUTES", "PICTURE", "--out", "OUT.png"], ["nothing to be done", "--set"]),
            (
                ["ATTRIBUTES", "PICTURE", "--set", "Cornr=1", "--out", "OUT.png"],
                ["unknown attribute 'Cornr'", "did you mean 'Corner'", "Edge", "z0 to z2"],
            ),
            (["ATTRIBUTES", "PICTURE", "--set", "Corner", "--out", "OUT.png"], ["NAME=VALUE"]),
            (["ATTRIBUTES", "PICTURE", "--set", "Corner=x", "--out", "OUT.png"], ["'x'"]),
            (["ATTRIBUTES", "PICTURE", "--set", "Edge=1e39", "--out", "OUT.png"], ["finite"]),
            (["ATTRIBUTES", "PICTURE", "--class", "Edge", "--out", "OUT.png"], ["exclusive"]),
            (["ATTRIBUTES", "gone.png", "--set", "Edge=1", "--out", "OUT.png"], ["gone.png"]),
            (["ATTRIBUTES", "PICTURE", "--set", "Edge=1", "--out", "OUT.gif"], [".png"]),
            (
                ["ATTRIBUTES", "--set", "Edge=1", "--out", "OUT.png"],
                ["picture files or --rows"],
            ),
            (
                ["ATTRIBUTES", "PICTURE", "--data", "x", "--set", "Edge=1", "--out", "OUT.png"],
                ["--data goes with --rows"],
            ),
            (["ATTRIBUTES", "--rows", "x", "--set", "Edge=1", "--out", "OUT.png"], ["--rows x"]),
            (["ATTRIBUTES", "--rows", "240", "--set", "Edge=1", "--out", "OUT"], ["0 to 239"]),
            (["CLASSES", "PICTURE", "--class", "10", "--out", "OUT"], ["unknown class '10'"]),
            (["PLAIN", "PICTURE", "--set", "Edge=1", "--out", "OUT"], ["unknown latent dimension"]),
            (["TABLE", "--rows", "1", "--set", "z0=1", "--out", "OUT.csv"], ["one table"]),
            (
                ["NOWHERE", "PICTURE", "--set", "Edge=1", "--out", "OUT"],
                ["this folder does not exist"],
            ),
        ],
    )
    def test_bad_requests_exit_2_with_one_line(
        self,
        arguments: list[str],
        said: list[str],
        folders: dict[str, str],
        picture: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        refused: Refused,
    ) -> None:
        (tmp_path / "here").mkdir()
        monkeypatch.chdir(tmp_path / "here")
        places = {**folders, "PICTURE": picture}
        refused(["edit", *(places.get(word, word) for word in arguments)], *said)
        assert list(Path().iterdir()) == []


class TestStrength:
    def test_json_stands_alone(
        self, folders: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder, out = folders["ATTRIBUTES"], tmp_path / "results"
        request = ["strength", folder, "--attributes", "Corner, Edge", "--values", "0,1,2"]
        printed, said = done(capsys, *request, "--out", out, "--json")
        document = json.loads(printed)
        assert document == json.loads((out / "strength.json").read_text())
        assert document == json.loads(
            json.dumps(
                {
                    "run": folder,
                    **uw.strength(uw.load(folder), ["Corner", "Edge"], (0, 1, 2)).to_json(),
                }
            )
        )
        assert said == f"wrote {out}\n"
        assert list(document["attributes"]) == ["Corner", "Edge"]
        for shown in document["attributes"].values():
            assert {"svm_accuracy", "values", "error", "error_sd"} <= set(shown)
            assert shown["values"] == [0, 1, 2]
            assert shown["svm_accuracy"] == 1
        assert document["split"] == "test"
        assert "removed" not in document

    def test_in_words(
        self, folders: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        request = ["--attributes", "Edge,Stripe", "--remove", "--out", tmp_path / "new"]
        printed, said = done(capsys, "strength", folders["ATTRIBUTES"], *request)
        lines = printed.splitlines()
        assert [line.partition(" (SVM")[0] for line in lines[:3]] == ["Edge", "Stripe", "no Edge"]
        assert "Stripe: no test image" in lines[3]
        assert len(lines) == 4
        assert said == f"wrote {tmp_path / 'new'}\n"

    def test_other_data(
        self,
        folders: dict[str, str],
        planted: Dataset,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """Some of the images with their labels, in another folder."""
        source = Path(planted.source.rpartition(":")[0])
        other = tmp_path / "other"
        other.mkdir()
        lines = (source / "attributes.csv").read_text().splitlines()[:41]
        (other / "attributes.csv").write_text("\n".join(lines))
        for line in lines[1:]:
            name = line.partition(",")[0]
            (other / name).write_bytes((source / name).read_bytes())
        request = ["--attributes", "Edge", "--values", "0,1", "--out", tmp_path / "new", "--json"]
        data = ["--data", f"{other}:image_size=16"]
        printed, _ = done(capsys, "strength", folders["ATTRIBUTES"], *data, *request)
        document = json.loads(printed)
        assert (document["data"], document["split"]) == ("other", "all")
        assert planted.labels is not None
        assert document["attributes"]["Edge"]["count"] == (planted.labels.values[:40, 1] == 0).sum()

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["ATTRIBUTES", "--attributes", "Edg"], ["unknown attribute 'Edg'", "'Edge'"]),
            (["ATTRIBUTES", "--attributes", "z1"], ["z1: not an attribute"]),
            (["ATTRIBUTES", "--attributes", " , "], ["--attributes"]),
            (["ATTRIBUTES", "--attributes", "Never"], ["Never", "0 training images have it"]),
            (["ATTRIBUTES", "--attributes", "Edge", "--values", "0,x"], ["--values 0,x"]),
            (["ATTRIBUTES", "--attributes", "Edge", "--values", "0,nan"], ["finite"]),
            (["ATTRIBUTES", "--attributes", "Edge", "--seed", "-1"], ["--seed"]),
            (["ATTRIBUTES", "--attributes", "Edge", "--data", "digits"], ["digits", "1 x 8 x 8"]),
            (["ATTRIBUTES"], ["--attributes"]),
            (["CLASSES", "--attributes", "3"], ["digits", "exclude each other", "swap classes"]),
            (["PLAIN", "--attributes", "Edge"], ["ae learned no labels"]),
            (["TABLE", "--attributes", "Edge"], ["vae learned no labels"]),
            (["NOWHERE", "--attributes", "Edge"], ["this folder does not exist"]),
        ],
    )
    def test_bad_requests_exit_2_with_one_line(
        self,
        arguments: list[str],
        said: list[str],
        folders: dict[str, str],
        tmp_path: Path,
        refused: Refused,
    ) -> None:
        words = [folders.get(word, word) for word in arguments]
        refused(["strength", *words, "--out", tmp_path / "new", "--json"], *said)
        assert list(tmp_path.iterdir()) == []


class TestOtherCommands:
    """Those that make sense of an attribute run do so; the others say what does."""

    def test_codes_are_named_after_the_attributes(
        self, folders: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name, labels in (("ATTRIBUTES", ATTRIBUTES), ("CLASSES", list("0123456789"))):
            out = tmp_path / f"{name}.csv"
            done(capsys, "encode", folders[name], "--out", out)
            codes = pd.read_csv(out)
            if name == "ATTRIBUTES":  # A folder of pictures; the digits are no files.
                files = codes.pop("file")
                assert files.is_unique
                assert files.str.endswith(".png").all()
            assert codes.columns.tolist() == [*labels, "z0", "z1", "z2"]
            model = uw.load(folders[name])
            np.testing.assert_allclose(codes, model.encode(None), rtol=1e-5, atol=1e-6)
        out = tmp_path / "plain.npz"
        done(capsys, "encode", folders["PLAIN"], "--out", out)
        with np.load(out, allow_pickle=False) as stored:
            assert stored["names"].tolist() == ["z0", "z1", "z2"]

    def test_evaluate(self, folders: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
        names = ["ATTRIBUTES", "CLASSES", "PLAIN"]
        printed, _ = done(capsys, "evaluate", *(folders[name] for name in names), "--json")
        documents = json.loads(printed)
        assert [document["count"] for document in documents] == [24, 179, 179]
        assert list(documents[0]["scores"]) == ["rmse", "psnr", "ssim"]
        for document, name in zip(documents, names, strict=True):
            model = uw.load(folders[name])
            data = model.dataset()
            rows = data.rows("test")
            error = np.asarray(model.decode(model.encode(data, rows))) - data.samples[rows] / 255
            wanted = np.sqrt((error**2).mean((1, 2, 3))).mean()
            assert document["scores"]["rmse"]["value"] == pytest.approx(wanted, rel=1e-4)

    @pytest.mark.parametrize("name", ["ATTRIBUTES", "CLASSES"])
    def test_there_is_no_prior(
        self, name: str, folders: dict[str, str], tmp_path: Path, refused: Refused
    ) -> None:
        samples = ["sample", folders[name], "--count", "3", "--out", tmp_path / "samples.png"]
        refused(samples, "no prior", "edit images")
        refused(
            ["traverse", folders[name], "--out", tmp_path / "t.png"],
            "learned from labels",
            "edit its attributes",
        )
        assert list(tmp_path.iterdir()) == []

    def test_data_without_labels(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        out = tmp_path / "run"
        request = ["train", "mdd-ae-dcov", "--data", "fa15:rows=100", "--out", str(out)]
        assert run_command(request) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        # What the data holds has been said by then.
        last = captured.err.splitlines()[-1]
        assert "mdd-ae-dcov learns from labels, and fa15 has none" in last
        assert not out.exists()
