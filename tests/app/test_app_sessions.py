"""What is kept of a visitor, and how the log tells of events that make no sense."""

import asyncio
import logging
from types import SimpleNamespace

import pytest

from unweave.app.sessions import OneLineTraceback, Sessions


def page_of(*sessions):
    kept = {name: object() for name in sessions}
    return SimpleNamespace(
        state_holder=SimpleNamespace(session_data=dict(kept), time_last_used=dict(kept)),
        _queue=SimpleNamespace(
            pending_event_ids_session=dict(kept), pending_messages_per_session=dict(kept)
        ),
    )


def kept(page):
    held = (page.state_holder.session_data, page.state_holder.time_last_used)
    queued = vars(page._queue).values()
    (names,) = {tuple(each) for each in (*held, *queued)}
    return names


async def nothing():
    raise AssertionError


async def ask(sessions, path):
    await sessions({"type": "http", "path": path}, nothing, nothing)


def answering(seconds=0.0):
    async def app(scope, receive, send):
        await asyncio.sleep(seconds)

    return app


def test_a_closed_page_is_forgotten_and_no_other():
    async def visit():
        page = page_of("one", "other")
        sessions = Sessions(answering(), page, seconds=0.01)
        await ask(sessions, "/gradio_api/run/predict")
        await ask(sessions, "/gradio_api/heartbeat/one")
        assert kept(page) == ("one", "other")
        await asyncio.sleep(0.05)
        assert kept(page) == ("other",)

    asyncio.run(visit())


def test_a_page_that_comes_back_is_kept():
    async def visit():
        page = page_of("one")
        await ask(Sessions(answering(), page, seconds=60), "/gradio_api/heartbeat/one")
        sessions = Sessions(answering(0.2), page, seconds=0.01)
        first = asyncio.create_task(ask(sessions, "/gradio_api/heartbeat/one"))
        await asyncio.sleep(0.1)
        again = asyncio.create_task(ask(sessions, "/gradio_api/heartbeat/one"))
        await first
        await asyncio.sleep(0.05)
        assert kept(page) == ("one",)
        await again
        await asyncio.sleep(0.05)
        assert kept(page) == ()

    asyncio.run(visit())


def test_what_an_event_raises_is_a_line(caplog, capsys):
    pytest.importorskip("gradio", reason="Gradio, the extra [app], is not installed")
    with caplog.at_level(logging.WARNING, "unweave"):
        try:
            raise ValueError("no\nsense")
        except ValueError:
            OneLineTraceback.print_exc()
    assert [each.message for each in caplog.records] == [
        "an event was refused (ValueError: no sense)"
    ]
    assert capsys.readouterr() == ("", "")
