"""Many processes write and list at once: none fails, and in the end the index is what the files say, unread."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hfs.persistence import NewMessage, SessionStore
from hfs.persistence.index.sweep import number_of
from tests.persistence.index.plain import require_right_list, require_right_words, write_session
from tests.support.processes import finish, start_python

WRITE = """
import random, sys
from hfs.persistence import NewMessage, SessionStore
home, who, below, threshold = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
chooser, mine = random.Random(who), []
with SessionStore(home, always_below=below, threshold=threshold) as store:
    for at in range(60):
        kind = chooser.random()
        if kind < 0.2 or not mine:
            mine.append(store.create(f"name{who}x{at}", messages=[NewMessage("user", f"first{who}x{at}")]).id)
        elif kind < 0.3:
            store.delete(mine.pop())
        elif kind < 0.4:
            store.rename(chooser.choice([1, 2, 3, *mine]), f"renamed{who}x{at}")
        else:
            store.add_message(chooser.choice([1, 2, 3, *mine]), "assistant", f"said{who}x{at}")
"""
LIST = """
import sys
from hfs.persistence import ListQuery, SessionStore
with SessionStore(sys.argv[1], always_below=int(sys.argv[2])) as store:
    print("listing", flush=True)
    while sys.stdin.readline():
        store.list_recent(5)
        assert {1, 2, 3} <= {summary.id for summary in store.list_sessions(ListQuery(limit=None)).sessions}
        store.search("said1x7")
        print("listed", flush=True)
"""


def identities_of_files(home: Path) -> dict[int, int]:
    return {int(path.stem): number_of(path.stat()) for path in (home / "sessions").glob("[1-9]*.json")}


def identities_in_index(home: Path) -> dict[int, int]:
    connection = sqlite3.connect(home / "index" / "sessions.db")
    try:
        doubtful = {doc_id for (doc_id,) in connection.execute("SELECT session FROM doubtful")}
        # Only of those that several wrote to may the notes come in another order than the writes.
        assert doubtful <= {1, 2, 3}
        rows = connection.execute("SELECT id, identity FROM sessions")
        return {doc_id: identity for doc_id, identity in rows if doc_id not in doubtful}
    finally:
        connection.close()


@pytest.mark.parametrize(("below", "threshold"), [(0, 0), (2000, 1 << 20)], ids=["many, tail", "few, whole"])
def test_four_write_while_two_list(home: Path, below: int, threshold: int) -> None:
    with SessionStore(home) as store:
        for number in range(3):
            store.create(f"shared{number}", messages=[NewMessage("user", f"begun{number}")])
        store.search("begun1")
    writers = [start_python(WRITE, home, who, below, threshold) for who in range(4)]
    listers = [_Lister(home, below) for _ in range(2)]
    while any(writer.poll() is None for writer in writers):
        for lister in listers:
            lister.list_once()
    finish(*writers)
    for lister in listers:
        lister.end()
    files, index = identities_of_files(home), identities_in_index(home)
    assert index == {doc_id: files[doc_id] for doc_id in files.keys() - ({1, 2, 3} - index.keys())}
    with SessionStore(home, always_below=below) as store:
        require_right_list(store, home)
        require_right_words(store, home, most=40)
    assert sorted(os.listdir(home / "index")) == ["sessions.db", "sessions.mark"]


class _Lister:
    """A process that lists whenever it is told to."""

    def __init__(self, home: Path, below: int) -> None:
        command = [sys.executable, "-c", LIST, str(home), str(below)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        self._expect("listing")

    def list_once(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("list\n")
        self._process.stdin.flush()
        self._expect("listed")

    def _expect(self, word: str) -> None:
        assert self._process.stdout is not None and self._process.stderr is not None
        said = self._process.stdout.readline()
        assert said == f"{word}\n", self._process.stderr.read()

    def end(self) -> None:
        finish(self._process)


MAKE = """
import sys
from hfs.persistence import SessionStore
with SessionStore(sys.argv[1]) as store:
    for _ in range(3):
        assert len(store.list_recent(None)) == 40
"""


def test_processes_that_find_no_index_at_once_make_one(home: Path) -> None:
    for number in range(1, 41):
        write_session(home, number, [f"said{number:02}"])
    for rubbish in (False, True):
        if rubbish:
            (home / "index" / "sessions.db").write_bytes(b"rubbish" * 1000)
        finish(*[start_python(MAKE, home) for _ in range(6)])
        assert identities_in_index(home) == identities_of_files(home)
        with SessionStore(home) as store:
            require_right_words(store, home, most=40)
        assert sorted(os.listdir(home / "index")) == ["sessions.db", "sessions.mark"]
