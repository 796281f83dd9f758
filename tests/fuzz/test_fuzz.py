"""Damaged files: every reader reads them or refuses them in one line, soon and in little memory.

Each reader gets a good file with some bytes changed, cut, repeated or replaced. The short mode
tries a few; ``UNWEAVE_FUZZ=3000 python -m pytest tests/fuzz`` tries that many for each reader.
"""

import atexit
import base64
import contextlib
import functools
import gzip
import io
import json
import os
import random
import shutil
import struct
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
from PIL import Image

import unweave as uw
from unweave.data import load_data
from unweave.data.files.decoding import read_image
from unweave.data.files.matlab import MatReader
from unweave.data.formats.mnist import read_idx
from unweave.data.sources.shapes3d import read as read_shapes3d
from unweave.data.sources.smallnorb import read_matrix
from unweave.errors import RequestError
from unweave.metrics.array_files import read_columns
from unweave.runs.history import History
from unweave.runs.model import Model
from unweave.runs.names import NAMES_FILE
from unweave.studies.job import SCORES_FILE, Job, OtherRunError, stored_scores
from unweave.studies.plan import Method, StudyPlan, read_plan
from unweave.studies.results import collect

COUNT = int(os.environ.get("UNWEAVE_FUZZ", "25"))
MOST_SECONDS = 20
MOST_BYTES = 2 << 30
STORED = Path(__file__).parents[1] / "runs" / "written_by_64d4cee"
SCORED = Job(Path(), "fa15", Method("vae", "vae", {}), (0,), None, "test")
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 8, 8)).astype(np.uint8)
TELLING = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\xff\xff\xff\x7f",
    b"9" * 30,
)


def idx():
    return bytes((0, 0, 8, 3)) + struct.pack(">3I", *PIXELS.shape) + PIXELS.tobytes()


def matrix():
    return struct.pack("<2i3i", 0x1E3D4C55, 3, *PIXELS.shape) + PIXELS.tobytes()


def npz():
    out = io.BytesIO()
    classes = np.arange(40).reshape(20, 2)
    np.savez_compressed(out, imgs=PIXELS, latents_classes=classes)
    return out.getvalue()


def mat():
    out = io.BytesIO()
    scipy.io.savemat(out, {"im": PIXELS, "other": {"a": [1.0, 2.0]}}, do_compression=True)
    return out.getvalue()


def plain_mat():
    out = io.BytesIO()
    scipy.io.savemat(out, {"im": PIXELS})
    return out.getvalue()


def h5():
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        images = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 3)).astype(np.uint8)
        file.create_dataset("images", data=images, chunks=(5, 64, 64, 3), compression="gzip")
        file.create_dataset("labels", data=np.random.default_rng(0).random((20, 6)))
    return out.getvalue()


def picture(kind, dtype=np.uint8):
    out = io.BytesIO()
    Image.fromarray(PIXELS[0].astype(dtype) * (257 if dtype == np.uint16 else 1)).save(out, kind)
    return out.getvalue()


def stored(name):
    return (STORED / "table" / name).read_bytes()


def in_a_run(name):
    """Return a reader of a run's folder with one file replaced."""

    def read(path):
        folder = path.parent / "run"
        if not folder.exists():
            shutil.copytree(STORED / "table", folder)
        shutil.copy(path, folder / name)
        Model.load(folder)

    return read


def resume(path):
    folder = path.parent / "run"
    if not folder.exists():
        shutil.copytree(STORED / "images-interrupted", folder)
    for made in ("summary.json", "model.safetensors"):
        (folder / made).unlink(missing_ok=True)
    shutil.copy(path, folder / "checkpoint" / "latest.safetensors")
    shutil.copy(STORED / "images-interrupted" / "history.csv", folder / "history.csv")
    config = json.loads((folder / "config.json").read_text())
    source = config["data"]["source"]
    with contextlib.suppress(uw.DivergedError):  # Weights of any value are weights.
        uw.train(config["model"], source, out=folder, resume=True, progress=False)


