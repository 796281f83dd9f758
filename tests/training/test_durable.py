"""Runs that are disturbed: by another process, a full disk, a signal, a folder that goes away."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch

import unweave as uw
from support import train_run
from unweave.errors import RequestError
from unweave.files import clear_unfinished, temporary_file, written_together, written_whole
from unweave.locks import LOCK, alone, lock
from unweave.runs import tensors as tensors_file
from unweave.runs.folder import checkpoint_file
from unweave.runs.model import Model
from unweave.runs.tensors import load_tensors, save_tensors

pytest.importorskip("fcntl")
FEW = {"steps": 20, "log_every": 5, "checkpoint_seconds": 0}
COMMAND = [sys.executable, "-m", "unweave", "train", "vae", "--data", "fa15"]


def test_two_at_once_the_second_is_refused(tmp_path):
    """However close they start: here at the same moment."""
    out = str(tmp_path / "run")
    command = [*COMMAND, "--steps", "60", "--out", out]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 2]
    loser = said[0] if both[0].returncode else said[1]
    assert "at work there" in loser or "already holds a run" in loser
    assert uw.load(out).summary["steps"] == 60
    assert not (tmp_path / "run" / LOCK).exists()


def test_the_lock_is_held_from_the_first_look_to_the_last_file(rows, tmp_path):
    with (
        alone(tmp_path / "run", "another training"),
        pytest.raises(RequestError, match=rf"another training \(process {os.getpid()}\) is at"),
    ):
        train_run("vae", rows, FEW, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
    train_run("vae", rows, FEW, out=tmp_path / "run")
    assert not (tmp_path / "run" / LOCK).exists()


def test_a_killed_holder_leaves_no_lock(rows, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / LOCK).write_text("12345\n")  # As a killed process leaves it.
    train_run("vae", rows, FEW, out=tmp_path / "run")


def test_only_left_overs_of_the_dead_are_swept(tmp_path):
    living, held = temporary_file(tmp_path, ".writing-")
    dead, gone = temporary_file(tmp_path, ".writing-")
    os.close(gone)
    clear_unfinished(tmp_path)
    assert living.exists()
    assert not dead.exists()
    os.close(held)


def test_a_lock_of_a_removed_file_is_none(tmp_path):
    first = lock(tmp_path / "file")
    assert lock(tmp_path / "file") is None
    (tmp_path / "file").unlink()
    second = lock(tmp_path / "file")
    assert second is not None
    os.close(first)
    assert lock(tmp_path / "file") is None
    os.close(second)


@pytest.fixture
def full_disk(monkeypatch):
    """Return a function that lets some files be written, and none after them."""

    def fill(left):
        plain, count = os.fsync, [0]

        def fsync(handle):
            count[0] += 1
            if count[0] > left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            plain(handle)

        monkeypatch.setattr("unweave.files.os.fsync", fsync)
        return lambda: monkeypatch.setattr("unweave.files.os.fsync", plain)

    return fill


@pytest.mark.parametrize("left", [0, 1, 4, 7, 10, 13, 16])
def test_a_full_disk_loses_nothing(left, rows, tmp_path, full_disk):
    whole = train_run("vae", rows, FEW)
    room_again = full_disk(left)
    with pytest.raises(RequestError, match="No space left on device") as caught:
        train_run("vae", rows, FEW, out=tmp_path / "run")
    assert str(tmp_path / "run") in str(caught.value)
    assert "make room there" in str(caught.value)
    room_again()
    resumed = train_run("vae", rows, FEW, out=tmp_path / "run", resume=True)
    for name, value in whole.module.state_dict().items():
        assert torch.equal(value, resumed.module.state_dict()[name])
    assert not list((tmp_path / "run").rglob(".writing-*"))


def test_a_checkpoint_stays_until_the_new_one_reads_back(tmp_path, monkeypatch):
    path = tmp_path / "latest.safetensors"
    save_tensors(path, {"a": torch.ones(3)}, {"step": 1}, read_back=True)
    plain = tensors_file.save

    def flip(contents, metadata):
        return plain({name: value + 1 for name, value in contents.items()}, metadata)

    monkeypatch.setattr(tensors_file, "save", flip)
    with pytest.raises(RequestError, match="a does not read back"):
        save_tensors(path, {"a": torch.zeros(3)}, {"step": 2}, read_back=True)
    assert torch.equal(load_tensors(path)[0]["a"], torch.ones(3))


def test_files_together_or_none(tmp_path):
    (tmp_path / "one").write_text("old")

    def half():
        with written_together(tmp_path) as temporary:
            (temporary / "one").write_text("new")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(RequestError, match="No space"):
        half()
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
    assert (tmp_path / "one").read_text() == "old"
    with written_together(tmp_path) as temporary:
        (temporary / "one").write_text("new")
        (temporary / "two").write_text("new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_what_is_read_meanwhile_keeps_its_own_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="elsewhere"), written_whole(tmp_path / "a"):
        (tmp_path / "elsewhere").read_bytes()


def test_a_folder_that_goes_away_comes_back_whole(rows, tmp_path, monkeypatch):
    """The run is in memory: it is written again at the next checkpoint."""
    from unweave.training.feed import SeedFeed

    plain = SeedFeed.save

    def save(feed, tensors, notes):
        if notes["step"] == 10:
            shutil.rmtree(tmp_path / "run")
        plain(feed, tensors, notes)
        if notes["step"] == 15:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SeedFeed, "save", save)
        with pytest.raises(KeyboardInterrupt):
            train_run("vae", rows, FEW, out=tmp_path / "run")
    resumed = train_run("vae", rows, FEW, out=tmp_path / "run", resume=True)
    whole = train_run("vae", rows, FEW)
    assert resumed.history.rows == whole.history.rows


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_with_a_line(number, tmp_path):
    out = tmp_path / "run"
    process = subprocess.Popen(
        [*COMMAND, "--steps", "100000", "--out", str(out)], stderr=subprocess.PIPE, text=True
    )
    while not checkpoint_file(out).is_file():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    said = process.communicate()[1].strip().splitlines()[-1]
    assert process.returncode == 1
    assert said.startswith("unweave: ")
    assert "--resume" in said
    assert json.loads((out / "config.json").read_text())["model"] == "vae"
    assert not (out / LOCK).exists()
    with pytest.raises(RequestError, match="has not ended"):
        Model.load(out)
