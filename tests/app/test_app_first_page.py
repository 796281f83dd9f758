"""The first page: live before torch and Gradio are there, and relieved by the studio."""

import http.client
import json
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from unweave.app import serve as serving
from unweave.app.first_page import first_page
from unweave.app.first_server import FirstServer
from unweave.app.guard import MOST_BYTES
from unweave.cli import run_command
from unweave.errors import RequestError

HEAVY = ("numpy", "torch", "pandas", "gradio", "PIL", "matplotlib")


@contextmanager
def first_server(host="127.0.0.1"):
    """Yield a server of the first page, and where it listens."""
    with socket.create_server((host, 0)) as place:
        server = FirstServer(place, host)
        server.begin()
        yield server, place.getsockname()[1]
        server.shutdown()


def ask(port, path, method="GET", body=None, headers=None):
    """Return status, headers by their names in lower case, and body."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request(method, path, body, headers or {})
        with connection.getresponse() as answer:
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


@contextmanager
def a_studio():
    """Yield the address of a server that answers everything alike, and what it was asked."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append((self.command, self.path, body, self.headers["X-Own"]))
            self.send_response(201)
            self.send_header("X-From", "the studio")
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else b"said")

        do_GET = do_HEAD = do_POST = answer  # noqa: N815

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address, seen
        server.shutdown()


@contextmanager
def asked(port, *arguments):
    """Ask in a thread; yield a list that has the answer once the block has ended."""
    found = []
    thread = threading.Thread(target=lambda: found.append(ask(port, *arguments)))
    thread.start()
    yield found
    thread.join(60)


def wait_until_held(server, count=1):
    deadline = time.monotonic() + 60
    while len(server.held) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_needs_no_library_that_takes_long():
    code = (
        "import sys\n"
        "from unweave.app import first_server, serve\n"
        "from unweave.app.first_page import first_page\n"
        "assert all(len(first_page(number)) > 10_000 for number in range(3))\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_no_other_script_runs_and_only_its_own_server_is_asked():
    text = first_page(0)
    (policy,) = re.findall('Security-Policy" content="([^"]*)"', text)
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    scripts = re.search("script-src ([^;]*);", policy)[1].split()
    assert len(scripts) == 2
    assert all(each.startswith("'sha256-") for each in scripts)
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text)


def test_every_model_has_its_page_and_stands_in_its_menu():
    with first_server() as (_, port):
        for query, number in (("", 0), ("?run=1", 1), ("?run=2&z3=1", 2), ("?run=9", 0)):
            status, headers, content = ask(port, f"/{query}")
            assert status == 200
            assert headers["cache-control"] == "no-store"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            (chosen,) = re.findall('<option value="(.)" selected>', content.decode())
            assert int(chosen) == number


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        ("/config", "GET", None),
        ("/gradio_api/queue/join?x=%20y", "POST", b'{"data": []}'),
        ("/", "HEAD", None),
        ("/gradio_api/queue/data?session_hash=a", "GET", None),
    ],
)
def test_what_asks_for_the_studio_is_held_and_then_answered_by_it(path, method, body):
    with first_server() as (server, port), a_studio() as (address, seen):
        server.studio = address
        with asked(port, path, method, body, {"X-Own": "kept"}) as found:
            wait_until_held(server)
            assert not found
            server.open()
        status, headers, content = found[0]
        assert (status, headers["x-from"]) == (201, "the studio")
        assert content == (b"" if method == "HEAD" else b"said")
        assert seen == [(method, path, body or b"", "kept")]
        # Who was connected before, and asks only now, is not given the first page again.
        assert ask(port, "/")[0] == 201


