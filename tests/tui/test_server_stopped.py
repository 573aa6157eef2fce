"""A server that goes away in the middle of a conversation, and comes back: nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hfs.persistence import NewMessage, open_store
from tests.support.model_server import ModelServer
from tests.support.postgres import OwnPostgresServer, PostgresServer, database_name
from tests.support.proxy import PostgresProxy, postgres_proxy
from tests.support.terminal import Terminal, terminal

pytest.importorskip("asyncpg")

STOPPED: dict[str, Callable[[PostgresServer], None]] = {
    "fast": lambda server: server.stop("fast"),
    "immediate": lambda server: server.stop("immediate"),
    "killed": lambda server: kill(server),
}


def kill(server: PostgresServer) -> None:
    """Kills every process of a server, as a failing machine does."""
    if not isinstance(server, OwnPostgresServer):
        pytest.skip("the server can't be killed")
    postmaster = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children")
    for pid in [postmaster, *(map(int, children.read_text().split()) if children.exists() else ())]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    server.stop()


class Chat:
    """The program in a terminal, on a database."""

    def __init__(self, screen: Terminal, server: PostgresServer, url: str, home: Path) -> None:
        self.screen = screen
        self._server = server
        self._url = url
        self._home = home

    def saved(self) -> list[str]:
        """The texts in the database, in the order of the session."""
        question = "SELECT content FROM messages ORDER BY session_id, position"
        return [str(row[0]) for row in self._server.execute(question, database_name(self._url))]

    def sessions(self) -> int:
        rows = self._server.execute("SELECT count(*) FROM sessions", database_name(self._url))
        return int(str(rows[0][0]))

    def drafts(self) -> list[Path]:
        """What is kept because it could not be saved."""
        return sorted(self._home.glob("stores/*/drafts/*.jsonl"))

    def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Reads the screen until it is so."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.screen.text()
            self.screen.read(0.05)

    def shows_once(self, *texts: str) -> bool:
        """Whether these texts stand on the screen as what was said, each once and in this order."""
        lines = [line.strip("▎ ▁▂▃▄▅▆▇█") for line in self.screen.text().splitlines()]
        return [line for line in lines if line in texts] == list(texts)


@contextmanager
def talking(home: Path, postgres: PostgresServer, url: str, server: ModelServer, address: str = "") -> Iterator[Chat]:
    """A conversation of one question and one answer.

    Args:
        home: The home folder.
        postgres: The server.
        url: Its database.
        server: The model.
        address: By what the program reaches the database, if not by the url.
    """
    server.chunks = ("answer 1",)
    options = ("-m", "m", "--base-url", server.base_url)
    with terminal(home, *options, variables={"HFS_STORE": address or url}, rows=50) as screen:
        screen.wait_for("m @ 127.0.0.1")
        screen.type("question 1")
        screen.wait_for("answer 1")
        screen.wait_for("saved |")
        yield Chat(screen, postgres, url, home)


@pytest.fixture
def chat(home: Path, postgres: PostgresServer, postgres_url: str, server: ModelServer) -> Iterator[Chat]:
    """A conversation on a server that can be stopped."""
    with talking(home, postgres, postgres_url, server) as begun:
        yield begun


@pytest.fixture
def proxy(postgres: PostgresServer) -> Iterator[PostgresProxy]:
    with postgres_proxy(postgres.host, postgres.port) as running:
        yield running


@pytest.fixture
def far_chat(
    home: Path, postgres: PostgresServer, postgres_url: str, server: ModelServer, proxy: PostgresProxy
) -> Iterator[Chat]:
    """A conversation through a proxy."""
    with talking(home, postgres, postgres_url, server, address(postgres_url, proxy)) as begun:
        yield begun


def address(url: str, proxy: PostgresProxy) -> str:
    return f"postgresql://hfs@127.0.0.1:{proxy.port}/{database_name(url)}"


@pytest.mark.parametrize("how", STOPPED)
def test_the_status_bar_says_that_the_server_is_away_and_no_longer_once_it_is_back(
    chat: Chat, postgres: PostgresServer, server: ModelServer, how: str
) -> None:
    STOPPED[how](postgres)
    chat.screen.wait_for("not readable since")
    # It is said once, and does not push away what was said, and where one is.
    assert chat.screen.text().count("not readable since") == 1
    chat.screen.wait_for("m @ 127.0.0.1")
    # The address would leave no room for the reason.
    (line,) = [line for line in chat.screen.text().splitlines() if "not readable since" in line]
    assert "postgresql://" not in line
    chat.screen.process.send("\x0f")
    chat.screen.wait_for("Waiting for the sessions…")
    chat.screen.process.send("\x1b")
    chat.screen.wait_for("Waiting for the sessions…", gone=True)
    server.chunks = ("answer 2",)
    postgres.start()
    chat.screen.wait_for("not readable since", gone=True)
    chat.screen.type("question 2")
    chat.screen.wait_for("answer 2")
    chat.until(lambda: chat.saved() == ["question 1", "answer 1", "question 2", "answer 2"])
    assert chat.shows_once("question 1", "answer 1", "question 2", "answer 2")
    assert "Another program" not in chat.screen.text()
    chat.screen.quit()


@pytest.mark.parametrize("how", ["fast", "killed"])
def test_words_said_while_a_server_restarts_are_saved_once_it_is_back(
    chat: Chat, postgres: PostgresServer, server: ModelServer, how: str
) -> None:
    STOPPED[how](postgres)
    server.chunks = ("answer 2",)
    chat.screen.type("question 2")
    chat.screen.wait_for("saving…")
    # Keys are heard meanwhile.
    chat.screen.process.send("typed meanwhile")
    chat.screen.wait_for("typed meanwhile", 5)
    assert "answer 2" not in chat.screen.text()
    postgres.start()
    chat.screen.wait_for("answer 2")
    chat.until(lambda: chat.saved() == ["question 1", "answer 1", "question 2", "answer 2"])
    chat.until(lambda: chat.shows_once("question 1", "answer 1", "question 2", "answer 2"))
    # What is saved is taken out of the drafts after that.
    chat.until(lambda: chat.drafts() == [])


@pytest.mark.parametrize("how", ["immediate"])
def test_an_answer_that_streams_while_the_server_is_away_is_saved_once(
    chat: Chat, postgres: PostgresServer, server: ModelServer, how: str
) -> None:
    server.chunks, server.hold = ("answer ", "2"), threading.Event()
    chat.screen.type("question 2")
    chat.screen.wait_for("answer", 60)
    chat.until(lambda: len(chat.drafts()) == 1)
    STOPPED[how](postgres)
    server.hold.set()
    chat.screen.wait_for("answer 2")
    chat.screen.wait_for("saving…")
    postgres.start()
    chat.screen.wait_for("saved |")
    assert chat.saved() == ["question 1", "answer 1", "question 2", "answer 2"]
    chat.until(lambda: chat.drafts() == [])
    assert chat.shows_once("question 1", "answer 1", "question 2", "answer 2")


def test_what_a_server_that_stays_away_did_not_save_is_in_drafts_and_saved_by_itself_later(
    chat: Chat, postgres: PostgresServer, server: ModelServer
) -> None:
    postgres.stop("immediate")
    server.chunks = ("answer 2",)
    chat.screen.type("question 2")
    chat.screen.wait_for("not saved, kept in drafts: postgresql://")
    chat.until(lambda: len(server.requests) == 2)
    assert server.last_texts == ["question 1", "answer 1", "question 2"]
    chat.screen.wait_for("The answer is not saved, kept in drafts")
    server.chunks = ("answer 3",)
    began = time.monotonic()
    chat.screen.type("question 3")
    chat.until(lambda: len(chat.drafts()) == 4)
    chat.until(lambda: len(server.requests) == 3)
    # Nothing waits for a server of which it is known that it stays away.
    assert time.monotonic() - began < 8
    assert server.last_texts == ["question 1", "answer 1", "question 2", "answer 2", "question 3"]
    assert "not saved since" in chat.screen.text()
    postgres.start()
    chat.screen.wait_for("that could not be saved before.")
    chat.until(lambda: len(chat.saved()) == 6)
    said = [f"{kind} {turn}" for turn in (1, 2, 3) for kind in ("question", "answer")]
    assert chat.saved() == said
    assert chat.drafts() == []
    chat.until(lambda: chat.shows_once(*said) and "not saved since" not in chat.screen.text())
    chat.screen.quit()


def test_a_commit_of_which_nobody_was_told_is_no_second_message(
    far_chat: Chat, proxy: PostgresProxy, server: ModelServer
) -> None:
    server.chunks = ("answer 2",)
    proxy.lose_next_commit(then_away=True)
    far_chat.screen.type("question 2")
    assert proxy.was_cut.wait(20)
    assert far_chat.saved() == ["question 1", "answer 1", "question 2"]
    far_chat.screen.wait_for("saving…")
    proxy.lose_next_commit()
    proxy.come_back()
    far_chat.screen.wait_for("answer 2")
    assert proxy.was_cut.wait(20)
    far_chat.until(lambda: far_chat.saved() == ["question 1", "answer 1", "question 2", "answer 2"])
    far_chat.until(lambda: far_chat.shows_once("question 1", "answer 1", "question 2", "answer 2"))
    assert far_chat.sessions() == 1


def test_who_waits_no_longer_has_the_words_in_drafts_and_not_twice(
    far_chat: Chat, proxy: PostgresProxy, server: ModelServer
) -> None:
    proxy.lose_next_commit(then_away=True)
    far_chat.screen.type("question 2")
    assert proxy.was_cut.wait(20)
    far_chat.screen.process.send("\x1b")
    far_chat.screen.wait_for("not saved, kept in drafts: It took too long, and was not waited for.", 9)
    far_chat.until(lambda: len(far_chat.drafts()) == 1)
    proxy.come_back()
    far_chat.screen.wait_for("Saved now: 1 message that could not be saved before.")
    assert far_chat.saved() == ["question 1", "answer 1", "question 2"]
    far_chat.until(lambda: far_chat.shows_once("question 1", "answer 1", "question 2"))


def test_a_session_whose_first_words_were_committed_untold_is_there_once(
    far_chat: Chat, proxy: PostgresProxy, server: ModelServer
) -> None:
    far_chat.screen.type("/new")
    far_chat.screen.wait_for("A new session begins")
    proxy.lose_next_commit(then_away=True)
    far_chat.screen.type("question 2")
    assert proxy.was_cut.wait(20)
    far_chat.screen.process.send("\x1b")
    far_chat.screen.wait_for("kept in memory only: stay until it is saved", 9)
    proxy.come_back()
    far_chat.screen.wait_for("Saved now: 1 message that could not be saved before.")
    assert (far_chat.sessions(), far_chat.saved()) == (2, ["question 1", "answer 1", "question 2"])
    far_chat.screen.wait_for("saved | question 2 -")


def test_a_chat_that_begins_without_its_server_goes_on_in_its_session_once_that_is_there(
    home: Path, postgres: PostgresServer, postgres_url: str, server: ModelServer
) -> None:
    with open_store(home, store=postgres_url) as store:
        store.create("Our plan", messages=[NewMessage("user", "question 1")])
    postgres.stop()
    options = ("-c", "-m", "m", "--base-url", server.base_url)
    with terminal(home, *options, variables={"HFS_STORE": postgres_url}, rows=50) as screen:
        chat = Chat(screen, postgres, postgres_url, home)
        screen.wait_for("Persistence not available: postgresql://hfs@127.0.0.1")
        screen.wait_for("m @ 127.0.0.1")
        screen.type("question 2")
        chat.until(lambda: screen.text().count("Persistence not available") >= 2)
        # What can't be said yet is not taken away.
        screen.wait_for("▊ question 2")
        postgres.start()
        screen.wait_for("The sessions are there now")
        screen.wait_for("Our plan | postgresql")
        screen.wait_for("▊ question 2")
        screen.process.send("\r")
        screen.wait_for("Hello, you")
        chat.until(lambda: chat.saved() == ["question 1", "question 2", "Hello, you"])
        assert chat.sessions() == 1
        screen.quit()


def test_who_quits_while_words_are_being_saved_finds_them_saved_the_next_time(
    chat: Chat, postgres: PostgresServer, postgres_url: str, home: Path, server: ModelServer
) -> None:
    postgres.stop()
    chat.screen.type("question 2")
    chat.screen.wait_for("saving…")
    began = time.monotonic()
    chat.screen.quit()
    assert time.monotonic() - began < 8
    assert len(chat.drafts()) == 1
    postgres.start()
    with terminal(home, "-m", "m", "--base-url", server.base_url, variables={"HFS_STORE": postgres_url}) as screen:
        screen.wait_for("An unsaved message of an earlier run was kept in session 1.")
    assert chat.saved() == ["question 1", "answer 1", "question 2"]
    assert chat.drafts() == []
