"""Sessions of visitors: what Gradio keeps of each is released after its page was closed."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections import Counter
from typing import Any

from unweave.app.guard import Application, Receive, Scope, Send

logger = logging.getLogger("unweave")

# Sessions whose state is kept, the last used of them: about a quarter of a megabyte each.
MOST_SESSIONS = 500
# A page that lost its connection, as of a machine that slept, may come back in this time.
_SECONDS_KEPT = 600.0
_HEARTBEAT = re.compile(r"/gradio_api/heartbeat/(?P<session>[\w-]+)/?")


class Sessions:
    """Middleware that forgets the sessions of pages that were closed.

    Gradio marks their state, but keeps the components that were rendered for them. An open page
    holds one request, its heartbeat, which ends with it.

    Parameters
    ----------
    app : ASGI application
    page : gradio.Blocks
        Whose sessions they are.
    seconds : float
        How long a session is kept after its page was closed.
    """

    def __init__(self, app: Application, page: Any, seconds: float = _SECONDS_KEPT) -> None:
        self.app, self.page, self.seconds = app, page, seconds
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = _HEARTBEAT.fullmatch(scope.get("path", ""))
        if found is None:
            await self.app(scope, receive, send)
            return
        session = found["session"]
        self._open[session] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._open[session] -= 1
            asyncio.get_running_loop().call_later(self.seconds, self._forget, session)

    def _forget(self, session: str) -> None:
        if self._open[session] > 0:  # It has come back.
            return
        del self._open[session]
        holder, queue = self.page.state_holder, self.page._queue
        for kept in (
            holder.session_data,
            holder.time_last_used,
            queue.pending_event_ids_session,
            queue.pending_messages_per_session,
        ):
            kept.pop(session, None)


class OneLineTraceback:
    """Stands in for the module `traceback` where Gradio prints what an event raised.

    Most are events that make no sense, sent by other programs; the page gets an answer, and
    the log a line.
    """

    @staticmethod
    def print_exc() -> None:
        """Log the present exception."""
        error = sys.exc_info()[1]
        said = " ".join(str(error).split())[:200]
        logger.warning("an event was refused (%s: %s)", type(error).__name__, said)
        logger.debug("", exc_info=True)
