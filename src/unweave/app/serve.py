"""The studio's server, open to this machine alone unless another host is named."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from unweave.app.stubs import no_stubs
from unweave.errors import RequestError

if TYPE_CHECKING:
    from unweave.app.loaded_run import LoadedRun

logger = logging.getLogger("unweave")

HOST = "127.0.0.1"
PORT = 7860
# How many ports are tried, from the first on, unless one is named.
_PORTS = 100


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
    # Set before Gradio is imported, so that it sends nothing home.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        with no_stubs():
            import gradio as gr
    except ImportError:
        raise RequestError(
            'the studio needs Gradio; install it with pip install "unweave[app]"'
        ) from None
    from gradio import queueing, routes
    from starlette.middleware import Middleware

    from unweave.app.bundled import BundledRuns
    from unweave.app.guard import Guard, is_loopback
    from unweave.app.page import build_page
    from unweave.app.sessions import MOST_SESSIONS, OneLineTraceback, Sessions

    vars(routes)["traceback"] = vars(queueing)["traceback"] = OneLineTraceback
    port = _free_port(host, port)
    bundled = None if folders else BundledRuns(device)
    if bundled is not None and device != "auto":  # One that is not here is refused at once.
        bundled.begin()
        _ = bundled[0]
    runs = _loaded(folders, device) if bundled is None else bundled
    titles = [each.title for each in runs] if bundled is None else bundled.titles
    page = build_page(runs, titles, may_rename=is_loopback(host))
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
    shown = f"[{host}]" if ":" in host else host
    many = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    logger.info("%s: open http://%s:%d (Ctrl-C ends it)", many, shown, port)
    if bundled is not None:
        bundled.begin()
    if not is_loopback(host) and not password:
        logger.warning("whoever can reach %s can open this page: it has no password", host)
    page.block_thread()


def _loaded(folders: Sequence[Path | str], device: str) -> list[LoadedRun]:
    from unweave.app.loaded_run import load_runs

    runs = load_runs(folders, device)
    # The first panel's controls are worked out before anyone opens the page.
    _ = runs[0].controls
    return runs


def _free_port(host: str, port: int | None) -> int:
    """Return a port that is free to listen on.

    Raises
    ------
    RequestError
        If there is none, or the host is not an address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    tried = range(PORT, PORT + _PORTS) if port is None else [port]
    for number in tried:
        try:
            with socket.socket(family) as place:
                place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                place.bind((host, number))
        except socket.gaierror:
            raise RequestError(
                f"host={host}: this address does not exist; use 127.0.0.1 for this machine alone"
            ) from None
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
        else:
            return number
    named = f"port={port}" if port is not None else f"ports {tried[0]} to {tried[-1]}"
    raise RequestError(f"{named}: cannot listen on {host} ({reason}); name another port or host")
