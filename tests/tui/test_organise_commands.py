"""``/tag``, ``/pin`` and ``/archive`` on the open session, and the list that counts what it leaves out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hfs.persistence import NewMessage, SessionStore
from hfs.tui.commands import completions
from tests.support.model_server import ModelServer
from tests.tui.driving import chat, hear, say, shown


def fields(home: Path) -> dict[str, Any]:
    document = json.loads((home / "sessions" / "1.json").read_bytes())
    return {key: document[key] for key in ("tags", "pinned", "archived") if key in document}


async def test_the_open_session_is_tagged_pinned_and_archived_and_that_is_undone(
    home: Path, server: ModelServer
) -> None:
    with SessionStore(home) as store:
        store.create("Name", messages=[NewMessage("user", "one")])
    async with chat(home, server, session=1) as pilot:
        await say(pilot, "/tag")
        await hear(pilot, "This session has no tags. /tag <tag> gives it one")
        await say(pilot, """/tag work, "to read" [b]x don't""")
        await hear(pilot, "Tags of this session: #work #to read #[b]x #don't.")
        await say(pilot, "/tag -WORK,-[b]x -don't")
        await hear(pilot, "Tags of this session: #to read.")
        await say(pilot, "/pin")
        await hear(pilot, "This session stays at the top of lists; /pin off undoes it.")
        await say(pilot, "/archive")
        await hear(pilot, "This session is archived, and left out of lists; /archive off brings it back.")
        assert fields(home) == {"tags": ["to read"], "pinned": True, "archived": True}
        await say(pilot, "/archive off")
        await hear(pilot, "This session is back in lists.")
        await say(pilot, "/pin off")
        await hear(pilot, "This session is no longer pinned.")
        await say(pilot, "/pin 3")
        await hear(pilot, "Usage: /pin, or /pin off, for this session.")
        await say(pilot, '/tag -"to read')
        await hear(pilot, "A quote is not closed")
        await say(pilot, '/tag -"to read"')
        await hear(pilot, "This session has no tags.")
        assert fields(home) == {}
        assert "Another program" not in shown(pilot)


async def test_before_the_first_message_there_is_nothing_to_tag(home: Path, server: ModelServer) -> None:
    async with chat(home, server) as pilot:
        for command in ("/tag work", "/pin", "/archive off"):
            await say(pilot, command)
        await hear(pilot, "There is no session yet: the first message makes one.")
    assert not (home / "sessions").exists()


async def test_the_list_of_sessions_has_pinned_ones_first_and_counts_archived_ones(
    home: Path, server: ModelServer
) -> None:
    with SessionStore(home) as store:
        for name in ("one", "two", "three"):
            store.create(name)
        store.tag(1, ["work"])
        store.pin(1)
        store.archive(2)
    async with chat(home, server) as pilot:
        await say(pilot, "/sessions")
        await hear(pilot, "1 archived session not shown.")
        text = shown(pilot)
        assert text.index("* one #work") < text.index("three")
        assert "two" not in text


def test_what_undoes_a_pin_is_completed() -> None:
    assert completions("/pin ") == ["/pin off"]
    assert completions("/archive o") == ["/archive off"]
