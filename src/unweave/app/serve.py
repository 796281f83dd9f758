"""The studio's server, open to this machine alone unless another host is named."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unweave.app.stubs import no_stubs
from unweave.errors import RequestError

if TYPE_CHECKING:
    from unweave.app.loaded_run import LoadedRun

logger = logging.getLogger("unweave")

HOST = "127.0.0.1"
PORT = 7860
# How many ports are tried, from the first on, unless one is named.
_PORTS = 100
# How many may wait to be answered.
_QUEUE = 128
_NO_GRADIO = 'the studio needs Gradio; install it with pip install "unweave[app]"'


def serve(
    folders: Sequence[Path | str] = (),
    *,
    host: str = HOST,
    port: int | None = None,
    device: str = "auto",
    password: str = "",
) -> None:
    """Open the studio on the finished runs in some folders, until interrupted.

    Parameters
    ----------
    folders : sequence of path
        Runs, or folders that hold runs at any depth. Without any the studio opens on the
        models that come with the package.
    host : str
        The address to listen on. Whoever can reach it can open the page.
    port : int, optional
        The first free one from 7860 on unless given.
    device : str
        Where the models are put: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
    password : str
        What whoever opens the page must give; "" asks nobody.

    Raises
    ------
    RequestError
        If a folder holds no finished run, Gradio is not installed, or the address or port
        cannot be used.
    """
    # The libraries take seconds to load, and who waits should know what for.
    logger.info("starting the studio …")
    if find_spec("gradio") is None:
        raise RequestError(_NO_GRADIO)
    with _listen(host, port) as place:
        port = place.getsockname()[1]
        if folders or password or device != "auto":
            _serve_whole(place, folders, host, port, device, password)
        else:
            _serve_at_once(place, host, port)


def _serve_at_once(place: socket.socket, host: str, port: int) -> None:
    """Open a first page on the bundled models, then the studio in its place."""
    from unweave.app.bundled import MODELS, BundledRuns
    from unweave.app.first_page import first_page
    from unweave.app.first_server import FirstServer

    first = FirstServer(place, host)
    first.begin()
    _say_open(len(MODELS), host, port, "")
    first_page(0)
    try:
        _import_gradio()
        bundled = BundledRuns()
        bundled.begin()
        page = _page(bundled, bundled.titles, host)
        _ = bundled[0]  # Visitors keep the first page until the models are there.
        with first.relieved():
            _launch(page, host, port)
    except BaseException:
        first.fail()
        raise
    first.open()
    logger.info("the whole studio is open")
    page.block_thread()


def _serve_whole(
    place: socket.socket,
    folders: Sequence[Path | str],
    host: str,
    port: int,
    device: str,
    password: str,
) -> None:
    """Open the studio once it is there; who comes before waits in the socket's queue."""
    _import_gradio()
    from unweave.app.bundled import BundledRuns
    from unweave.app.gradio_socket import studio_on

    bundled = None if folders else BundledRuns(device)
    if bundled is not None and device != "auto":  # One that is not here is refused at once.
        bundled.begin()
        _ = bundled[0]
    runs = _loaded(folders, device) if bundled is None else bundled
    titles = [each.title for each in runs] if bundled is None else bundled.titles
    page = _page(runs, titles, host)
    with studio_on(place, host):
        _launch(page, host, port, password)
    _say_open(len(runs), host, port, password)
    if bundled is not None:
        bundled.begin()
    page.block_thread()


def _import_gradio() -> None:
    # Set before it is imported, so that it sends nothing home.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        with no_stubs():
            import gradio as gr  # noqa: F401 - Others find it imported.
    except ImportError:
        raise RequestError(_NO_GRADIO) from None


def _page(runs: Sequence[LoadedRun], titles: Sequence[str], host: str) -> Any:
    from unweave.app.guard import is_loopback
    from unweave.app.page import build_page

    return build_page(runs, titles, may_rename=is_loopback(host))


def _launch(page: Any, host: str, port: int, password: str = "") -> None:
    """Serve a page in a thread of its own."""
    import gradio as gr
    from gradio import queueing, routes
    from starlette.middleware import Middleware

    from unweave.app.guard import Guard
    from unweave.app.sessions import MOST_SESSIONS, OneLineTraceback, Sessions

    vars(routes)["traceback"] = vars(queueing)["traceback"] = OneLineTraceback
    fonts = ["system-ui", "-apple-system", "Segoe UI", "sans-serif"]
    page.launch(
        server_name=host,
        server_port=port,
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        ssr_mode=False,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        theme=gr.themes.Default(
            primary_hue="blue", font=fonts, font_mono=["ui-monospace", "monospace"]
        ),
        css=files("unweave.app").joinpath("look.css").read_text(encoding="utf-8"),
        state_session_capacity=MOST_SESSIONS,
        app_kwargs={
            "middleware": [
                Middleware(Guard, host=host, password=password),
                Middleware(Sessions, page=page),
            ]
        },
    )


def _say_open(count: int, host: str, port: int, password: str) -> None:
    from unweave.app.guard import is_loopback

    shown = f"[{host}]" if ":" in host else host
    many = "1 run" if count == 1 else f"{count} runs"
    logger.info("%s: open http://%s:%d (Ctrl-C ends it)", many, shown, port)
    if not is_loopback(host) and not password:
        logger.warning("whoever can reach %s can open this page: it has no password", host)


def _loaded(folders: Sequence[Path | str], device: str) -> list[LoadedRun]:
    from unweave.app.loaded_run import load_runs

    runs = load_runs(folders, device)
    # The first panel's controls are worked out before anyone opens the page.
    _ = runs[0].controls
    return runs


def _listen(host: str, port: int | None) -> socket.socket:
    """Return a socket that listens, at the first free port unless one is given.

    Raises
    ------
    RequestError
        If there is none, or the host is not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    tried = range(PORT, PORT + _PORTS) if port is None else [port]
    for number in tried:
        try:
            return _listening(family, host, number)
        except socket.gaierror:
            raise RequestError(
                f"host={host}: this address does not exist; use 127.0.0.1 for this machine alone"
            ) from None
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
    named = f"port={port}" if port is not None else f"ports {tried[0]} to {tried[-1]}"
    raise RequestError(f"{named}: cannot listen on {host} ({reason}); name another port or host")


def _listening(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    place = socket.socket(family)
    try:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # An address of the one kind takes none of the other.
            place.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        place.bind((host, port))
        place.listen(_QUEUE)
    except BaseException:
        place.close()
        raise
    return place
