import gzip
import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from unweave.data import Files
from unweave.data.files import fetching
from unweave.data.files.fetching import fetch_file
from unweave.data.files.find import find, find_or_fetch

CONTENT = np.random.default_rng(0).integers(0, 256, 3_000_000).astype(np.uint8).tobytes()
DIGEST = hashlib.sha256(CONTENT).hexdigest()
HALF = len(CONTENT) // 2


class Server:
    """Serves one file under any name, well or badly, and remembers what it was asked."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.ranges = True
        self.breaks_off_at: int | None = None
        self.shift = 0
        self.encoding = ""
        self.asked: list[str | None] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range")
        self.asked.append(wanted)
        total = len(self.content)
        if "missing" in handler.path:
            handler.send_error(404)
            return
        start = 0
        if wanted is not None and self.ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= total:
                handler.send_response(416)
                handler.send_header("Content-Range", f"bytes */{total}")
                handler.send_header("Content-Length", "0")
                handler.end_headers()
                return
            handler.send_response(206)
            shown = start + self.shift
            handler.send_header("Content-Range", f"bytes {shown}-{total - 1}/{total}")
        else:
            handler.send_response(200)
        if self.encoding:
            handler.send_header("Content-Encoding", self.encoding)
        handler.send_header("Content-Length", str(total - start))
        handler.end_headers()
        handler.wfile.write(self.content[start : self.breaks_off_at])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    served = Server()
    thread = threading.Thread(target=served.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    served.http.shutdown()
    thread.join()
    served.http.server_close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "data.bin"


def part_of(target: Path) -> Path:
    return target.with_name("data.bin.part")


def put_part(target: Path, content: bytes) -> None:
    target.parent.mkdir()
    part_of(target).write_bytes(content)


def alone(target: Path) -> bool:
    return [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_file_is_fetched_once(server: Server, target: Path) -> None:
    assert fetch_file(f"{server.address}/data.bin", DIGEST, target) == target
    assert target.read_bytes() == CONTENT
    assert alone(target)
    fetch_file(f"{server.address}/data.bin", DIGEST, target)
    assert server.asked == [None]


def test_a_broken_transfer_goes_on_where_it_stopped(server: Server, target: Path) -> None:
    server.breaks_off_at = HALF
    with pytest.raises(OSError, match="broke off"):
        fetch_file(f"{server.address}/data.bin", DIGEST, target)
    assert not target.exists()
    assert part_of(target).read_bytes() == CONTENT[:HALF]
    server.breaks_off_at = None
    fetch_file(f"{server.address}/data.bin", DIGEST, target)
    assert server.asked == [None, f"bytes={HALF}-"]
    assert target.read_bytes() == CONTENT
    assert alone(target)


def test_a_server_without_ranges_sends_all_again(server: Server, target: Path) -> None:
    put_part(target, CONTENT[:HALF])
    server.ranges = False
    fetch_file(f"{server.address}/data.bin", DIGEST, target)
    assert target.read_bytes() == CONTENT


def test_a_part_that_is_whole_is_only_checked(server: Server, target: Path) -> None:
    put_part(target, CONTENT)
    fetch_file(f"{server.address}/data.bin", DIGEST, target)
    assert server.asked == [f"bytes={len(CONTENT)}-"]
    assert target.read_bytes() == CONTENT
    assert alone(target)


@pytest.mark.parametrize("rubbish", [b"x" * HALF, CONTENT + b"x"])
def test_a_part_of_another_file_is_removed(server: Server, target: Path, rubbish: bytes) -> None:
    put_part(target, rubbish)
    with pytest.raises(ValueError, match="SHA-256"):
        fetch_file(f"{server.address}/data.bin", DIGEST, target)
    assert list(target.parent.iterdir()) == []
    fetch_file(f"{server.address}/data.bin", DIGEST, target)
    assert target.read_bytes() == CONTENT


def test_an_md5_is_checked_where_no_other_hash_is_known(server: Server, target: Path) -> None:
    with pytest.raises(ValueError, match="MD5"):
        fetch_file(f"{server.address}/data.bin", "0" * 32, target)
    fetch_file(f"{server.address}/data.bin", hashlib.md5(CONTENT).hexdigest(), target)
    assert target.read_bytes() == CONTENT


def test_a_range_that_was_not_asked_for(server: Server, target: Path) -> None:
    put_part(target, CONTENT[:HALF])
    server.shift = 5
    with pytest.raises(OSError, match="bytes"):
        fetch_file(f"{server.address}/data.bin", DIGEST, target)
    assert part_of(target).read_bytes() == CONTENT[:HALF]


def test_a_missing_file_leaves_nothing(server: Server, target: Path) -> None:
    with pytest.raises(OSError, match="404"):
        fetch_file(f"{server.address}/missing", DIGEST, target)
    assert list(target.parent.iterdir()) == []


def test_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(OSError, match="refused"):
        fetch_file("http://127.0.0.1:9/a", DIGEST, tmp_path / "a")


def test_gzipped_files_stay_gzipped(server: Server, tmp_path: Path) -> None:
    server.content = gzip.compress(b"inside" * 100)
    server.encoding = "gzip"
    digest = hashlib.sha256(server.content).hexdigest()
    found = fetch_file(f"{server.address}/a.gz", digest, tmp_path / "a.gz")
    assert found.read_bytes() == server.content


def test_nothing_is_shown_where_there_is_no_terminal(
    server: Server, target: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fetch_file(f"{server.address}/data.bin", DIGEST, target)
    shown = capfd.readouterr()
    assert shown.out == shown.err == ""


def test_a_bar_is_shown_on_a_terminal(
    server: Server, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    asked: list[bool] = []

    def terminal(stderr: bool) -> Console:
        asked.append(stderr)
        return Console(file=screen, force_terminal=True, width=100)

    monkeypatch.setattr(fetching, "Console", terminal)
    fetch_file(f"{server.address}/data.bin", DIGEST, target)
    assert asked == [True]
    assert "data.bin" in screen.getvalue()
    assert "3.0/3.0 MB" in screen.getvalue()


def test_one_file_is_fetched_to_its_first_place(
    server: Server, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNWEAVE_DATA", raising=False)
    fetched = ((f"{server.address}/raw/data.bin?raw=true", DIGEST),)
    files = Files(("set/data.bin", "data.bin"), fetched=fetched)
    assert find(files) is None
    place = find_or_fetch("set", files)
    assert place == own_cache / "data" / "set" / "data.bin"
    assert place.read_bytes() == CONTENT
    assert find(files) == place


def test_several_files_are_fetched_into_a_folder(
    server: Server, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNWEAVE_DATA", raising=False)
    fetched = tuple((f"{server.address}/{name}.gz", DIGEST) for name in ("one", "two"))
    files = Files(("set",), needed=("one", "two"), fetched=fetched)
    place = find_or_fetch("set", files)
    assert sorted(path.name for path in place.iterdir()) == ["one.gz", "two.gz"]
    assert find(files) == place == own_cache / "data" / "set"


def test_what_fails_is_said_in_one_line(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuses: Callable[..., str]
) -> None:
    monkeypatch.setenv("UNWEAVE_DATA", str(tmp_path))
    address = f"{server.address}/data.bin"
    files = Files(("set/data.bin",), fetched=((address, "0" * 64),), origin="https://a.example")
    refuses(
        lambda: find_or_fetch("set", files),
        "cannot fetch set", address, "SHA-256", "try again", "put set/data.bin under",
        str(tmp_path), "https://a.example",
    )  # fmt: skip
