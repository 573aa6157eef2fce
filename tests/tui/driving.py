"""The chat on a screen that a test reads, with a person's keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from hfs.tui.app import HFSApp
from hfs.tui.options import ChatOptions
from hfs.tui.screens import ChatScreen
from hfs.tui.widgets.prompt import Prompt
from hfs.tui.widgets.status import StatusBar
from hfs.tui.widgets.transcript import Transcript
from tests.support.model_server import ModelServer


@asynccontextmanager
async def chat(
    home: Path, server: ModelServer, *, session: int | None = None, continue_last: bool = False
) -> AsyncIterator[Pilot[int]]:
    app = HFSApp(home, ChatOptions(session, continue_last, model="m", base_url=server.base_url))
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: isinstance(pilot.app.screen, ChatScreen) and status(pilot).model != "")
        yield pilot
        screen = pilot.app.screen
        assert isinstance(screen, ChatScreen)
        await screen.leave()


def status(pilot: Pilot[int]) -> StatusBar:
    return pilot.app.screen.query_one(StatusBar)


def shown(pilot: Pilot[int]) -> str:
    """Everything that the transcript says."""
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, ChatScreen)).transcript.text


def on_screen(pilot: Pilot[int]) -> str:
    """What of the transcript can be seen."""
    transcript = pilot.app.screen.query_one(Transcript)
    return "\n".join(transcript.render_line(y).text for y in range(transcript.size.height))


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    for _ in range(400):
        await pilot.pause(0.02)
        if condition():
            return
    raise AssertionError(f"it did not come to pass; the screen says: {shown(pilot)}")


async def say(pilot: Pilot[int], text: str) -> None:
    pilot.app.screen.query_one(Prompt).load_text(text)
    await pilot.press("enter")
    await pilot.pause()


async def hear(pilot: Pilot[int], text: str) -> None:
    await until(pilot, lambda: text in shown(pilot))
