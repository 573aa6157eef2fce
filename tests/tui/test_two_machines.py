"""Two people with a machine each, in one session on one server: both see all that is said, once and in one order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from hfs.persistence import open_store
from tests.support.model_server import ModelServer, model_server
from tests.support.postgres import PostgresServer, database_name
from tests.support.terminal import Terminal, terminal

pytest.importorskip("asyncpg")

ROWS = 70
AT_ONCE = 2.0
"""Within how many seconds what one says is on the screen of the other, in seconds."""


class Team:
    """Two terminals, and their database."""

    def __init__(self, ann: Terminal, ben: Terminal, server: PostgresServer, url: str) -> None:
        self.ann, self.ben = ann, ben
        self.url = url
        self._server = server

    def rows(self) -> list[tuple[object, ...]]:
        """Every message in the database, in the order of the session."""
        return self._server.execute(
            "SELECT session_id, number, role, content FROM messages ORDER BY session_id, position",
            database_name(self.url),
        )

    def has_rows(self, count: int) -> bool:
        return len(self.rows()) == count

    def both(self) -> tuple[Terminal, Terminal]:
        return self.ann, self.ben

    def until(self, condition: Callable[[], bool], seconds: float = 20) -> float:
        """Reads both screens until it is so; returns how long that took, in seconds."""
        begun = time.monotonic()
        while not condition():
            assert time.monotonic() - begun < seconds, "\n-----\n".join(one.text() for one in self.both())
            for one in self.both():
                one.read(0.02)
        return time.monotonic() - begun

    def are_seen_by_both(self, *texts: str) -> bool:
        """Whether both screens show exactly these texts of all that stand in the database, in this order."""
        return all(shown(one, [str(row[3]) for row in self.rows()]) == list(texts) for one in self.both())


def shown(screen: Terminal, said: Sequence[str]) -> list[str]:
    """Those of the texts that stand on a screen, each as often as it does, in their order there."""
    lines = [line.strip("▎ ▁▂▃▄▅▆▇█") for line in screen.text().splitlines()[: ROWS - 5]]
    return [line for line in lines if line in said]


@pytest.fixture
def other_server() -> Iterator[ModelServer]:
    """The model of the second person."""
    with model_server() as running:
        yield running


@pytest.fixture
def team(
    tmp_path: Path, postgres: PostgresServer, postgres_url: str, server: ModelServer, other_server: ModelServer
) -> Iterator[Team]:
    server.chunks, other_server.chunks = ("answer to Ann",), ("answer to Ben",)
    variables = {"HFS_STORE": postgres_url}
    with terminal(tmp_path / "ann", "-m", "a", "--base-url", server.base_url, variables=variables, rows=ROWS) as ann:
        ann.wait_for("a @ 127.0.0.1")
        ann.type("hello from Ann")
        ann.wait_for("answer to Ann")
        ann.wait_for("saved")
        options = ("-r", "1", "-m", "b", "--base-url", other_server.base_url)
        with terminal(tmp_path / "ben", *options, variables=variables, rows=ROWS) as ben:
            ben.wait_for("answer to Ann")
            ben.wait_for("b @ 127.0.0.1")
            yield Team(ann, ben, postgres, postgres_url)


def test_what_one_says_is_on_the_screen_of_the_other_at_once_and_in_order(
    team: Team, server: ModelServer, other_server: ModelServer
) -> None:
    server.chunks, other_server.chunks = ("second answer",), ("third answer",)
    team.ann.type("question two")
    team.ann.wait_for("second answer")
    team.ben.wait_for("second answer", AT_ONCE)
    team.ben.type("question three")
    team.ben.wait_for("third answer")
    team.ann.wait_for("third answer", AT_ONCE)
    said = ("hello from Ann", "answer to Ann", "question two", "second answer", "question three", "third answer")
    assert [row[1:] for row in team.rows()] == [
        (number, ("user", "assistant")[(number - 1) % 2], text) for number, text in enumerate(said, 1)
    ]
    assert team.until(lambda: team.are_seen_by_both(*said)) < AT_ONCE
    # Once for the question and its answer.
    assert [one.text().count("Added elsewhere:") for one in team.both()] == [1, 1]
    for one in team.both():
        one.quit()


def test_both_may_speak_at_the_same_moment(team: Team, server: ModelServer, other_server: ModelServer) -> None:
    for model, name in ((server, "Ann"), (other_server, "Ben")):
        model.chunks, model.pause = (f"to {name}: ", "x"), 0.1
    for turn in range(3):
        for name, one in (("Ann", team.ann), ("Ben", team.ben)):
            one.process.send(f"{name} {turn}!")
            one.wait_for(f"{name} {turn}!")
        for one in team.both():
            one.process.send("\r")
        team.until(partial(team.has_rows, 2 + 4 * (turn + 1)))
    said = [str(row[3]) for row in team.rows()]
    assert team.until(lambda: team.are_seen_by_both(*said)) < AT_ONCE
    asked = [f"{name} {turn}!" for name in ("Ann", "Ben") for turn in range(3)]
    assert sorted(said[2:]) == sorted([*asked, *(3 * ["to Ann: x"]), *(3 * ["to Ben: x"])])
    assert [row[1] for row in team.rows()] == list(range(1, 15))
    for one in team.both():
        one.quit()


def test_the_words_of_the_other_stand_above_an_answer_that_is_coming(team: Team, server: ModelServer) -> None:
    server.chunks, server.hold = ("it begins ", "and ends"), threading.Event()
    team.ann.type("a long question")
    team.ann.wait_for("it begins")
    team.ben.wait_for("a long question", AT_ONCE)
    team.ben.type("meanwhile")
    team.ben.wait_for("answer to Ben")
    team.ann.wait_for("answer to Ben", AT_ONCE)
    wanted = ["a long question", "meanwhile", "answer to Ben", "it begins"]
    assert shown(team.ann, wanted) == wanted
    server.hold.set()
    said = ("hello from Ann", "answer to Ann", "a long question", "meanwhile", "answer to Ben", "it begins and ends")
    team.until(lambda: team.are_seen_by_both(*said))
    assert [row[3] for row in team.rows()] == list(said)


def test_a_name_a_message_that_is_gone_and_a_deletion_are_seen_by_both(team: Team) -> None:
    team.ann.type("/rename Our plan")
    team.until(lambda: all("Our plan | postgresql" in one.text() for one in team.both()))
    with open_store(store=team.url) as store:
        assert store.remove_messages(1, [2]) == 1
        team.until(lambda: all("1 message taken out" in one.text() for one in team.both()), AT_ONCE)
        assert not any("answer to Ann" in one.text() for one in team.both())
        store.edit_message(1, 1, "hello from Anna")
        team.until(lambda: all("hello from Anna" in one.text() for one in team.both()), AT_ONCE)
    team.ben.type("/delete 1")
    team.ben.wait_for("Session 1 is in the trash")
    team.ann.wait_for("This session was removed. What you say next begins a new one.", AT_ONCE)
    team.ben.type("/restore 1")
    team.ann.wait_for("it was brought back", AT_ONCE)
    assert shown(team.ann, ["hello from Anna"]) == ["hello from Anna"]


def test_who_reads_further_up_stays_there_when_the_other_speaks(team: Team, other_server: ModelServer) -> None:
    with open_store(store=team.url) as store:
        for number in range(ROWS):
            store.add_message(1, "user", f"line {number}.")
    team.until(lambda: all(f"line {ROWS - 1}." in one.text() for one in team.both()))
    team.ann.process.send("\x1b[5~\x1b[5~")
    team.ann.wait_for("Ctrl+End: newest")
    team.ann.wait_for(f"line {ROWS - 1}.", gone=True)
    before = team.ann.text()
    other_server.chunks = ("look down here",)
    team.ben.type("are you there?")
    team.ben.wait_for("look down here")
    team.until(lambda: len(team.rows()) == ROWS + 4)
    team.ann.wait_for("2 new", AT_ONCE)
    assert lines_of(team.ann.text()) == lines_of(before)
    team.ann.process.send("\x1b[1;5F")
    team.ann.wait_for("look down here", AT_ONCE)
    team.ann.wait_for("2 new", AT_ONCE, gone=True)


def lines_of(screen: str) -> list[str]:
    """What stands on a screen above the prompt, without the scroll bar."""
    return [line.rstrip(" ▁▂▃▄▅▆▇█") for line in screen.splitlines()[: ROWS - 5]]
