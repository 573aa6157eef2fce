"""The picker of the example, driven key by key, and once in a terminal of its own."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pexpect
import pyte
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from hfs.persistence import NewMessage, SessionStore, open_repository, open_store
from tests.examples.conftest import EXAMPLES


@pytest.fixture
def sessions(home: Path) -> None:
    """Two sessions."""
    with open_store(home) as store:
        store.create("Undoing a rebase", messages=[NewMessage("user", "How do I undo a rebase?")])
        store.create("A soup of leeks [/b]", messages=[NewMessage("user", "[red]Leeks[/red]?")])


def listed(pilot: Pilot[None]) -> list[str]:
    """The lines of the list."""
    return [str(option.prompt) for option in pilot.app.screen.query_one(OptionList).options]


def shown(pilot: Pilot[None], selector: str) -> list[str]:
    """The texts of widgets."""
    return [str(widget.content) for widget in pilot.app.screen.query(selector).results(Static)]


async def until(holds: Callable[[], Any]) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def drive(picker: ModuleType, home: Path, work: Callable[[Pilot[None], SessionStore], Any]) -> None:
    """Runs the picker, and beside it a store as another program has it."""
    async with open_repository(home) as repo:
        with open_store(home) as other:
            async with picker.PickerApp(repo).run_test(size=(80, 24)) as pilot:
                await until(lambda: listed(pilot))
                await work(pilot, other)


@pytest.mark.usefixtures("sessions")
async def test_typing_filters_the_list_and_enter_opens_the_session(picker: ModuleType, home: Path) -> None:
    async def work(pilot: Pilot[None], other: SessionStore) -> None:
        assert listed(pilot) == ["A soup of leeks [/b]  (1)", "Undoing a rebase  (1)"]
        await pilot.press(*"leek")
        await until(lambda: listed(pilot) == ["A soup of leeks [/b]  (1)"])
        await pilot.press("enter")
        await until(lambda: shown(pilot, "#messages Static") == ["user: [red]Leeks[/red]?\n"])
        await pilot.press("escape")
        await until(lambda: pilot.app.screen.query(OptionList))

    await drive(picker, home, work)


@pytest.mark.usefixtures("sessions")
async def test_what_another_program_does_is_shown(picker: ModuleType, home: Path) -> None:
    async def work(pilot: Pilot[None], other: SessionStore) -> None:
        await pilot.press("down", "down")
        other.create("A third one")
        await until(lambda: listed(pilot)[0] == "A third one  (0)")
        highlighted = pilot.app.screen.query_one(OptionList).highlighted_option
        assert highlighted is not None and highlighted.id == "1"
        await pilot.press("enter")
        await until(lambda: len(shown(pilot, "#messages Static")) == 1)
        other.add_message(1, "assistant", "Look it up in the reflog.")
        await until(lambda: "assistant: Look it up in the reflog.\n" in shown(pilot, "#messages Static"))

    await drive(picker, home, work)


@pytest.mark.usefixtures("sessions")
async def test_a_session_gets_another_name_and_none_that_is_empty(picker: ModuleType, home: Path) -> None:
    async def work(pilot: Pilot[None], other: SessionStore) -> None:
        await pilot.press("enter")
        await until(lambda: pilot.app.screen.query("#messages") and pilot.app.screen.query_one(Input).value)
        box = pilot.app.screen.query_one(Input)
        await pilot.press("f2")
        box.value = ""
        await pilot.press("enter")
        await until(lambda: len(pilot.app._notifications) == 1)
        box.value = "Leek soup"
        await pilot.press("enter")
        await until(lambda: other.list_recent()[0].name == "Leek soup")
        await pilot.press("escape")
        await until(lambda: pilot.app.screen.query(OptionList) and listed(pilot)[0] == "Leek soup  (1)")

    await drive(picker, home, work)


@pytest.mark.usefixtures("sessions")
async def test_a_damaged_session_is_told_with_its_place(picker: ModuleType, home: Path) -> None:
    async def work(pilot: Pilot[None], other: SessionStore) -> None:
        await pilot.press("enter")
        await until(lambda: len(shown(pilot, "#messages Static")) == 1)
        (home / "sessions" / "2.json").write_text('{"id": 2,\n broken')
        await until(lambda: "line 2" in shown(pilot, "#problem")[0])

    await drive(picker, home, work)


@pytest.mark.usefixtures("sessions")
def test_it_runs_in_a_terminal(home: Path) -> None:
    environment = {**os.environ, "TERM": "xterm-256color"}
    command = ["-W", "error", str(EXAMPLES / "picker.py"), str(home)]
    process: Any = pexpect.spawn(sys.executable, command, env=environment, dimensions=(24, 80), timeout=60)
    screen = pyte.Screen(80, 24)
    stream = pyte.ByteStream(screen)

    def wait_for(text: str) -> None:
        deadline = time.monotonic() + 60
        while text not in "\n".join(screen.display):
            assert time.monotonic() < deadline, screen.display
            try:
                stream.feed(process.read_nonblocking(65536, timeout=0.5))
            except pexpect.TIMEOUT:
                continue

    try:
        wait_for("Undoing a rebase  (1)")
        process.send("undo\r")
        wait_for("user: How do I undo a rebase?")
        process.send("\x1b")
        wait_for("Undoing a rebase  (1)")
        process.send("\x1b")
        process.expect(pexpect.EOF, timeout=30)
        process.close()
        assert process.exitstatus == 0
    finally:
        process.close(force=True)
