"""The chat while it is being left: what was begun ends, and no key ends it worse."""

from __future__ import annotations

import threading
from pathlib import Path

from hfs.tui.app import HFSApp
from hfs.tui.options import ChatOptions
from hfs.tui.screens import ChatScreen
from hfs.tui.screens.picker import Picked
from tests.support.model_server import ModelServer
from tests.tui.driving import chat, hear, say, until


async def test_keys_while_the_chat_is_being_left_during_an_answer_change_nothing(
    home: Path, server: ModelServer
) -> None:
    server.hold = threading.Event()
    async with chat(home, server) as pilot:
        await say(pilot, "hi")
        await hear(pilot, "Hello")
        screen = pilot.app.screen
        assert isinstance(screen, ChatScreen)
        await screen.resources.close()
        await pilot.press("escape", "ctrl+c", "ctrl+o")
        screen._picked(Picked(1, None))
        server.hold.set()
        await until(pilot, lambda: not screen.is_answering)


async def test_what_is_still_asked_for_the_welcome_does_not_keep_the_chat_from_ending_well(
    home: Path, server: ModelServer
) -> None:
    server.hold = threading.Event()
    app = HFSApp(home, ChatOptions(model="m", base_url=server.base_url))
    async with app.run_test(size=(100, 40)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ChatScreen)
        await until(pilot, lambda: server.lists == 1)
        await screen.hfs.close_persistence()
        server.hold.set()
        await until(pilot, lambda: not screen.workers or all(worker.is_finished for worker in screen.workers))
        await pilot.press("ctrl+q")
    assert app.return_code == 0
