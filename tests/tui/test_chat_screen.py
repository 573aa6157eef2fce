"""The chat screen, driven as a person would, with a real store and a real server."""

from __future__ import annotations

import asyncio
import errno
import json
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from hfs.persistence import NewMessage, SessionStore
from hfs.persistence._file_ops import FileOps
from hfs.tui.app import HFSApp
from hfs.tui.options import ChatOptions
from hfs.tui.screens import ChatScreen
from hfs.tui.widgets.prompt import Prompt
from tests.support.model_server import ModelServer
from tests.tui.driving import chat, hear, on_screen, say, shown, status, until

MARKUP = "[@click=app.quit]x[/] [/nope] list[int]"


def sessions(home: Path) -> list[int]:
    with SessionStore(home) as store:
        return [summary.id for summary in store.list_recent()]


async def test_the_first_message_makes_the_session_and_the_answer_is_shown_and_saved(
    home: Path, server: ModelServer
) -> None:
    async with chat(home, server) as pilot:
        await say(pilot, "/new")
        await hear(pilot, "A new session begins")
        assert sessions(home) == []
        await say(pilot, "hi there")
        await hear(pilot, "Hello, you")
        await until(pilot, lambda: status(pilot).saving == "saved")
        app = pilot.app
        assert isinstance(app, HFSApp)
        await until(pilot, lambda: app.get_current_session_id() == 1)
    document = json.loads((home / "sessions" / "1.json").read_bytes())
    assert [message["content"] for message in document["messages"]] == ["hi there", "Hello, you"]