def test_who_waits_hears_that_the_server_lives(monkeypatch):
    monkeypatch.setattr("unweave.app.first_server._WORD", 0.05)
    with first_server() as (server, port), a_studio() as (address, _):
        server.studio = address
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(b"GET /config HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stream = connection.makefile("rb")
            for _ in range(3):
                assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
                assert stream.readline() == b"\r\n"
            with asked(port, "/config") as found:
                wait_until_held(server, 2)
                server.open()
            assert b" 201 " in stream.read()
        assert found[0][0] == 201


def test_without_a_studio_nobody_waits_for_ever():
    with first_server() as (server, port), asked(port, "/gradio_api/app_id") as found:
        wait_until_held(server)
        server.fail()
    assert found[0][0] == 503


def test_what_the_guard_refuses_is_refused_at_once():
    with first_server() as (_, port):
        assert ask(port, "/", headers={"Host": "example.org"})[0] == 400
        assert ask(port, "/", headers={"Host": "localhost:7860"})[0] == 200
        assert ask(port, "/config", headers={"Host": "example.org"})[0] == 400
        assert (
            ask(port, "/config", "POST", headers={"Content-Length": str(MOST_BYTES + 1)})[0] == 413
        )
        for path in ("/etc/passwd", "//example.org/", "/%2f/example.org", "/gradio_api/upload"):
            assert ask(port, path)[0] == 404
        assert ask(port, "/config", "POST", iter([b"{}"]))[0] == 411


def test_the_reason_reaches_who_is_still_sending():
    much = b"x" * (MOST_BYTES + 1)
    with first_server() as (_, port):
        assert ask(port, "/config", "POST", much)[0] == 413
        assert ask(port, "/config", "POST", iter([much[: 2**20]] * 16))[0] == 411


def send_for_ever(connection):
    while True:
        connection.sendall(b"x")


def test_who_goes_on_sending_for_ever_is_cut_off(monkeypatch):
    monkeypatch.setattr("unweave.app.first_server._SILENT", 0.2)
    with first_server() as (_, port), socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"POST /etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with pytest.raises(ConnectionError):
            send_for_ever(connection)


def test_a_start_that_fails_is_told_to_who_waits(monkeypatch, capsys):
    begun, answers = [], []

    class Noted(FirstServer):
        def begin(self):
            begun.append(self)
            super().begin()

    def fail():
        (server,) = begun
        port = server.socket.getsockname()[1]
        thread = threading.Thread(target=lambda: answers.append(ask(port, "/config")))
        thread.start()
        wait_until_held(server)
        raise RequestError("faces: damaged; install the package again")

    monkeypatch.setattr("unweave.app.first_server.FirstServer", Noted)
    monkeypatch.setattr(serving, "find_spec", lambda name: name)
    monkeypatch.setattr(serving, "_import_gradio", fail)
    assert run_command(["app"]) == 2
    begun[0].shutdown()
    begun[0].socket.close()
    assert answers[0][0] == 503
    assert "faces: damaged" in capsys.readouterr().err


def test_without_gradio_nothing_listens(monkeypatch, refuses):
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.setattr(serving, "_listen", lambda *_: pytest.fail("it listens"))
    refuses(serving.serve, "unweave[app]")


def move(page, value):
    """Move the first slider as a hand does, and return its name."""
    return page.locator(".control input").first.evaluate(
        "(slider, value) => { slider.value = value;"
        " slider.dispatchEvent(new Event('input', {bubbles: true})); return slider.name; }",
        value,
    )


def picture(page):
    return page.locator("#edited").evaluate("canvas => canvas.toDataURL()")


def test_a_slider_moves_the_picture_and_an_address_is_understood(browser):
    with first_server() as (_, port):
        page = browser.new_page()
        failed = []
        page.on("pageerror", lambda error: failed.append(error))
        page.goto(f"http://127.0.0.1:{port}/")
        before = picture(page)
        name = move(page, -0.5)
        moved = picture(page)
        assert moved != before
        assert "still starting" in page.locator("#waiting").inner_text()
        page.goto(f"http://127.0.0.1:{port}/?run=0&row={first_row(0)}&{name}=-0.5")
        assert picture(page) == moved
        page.get_by_label("Run", exact=True).select_option("2")
        page.locator("[data-feature=N1]").wait_for()
        assert page.url.endswith("?run=2")
        assert failed == []
        page.close()


def first_row(number):
    (facts,) = re.findall('id="facts">(.*)</script>', first_page(number))
    return json.loads(facts)["starts"][0]["row"]


@pytest.mark.parametrize("size", [(1280, 900), (390, 844)])
def test_it_is_as_wide_as_the_window(browser, size):
    with first_server() as (_, port):
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        for run in range(3):
            page.goto(f"http://127.0.0.1:{port}/?run={run}")
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.close()


def test_a_page_says_that_there_will_be_no_studio(browser):
    with first_server() as (server, port):
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        wait_until_held(server)
        server.fail()
        page.get_by_text("could not start").wait_for()
        before = picture(page)
        move(page, 1.7)
        assert picture(page) != before
        page.close()


def test_the_studio_relieves_it(serve, browser, tmp_path):
    if find_spec("gradio") is None:
        pytest.skip("Gradio, the extra [app], is not installed")
    with serve([], tmp_path / "log") as address, asked(urlsplit(address).port, "/config") as config:
        touched, untouched = browser.new_page(), browser.new_page()
        for page in (touched, untouched):
            page.set_default_timeout(120_000)
            page.goto(address)
        before = picture(touched)
        name = move(touched, -0.5)
        assert picture(touched) != before
        assert "whole studio" not in (tmp_path / "log").read_text()

        assert (tmp_path / "log").read_text().startswith("starting the studio")
        untouched.locator(".board > .control input").first.wait_for()
        assert untouched.locator(".control").count() == 5
        touched.get_by_text("The whole studio is open").wait_for()
        touched.locator("#waiting a").click()
        touched.locator(".board .control.moved input").wait_for()
        slider = touched.locator(".board .control.moved input")
        assert slider.get_attribute("name") == name
        assert float(slider.input_value()) == -0.5
        assert f"row={first_row(0)}" in touched.url
        assert b"unweave studio" in urlopen(address).read()
        for page in (touched, untouched):
            page.close()
    status, _, content = config[0]
    assert status == 200
    assert json.loads(content)["title"] == "unweave studio"
    assert "Traceback" not in (tmp_path / "log").read_text()
