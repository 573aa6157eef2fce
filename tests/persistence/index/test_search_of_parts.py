"""Words found where other processes have read the sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs.persistence import NewMessage, SearchOptions, SessionStore
from hfs.persistence._file_ops import FileOps
from hfs.persistence._locks import TableLocks
from hfs.persistence.files.folder import DocumentFolder
from hfs.persistence.index.building import build_parts
from hfs.persistence.index.database import IndexDatabase
from hfs.persistence.session_document.layout import SESSION_LAYOUT

SESSIONS = 12


@pytest.fixture
def built(home: Path) -> Path:
    """A home folder whose index is in several files."""
    with SessionStore(home) as store:
        for number in range(1, SESSIONS + 1):
            said = [NewMessage("user", f"question {number}"), NewMessage("assistant", f"the answer word{number}")]
            store.create(f"Talk {number}", messages=said)
    ops = FileOps()
    locks = TableLocks(ops, str(home / "locks"), "sessions")
    folder = DocumentFolder(home / "sessions", SESSION_LAYOUT, locks, home / "damaged", ops=ops, threshold=1 << 20)
    database = IndexDatabase(home / "index")
    database.discard()
    build_parts(database.open(), folder, home / "index", range(1, SESSIONS + 1), lambda done, total: None)
    database.close()
    locks.close()
    assert len(list((home / "index").glob("words-*.db"))) > 1
    return home


def test_the_words_of_every_part_are_found_and_of_what_was_said_since(built: Path) -> None:
    with SessionStore(built) as store:
        store.add_message(3, "user", "one more answer")
        result = store.search("answer", None)
        assert {hit.session_id: hit.message_id for hit in result if hit.session_id != 3} == {
            number: 2 for number in range(1, SESSIONS + 1) if number != 3
        }
        assert [hit.message_id for hit in result if hit.session_id == 3] == [2, 3]
        assert (result.total, result.exact) == (SESSIONS + 1, True)
        assert [hit.session_id for hit in store.search("word1")] == [1]
        assert [hit.session_id for hit in store.search("talk", options=SearchOptions(session_id=9))] == [9]
        store.delete(9)
        assert store.search("talk").total == SESSIONS - 1


@pytest.mark.parametrize("harm", ["missing", "cut", "rubbish", "another"])
def test_a_part_that_is_not_as_it_was_written_is_not_believed(built: Path, harm: str) -> None:
    first, second = sorted((built / "index").glob("words-*.db"))
    if harm == "missing":
        first.unlink()
    elif harm == "cut":
        first.write_bytes(first.read_bytes()[:5000])
    elif harm == "rubbish":
        first.write_bytes(b"\xff" * len(first.read_bytes()))
    else:
        first.write_bytes(second.read_bytes())
    with SessionStore(built) as store:
        assert store.search("answer").total == SESSIONS
        assert [hit.session_id for hit in store.search("word12")] == [12]