async def test_sessions_are_listed_resumed_renamed_deleted_and_restored(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as store:
        store.create("First", messages=[NewMessage("user", "one"), NewMessage("assistant", "two")])
        store.create("Second", messages=[NewMessage("user", "three")])
    async with chat(home, server) as pilot:
        await say(pilot, "/resume 1")
        await hear(pilot, "Resumed session: First")
        assert "one" in shown(pilot)
        assert "two" in shown(pilot)
        await say(pilot, "/sessions")
        await hear(pilot, "1 (current) | First | 2 |")
        assert "2 | Second | 1 |" in shown(pilot)
        await say(pilot, f"/rename {MARKUP}")
        await hear(pilot, f"Session renamed to: {MARKUP}")
        await say(pilot, "/rename 2 Other")
        await hear(pilot, "Session renamed to: Other")
        await say(pilot, "/resume other")
        await hear(pilot, "Resumed session: Other")
        assert "one" not in shown(pilot)
        await say(pilot, "/delete")
        await hear(pilot, "Session 2 is in the trash")
        assert sessions(home) == [1]
        await say(pilot, "/restore 2")
        await hear(pilot, "Session 2 restored: Other")
        await say(pilot, "/clear")
        await until(pilot, lambda: shown(pilot) == "")


async def test_the_last_session_is_continued(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as store:
        store.create("First", messages=[NewMessage("user", "remember me")])
    async with chat(home, server, continue_last=True) as pilot:
        await hear(pilot, "remember me")
        await say(pilot, "go on")
        await hear(pilot, "Hello, you")
    assert server.last_texts == ["remember me", "go on"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/help", "/rename [<id>] <name> | Give this session"),
        ("/sessions", "There are no sessions yet"),
        ("/rename x", "There is no session yet to rename"),
        ("/rename", "Usage: /rename"),
        ("/resume 7", "There is no session '7'"),
        ("/delete", "There is no session to delete"),
        ("/restore 3", "There is no session 3 in the trash"),
        ("/export", "There is no session yet to export"),
        ("/import", "Usage: /import"),
        ("/import /nowhere", "no such file or directory"),
        ("/import ~nobody-of-that-name/x.json", "no such file or directory"),
        ("/import -", "no such file or directory"),
        ("/sesions", "Did you mean /sessions"),
        ("/model", "Model: custom/m"),
        ("/model nobody/x", "There is no provider 'nobody'"),
    ],
)
async def test_a_command_answers_clearly(home: Path, server: ModelServer, line: str, answer: str) -> None:
    async with chat(home, server) as pilot:
        await say(pilot, line)
        await hear(pilot, answer)


async def test_help_is_shown_from_its_beginning_and_what_is_said_next_is_in_view(
    home: Path, server: ModelServer
) -> None:
    async with chat(home, server) as pilot:
        await say(pilot, "hi")
        await hear(pilot, "Hello, you")
        await say(pilot, "/help")
        await until(pilot, lambda: "What it does" in on_screen(pilot) and "/new" in on_screen(pilot))
        assert "Ctrl+End" in str(status(pilot).render())
        await pilot.resize_terminal(100, 90)
        await until(pilot, lambda: "Ctrl+End" not in str(status(pilot).render()))
        await say(pilot, "go on")
        await until(pilot, lambda: "go on" in on_screen(pilot))


async def test_two_slashes_send_one(home: Path, server: ModelServer) -> None:
    async with chat(home, server) as pilot:
        await say(pilot, "//etc")
        await hear(pilot, "Hello, you")
    assert server.last_texts == ["/etc"]


async def test_a_session_is_exported_and_imported(
    home: Path, server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with SessionStore(home) as store:
        store.create("First", messages=[NewMessage("user", "one")])
    async with chat(home, server, session=1) as pilot:
        await say(pilot, "/export")
        await hear(pilot, "1-first.md")
        await say(pilot, "/export json")
        await hear(pilot, "1-first.json")
        await say(pilot, "/export json")
        await hear(pilot, "exists already; nothing was written. Give another name: /export json <file>.")
        await say(pilot, "/export pdf")
        await hear(pilot, "There is no format 'pdf': expected one of json,")
        await say(pilot, "/export talk.pdf")
        await hear(pilot, "No format ends in .pdf.")
        await say(pilot, "/export txt a talk.md")
        await hear(pilot, "a talk.md")
        await say(pilot, "/export talk.html")
        await hear(pilot, "talk.html")
        await say(pilot, "/import 1-first.json")
        await hear(pilot, "First: session 1: here already")
    assert (tmp_path / "a talk.md").read_text().startswith("First\n")
    assert (tmp_path / "talk.html").read_bytes().startswith(b"<!DOCTYPE html>")


async def test_esc_stops_the_answer_and_keeps_what_came(home: Path, server: ModelServer) -> None:
    server.hold = threading.Event()
    async with chat(home, server) as pilot:
        await say(pilot, "hi")
        await hear(pilot, "Hello")
        await pilot.press("escape")
        await hear(pilot, "The answer was cut short")
    with SessionStore(home) as store:
        found = store.get(1)
    assert found is not None
    assert [(message.content, message.status) for message in found.messages] == [("hi", None), ("Hello", "interrupted")]


async def test_quitting_in_the_middle_of_an_answer_keeps_what_came(home: Path, server: ModelServer) -> None:
    server.hold = threading.Event()
    async with chat(home, server) as pilot:
        await say(pilot, "hi")
        await hear(pilot, "Hello")
        await pilot.press("ctrl+q")
    with SessionStore(home) as store:
        found = store.get(1)
    assert found is not None
    assert found.messages[-1].status == "interrupted"


async def test_a_model_that_fails_says_so_and_the_question_stays(home: Path, server: ModelServer) -> None:
    server.status, server.raw = 401, b'{"error": "[/nope] \\u001b[2J"}'
    async with chat(home, server) as pilot:
        await say(pilot, MARKUP)
        await hear(pilot, "refused the key")
        assert MARKUP in shown(pilot)
        assert "\x1b" not in shown(pilot)
        # Nobody spoke.
        assert "custom/m" not in shown(pilot)
    assert sessions(home) == [1]


async def test_a_hand_edit_appears_and_is_gone_on_from(home: Path, server: ModelServer) -> None:
    async with chat(home, server) as pilot:
        await say(pilot, "my dog is Rex")
        await hear(pilot, "Hello, you")
        await until(pilot, lambda: status(pilot).session.startswith("my dog"))
        path = home / "sessions" / "1.json"
        document = json.loads(path.read_bytes())
        document["messages"][0]["content"] = "my dog is Max"
        path.write_text(json.dumps(document))
        await hear(pilot, "my dog is Max")
        await say(pilot, "his name?")
        await until(pilot, lambda: len(server.requests) == 2)
    assert server.last_texts[0] == "my dog is Max"


async def test_a_broken_file_is_told_and_left_alone_and_words_are_saved_once_it_is_whole(
    home: Path, server: ModelServer
) -> None:
    async with chat(home, server) as pilot:
        await say(pilot, "hi")
        await hear(pilot, "Hello, you")
        await until(pilot, lambda: status(pilot).session.startswith("hi"))
        path = home / "sessions" / "1.json"
        whole = path.read_bytes()
        broken = whole.replace(b'"id": 1,\n', b'"id": 1\n')
        path.write_bytes(broken)
        await hear(pilot, "1.json, line 4, column 3: expected")
        await until(pilot, lambda: "line 4" in status(pilot).trouble)
        await say(pilot, "meanwhile")
        await hear(pilot, "not saved, kept in drafts")
        await until(pilot, lambda: shown(pilot).count("not saved, kept in drafts") == 2)
        assert "not saved since" in status(pilot).trouble
        assert path.read_bytes() == broken
        path.write_bytes(whole)
        await hear(pilot, "Saved now: 2")
        assert status(pilot).trouble == ""
    with SessionStore(home) as store:
        found = store.get(1)
    assert found is not None
    assert [message.content for message in found.messages] == ["hi", "Hello, you", "meanwhile", "Hello, you"]


@dataclass
class Disk:
    """A disk that can be full."""

    full: bool = False


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """The disk that hfs writes to."""
    disk = Disk()
    write = FileOps.write

    def refuse(ops: FileOps, fd: int, data: bytes | memoryview) -> int:
        if disk.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(ops, fd, data)

    monkeypatch.setattr(FileOps, "write", refuse)
    return disk


@pytest.mark.parametrize("begun", [False, True], ids=["from the first word", "in the middle"])
async def test_on_a_full_disk_the_chat_goes_on_and_saves_everything_once_there_is_room(
    home: Path, server: ModelServer, disk: Disk, begun: bool
) -> None:
    async with chat(home, server) as pilot:
        if begun:
            await say(pilot, "before")
            await until(pilot, lambda: shown(pilot).count("Hello, you") == 1 and status(pilot).saving == "saved")
        disk.full = True
        await say(pilot, "meanwhile")
        await until(pilot, lambda: shown(pilot).count("kept in memory only") == 2)
        assert "not saved since" in status(pilot).trouble
        assert "the disk is full: free some space" in shown(pilot)
        disk.full = False
        await hear(pilot, "Saved now: 2")
        assert status(pilot).trouble == ""
    with SessionStore(home) as store:
        (summary,) = store.list_recent()
        found = store.get(summary.id)
        assert store.list_drafts() == []
    assert found is not None
    said = ["before", "Hello, you"] if begun else []
    assert [message.content for message in found.messages] == [*said, "meanwhile", "Hello, you"]


async def test_words_in_memory_survive_a_change_of_the_model_and_hold_the_session(
    home: Path, server: ModelServer, disk: Disk
) -> None:
    with SessionStore(home) as store:
        store.create("Other", messages=[NewMessage("user", "elsewhere")])
    async with chat(home, server) as pilot:
        disk.full = True
        await say(pilot, "meanwhile")
        await until(pilot, lambda: shown(pilot).count("kept in memory only") == 2)
        await say(pilot, "/model vllm/other")
        await hear(pilot, "Model: vllm/other")
        await say(pilot, "/resume 1")
        await hear(pilot, "stay here until it is, or quit")
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert pilot.app.is_running
        disk.full = False
        await hear(pilot, "Saved now: 2 messages")
    with SessionStore(home) as store:
        found = store.get(2)
    assert found is not None
    assert [message.content for message in found.messages] == ["meanwhile", "Hello, you"]


async def test_quitting_twice_gives_up_words_that_no_disk_takes(home: Path, server: ModelServer, disk: Disk) -> None:
    app = HFSApp(home, ChatOptions(model="m", base_url=server.base_url))
    async with app.run_test(size=(100, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and status(pilot).model != "")
        disk.full = True
        await say(pilot, "meanwhile")
        await until(pilot, lambda: shown(pilot).count("kept in memory only") == 2)
        await pilot.press("ctrl+q")
        await pilot.pause(0.1)
        assert app.is_running
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 0


async def test_damaged_sessions_and_conflict_copies_are_told_at_the_start(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as store:
        store.create("First", messages=[NewMessage("user", "one")])
        store.create("Second", messages=[NewMessage("user", "two")])
    (home / "sessions" / "2.json").write_text("{")
    (home / "sessions" / "1 (of a laptop).json").write_text("{}")
    async with chat(home, server) as pilot:
        await hear(pilot, "1 session file can't be read as a whole (2): `hfs check`")
        assert "A sync program left files beside your sessions (1): `hfs merge`" in shown(pilot)


async def test_without_a_store_the_chat_starts_and_says_why(home: Path, server: ModelServer) -> None:
    home.write_text("not a folder")
    async with chat(home, server) as pilot:
        await hear(pilot, "Persistence not available")
        assert "is no folder" in status(pilot).trouble
        home.unlink()
        await say(pilot, "hi")
        await hear(pilot, "Hello, you")
        assert status(pilot).trouble == ""


async def test_tab_completes_and_up_recalls(home: Path, server: ModelServer) -> None:
    async with chat(home, server) as pilot:
        prompt = pilot.app.screen.query_one(Prompt)
        prompt.load_text("/sess")
        await pilot.press("tab")
        assert prompt.text == "/sessions "
        await pilot.press("enter")
        await pilot.press("up")
        assert prompt.text == "/sessions "
        prompt.load_text("")
        await pilot.press("a", "ctrl+j", "b")
        assert prompt.text == "a\nb"


async def test_ctrl_c_empties_the_prompt_and_quits_the_second_time(home: Path, server: ModelServer) -> None:
    app = HFSApp(home, ChatOptions(model="m", base_url=server.base_url))
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, ChatScreen) and status(pilot).model != "")
        app.screen.query_one(Prompt).load_text("something")
        await pilot.press("ctrl+c")
        assert app.screen.query_one(Prompt).text == ""
        await pilot.press("ctrl+c")
        assert app.is_running
        await pilot.press("ctrl+c")
        await asyncio.sleep(0.05)
    assert app.return_code == 0


async def test_leaving_right_after_the_start_ends_in_no_mistake(home: Path, server: ModelServer) -> None:
    with SessionStore(home) as store:
        for number in range(20):
            store.create(f"Name {number}", messages=[NewMessage("user", "one " * 2000)] * 30)
    for _ in range(4):
        async with chat(home, server, session=1):
            pass
    assert not (home / "crash.log").exists()
