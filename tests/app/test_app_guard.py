"""What is answered, and to whom."""

import asyncio
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
