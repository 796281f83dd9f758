"""The command, and what is wrong with a request."""

import socket
import sys

import pytest

import unweave as uw
from unweave.cli import run_command
from unweave.errors import RequestError


@pytest.fixture(scope="module")
def folder(tmp_path_factory, rows):
    place = tmp_path_factory.mktemp("run")
    uw.train("vae", rows, steps=2, out=place / "run", progress=False)
    return place


def fails(capsys, *arguments):
    assert run_command(["app", *map(str, arguments)]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_a_folder_without_a_run(capsys, tmp_path):
    assert "no finished run" in fails(capsys, tmp_path)
    assert "this folder does not exist" in fails(capsys, tmp_path / "nowhere")


def test_a_port_that_is_taken(capsys, folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"--port {port}" in fails(capsys, folder, "--port", port)


def test_the_port_is_kept_while_the_runs_are_loaded(capsys, folder, monkeypatch):
    """Or two studios that start together would both choose it."""
    others = []

    def load(folders, device):
        with pytest.raises(OSError, match="in use"):
            socket.create_server(("127.0.0.1", port)).close()
        others.append(port)
        raise RequestError("enough")

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setattr("unweave.app.serve._loaded", load)
    assert "enough" in fails(capsys, folder, "--port", port)
    assert others == [port]


def test_an_address_that_is_none(capsys, folder):
    assert "--host no.such.host.invalid" in fails(capsys, folder, "--host", "no.such.host.invalid")
    assert "--port" in fails(capsys, folder, "--port", 70000)


def test_without_the_extra(capsys, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    assert 'pip install "unweave[app]"' in fails(capsys, folder)
