"""How the main states look, as text: compared with what was looked at and found good.

``HFS_TEST_NEW_LOOKS=1`` writes the files anew; look at the difference before you keep it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hfs.persistence import NewMessage, SessionStore
from hfs.tui.app import HFSApp
from hfs.tui.options import ChatOptions
from hfs.tui.widgets.prompt import Prompt
from hfs.tui.widgets.welcome import Welcome
from tests.tui.driving import hear, say, status, until

LOOKS = Path(__file__).parent / "looks"
ANSWER = """In **two** steps:

1. `git reflog`
2. look

```sh
git reset --hard
```

| a | b |
|---|---|
| 1 | 漢字 |"""

pytestmark = pytest.mark.skipif(
    sys.version_info[:2] != (3, 12), reason="looks are compared on one Python: libraries differ on others"
)


async def nothing(pilot: Pilot[int]) -> None:
    """The state at the start."""


async def help_(pilot: Pilot[int]) -> None:
    await say(pilot, "/help")
    await hear(pilot, "Ctrl+R")


async def hint(pilot: Pilot[int]) -> None:
    pilot.app.screen.query_one(Prompt).insert("/re")


async def picker(pilot: Pilot[int]) -> None:
    await pilot.press("ctrl+o")
    await pilot.pause(0.3)


async def picker_in_use(pilot: Pilot[int]) -> None:
    await picker(pilot)
    await pilot.press("down", "f3")
    await pilot.pause(0.5)
    await pilot.press("f5", *"work, to do", "enter")
    await pilot.pause(0.5)
    await pilot.press(*"rebase")
    await pilot.pause(0.8)


def text_of(pilot: Pilot[int], home: Path) -> str:
    """What stands on the screen, without what differs from day to day."""
    app = pilot.app
    strips = app.screen._compositor.render_strips()
    text = "\n".join(strip.text.rstrip() for strip in strips) + "\n"
    text = re.sub(r"\d{4}-\d\d-\d\d[ _]\d\d[:-]\d\d", "YYYY-MM-DD HH:MM", text)
    text = re.sub(r"(?<= )\d\d:\d\d(?= )", "HH:MM", text)
    return text.replace(str(home), "HOME")


@pytest.mark.parametrize(
    ("name", "size", "options", "act"),
    [
        pytest.param("empty", (60, 20), ChatOptions(), nothing, id="empty"),
        pytest.param("answer", (100, 30), ChatOptions(session=1), nothing, id="an answer"),
        pytest.param("answer-narrow", (60, 20), ChatOptions(session=1), nothing, id="an answer, narrow"),
        pytest.param("help", (100, 52), ChatOptions(), help_, id="help"),
        pytest.param("hint", (100, 20), ChatOptions(session=1), hint, id="a command being typed"),
        pytest.param("picker", (120, 24), ChatOptions(session=1), picker, id="the picker"),
        pytest.param("picker-narrow", (60, 20), ChatOptions(session=1), picker_in_use, id="the picker, narrow"),
        pytest.param("no-save", (60, 20), ChatOptions(no_save=True), nothing, id="a chat that is not saved"),
    ],
)
async def test_a_state_looks_as_it_did(
    home: Path, name: str, size: tuple[int, int], options: ChatOptions, act: Callable[[Pilot[int]], Awaitable[None]]
) -> None:
    with SessionStore(home) as store:
        messages = [
            NewMessage("user", "How do I undo a rebase?"),
            NewMessage("assistant", ANSWER, "ollama/m", "interrupted"),
        ]
        store.create("Undoing a rebase", messages=messages)
        store.create("Cooking", messages=[NewMessage("user", "How long does rice take?")])
    # It is on another machine, which nobody asks.
    (home / "config.toml").write_text('model = "far/m"\n[providers.far]\nbase_url = "https://models.example.org/v1"\n')
    app = HFSApp(home, options)
    async with app.run_test(size=size) as pilot:
        welcome = app.query_one(Welcome)
        await until(pilot, lambda: status(pilot).model != "" and (welcome.is_over or welcome.text != ""))
        await act(pilot)
        await pilot.pause(0.3)
        text = text_of(pilot, home)
    path = LOOKS / f"{name}.txt"
    if os.environ.get("HFS_TEST_NEW_LOOKS"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")