def upload(path):
    from unweave.app.uploads import read_upload

    model = uw.load(STORED / "images")
    read_upload(model, "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode())


def read_mat(path):
    with MatReader() as reader:
        reader.read(path.read_bytes(), "im", str(path))


def table():
    """Return a table of columns of many kinds, some cells blank."""
    draw = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": np.where(draw.random(60) < 0.1, np.nan, draw.normal(170, 10, 60)),
            "smokes": draw.choice(["no", "yes"], 60),
            "rooms": draw.integers(1, 60, 60),
            "town": draw.choice(["Bern", "Rome", "Oslo"], 60),
            "when": pd.date_range("2020-01-01", periods=60)[draw.permutation(60)].astype(str),
            "grade": draw.integers(1, 6, 60),
        }
    )


def written(method):
    """Return the bytes of the table in a file format of pandas."""
    out = io.BytesIO()
    getattr(table(), method)(out)
    return out.getvalue()


def parts(path):
    """Read a folder of Parquet files of which one is this."""
    folder = path.parent / "parts"
    folder.mkdir(exist_ok=True)
    (folder / "0.parquet").write_bytes(written("to_parquet"))
    shutil.copy(path, folder / "1.parquet")
    load_data(folder)


def scores():
    """Return a run's scores, as a study keeps them."""
    document = {
        "request": SCORED.request(0),
        "asked": None,
        "split": "test",
        "count": 12,
        "scores": {"rmse": {"value": 0.5, "unit": "SD"}, "mig": {"value": 0.25}},
        "omitted": {"psnr": "needs images"},
        "seconds": 0.1,
    }
    return json.dumps(document, indent=2).encode()


def in_a_study(path):
    job = replace(SCORED, folder=path.parent / "study")
    folder = job.run_folder(0)
    if not folder.exists():
        shutil.copytree(STORED / "table", folder)
    shutil.copy(path, folder / SCORES_FILE)
    plan = StudyPlan(job.data, (job.method,), job.seeds, None, job.split, "")
    assert "\n" not in "".join(collect(plan, job.folder).broken)
    with contextlib.suppress(OtherRunError):  # It is read, and says that it is of another study.
        stored_scores(job, 0)


def codes():
    out = io.BytesIO()
    np.savez(out, codes=np.random.default_rng(0).normal(size=(30, 3)))
    return out.getvalue()


