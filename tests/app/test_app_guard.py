"""What is answered, and to whom."""

import asyncio
import base64
import http.client
import json
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from unweave.app.guard import MOST_BYTES, Guard, is_loopback


def ask(address, path, method="GET", body=None, headers=None):
    parts = urlsplit(address)
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)) as connection:
        connection.request(method, path, body, headers or {})
        with connection.getresponse() as response:
            return response.status, dict(response.getheaders()), response.read()


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/file=/etc/passwd",
        "/gradio_api/proxy=http://127.0.0.1/",
        "/static/../../../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/gradio_api/upload",
        "/upload",
        "/monitoring",
        "/gradio_api/component_server",
        "/docs",
    ],
)
def test_nothing_of_the_host_is_served(studio, path):
    status, _, content = ask(studio, path)
    assert status == 404
    assert b"root:" not in content


def test_the_page_is_served_and_lets_the_browser_fetch_nothing_else(studio):
    status, headers, content = ask(studio, "/")
    policy = headers["content-security-policy"]
    assert status == 200
    assert b"unweave studio" in content
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_files_are_not_taken(studio):
    assert ask(studio, "/gradio_api/upload", "POST", b"x" * 100)[0] == 404


def test_another_name_for_this_machine_gets_nothing(studio):
    assert ask(studio, "/", headers={"Host": "example.org"})[0] == 400
    assert ask(studio, "/", headers={"Host": "localhost:7860"})[0] == 200


def test_too_large_a_request_is_refused(studio):
    headers = {"Content-Length": str(MOST_BYTES + 1)}
    assert ask(studio, "/gradio_api/run/predict", "POST", headers=headers)[0] == 413


def test_nothing_is_offered_to_programs(studio):
    config = json.loads(ask(studio, "/config")[2])
    assert not config["analytics_enabled"]
    assert all(each["api_visibility"] != "public" for each in config["dependencies"])


def test_a_request_that_says_nothing_of_its_length_is_cut_short():
    seen = []

    async def app(scope, receive, send):
        while (message := await receive())["type"] == "http.request":
            seen.append(len(message["body"]))

    async def receive():
        return {"type": "http.request", "body": b"x" * 2**20, "more_body": True}

    async def send(message):
        raise AssertionError(message)

    scope = {"type": "http", "path": "/gradio_api/run/predict", "headers": [(b"host", b"::1")]}
    asyncio.run(Guard(app, "0.0.0.0")(scope, receive, send))
    assert sum(seen) <= MOST_BYTES


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("example.org", False),
        ("127.0.0.1.example.org", False),
        ("", False),
    ],
)
def test_which_hosts_are_this_machine_alone(host, here):
    assert is_loopback(host) is here


def guarded(app, headers, path="/", password="secret"):
    """Return status and body of a request that goes through a guard alone."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b""}

    scope = {
        "type": "http", "path": path, "headers": [(b"host", b"localhost"), *headers]
    }  # fmt: skip
    asyncio.run(Guard(app, "127.0.0.1", password)(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"]), scope


async def fine(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def basic(text):
    return (b"authorization", b"Basic " + base64.b64encode(text))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 401),
        ([basic(b"me:wrong")], 401),
        ([basic(b"secret")], 401),
        ([(b"authorization", b"Basic ***")], 401),
        ([(b"authorization", b"Bearer " + base64.b64encode(b"me:secret"))], 401),
        ([basic(b"me:secret")], 200),
        ([basic(b":secret")], 200),
    ],
)
def test_a_password(headers, status):
    found, said, _ = guarded(fine, headers)
    assert found == status
    assert (b"www-authenticate" in said) == (status == 401)


def test_without_a_password_nobody_is_asked():
    assert guarded(fine, [], password="")[0] == 200


def test_what_a_proxy_says_is_left_out():
    false = [
        (b"x-forwarded-host", b"example.org"),
        (b"forwarded", b"host=example.org"),
        (b"x-gradio-server", b"http://example.org"),
    ]
    scope = guarded(fine, false, password="")[2]
    assert scope["headers"] == [(b"host", b"localhost")]


def test_an_event_that_makes_no_sense_gets_an_answer_and_no_traceback(caplog):
    async def stumbles(scope, receive, send):
        raise TypeError("no event")

    assert guarded(stumbles, [], "/gradio_api/queue/join", password="")[0] == 400
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"data": 1}', b'{"fn_index": "x"}', b"\xff"])
def test_malformed_events(studio, body):
    headers = {"Content-Type": "application/json"}
    status, _, _ = ask(studio, "/gradio_api/queue/join", "POST", body, headers)
    assert 400 <= status < 500


@pytest.mark.parametrize("data", [[], ["x", None, "?"], [1e400, None, ""]])
def test_an_event_of_the_wrong_values_leaves_no_traceback(studio, studio_log, data):
    body = json.dumps({"fn_index": 1, "data": data, "session_hash": "any"})
    headers = {"Content-Type": "application/json"}
    status, _, answer = ask(studio, "/gradio_api/run/predict", "POST", body, headers)
    assert status >= 400
    assert "error" in json.loads(answer)
    assert "an event was refused" in studio_log.read_text()
    assert "Traceback" not in studio_log.read_text()
