"""The chat on a database: every slash command works there, and the screen says where the sessions are."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hfs.persistence import NewMessage, SessionStore, open_store
from hfs.tui.app import HFSApp
from hfs.tui.commands import COMMANDS
from hfs.tui.options import ChatOptions
from hfs.tui.screens import ChatScreen
from tests.support.model_server import ModelServer
from tests.support.terminal import terminal
from tests.tui.driving import chat, hear, say, shown, status, until

pytest.importorskip("sqlalchemy")

AWAY = "postgresql://me@127.0.0.1:1/d"

ANSWERS = (
    ("/help", "/archive [off]"),
    ("/sessions", "about tea"),
    ("/resume tea", "Resumed session: about tea"),
    ("/rename 2 about rye", "Session renamed to: about rye"),
    ("/rename about leaves", "Session renamed to: about leaves"),
    ("/tag hot", "Tags of this session: #hot"),
    ("/pin", "stays at the top of lists"),
    ("/archive", "is archived"),
    ("/fork", "This is session 3 now, with 1 message of session 1"),
    ("/export md {folder}/out.md", "Wrote "),
    ("/import {folder}/in.json", "1 new"),
    ("/delete 2", "Session 2 is in the trash"),
    ("/undo", "Session 2 restored: about rye"),
    ("/restore 9", "There is no session 9 in the trash"),
    ("/new", "A new session begins"),
    ("hello", "Hello, you"),
    ("/retry", "The old answer stays in session"),
    ("/copy", "is on the clipboard"),
    ("/goto 1", ""),
    ("/unfold", "There is nothing to unfold"),
    ("/fold", "There is nothing to fold"),
    ("/model", "Model: "),
    ("/system", "The model is told nothing first"),
    ("/theme hfs-light", ""),
    ("/config", "{home}/config.toml"),
    ("/edit", ""),
    ("/search tea", ""),
    ("/clear", ""),
    ("/exit", ""),
)
"""What is typed, one after the other, and what is said then."""


def label(pilot: Pilot[int]) -> str:
    return str(status(pilot).render())


async def use(pilot: Pilot[int], chat: ChatScreen, typed: str, said: str) -> None:
    """Types a line, waits until something is said once more than before, and comes back to the chat."""
    before = shown(pilot).count(said)
    await say(pilot, typed)
    if said:
        await until(pilot, lambda: shown(pilot).count(said) > before)
    await until(pilot, lambda: not chat.is_answering)
    if typed == "/edit":
        await say(pilot, "hello again")
        await hear(pilot, "Message 1 is changed; the old text stays in session")
    elif typed.startswith("/search"):
        await until(pilot, lambda: pilot.app.screen is not chat)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is chat)


@pytest.fixture
def two_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database with two sessions, which is the store."""
    monkeypatch.setenv("HFS_STORE", "sqlite")
    with open_store() as store:
        store.create("about tea", messages=[NewMessage("user", "green tea")])
        store.create("about bread", messages=[NewMessage("user", "rye")])


def test_every_slash_command_is_tried_on_a_database() -> None:
    assert {typed.split()[0][1:] for typed, _ in ANSWERS if typed[0] == "/"} == {command.name for command in COMMANDS}


@pytest.mark.usefixtures("two_sessions")
async def test_every_slash_command_does_on_a_database_what_it_does_with_files(
    home: Path, server: ModelServer, tmp_path: Path
) -> None:
    (tmp_path / "in.json").write_text('[{"role": "user", "content": "from elsewhere"}]')
    async with chat(home, server) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ChatScreen)
        for typed, said in ANSWERS[:-1]:
            await use(pilot, screen, typed.format(folder=tmp_path), said.format(home=home))
        assert "Traceback" not in shown(pilot)
    assert not (home / "sessions").exists()
    with open_store() as store:
        assert [message.content for message in (store.get(1) or pytest.fail("it is gone")).messages] == ["green tea"]
        assert store.path(1) is None


@pytest.mark.usefixtures("two_sessions")
async def test_the_status_bar_says_which_store_it_is_where_there_is_room(home: Path, server: ModelServer) -> None:
    async with chat(home, server) as pilot:
        assert "| sqlite sessions.db |" in label(pilot)
        await pilot.resize_terminal(40, 20)
        await until(pilot, lambda: "sqlite" not in label(pilot))
        assert status(pilot).model in label(pilot)


async def test_of_files_the_status_bar_says_nothing(home: Path, server: ModelServer) -> None:
    async with chat(home, server) as pilot:
        assert status(pilot).store == ""


