"""Exported programs give what the model gives, for any number of rows."""

import json
import sys
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

import unweave as uw
from unweave.exporting.export import FORMATS


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return tmp_path_factory.mktemp("exports")


@pytest.fixture(scope="module", params=["torch", "onnx"])
def runner(request):
    """Return a function that runs an exported part on arrays by name."""
    if request.param == "onnx":
        for name in ("onnx", "onnxscript"):
            pytest.importorskip(name, reason="the extra [export] is not installed")
        runtime = pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")

    def run(folder, part, **inputs):
        if request.param == "onnx":
            return runtime.InferenceSession(folder / f"{part}.onnx").run(None, inputs)[0]
        program = torch.export.load(folder / f"{part}.pt2").module()
        with torch.inference_mode():
            return program(*map(torch.from_numpy, inputs.values())).numpy()

    return request.param, run


def own_units(frame):
    """Return the features of the survey as numbers, as its description says."""
    return np.stack(
        [frame["year"], frame["b"], frame["c"], frame["smokes"] == "yes"], axis=1
    ).astype(np.float64)


def test_a_table_goes_in_and_comes_out_in_its_own_units(table_model, survey, folders, runner):
    kind, run = runner
    out = folders / f"table-{kind}"
    table_model.export(out, kind)
    codes = table_model.encode(survey)
    np.testing.assert_allclose(
        run(out, "encoder", samples=own_units(survey)), codes, rtol=0, atol=1e-5
    )
    decoded = run(out, "decoder", codes=codes)
    expected = table_model.decode(codes)
    assert abs(decoded[:, 2] - expected["c"]).max() < 1e-5 * survey["c"].std()
    values = np.full_like(codes, np.nan)
    values[:, 1] = 1.5
    edited = run(out, "editor", samples=own_units(survey), values=values)
    wanted = table_model.edit(survey, {"z1": 1.5})
    assert abs(edited[:, 0] - wanted["year"]).max() < 1e-5 * survey["year"].std()
    assert (np.where(edited[:, 3] >= 0.5, "yes", "no") == wanted["smokes"]).all()


@pytest.fixture(scope="module")
def mixed_model():
    return uw.train(
        "bf-vae", "fa-mixed:rows=200", latent_dim=3, steps=30, progress=False, compile="no"
    )


def test_columns_of_all_kinds_and_blanks(mixed_model, folders, runner):
    kind, run = runner
    mixed_model.export(folders / f"mixed-{kind}", kind)
    told = json.loads((folders / f"mixed-{kind}" / "export.json").read_text())
    data = mixed_model.dataset()
    own = mixed_model.table.read(mixed_model.table.restore(data.samples))
    assert np.isnan(own).any()
    codes = mixed_model.encode(data)
    found = run(folders / f"mixed-{kind}", "encoder", samples=own)
    # Cells are written to digits of their own.
    np.testing.assert_allclose(found, codes, rtol=0, atol=1e-3)
    decoded = run(folders / f"mixed-{kind}", "decoder", codes=codes)
    expected = mixed_model.table.read(mixed_model.decode(codes))
    for place, column in enumerate(told["samples"]["features"]):
        rounded = np.round(decoded[:, place]) if column["whole"] else decoded[:, place]
        minute = 60 if column["kind"] == "time" else 0  # The table writes no seconds.
        same = np.isclose(rounded, expected[:, place], rtol=1e-4, atol=minute)
        assert same.mean() > 0.99, column
    values = np.full_like(codes, np.nan)
    edited = run(folders / f"mixed-{kind}", "editor", samples=own, values=values)
    assert (np.isnan(edited) == np.isnan(own)).all()


def test_given_columns_are_refused(survey, tmp_path, refuses):
    data = uw.load_data(survey, given=["smokes"])
    model = uw.train("vae", data, latent_dim=2, steps=2, progress=False)
    refuses(lambda: model.export(tmp_path / "x", "torch"), "given columns")


def test_the_description_says_what_goes_in(table_model, folders):
    table_model.export(folders / "told", "torch")
    told = json.loads((folders / "told" / "export.json").read_text())
    features = told["samples"]["features"]
    assert [each["name"] for each in features] == ["year", "b", "c", "smokes"]
    assert features[3]["levels"] == ["no", "yes"]
    assert told["codes"]["names"] == ["z0", "z1", "z2"]


def test_images_with_classes(digits_model, folders):
    digits_model.export(folders / "digits", "torch")
    data = uw.load_data("digits")
    samples = torch.from_numpy(data.samples[:5]).float() / 255
    encoder, decoder, editor = (
        torch.export.load(folders / "digits" / f"{part}.pt2").module()
        for part in ("encoder", "decoder", "editor")
    )
    codes = digits_model.encode(data.samples[:5])
    np.testing.assert_allclose(encoder(samples).detach(), codes, atol=1e-5)
    np.testing.assert_allclose(
        decoder(torch.from_numpy(codes)).detach(), digits_model.decode(codes), atol=1e-5
    )
    values = torch.full((5, codes.shape[1]), torch.nan)
    values[:, 3] = 0.7
    wanted = digits_model.edit(data.samples[:5], {"3": 0.7})
    np.testing.assert_allclose(editor(samples, values).detach(), wanted, atol=1e-5)


def test_nothing_in_a_program_is_a_pickle(table_model, folders):
    out = folders / "plain"
    table_model.export(out, "torch")
    for path in out.glob("*.pt2"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                content = archive.read(name)
                assert not content.startswith((b"PK", b"\x80\x02"))
                assert content == b"" or not name.endswith((".pt", ".pkl"))


class Wavering(nn.Module):
    """A decoder whose operations depend on the values that it is given."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 256)

    def forward(self, codes):
        images = self.layer(codes)
        if images.sum() > 0:
            images = images * 2
        return images.view(-1, 1, 16, 16)


@pytest.mark.parametrize("kind", FORMATS)
def test_networks_that_cannot_be_exported_are_named_in_one_line(
    kind, pictures, tmp_path, refuses, capfd
):
    pytest.importorskip("onnxruntime", reason="the extra [export] is not installed")
    model = uw.train(
        "vae", pictures, latent_dim=2, decoder=Wavering(), steps=2, progress=False, compile="no"
    )
    model.summary["health"] = {}
    out = tmp_path / ("page.html" if kind == "page" else "out")
    capfd.readouterr()
    refuses(lambda: model.export(out, kind), "decoder cannot be exported", "operations of torch")
    told = capfd.readouterr()
    assert told.out + told.err == ""
    assert not list(tmp_path.rglob("*decoder*"))
    assert not out.is_file()


def test_what_cannot_be_written_is_refused(table_model, tmp_path, refuses, monkeypatch):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    refuses(lambda: table_model.export(tmp_path / "full", "torch"), "full", "not empty")
    refuses(lambda: table_model.export(tmp_path / "x", "tensorflow"), "format='tensorflow'", "onnx")
    refuses(lambda: table_model.export(tmp_path / "x.png", "page"), "x.png", ".html")
    refuses(lambda: table_model.export(tmp_path / "full" / "file", "torch"), "is a file")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    refuses(lambda: table_model.export(tmp_path / "x", "onnx"), "onnxruntime", "unweave[export]")
    assert not (tmp_path / "x").exists()


def test_the_command_line_names_its_options(table_model, tmp_path, refused):
    folder = table_model.folder
    refused(["export", folder, "--format", "tflite", "--out", tmp_path / "x"], "--format 'tflite'")
    refused(["export", folder, "--format", "page", "--out", tmp_path], "--out", ".html")