@functools.cache
def of_columns():
    """Return the folder of a run on the table."""
    folder = Path(tempfile.mkdtemp(prefix="unweave-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    data = uw.load_data(table(), given=["town"], ordinal=["grade"])
    options = {"steps": 2, "hidden": (4,), "latent_dim": 2, "progress": False}
    uw.train("vae", data, out=folder / "run", **options).rename("z0", "mood")
    return folder / "run"


def used(name):
    """Return a reader of the run on the table with one file replaced: it is put to use."""

    def read(path):
        folder = path.parent / "run"
        shutil.copytree(of_columns(), folder, dirs_exist_ok=True)
        shutil.copy(path, folder / name)
        model, rows = uw.load(folder), table()[:4]
        model.given_names()
        model.encode(rows)
        model.impute(rows, draws=6)
        model.surprise(rows, draws=2)
        model.sample(2)

    return read


READERS = {
    "csv": (lambda: table().to_csv(index=False).encode(), ".csv", load_data),
    "parquet": (lambda: written("to_parquet"), ".parquet", load_data),
    "feather": (lambda: written("to_feather"), ".feather", load_data),
    "gzipped csv": (
        lambda: gzip.compress(table().to_csv(index=False).encode()), ".csv.gz", load_data
    ),
    "parquet part": (lambda: written("to_parquet"), ".parquet", parts),
    "codes": (codes, ".npz", lambda path: read_columns(path, "codes")),
    "codes in text": (
        lambda: table()[["rooms", "grade"]].to_csv(index=False).encode(),
        ".csv",
        lambda path: read_columns(path, "codes"),
    ),
    "idx": (idx, ".idx", lambda path: read_idx(path, 3)),
    "gzipped idx": (lambda: gzip.compress(idx()), ".gz", lambda path: read_idx(path, 3)),
    "matrix": (matrix, ".mat", lambda path: read_matrix(path, 0x1E3D4C55)),
    "npz": (npz, ".npz", load_data),
    "mat": (mat, ".mat", read_mat),
    "plain mat": (plain_mat, ".mat", read_mat),
    "h5": (h5, ".h5", read_shapes3d),
    "png": (lambda: picture("PNG"), ".png", read_image),
    "png of 16 bits": (lambda: picture("PNG", np.uint16), ".png", read_image),
    "jpeg": (lambda: picture("JPEG"), ".jpg", read_image),
    "gif": (lambda: picture("GIF"), ".gif", read_image),
    "webp": (lambda: picture("WEBP"), ".webp", read_image),
    "upload": (lambda: picture("PNG"), ".png", upload),
    "config": (lambda: stored("config.json"), ".json", in_a_run("config.json")),
    "summary": (lambda: stored("summary.json"), ".json", in_a_run("summary.json")),
    "history": (lambda: stored("history.csv"), ".csv", lambda path: History.read(path)),
    "weights": (
        lambda: stored("model.safetensors"), ".safetensors", in_a_run("model.safetensors")
    ),
    "checkpoint": (
        lambda: (STORED / "images-interrupted/checkpoint/latest.safetensors").read_bytes(),
        ".safetensors",
        resume,
    ),
    "names": (
        lambda: (of_columns() / NAMES_FILE).read_bytes(), ".json", used(NAMES_FILE)
    ),
    "scores": (scores, ".json", in_a_study),
    "study": (
        lambda: b'data = "fa15"\nmodels = ["vae"]\nseeds = 2\n[settings]\nbeta = [1, 2]\n',
        ".toml",
        read_plan,
    ),
}  # fmt: skip
SLOW = ("mat", "plain mat", "checkpoint", "upload")


def damaged(whole, generator):
    """Return the bytes after one to four changes, mostly near the start, where headers are."""
    raw = bytearray(whole)
    for _ in range(generator.choice((1, 1, 2, 4))):
        most = generator.choice((64, 512, len(raw)))
        place = generator.randrange(max(1, min(most, len(raw))))
        kind = generator.randrange(5)
        if kind == 0:
            raw[place : place + 1] = bytes([generator.randrange(256)])
        elif kind == 1:
            piece = generator.choice(TELLING)
            raw[place : place + len(piece)] = piece
        elif kind == 2:
            del raw[place : place + generator.choice((1, 4, len(raw)))]
        elif kind == 3:
            raw[place:place] = raw[place : place + 40]
        elif raw:
            raw[place % len(raw)] ^= 1 << generator.randrange(8)
    return bytes(raw)


VALUES = (
    *(None, True, "", "x", "%Y%Q", "\ud800", -1, 0, 0.5, 10**9, 10**30, -1e308),
    *(float("nan"), float("inf"), [], {}, [1, 2], ["a", "a"], [[]], {"a": 1}),
)


def of_other_values(whole, generator):
    """Return a JSON document in which one value is another, or one key is gone."""
    document = place = json.loads(whole)
    while isinstance(place, dict | list) and place and generator.random() < 0.9:
        holder = place
        key = generator.choice(list(place) if isinstance(place, dict) else range(len(place)))
        place = place[key]
    if place is document:
        document = generator.choice(VALUES)
    elif generator.random() < 0.1:
        del holder[key]
    else:
        holder[key] = generator.choice(VALUES)
    return json.dumps(document).encode()


def refusal(read, path):
    """Return the line that refuses a file; "" if it is read. Any other error is the test's."""
    try:
        read(path)
    except RequestError as error:
        return str(error)
    return ""


def peak():
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", READERS)
def test_damaged_bytes(name, tmp_path, monkeypatch):
    monkeypatch.setenv("UNWEAVE_CACHE", str(tmp_path / "cache"))
    make, suffix, read = READERS[name]
    whole, path = make(), tmp_path / f"file{suffix}"
    path.write_bytes(whole)
    read(path)  # The whole one is read.
    before = peak()
    generator = random.Random(name)
    for _ in range(max(4, COUNT // 4) if name in SLOW and COUNT < 100 else COUNT):
        path.write_bytes(damaged(whole, generator))
        began = time.monotonic()
        said = refusal(read, path)
        assert "\n" not in said
        assert len(said) < 1600
        assert time.monotonic() - began < MOST_SECONDS
    assert peak() - before < MOST_BYTES


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["config.json", "summary.json", "names.json"])
def test_values_that_do_not_belong_there(name, tmp_path):
    """In the files of a run on columns of many kinds, which is then put to use."""
    whole, path = (of_columns() / name).read_text(), tmp_path / "file"
    read, generator = used(name), random.Random(name)
    path.write_text(whole)
    assert refusal(read, path) == ""
    for _ in range(COUNT):
        path.write_bytes(of_other_values(whole, generator))
        said = refusal(read, path)
        assert "\n" not in said
        assert len(said) < 1600


@pytest.mark.parametrize("name", ["idx", "matrix", "npz", "mat", "h5", "png", "weights", "config"])
def test_no_pickle_runs(name, tmp_path, monkeypatch):
    """A pickle in the place of every file is refused, and never unpickled."""
    monkeypatch.setenv("UNWEAVE_CACHE", str(tmp_path / "cache"))
    _, suffix, read = READERS[name]
    path = tmp_path / f"file{suffix}"
    mark = tmp_path / "ran"
    path.write_bytes(f"cos\nsystem\n(S'touch {mark}'\ntR.".encode())
    with pytest.raises(RequestError):
        read(path)
    assert not mark.exists()


def test_bombs_are_refused_before_they_unpack(tmp_path):
    """Small files that would fill gigabytes: refused by what they promise, or by their pixels."""
    shape = struct.pack(">3I", 2_000_000_000, 1, 1)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes((0, 0, 8, 3)) + shape))
    with pytest.raises(RequestError, match="cannot hold them"):
        read_idx(path, 3)
    path = tmp_path / "bomb.png"
    Image.new("1", (12_000, 5_000)).save(path)
    with pytest.raises(RequestError, match="megapixels"):
        read_image(path)


@pytest.mark.parametrize("name", ["gzipped csv", "parquet", "feather", "parquet part"])
def test_tables_that_unpack_beyond_the_memory(name, tmp_path, monkeypatch):
    """The size of what they unpack to is asked of the file, or counted as it unpacks."""
    make, suffix, read = READERS[name]
    path = tmp_path / f"file{suffix}"
    path.write_bytes(make())
    monkeypatch.setattr("unweave.data.files.bounds.free_memory", lambda: 1000)
    with pytest.raises(RequestError, match="of memory at least"):
        read(path)


def test_texts_that_end_beyond_their_bytes(tmp_path):
    """As Arrow reads it, the table would end the process when its texts are used."""
    path = tmp_path / "t.feather"
    pd.DataFrame({"town": ["Bern", "Oslo"] * 10}).to_feather(path, compression="uncompressed")
    ends = np.arange(0, 84, 4, dtype=np.int32)
    whole, damaged_ends = path.read_bytes(), np.where(ends == 40, 1 << 30, ends).astype(np.int32)
    if ends.tobytes() not in whole:
        ends, damaged_ends = ends.astype(np.int64), damaged_ends.astype(np.int64)
    assert ends.tobytes() in whole
    path.write_bytes(whole.replace(ends.tobytes(), damaged_ends.tobytes()))
    with pytest.raises(RequestError, match="not a readable Feather file"):
        load_data(path)
