"""The guard before the page: which requests are answered, and what a browser may fetch."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger("unweave")

# Room for a picture of 10 MB, sent as text, and what comes with it.
MOST_BYTES = 15 * 2**20
# The page itself, its scripts and styles, and its events. Files, uploads, proxies and whatever
# else Gradio offers are left out, since the page needs none of them.
_ANSWERED = re.compile(
    r"/|/(config|theme\.css|favicon\.ico|manifest\.json|robots\.txt)"
    r"|/(assets|static|svelte)/(?!.*\.\.)[\w./@-]+"
    r"|/gradio_api/(queue/(join|data)|run/[\w-]+|heartbeat/[\w-]+|startup-events|app_id|cancel|reset"
    r"|token|info)/?"
)
# Gradio asks itself for this when it starts; it tells nothing.
_STARTS = "/gradio_api/startup-events"
_OF_PROXIES = (b"forwarded", b"x-gradio-server")
_ASK = [(b"www-authenticate", b'Basic realm="unweave studio", charset="UTF-8"')]
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "worker-src 'self' blob:; frame-ancestors 'none'; form-action 'none'; base-uri 'self'"
)
HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]


class Guard:
    """Middleware that refuses what the page does not need, and requests that are too large.

    Parameters
    ----------
    app : ASGI application
    host : str
        The address the page is bound to. Bound to this machine alone, it answers to no
        other name, so that a site elsewhere whose name points here gets nothing.
    password : str
        What whoever opens the page must give, as HTTP's Basic authentication asks for it,
        under any name; "" asks nobody.
    """

    def __init__(self, app: Application, host: str, password: str = "") -> None:
        self.app = app
        self.only_here = is_loopback(host)
        self.password = password

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        # What a proxy would say is not trusted, and not repeated on the page.
        scope["headers"] = [
            (name, value)
            for name, value in scope["headers"]
            if name not in _OF_PROXIES and not name.startswith(b"x-forwarded")
        ]
        headers = dict(scope["headers"])
        if refused := refusal(scope["path"], headers, self.only_here):
            await _refuse(send, *refused)
        elif not self._may_enter(scope["path"], headers):
            await _refuse(send, 401, "a password is wanted", _ASK)
        else:
            await self._answer(scope, receive, send)

    def _may_enter(self, path: str, headers: dict[bytes, bytes]) -> bool:
        if not self.password or path.rstrip("/") == _STARTS:
            return True
        kind, _, text = headers.get(b"authorization", b"").partition(b" ")
        try:
            given = base64.b64decode(text, validate=True).partition(b":")[2]
        except binascii.Error:
            return False
        return kind.lower() == b"basic" and hmac.compare_digest(given, self.password.encode())

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the page answer; what it cannot make sense of is refused, without a traceback."""
        begun = False

        async def send_noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, _bounded(receive), _with_headers(send_noting))
        except Exception as error:
            logger.debug("a request was refused: %r", error)
            if not begun:
                await _refuse(send, 400, "malformed request")


def refusal(path: str, headers: Mapping[bytes, bytes], only_here: bool) -> tuple[int, str] | None:
    """Return status and reason of a request that is refused whoever asks; None for others.

    Parameters
    ----------
    path : str
        Without its query.
    headers : mapping of bytes to bytes
        By their names in lower case.
    only_here : bool
        Whether the page is bound to this machine alone.
    """
    host = headers.get(b"host", b"").decode("latin-1")
    if only_here and not is_loopback(_without_port(host)):
        return 400, "unknown host"
    if not _ANSWERED.fullmatch(path):
        return 404, "not found"
    return (413, "too large") if length(headers) > MOST_BYTES else None


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    return re.sub(r":\d*$", "", host)


def length(headers: Mapping[bytes, bytes]) -> int:
    """Return how many bytes a request says to bring; too many where it says nothing readable."""
    text = headers.get(b"content-length", b"0")
    return int(text) if text.isdigit() else MOST_BYTES + 1


def _bounded(receive: Receive) -> Receive:
    """Cut a request short at the largest size, since it may not state its length."""
    arrived = 0

    async def receive_bounded() -> Message:
        nonlocal arrived
        message = await receive()
        arrived += len(message.get("body", b""))
        if arrived > MOST_BYTES:
            return {"type": "http.disconnect"}
        return message

    return receive_bounded


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *HEADERS]
        await send(message)

    return send_with_headers


async def _refuse(
    send: Send, status: int, text: str, more: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    body = text.encode()
    headers = [
        (b"content-type", b"text/plain"),
        (b"content-length", str(len(body)).encode()),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
