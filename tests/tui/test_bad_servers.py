"""Servers that are slow, break off, send rubbish, refuse: the words stay, and the transcript says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hfs.persistence import SessionStore
from tests.support.model_server import ModelServer
from tests.tui.driving import chat, hear, say, shown, status, until


def refuse(server: ModelServer) -> None:
    server.status, server.raw = 401, b'{"error": {"message": "no such key"}}'


def limit(server: ModelServer) -> None:
    server.status, server.raw = 429, b'{"error": {"message": "slow down"}}'
    server.extra_headers = {"retry-after": "30"}


def garbage(server: ModelServer) -> None:
    server.raw = b"data: {not json\n\n\xff\xfe<html>"


def break_off(server: ModelServer) -> None:
    server.done = False


def stay_silent(server: ModelServer) -> None:
    server.chunks = ()


@pytest.mark.parametrize(
    ("misbehave", "told"),
    [
        pytest.param(refuse, "refused the key", id="refuses"),
        pytest.param(limit, "slow down", id="limits the rate"),
        pytest.param(garbage, "/retry asks again", id="sends rubbish"),
        pytest.param(break_off, "/retry asks again", id="breaks off"),
    ],
)
async def test_a_server_that_misbehaves_costs_no_word(
    home: Path, server: ModelServer, misbehave: Callable[[ModelServer], None], told: str
) -> None:
    misbehave(server)
    async with chat(home, server) as pilot:
        await say(pilot, "my question")
        await hear(pilot, told)
        await hear(pilot, "/retry asks again")
        await until(pilot, lambda: status(pilot).saving == "saved")
        server.status, server.raw, server.done, server.chunks = 200, None, True, ("All", " well")
        await say(pilot, "/retry")
        await hear(pilot, "All well")
        assert "my question" in shown(pilot)
    with SessionStore(home) as store:
        found = store.get(1)
    assert found is not None
    assert [message.content for message in found.messages] == ["my question", "All well"]


async def test_a_slow_answer_can_be_stopped_and_typing_goes_on_meanwhile(home: Path, server: ModelServer) -> None:
    server.pause = 0.2
    server.chunks = ("one ", "two ", "three ") * 50
    async with chat(home, server) as pilot:
        await say(pilot, "slowly")
        await hear(pilot, "two")
        await pilot.press(*"next")
        assert pilot.app.screen.query_one("#prompt").text == "next"  # type: ignore[attr-defined]
        await pilot.press("enter")
        assert pilot.app.screen.query_one("#prompt").text == "next"  # type: ignore[attr-defined]
        await pilot.press("escape")
        await hear(pilot, "The answer was cut short")
        assert "interrupted" in shown(pilot)


async def test_an_answer_without_a_word_is_no_message(home: Path, server: ModelServer) -> None:
    stay_silent(server)
    async with chat(home, server) as pilot:
        await say(pilot, "hm")
        await until(pilot, lambda: bool(server.requests) and status(pilot).saving == "saved")
        await pilot.pause(0.2)
    with SessionStore(home) as store:
        found = store.get(1)
    assert found is not None
    assert [message.content for message in found.messages] == ["hm"]
