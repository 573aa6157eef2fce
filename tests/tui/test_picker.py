"""The picker, driven as a person would: what it lists, what it finds, what is done in it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from hfs.persistence import NewMessage, SessionStore
from hfs.tui.picker.finder import MOST
from hfs.tui.screens.picker import PickerScreen
from hfs.tui.widgets.status import StatusBar
from tests.support.model_server import ModelServer
from tests.tui.driving import chat, hear, say, status, until

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(home: Path) -> Iterator[SessionStore]:
    with SessionStore(home) as opened:
        yield opened


def make(store: SessionStore, name: str, *texts: str) -> int:
    return store.create(name, messages=[NewMessage("user", text) for text in texts]).id


def write_many(home: Path, count: int) -> None:
    """Sessions with numbers for names, the last used last, quicker than the store makes them."""
    folder = home / "sessions"
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        moment = (BEGAN + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")
        document = {"uid": f"u{number}", "name": f"number {number:04}", "created_at": moment, "messages": []}
        (folder / f"{number}.json").write_text(json.dumps(document))


def lines(pilot: Pilot[int]) -> list[str]:
    options = pilot.app.screen.query_one(OptionList)
    return [str(options.get_option_at_index(at).prompt) for at in range(options.option_count)]


def names(pilot: Pilot[int]) -> list[str]:
    """The last word of each line: what the tests tell sessions by."""
    return [line.split("\n")[0].split()[-1] for line in lines(pilot)]


def counts(pilot: Pilot[int]) -> str:
    return str(pilot.app.screen.query_one("#count", Static).content)


def marked(pilot: Pilot[int], at: int) -> list[str]:
    """What is marked in a line."""
    prompt = pilot.app.screen.query_one(OptionList).get_option_at_index(at).prompt
    assert isinstance(prompt, Content)
    return [prompt.plain[span.start : span.end] for span in prompt.spans if span.style != "dim"]


@asynccontextmanager
async def picker(home: Path, server: ModelServer, words: str = "") -> AsyncIterator[Pilot[int]]:
    async with chat(home, server) as pilot:
        await say(pilot, f"/search {words}")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickerScreen) and counts(pilot) != "")
        yield pilot
        if isinstance(pilot.app.screen, PickerScreen):
            pilot.app.screen.dismiss(None)
            await until(pilot, lambda: not isinstance(pilot.app.screen, PickerScreen))


def box(pilot: Pilot[int]) -> Input:
    return pilot.app.screen.query_one(Input)


async def test_pinned_sessions_come_first_and_archived_ones_are_counted_until_asked_for(
    home: Path, server: ModelServer, store: SessionStore
) -> None:
    for name in ("pinned", "archived", "tagged", "newest"):
        make(store, name, "text")
    store.pin(1)
    store.archive(2)
    store.tag(3, ["work", "two words"])
    async with picker(home, server) as pilot:
        assert [line[:2] for line in lines(pilot)] == ["* ", "  ", "  "]
        assert names(pilot)[:2] == ["pinned", "newest"]
        assert lines(pilot)[2].endswith("tagged #work #two words")
        assert counts(pilot) == "3 sessions; 1 archived: Ctrl+A"
        await pilot.press("ctrl+a")
        await until(pilot, lambda: any("archived (archived)" in line for line in lines(pilot)))
        assert counts(pilot) == "Archived ones too: 4 sessions"
        await pilot.press("ctrl+a")
        await until(pilot, lambda: len(lines(pilot)) == 3)


async def test_of_many_sessions_the_last_used_are_listed_and_typing_finds_the_others(
    home: Path, server: ModelServer
) -> None:
    write_many(home, MOST + 50)
    async with picker(home, server) as pilot:
        assert len(lines(pilot)) == MOST
        assert names(pilot)[0] == f"{MOST + 50:04}"
        assert counts(pilot) == f"{MOST + 50} sessions, {MOST} listed"
        box(pilot).value = "0007 numb"
        await until(pilot, lambda: names(pilot) == ["0007"])
        assert set(marked(pilot, 0)) == {"0007", "numb"}
        assert counts(pilot) == "1 fit"


async def test_a_session_is_found_by_its_number(home: Path, server: ModelServer) -> None:
    write_many(home, 120)
    async with picker(home, server) as pilot:
        box(pilot).value = "7"
        await until(pilot, lambda: names(pilot)[0] == "0007")
        assert names(pilot)[1] == "0117"


async def test_where_no_name_holds_the_words_those_that_hold_the_letters_are_listed(
    home: Path, server: ModelServer, store: SessionStore
) -> None:
    make(store, "Über_Rebase", "text")
    make(store, "a long name in which some letters stand far from each other: r, then b, then se", "text")
    async with picker(home, server) as pilot:
        box(pilot).value = "ürb se"
        await until(pilot, lambda: names(pilot) == ["Über_Rebase"])
        assert "".join(marked(pilot, 0)) == "ÜRbse"


async def test_words_that_were_said_are_marked_in_the_line_they_stand_in(
    home: Path, server: ModelServer, store: SessionStore
) -> None:
    make(store, "Cooking", f"{'far ' * 60}ein Löffel Öl, und noch ein Löffel [bold]Zucker", "nothing")
    async with picker(home, server, "loffel zucker") as pilot:
        await until(pilot, lambda: len(lines(pilot)) == 1 and "Zucker" in lines(pilot)[0])
        assert "[bold]" in lines(pilot)[0]
        assert set(marked(pilot, 0)) == {"Löffel", "Zucker"}
        assert counts(pilot) == "1 fit"
        await pilot.press("enter")
        await until(pilot, lambda: status(pilot).session == "Cooking")


async def test_words_said_in_archived_sessions_are_left_out_and_counted(
    home: Path, server: ModelServer, store: SessionStore
) -> None:
    make(store, "kept", "rebase")
    make(store, "rebase away", "rebase")
    make(store, "put away", "rebase")
    store.archive(2)
    store.archive(3)
    async with picker(home, server, "rebase") as pilot:
        await until(pilot, lambda: counts(pilot) == "1 fit; 2 archived: Ctrl+A")
        assert len(lines(pilot)) == 1
        await pilot.press("ctrl+a")
        await until(pilot, lambda: counts(pilot) == "Archived ones too: 4 fit")


async def test_enter_opens_what_was_typed_even_before_it_is_listed(
    home: Path, server: ModelServer, store: SessionStore
) -> None:
    make(store, "wanted", "text")
    make(store, "other", "text")
    async with picker(home, server) as pilot:
        assert names(pilot)[0] == "other"
        await pilot.press(*"wante", "enter")
        await hear(pilot, "Resumed session: wanted")


async def test_enter_waits_for_words_that_were_said(home: Path, server: ModelServer, store: SessionStore) -> None:
    make(store, "first", "zuppa")
    make(store, "second", "text")
    async with picker(home, server) as pilot:
        await pilot.press(*"zuppa", "enter")
        await until(pilot, lambda: not isinstance(pilot.app.screen, PickerScreen))
        await until(pilot, lambda: status(pilot).session == "first")


async def test_a_session_is_pinned_archived_and_tagged_in_place(
    home: Path, server: ModelServer, store: SessionStore
) -> None:
    for name in ("one", "two", "three"):
        make(store, name, "text")
    async with picker(home, server) as pilot:
        await pilot.press("down", "f3")
        await until(pilot, lambda: names(pilot) == ["two", "three", "one"])
        # The line that is highlighted follows the session.
        assert pilot.app.screen.query_one(OptionList).highlighted == 0
        await pilot.press("f5", *"deep  work,Two", "enter")
        await until(pilot, lambda: lines(pilot)[0].endswith("two #deep work #Two"))
        await pilot.press("f5")
        assert box(pilot).value == "deep work, Two"
        box(pilot).value = "Two, three"
        await pilot.press("enter")
        await until(pilot, lambda: lines(pilot)[0].endswith("two #Two #three"))
        assert box(pilot).value == ""
        await pilot.press("f3")
        await until(pilot, lambda: names(pilot)[0] == "three")
        await pilot.press("f4")
        await until(pilot, lambda: len(lines(pilot)) == 2)
        assert counts(pilot) == "Archived. 2 sessions; 1 archived: Ctrl+A"
    document = json.loads((home / "sessions" / "2.json").read_bytes())
    assert (document.get("tags"), document.get("archived"), document.get("pinned")) == (["Two", "three"], True, None)


async def test_each_change_is_undone_the_last_one_first(home: Path, server: ModelServer, store: SessionStore) -> None:
    make(store, "one", "text")
    store.tag(1, ["old", "gone"])

    def stored() -> tuple[object, ...]:
        document = json.loads((home / "sessions" / "1.json").read_bytes())
        return document["name"], document.get("pinned"), document.get("archived"), document.get("tags")

    async with picker(home, server) as pilot:
        await pilot.press("ctrl+z")
        assert counts(pilot).startswith("Nothing was changed here;")
        states = [stored()]
        changes = {
            "Tagged.": ("f5", *["backspace"] * 4, *"new", "enter"),
            "Renamed.": ("f2", "r", "enter"),
            "Pinned.": ("f3",),
            "Archived.": ("f4",),
        }
        for told, keys in changes.items():
            await pilot.press(*keys)
            await until(pilot, partial(lambda told: counts(pilot).startswith(told), told))
            states.append(stored())
        assert states[2:] == [
            ("oner", None, None, ["old", "new"]),
            ("oner", True, None, ["old", "new"]),
            ("oner", True, True, ["old", "new"]),
        ]
        for state in reversed(states[:-1]):
            await pilot.press("ctrl+z")
            await until(pilot, partial(lambda state: stored() == state, state))
        await until(pilot, lambda: counts(pilot) == "Undone. 1 session")


async def test_what_is_no_tag_is_refused_and_what_was_typed_stays(
    home: Path, server: ModelServer, store: SessionStore
) -> None:
    make(store, "one", "text")
    async with picker(home, server) as pilot:
        await pilot.press("f5", *"-x", "enter")
        await until(pilot, lambda: "is no tag" in counts(pilot))
        assert box(pilot).value == "-x"
        await pilot.press("escape")
        assert box(pilot).value == ""
        assert isinstance(pilot.app.screen, PickerScreen)


async def test_a_tag_that_can_not_be_typed_stays_when_others_are(
    home: Path, server: ModelServer, store: SessionStore
) -> None:
    make(store, "one", "text")
    path = home / "sessions" / "1.json"
    many = [f"tag{number:045}" for number in range(60)]
    document = {**json.loads(path.read_bytes()), "tags": ["a,b", "red\x1b[31m", *many]}
    path.write_text(json.dumps(document), "utf-8")
    async with picker(home, server) as pilot:
        await pilot.press("f5")
        assert box(pilot).value == ", ".join(many)
        box(pilot).value = ", ".join([*many[1:], "new"])
        await pilot.press("enter")
        await until(pilot, lambda: counts(pilot).startswith("Tagged."))
    assert json.loads(path.read_bytes())["tags"] == ["a,b", "red\x1b[31m", *many[1:], "new"]


async def test_a_session_that_is_gone_meanwhile_is_said_to_be(
    home: Path, server: ModelServer, store: SessionStore
) -> None:
    make(store, "one", "text")
    make(store, "two", "text")
    async with picker(home, server) as pilot:
        (home / "sessions" / "2.json").unlink()
        await pilot.press("f3")
        await until(pilot, lambda: counts(pilot) == "There is no session 2 any more. 1 session")


async def test_names_and_tags_are_shown_as_they_are(home: Path, server: ModelServer, store: SessionStore) -> None:
    make(store, "[red]a[/red] \x1b[2J$x ]", "[/nope] [@click=app.quit]said[/]")
    store.tag(1, ["[bold]t[/]"])
    async with picker(home, server, "said") as pilot:
        await until(pilot, lambda: "said" in "".join(lines(pilot)))
        assert "[red]a[/red] ␛[2J$x ] #[bold]t[/]\n" in lines(pilot)[0]
        assert "[@click=app.quit]said[/]" in lines(pilot)[0]


async def test_the_chat_goes_on_and_says_how_far_it_is_while_sessions_are_indexed(
    home: Path, server: ModelServer, store: SessionStore
) -> None:
    make(store, "one", "text")
    async with picker(home, server) as pilot:
        app = pilot.app
        tell = app._indexing.told  # type: ignore[attr-defined]
        with ThreadPoolExecutor(1) as thread:
            while "Indexing" not in counts(pilot):
                thread.submit(tell, 45_000, 100_000).result()
                await pilot.pause(0.05)
            assert counts(pilot) == "Indexing 45,000 of 100,000 …"
            chat_screen = app.screen_stack[0]
            assert chat_screen.query_one(StatusBar).indexing == "Indexing 45,000 of 100,000 …"
            thread.submit(tell, 100_000, 100_000).result()
            await until(pilot, lambda: counts(pilot) == "1 session")
            assert chat_screen.query_one(StatusBar).indexing == ""
