"""Commands on what was said, the pickers, and what is typed: driven as a person would."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, Static

from hfs.persistence import NewMessage, SessionStore
from hfs.tui.app import HFSApp
from hfs.tui.options import ChatOptions
from hfs.tui.screens.history import HistoryScreen
from hfs.tui.screens.picker import PickerScreen
from hfs.tui.widgets.hint import CommandHint
from hfs.tui.widgets.prompt import Prompt
from tests.support.model_server import ModelServer
from tests.tui.driving import chat, hear, say, shown, status, until


def texts(home: Path, session_id: int) -> list[str]:
    with SessionStore(home) as store:
        found = store.get(session_id)
    assert found is not None
    return [message.content for message in found.messages]


def prompt(pilot: object) -> Prompt:
    found = pilot.app.screen.query_one(Prompt)  # type: ignore[attr-defined]
    assert isinstance(found, Prompt)
    return found


async def test_asking_again_shows_the_new_answer_and_keeps_the_old_one(home: Path, server: ModelServer) -> None:
    async with chat(home, server) as pilot:
        await say(pilot, "/retry")
        await hear(pilot, "nothing was asked")
        await say(pilot, "hi")
        await until(pilot, lambda: "2 · custom/m" in shown(pilot))
        server.chunks = ("Another", " answer")
        await say(pilot, "/retry")
        await until(pilot, lambda: "custom/m\nAnother answer" in shown(pilot))
        assert "Hello, you" not in shown(pilot)
        assert "The old answer stays in session 2" in shown(pilot)
    assert texts(home, 1) == ["hi", "Another answer"]
    assert texts(home, 2) == ["hi", "Hello, you"]


async def test_a_message_is_changed_in_the_prompt_and_the_old_text_stays_in_a_fork(
    home: Path, server: ModelServer
) -> None:
    with SessionStore(home) as store:
        store.create("Name", messages=[NewMessage("user", "one"), NewMessage("assistant", "two")])
    async with chat(home, server, session=1) as pilot:
        await say(pilot, "/edit 9")
        await hear(pilot, "There is no message 9")
        await say(pilot, "/edit")
        await until(pilot, lambda: prompt(pilot).text == "one")
        await pilot.press("escape")
        assert prompt(pilot).text == ""
        await say(pilot, "/edit 2 nofork")
        await until(pilot, lambda: prompt(pilot).text == "two")
        await say(pilot, "TWO")
        await hear(pilot, "Message 2 is changed.")
        await say(pilot, "/edit 1")
        await until(pilot, lambda: prompt(pilot).text == "one")
        await say(pilot, "ONE\nmore")
        await hear(pilot, "Message 1 is changed; the old text stays in session 2.")
        assert "(edited)" in shown(pilot)
    assert texts(home, 1) == ["ONE\nmore", "TWO"]
    assert texts(home, 2) == ["one", "TWO"]


async def test_a_fork_is_gone_on_with_and_its_origin_stays(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as store:
        store.create("Name", messages=[NewMessage("user", "one"), NewMessage("assistant", "two")])
    async with chat(home, server, session=1) as pilot:
        await say(pilot, "/fork x")
        await hear(pilot, "Usage: /fork")
        await say(pilot, "/fork 2")
        await hear(pilot, "This is session 2 now, with 1 message of session 1")
        assert "two" not in shown(pilot).split("\n")
        await say(pilot, "and now")
        await hear(pilot, "Hello, you")
    assert texts(home, 1) == ["one", "two"]
    assert texts(home, 2) == ["one", "and now", "Hello, you"]


async def test_a_message_is_copied_as_it_was_said(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as store:
        store.create("Name", messages=[NewMessage("user", "one"), NewMessage("assistant", "**two**\n")])
    async with chat(home, server, session=1) as pilot:
        await say(pilot, "/copy")
        await hear(pilot, "Message 2 is on the clipboard")
        assert pilot.app.clipboard == "**two**\n"
        await say(pilot, "/copy 1")
        await hear(pilot, "Message 1 is on the clipboard")
        assert pilot.app.clipboard == "one"


async def test_what_was_deleted_last_comes_back(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as store:
        store.create("Name", messages=[NewMessage("user", "one")])
    async with chat(home, server) as pilot:
        await say(pilot, "/undo")
        await hear(pilot, "The trash is empty")
        await say(pilot, "/delete 1")
        await hear(pilot, "/undo brings it back")
        await say(pilot, "/undo")
        await hear(pilot, "Session 1 restored: Name")
    assert texts(home, 1) == ["one"]


async def test_the_model_is_told_what_a_person_says_first(home: Path, server: ModelServer) -> None:
    async with chat(home, server) as pilot:
        await say(pilot, "/system Be brief.")
        await hear(pilot, "The model is told first: Be brief.")
        await say(pilot, "hi")
        await hear(pilot, "Hello, you")
        assert server.last_texts == ["Be brief.", "hi"]
        await until(pilot, lambda: status(pilot).saving == "saved")
        await say(pilot, "/system none")
        await hear(pilot, "The model is told nothing first.")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/theme nord", None),
        ("/theme nope", "There are no colours called 'nope'"),
        ("/config", "config.toml"),
        ("/copy", "There is no such message yet"),
        ("/copy x", "Usage: /copy"),
        ("/fork", "There is no session yet to branch"),
    ],
)
async def test_a_command_on_the_program_answers(home: Path, server: ModelServer, line: str, answer: str | None) -> None:
    async with chat(home, server) as pilot:
        await say(pilot, line)
        if answer:
            await hear(pilot, answer)
        else:
            await until(pilot, lambda: pilot.app.theme == "nord")


# The picker


def make_sessions(home: Path) -> None:
    with SessionStore(home) as store:
        store.create("Rebase", messages=[NewMessage("user", "Undo it?"), NewMessage("assistant", "reflog [x]")])
        store.create("Cooking", messages=[NewMessage("user", "zuppa"), NewMessage("assistant", "ein Löffel Öl")])
        store.create("Broken")
    (home / "sessions" / "3.json").write_text("{")


def rows(pilot: object) -> str:
    options = pilot.app.screen.query_one(OptionList)  # type: ignore[attr-defined]
    return "\n".join(str(options.get_option_at_index(at).prompt) for at in range(options.option_count))


async def test_a_session_is_picked_by_its_name(home: Path, server: ModelServer) -> None:
    make_sessions(home)
    async with chat(home, server, session=2) as pilot:
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickerScreen) and "Rebase" in rows(pilot))
        assert "Cooking (current)" in rows(pilot)
        assert "[damaged:" in rows(pilot)
        await pilot.press(*"rbse")
        await until(pilot, lambda: "Cooking" not in rows(pilot))
        await pilot.press("enter")
        await hear(pilot, "Resumed session: Rebase")


async def test_a_session_is_picked_by_words_that_were_said_and_shown_there(home: Path, server: ModelServer) -> None:
    make_sessions(home)
    async with chat(home, server) as pilot:
        await say(pilot, "/search löffel öl")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickerScreen) and "ein Löffel Öl" in rows(pilot))
        await pilot.press("enter")
        await hear(pilot, "ein Löffel Öl")
        await until(pilot, lambda: status(pilot).session == "Cooking")


async def test_a_session_is_renamed_deleted_and_brought_back_in_the_picker(home: Path, server: ModelServer) -> None:
    make_sessions(home)
    async with chat(home, server, session=2) as pilot:
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickerScreen) and "Rebase" in rows(pilot))
        box = pilot.app.screen.query_one(Input)
        await pilot.press(*"Rebas")
        await until(pilot, lambda: "Cooking" not in rows(pilot))
        await pilot.press("f2")
        assert box.value == "Rebase"
        await pilot.press("escape")
        assert box.value == "Rebas"
        await pilot.press("f2")
        box.value = "Undoing [/nope]"
        await pilot.press("enter")
        with SessionStore(home) as store:
            await until(pilot, lambda: store.list_recent(None)[-1].name == "Undoing [/nope]")
        # The new name is on the disk before the box has its words back.
        await until(pilot, lambda: box.value == "Rebas")
        box.value = ""
        await until(pilot, lambda: "Undoing [/nope]" in rows(pilot))
        box.value = "Undoing"
        await until(pilot, lambda: "Cooking" not in rows(pilot))
        await pilot.press("ctrl+x")
        await until(pilot, lambda: not (home / "sessions" / "1.json").exists())
        await pilot.press("ctrl+z")
        await until(pilot, lambda: (home / "sessions" / "1.json").exists() and "Undoing" in rows(pilot))
        box.value = "Cooking"
        await until(pilot, lambda: "Cooking" in rows(pilot) and "Undoing" not in rows(pilot))
        await pilot.press("ctrl+x")
        await until(pilot, lambda: "This session is open" in str(pilot.app.screen.query_one("#count", Static).content))
        await pilot.press("escape")
    assert (home / "sessions" / "2.json").exists()


async def test_without_sessions_the_picker_is_empty_and_can_be_left(home: Path, server: ModelServer) -> None:
    async with chat(home, server) as pilot:
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickerScreen))
        await pilot.press("enter", "f2", "ctrl+x", "ctrl+z", "x", "enter", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, PickerScreen))


# What is typed


async def test_what_was_typed_and_not_sent_is_there_again(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as store:
        store.create("Name", messages=[NewMessage("user", "one")])
    async with chat(home, server) as pilot:
        prompt(pilot).put("for a new one\n漢字")
        await say_nothing(pilot)
        await until(pilot, lambda: (home / "drafts" / "unsent-new.txt").exists())
        prompt(pilot).load_text("/resume 1")
        await pilot.press("enter")
        await hear(pilot, "Resumed session: Name")
        prompt(pilot).put("for this one")
    async with chat(home, server, session=1) as pilot:
        await until(pilot, lambda: prompt(pilot).text == "for this one")
        await pilot.press("enter")
        await hear(pilot, "Hello, you")
        await until(pilot, lambda: not (home / "drafts" / "unsent-1.txt").exists())


async def say_nothing(pilot: object) -> None:
    await pilot.pause(0.1)  # type: ignore[attr-defined]


async def test_up_brings_back_what_was_said_in_other_sessions(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as store:
        store.create(messages=[NewMessage("user", "older"), NewMessage("user", "two\nlines")])
        store.create(messages=[NewMessage("user", "newer")])
    async with chat(home, server) as pilot:
        await until(pilot, lambda: len(prompt(pilot).said_before) == 3)
        prompt(pilot).put("typed")
        for expected in ("newer", "two\nlines"):
            await pilot.press("up")
            assert prompt(pilot).text == expected
        await pilot.press("up", "up", "up")
        assert prompt(pilot).text == "older"
        await pilot.press("down", "down", "down")
        assert prompt(pilot).text == "typed"


async def test_what_was_said_is_searched(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as store:
        store.create(messages=[NewMessage("user", "about rebase"), NewMessage("user", "about soup [/nope]")])
    async with chat(home, server) as pilot:
        await until(pilot, lambda: len(prompt(pilot).said_before) == 2)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
        await pilot.press(*"rebase")
        await until(pilot, lambda: rows(pilot) == "about rebase")
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(pilot.app.screen, HistoryScreen))
        assert prompt(pilot).text == "about rebase"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
        await pilot.press(*"nothing", "enter")
        await until(pilot, lambda: not isinstance(pilot.app.screen, HistoryScreen))
        assert prompt(pilot).text == "about rebase"


async def test_tab_completes_commands_and_the_names_of_sessions(home: Path, server: ModelServer) -> None:
    make_sessions(home)
    async with chat(home, server) as pilot:
        hint = pilot.app.screen.query_one(CommandHint)
        await pilot.press("/", "r", "e")
        await until(pilot, lambda: hint.size.height > 0)
        lines = [hint.render_line(y).text for y in range(hint.size.height)]
        assert any("/rename [<id>] <name>" in line for line in lines)
        await pilot.press("s", "u", "tab")
        assert prompt(pilot).text == "/resume "
        assert len(await pilot.app.screen.query_one(Prompt)._complete("/resume ")) == 3
        await pilot.press("c", "o", "o", "tab")
        assert prompt(pilot).text == "/resume Cooking"
        await pilot.press("enter")
        await hear(pilot, "Resumed session: Cooking")
        assert not hint.display


async def test_in_a_narrow_terminal_every_command_that_fits_is_hinted_at_on_one_line(
    home: Path, server: ModelServer
) -> None:
    async with chat(home, server) as pilot:
        await pilot.resize_terminal(60, 20)
        hint = pilot.app.screen.query_one(CommandHint)
        await pilot.press("/")
        await until(pilot, lambda: hint.size.height > 0)
        lines = [hint.render_line(y).text.strip() for y in range(hint.size.height)]
        assert [line[0] for line in lines] == [*"//////", "a"]
        assert re.fullmatch(r"and \d+ more; Tab completes", lines[-1])
        assert any(line.endswith("…") for line in lines)


async def test_a_paste_of_two_hundred_lines_stays_text(home: Path, server: ModelServer) -> None:
    pasted = "\n".join(f"line {number}" for number in range(200))
    async with chat(home, server) as pilot:
        prompt(pilot).insert(pasted)
        await pilot.pause()
        assert prompt(pilot).size.height <= 10
        await pilot.press("enter")
        await hear(pilot, "Hello, you")
    assert texts(home, 1)[0] == pasted


async def test_the_status_bar_says_how_much_of_the_context_is_used_and_keeps_the_model_in_view(
    home: Path, server: ModelServer
) -> None:
    async with chat(home, server) as pilot:
        await pilot.resize_terminal(60, 20)
        shown_bar = status(pilot)
        shown_bar.session, shown_bar.saving = "a very long name of a session " * 4, "saved"
        shown_bar.context = "context 12%"
        await pilot.pause()
        text = str(shown_bar.render())
        assert text.startswith("saved | a very")
        assert "custom/m @ 127" in text
        assert "context" not in text
        assert len(text) <= 60
        await pilot.resize_terminal(120, 20)
        await pilot.pause()
        assert "context 12%" in str(shown_bar.render())


@pytest.mark.parametrize("line", ["/new", "/fork", "/delete", "/resume Other"])
async def test_another_session_has_another_context(home: Path, server: ModelServer, line: str) -> None:
    with SessionStore(home) as store:
        session = store.create("Name", messages=[NewMessage("user", "one")])
        store.create("Other", messages=[NewMessage("user", "two")])
    async with chat(home, server, session=session.id) as pilot:
        status(pilot).context = "context 12%"
        await say(pilot, line)
        await until(pilot, lambda: status(pilot).session != "Name")
        assert status(pilot).context == ""


async def test_another_hfs_in_the_same_session_is_seen(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as other:
        other.create("Name", messages=[NewMessage("user", "one")])
        async with chat(home, server, session=1) as pilot:
            other.add_message(1, "user", "from the other terminal")
            began = time.monotonic()
            await hear(pilot, "from the other terminal")
            assert time.monotonic() - began < 5
            await hear(pilot, "Added elsewhere:")
    assert len(json.loads((home / "sessions" / "1.json").read_bytes())["messages"]) == 2


async def test_messages_that_another_program_took_out_can_be_brought_back(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as store:
        store.create("Name", messages=[NewMessage("user", "one"), NewMessage("assistant", "two")])
    path = home / "sessions" / "1.json"
    async with chat(home, server, session=1) as pilot:
        document = json.loads(path.read_bytes())
        path.write_text(json.dumps({**document, "messages": document["messages"][:1]}))
        await hear(pilot, "1 message taken out. What was taken out is kept: /restore 1 puts it back.")
        assert "two" not in shown(pilot).split("\n")
        await say(pilot, "/restore 1")
        await hear(pilot, "Session 1 restored")
        assert "two" in shown(pilot).split("\n")
    assert texts(home, 1) == ["one", "two"]


async def test_a_message_is_gone_to_and_arguments_are_completed(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as store:
        store.create("Name", messages=[NewMessage("user", f"number {n}") for n in range(1, 101)])
    async with chat(home, server, session=1) as pilot:
        await say(pilot, "/goto 5")
        await until(pilot, lambda: status(pilot).scrolled)
        screen = pilot.app.screen
        seen = [strip.text for strip in screen._compositor.render_strips()]
        assert any("number 5" in line for line in seen[:4])
        await say(pilot, "/goto 500")
        await hear(pilot, "There is no message 500")
        for beginning, whole in (("/theme hfs-l", "/theme hfs-light"), ("/model oll", "/model ollama/")):
            prompt(pilot).load_text(beginning)
            await pilot.press("tab")
            assert prompt(pilot).text == whole
        prompt(pilot).load_text("/export ")
        await pilot.press("tab", "tab")
        assert prompt(pilot).text == "/export jsonl"


async def test_what_was_typed_for_a_new_session_outlives_a_crash_and_is_gone_once_it_is_sent(
    home: Path, server: ModelServer
) -> None:
    with SessionStore(home) as store:
        store.create("Name", messages=[NewMessage("user", "one")])
        store.keep_unsent(None, "half a thought")
    async with chat(home, server, session=1) as pilot:
        assert prompt(pilot).text == ""
    async with chat(home, server) as pilot:
        await until(pilot, lambda: prompt(pilot).text == "half a thought")
        await pilot.press("enter")
        await hear(pilot, "Hello, you")
        await until(pilot, lambda: not (home / "drafts" / "unsent-new.txt").exists())
    async with chat(home, server) as pilot:
        assert prompt(pilot).text == ""


async def test_what_is_typed_while_the_program_starts_goes_into_the_session_that_is_being_opened(
    home: Path, server: ModelServer
) -> None:
    with SessionStore(home) as store:
        store.create("Name", messages=[NewMessage("user", "one")])
        store.keep_unsent(None, "for a new one")
    app = HFSApp(home, ChatOptions(continue_last=True, model="m", base_url=server.base_url))
    async with app.run_test(size=(100, 40)) as pilot:
        prompt(pilot).put("quick")
        await pilot.press("enter", *"more")
        await hear(pilot, "Hello, you")
        assert prompt(pilot).text == "more"
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app.return_code is not None)
    assert texts(home, 1) == ["one", "quick", "Hello, you"]
    assert (home / "drafts" / "unsent-new.txt").read_text() == "for a new one"
    assert sorted(path.name for path in (home / "sessions").glob("*.json")) == ["1.json"]


async def test_the_program_can_be_left_before_it_has_begun(home: Path, server: ModelServer) -> None:
    app = HFSApp(home, ChatOptions(model="m", base_url=server.base_url))
    async with app.run_test() as pilot:
        await app.action_quit()
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 0