@pytest.mark.usefixtures("two_sessions")
async def test_a_chat_that_is_not_saved_is_in_no_database(home: Path, server: ModelServer) -> None:
    app = HFSApp(home, ChatOptions(model="m", base_url=server.base_url, no_save=True))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: status(pilot).model != "")
        await say(pilot, "a secret")
        await hear(pilot, "Hello, you")
        assert "sqlite" not in label(pilot)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app.return_code is not None)
    with open_store() as store:
        assert store.count() == 2


@pytest.mark.parametrize(
    ("store", "said", "in_short"),
    [
        pytest.param("sqllite", "Did you mean sqlite?", "Did you mean sqlite?", id="misspelt"),
        pytest.param(
            "postgresql://me:Sw0rdf1sh@127.0.0.1:1/d",
            "postgresql://me@127.0.0.1:1/d: it can't be reached",
            "Persistence not available: it can't be reached",
            id="away",
        ),
        pytest.param("postgresql://me:Sw0rd@f1sh@127.0.0.1/d", "can't be read", "can't be read", id="not encoded"),
    ],
)
async def test_a_store_that_cannot_be_opened_is_told_without_its_password(
    home: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch, store: str, said: str, in_short: str
) -> None:
    monkeypatch.setenv("HFS_STORE", store)
    async with chat(home, server) as pilot:
        await hear(pilot, "Persistence not available: ")
        assert said in shown(pilot)
        assert in_short in status(pilot).trouble
        assert "f1sh" not in shown(pilot) + status(pilot).trouble
        monkeypatch.setenv("HFS_STORE", "sqlite")
        await say(pilot, "hi")
        await hear(pilot, "Hello, you")
        assert status(pilot).trouble == ""


def test_the_chat_opens_also_where_the_session_to_resume_cannot_be_asked_for(home: Path) -> None:
    with terminal(home, "-m", "ollama/none", "-r", "rebase", variables={"HFS_STORE": AWAY}) as screen:
        screen.wait_for("Persistence not available: ")
        screen.quit()


async def test_a_session_to_resume_is_opened_once_the_store_is_there(
    home: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SessionStore(home) as store:
        for name in ("Undoing a rebase", "Cooking"):
            store.create(name, messages=[NewMessage("user", "How?")])
    monkeypatch.setenv("HFS_STORE", AWAY)
    app = HFSApp(home, ChatOptions(resume="rebase", model="m", base_url=server.base_url))
    async with app.run_test(size=(100, 40)) as pilot:
        await hear(pilot, "Persistence not available: ")
        monkeypatch.delenv("HFS_STORE")
        await say(pilot, "hi")
        await hear(pilot, "Hello, you")
        assert status(pilot).session == "Undoing a rebase"
        await pilot.press("ctrl+q")


async def test_a_session_to_resume_that_is_not_there_once_the_store_is_there_is_told(
    home: Path, server: ModelServer
) -> None:
    app = HFSApp(home, ChatOptions(resume="rebase", model="m", base_url=server.base_url))
    async with app.run_test(size=(100, 40)) as pilot:
        await hear(pilot, "There is no session 'rebase'")
        await pilot.press("ctrl+q")


QUITS = """
import sys
from pathlib import Path
from hfs.tui.app import HFSApp

class Impatient(HFSApp):
    def on_mount(self):
        self.set_timer(0.5, self.action_quit)

Impatient(Path(sys.argv[1])).run(headless=True)
print("ended")
"""


def test_the_chat_can_be_left_while_a_server_does_not_answer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HFS_STORE", f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/d")
        command = [sys.executable, "-c", QUITS, str(home)]
        # Connecting is given up after a minute.
        done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert done.stdout == b"ended\n", done.stderr


CRASH = """
import sys
from pathlib import Path
from hfs.tui.app import HFSApp

class Broken(HFSApp):
    async def initialize_persistence(self):
        try:
            self._open_store()
        except Exception:
            pass
        raise RuntimeError("could not log in with a@b and a%40b")

app = Broken(Path(sys.argv[1]))
app.run(headless=True)
sys.exit(app.return_code or 0)
"""


def test_a_crash_does_not_show_the_password_of_the_store(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HFS_STORE", "postgresql://me@db.example.org/team")
    monkeypatch.setenv("HFS_STORE_PASSWORD", "a@b")
    done = subprocess.run([sys.executable, "-c", CRASH, str(home)], capture_output=True, timeout=60, check=False)
    said = (done.stdout + done.stderr).replace(b"\n", b"")
    assert done.returncode == 1
    assert said.count(b"***") == 2
    for text in (said, (home / "crash.log").read_bytes()):
        assert b"a@b" not in text
        assert b"a%40b" not in text
