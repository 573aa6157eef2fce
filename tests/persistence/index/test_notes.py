"""What was written is in the index a moment later, whoever wrote it, and in whatever order that is noted."""

from __future__ import annotations

import contextlib
import gc
import os
import sqlite3
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hfs.persistence import ListQuery, NewMessage, SessionFilter, SessionStore
from hfs.persistence.index import database, notes, updating
from hfs.persistence.index.database import IndexDatabase
from hfs.persistence.index.soundness import marked_state
from tests.persistence.index.plain import require_right_list, require_right_words, write_session
from tests.support.engines import files_of
from tests.support.opened import OpenedOps
from tests.support.processes import finish, start_python


def many(home: Path, threshold: float = 1 << 20) -> SessionStore:
    """A store that looks at as few files as with very many sessions."""
    return SessionStore(home, always_below=0, threshold=threshold)


@pytest.fixture
def indexed(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with three sessions in the index, words too, whose files are looked at only where something shows."""
    monkeypatch.setattr(updating, "_PAUSE", 10**9)
    with SessionStore(home) as store:
        for number in range(3):
            store.create(f"name{number}", messages=[NewMessage("user", f"first{number}")])
        store.search("first1")
    with many(home) as store:
        store.list_recent(None)
    return home


def ask(home: Path, statement: str) -> list[tuple[int, ...]]:
    """What the index has, without bringing it up to date."""
    with contextlib.closing(sqlite3.connect(home / "index" / "sessions.db")) as connection:
        return connection.execute(statement).fetchall()


def active(store: SessionStore, limit: int = 1) -> list[int]:
    """The sessions in which something happened last; no other file is looked at."""
    return [summary.id for summary in store.list_sessions(ListQuery(sort="updated", limit=limit)).sessions]


def require_unread(home: Path) -> None:
    """Fails if a list of everything, and a search, read a file that is not shown, or is not right."""
    ops = OpenedOps()
    with SessionStore(home, ops=ops) as store:
        store.list_sessions(ListQuery(limit=None))
        assert ops.opened == []
        require_right_list(store, home)
        assert ops.opened == []
        require_right_words(store, home, most=100)


@pytest.mark.parametrize("threshold", [0, 1 << 20], ids=["tail", "whole"])
def test_no_file_is_read_for_what_hfs_wrote(indexed: Path, threshold: float) -> None:
    with many(indexed, threshold) as store:
        created = store.create("fresh", messages=[NewMessage("user", "said")])
        for at in range(3):
            store.add_message(created.id, "assistant", f"more{at}", model="some/model")
            store.add_message(1, "user", f"again{at}")
        store.rename(2, "renamed")
        store.delete(3)
        store.delete(store.create("short").id)
    assert marked_state(indexed / "index" / "sessions.db") is not None
    assert ask(indexed, "SELECT folder FROM state") == [((indexed / "sessions").stat().st_mtime_ns,)]
    require_unread(indexed)


def test_what_comes_in_untold_is_in_the_next_list(indexed: Path) -> None:
    with many(indexed) as store, many(indexed) as other:
        with store.begin_import() as target:
            target.add(target.reserve("u"), {"uid": "u", "name": "in", "created_at": "2020-01-01T00:00:00Z"})
        files_of(store).index._notes.flush()
        assert other.list_sessions(ListQuery(limit=1)).total == 4
        path = indexed / "sessions" / "2.json"
        path.write_bytes(path.read_bytes()[:-5])
        assert other.list_sessions(ListQuery(SessionFilter(damaged=True), thorough=True)).matching == 1
        assert store.check(repair=True).findings
        files_of(store).index._notes.flush()
        assert ask(indexed, "SELECT id FROM sessions WHERE problem IS NOT NULL") == []
        assert other.list_sessions(ListQuery(SessionFilter(damaged=True))).matching == 0


def test_two_processes_on_one_session_read_it_again_at_the_most_once(indexed: Path) -> None:
    with many(indexed, 0) as one, many(indexed, 0) as other:
        for at in range(4):
            one.add_message(1, "user", f"one{at}")
            other.add_message(1, "user", f"other{at}")
        files_of(other).index._notes.flush()
        files_of(one).index._notes.flush()
    ops = OpenedOps()
    with SessionStore(indexed, ops=ops, always_below=0) as store:
        assert active(store) == [1]
        assert ops.opened == ["1.json"]
        require_right_list(store, indexed)
        require_right_words(store, indexed)


@pytest.mark.parametrize("threshold", [0, 1 << 20], ids=["tail", "whole"])
def test_a_late_note_replaces_no_newer_row(indexed: Path, threshold: float) -> None:
    with many(indexed, threshold) as late, many(indexed, threshold) as other:
        created = late.create("fresh", messages=[NewMessage("user", "said")])
        late.rename(2, "renamed")
        other.list_recent()
        for number in (created.id, 2):
            other.add_message(number, "user", "newer")
        files_of(other).index._notes.flush()
        files_of(late).index._notes.flush()
        with many(indexed) as store:
            require_right_list(store, indexed)
            require_right_words(store, indexed)
    require_unread(indexed)


def test_a_late_note_takes_out_no_session_that_is_there_again(indexed: Path) -> None:
    with many(indexed) as late, many(indexed) as other:
        late.delete(2)
        assert other.restore(2) is not None
        other.list_recent(None)
        files_of(late).index._notes.flush()
        assert ask(indexed, "SELECT id FROM sessions") == [(1,), (2,), (3,)]
        require_right_list(other, indexed)


def test_a_late_note_brings_in_no_session_that_is_gone(indexed: Path) -> None:
    with many(indexed) as late, many(indexed) as other:
        created = late.create("short")
        other.delete(created.id)
        other.list_recent(None)
        files_of(late).index._notes.flush()
        assert ask(indexed, "SELECT id FROM sessions") == [(1,), (2,), (3,)]


def test_words_that_were_left_for_later_are_read_once(indexed: Path) -> None:
    for number in range(10, 90):
        write_session(indexed, number, [f"later{number}"])
    with many(indexed) as store:
        store.list_recent()
        assert ask(indexed, "SELECT count(*) FROM behind") == [(80,)]
        store.add_message(10, "user", "beforetheyare")
        store.rename(11, "renamed")
        store.delete(12)
        require_right_words(store, indexed)
        assert ask(indexed, "SELECT * FROM behind") == []
        require_right_words(store, indexed, gone=["beforetheyare", "later12", "renamed"], most=30)


def test_nothing_is_written_where_there_is_no_index(home: Path) -> None:
    with SessionStore(home) as store:
        store.add_message(store.create("name").id, "user", "text")
    assert not (home / "index").exists()


def test_what_is_kept_of_large_writes_is_bounded(indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "_DELAY", 60)
    monkeypatch.setattr(notes, "_MOST_BYTES", 20_000)
    with many(indexed, 0) as store:
        for at in range(30):
            store.add_message(at % 3 + 1, "user", f"large{at} " * 400)
            store.create(f"another{at}", messages=[NewMessage("user", "word " * 500)])
            assert files_of(store).index._notes._noted.size <= 20_000
        require_right_list(store, indexed, limit=50)
        require_right_words(store, indexed)


def test_what_is_kept_of_many_writes_is_bounded(indexed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "_DELAY", 60)
    monkeypatch.setattr(notes, "_MOST", 4)
    with many(indexed, 0) as store:
        for at in range(30):
            store.add_message(at % 3 + 1, "user", f"many{at}")
            assert len(files_of(store).index._notes._noted.notes) <= 4
            assert len(files_of(store).index._notes._noted.moves) <= 4
        files_of(store).index._notes.flush()
        with many(indexed) as other:
            assert active(other) == [3]
            require_right_list(other, indexed)
            require_right_words(other, indexed)


def test_a_write_is_done_while_the_index_is_busy_and_found_afterwards(
    indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_TIMEOUT", 0.01)
    with many(indexed, 0) as store:
        store.list_recent()
        connection = sqlite3.connect(indexed / "index" / "sessions.db", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        store.add_message(1, "user", "whilebusy")
        files_of(store).index._notes.flush()
        connection.execute("ROLLBACK")
        connection.close()
        files_of(store).index._notes.flush()
        with many(indexed) as other:
            assert active(other) == [1]
            require_right_words(other, indexed)


FORK = """
import os, sys
from hfs.persistence import SessionStore
with SessionStore(sys.argv[1], always_below=0) as store:
    store.list_recent()
    store.add_message(1, "user", "beforethefork")
    child = os.fork()
    who = "parent" if child else "child"
    for at in range(20):
        store.add_message(at % 3 + 1, "user", f"{who}{at}")
        store.create(f"{who} {at}")
        assert len(store.list_recent(None)) >= 3 + at
    if child == 0:
        store.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""


def test_a_forked_process_writes_and_lists_as_any_other(indexed: Path) -> None:
    process = start_python(f"import warnings; warnings.simplefilter('ignore')\n{FORK}", indexed)
    finish(process)
    with SessionStore(indexed) as store:
        assert store.count() == 43
        require_right_list(store, indexed)
        require_right_words(store, indexed, gone=["child19", "parent19"])


def test_opening_and_closing_again_and_again_leaves_nothing_open(indexed: Path) -> None:
    def left() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    with SessionStore(indexed) as store:
        store.list_recent()
    gc.collect()
    before = left()
    for at in range(40):
        with many(indexed) as store:
            store.add_message(1, "user", f"open{at}")
            store.list_recent(1)
    assert left() <= before


def test_the_thread_that_writes_notes_ends_when_there_is_nothing_to_write(
    indexed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "_DELAY", 0.001)
    with many(indexed) as store:
        for at in range(2):
            store.add_message(1, "user", f"once{at}")
            deadline = time.monotonic() + 20
            while files_of(store).index._notes._thread is not None and time.monotonic() < deadline:
                time.sleep(0.001)
            assert files_of(store).index._notes._thread is None
    require_unread(indexed)


def test_a_store_can_be_used_after_it_was_closed(indexed: Path) -> None:
    store = many(indexed, 0)
    store.list_recent()
    store.close()
    store.add_message(1, "user", "afterwards")
    require_right_list(store, indexed)
    store.add_message(1, "user", "andagain")
    store.close()
    require_unread(indexed)


def test_closing_while_others_write_is_no_failure(indexed: Path) -> None:
    store = many(indexed)
    failures: list[BaseException] = []
    closed = threading.Event()

    def write() -> None:
        try:
            for at in range(60):
                store.add_message(1, "user", f"written{at}")
                if at > 40:
                    closed.wait(20)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        store.list_recent(None)
        store.close()
    closed.set()
    for thread in threads:
        thread.join()
    store.close()
    assert failures == []
    with SessionStore(indexed) as other:
        require_right_list(other, indexed)
        require_right_words(other, indexed)


UNCLOSED = """
import sys
from hfs.persistence import SessionStore
from tests.support.opened import OpenedOps
store = SessionStore(sys.argv[1], always_below=0, threshold=0)
store.list_recent()
store.add_message(1, "user", "unclosed")
"""


def test_a_program_that_closes_nothing_makes_no_list_wrong(indexed: Path) -> None:
    finish(start_python(UNCLOSED, indexed))
    assert marked_state(indexed / "index" / "sessions.db") is not None
    with many(indexed) as store:
        require_right_list(store, indexed)
        require_right_words(store, indexed)


def test_a_clock_that_goes_back_between_messages_makes_no_list_wrong(indexed: Path) -> None:
    with many(indexed) as store:
        store.rename(2, "now")
        for year in (2040, 2020):
            store.add_message(1, "user", f"in{year}", created_at=datetime(year, 1, 1, tzinfo=UTC))
            store.add_message(2, "user", "long ago", created_at=datetime(2020, 1, 1, tzinfo=UTC))
        require_right_list(store, indexed)


def test_an_index_that_another_process_just_made_again_is_not_removed(home: Path) -> None:
    home.mkdir()
    one, other = IndexDatabase(home / "index"), IndexDatabase(home / "index")
    one.open()
    other.open()
    other.discard()
    other.open()
    made = one.path.stat()
    one.discard()
    assert one.path.stat() == made
    one.close()
    other.close()
