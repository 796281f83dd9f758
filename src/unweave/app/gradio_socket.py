"""Gradio on a socket that listens already: it would look for a free port of its own."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from typing import Any


def reached_at(host: str) -> str:
    """Return where this process reaches a server, whichever addresses that listens on."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


@contextlib.contextmanager
def studio_on(
    place: socket.socket, host: str, before: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """Let the server that Gradio starts inside take a socket that listens.

    A port that was found free and bound anew by Gradio, seconds later, may be another program's by
    then.

    Parameters
    ----------
    place : socket
    host : str
        The address that it was bound to.
    before : callable
        What is to be done just before that server begins.
    """
    import uvicorn
    from gradio import http_server
    from gradio.http_server import Server

    class OnSocket(Server):
        def run(self, sockets: Any = None) -> None:
            super().run([place])

    def start(app: Any, server_name: str, server_port: int, **_: Any) -> Any:
        server: Any = OnSocket(uvicorn.Config(app, log_level="warning"))
        before()
        server.run_in_thread()
        name = reached_at(host)
        name = f"[{name}]" if ":" in name else name
        return server_name, server_port, f"http://{name}:{server_port}/", server

    known = http_server.start_server
    vars(http_server)["start_server"] = start
    try:
        yield
    finally:
        vars(http_server)["start_server"] = known
