"""The server of the first page, which the studio relieves at the same address."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote

from unweave.app.bundled import MODELS
from unweave.app.first_page import first_page
from unweave.app.gradio_socket import reached_at, studio_on
from unweave.app.guard import HEADERS, is_loopback, length, refusal

logger = logging.getLogger("unweave")

# How long a connection may keep silent, and how long one that is told the end may take.
_SILENT, _LAST = 30.0, 1.0
# Programs often give up after five seconds without a word, and imports keep the server from it.
_WORD = 1.0


class FirstServer(ThreadingHTTPServer):
    """Serves the first page, and holds whatever else is asked for until the studio is open.

    It shows no data of anyone's, reads nothing that is sent, and refuses what the studio's guard
    refuses, so that a site elsewhere whose name points to this machine gets nothing.

    Parameters
    ----------
    place : socket
        Listening.
    host : str
        The address that it was bound to.
    """

    daemon_threads = True

    def __init__(self, place: socket.socket, host: str) -> None:
        super().__init__(place.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.only_here = place, is_loopback(host)
        self.studio = reached_at(host), self.server_address[1]
        self.settled, self.failed = threading.Event(), False
        self.held: set[threading.Thread] = set()
        self._accepting = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def begin(self) -> None:
        """Begin to answer, in a thread of its own."""
        self._accepting.start()

    def open(self) -> None:
        """Pass those that are held on to the studio, which now answers at this address."""
        self.settled.set()

    def fail(self) -> None:
        """Tell those that are held that there will be no studio."""
        self.failed = True
        self.settled.set()
        for thread in tuple(self.held):
            thread.join(_LAST)

    def relieved(self) -> contextlib.AbstractContextManager[None]:
        """Let the server that Gradio starts inside take over the listening socket.

        Nobody is refused meanwhile: who comes between the two waits in the socket's queue.
        """
        return studio_on(self.socket, self.studio[0], self.shutdown)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection once what is still being sent has been taken.

        A request is refused before its body was read. Closed at once, the connection would be
        reset, and the sender would not see why.
        """
        end = time.monotonic() + _SILENT
        with contextlib.suppress(OSError):
            request.shutdown(socket.SHUT_WR)
            request.settimeout(_LAST)
            while request.recv(2**16) and time.monotonic() < end:
                pass
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Note that someone went away before the answer."""
        logger.debug("a request of the first page failed", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: FirstServer
    timeout = _SILENT

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # Whatever the method.
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        target, _, query = self.path.partition("?")
        path = unquote(target)
        headers = {
            name.lower().encode("latin-1"): value.encode("latin-1", "replace")
            for name, value in self.headers.items()
        }
        settled = self.server.settled
        if refused := refusal(path, headers, self.server.only_here):
            self._say(*refused)
        elif b"transfer-encoding" in headers:
            self._say(411, "say how long it is")
        elif self.command == "GET" and path == "/" and not settled.is_set():
            self._say(200, first_page(_run_of(query)), "text/html; charset=utf-8")
        else:
            self._hold(self.rfile.read(length(headers)))

    def _hold(self, body: bytes) -> None:
        held = self.server.held
        held.add(threading.current_thread())
        try:
            while not self.server.settled.wait(_WORD):
                if self.request_version == "HTTP/1.1":  # Older programs do not know it.
                    self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if self.server.failed:
                self._say(503, "the studio could not start")
            else:
                self._ask_studio(body)
        finally:
            held.discard(threading.current_thread())

    def _ask_studio(self, body: bytes) -> None:
        """Pass the request on, and the answer back as it comes.

        Not every program follows a redirect, and few do with what they have sent.
        """
        del self.headers["Connection"]
        self.headers["Connection"] = "close"
        lines = [f"{self.command} {self.path} {self.request_version}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        with socket.create_connection(self.server.studio) as studio:
            studio.sendall(head + body)
            while part := studio.recv(2**16):
                self.wfile.write(part)

    def _say(self, status: int, text: str, kind: str = "text/plain") -> None:
        content = text.encode()
        self.send_response_only(status)
        for name, value in HEADERS:
            self.send_header(name.decode(), value.decode())
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        logger.debug(format, *arguments)


def _run_of(query: str) -> int:
    text = parse_qs(query).get("run", ["0"])[0]
    return int(text) if text in map(str, range(len(MODELS))) else 0
