"""Many sessions read into the index by several processes: whatever happens meanwhile, lists and searches are right."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hfs.persistence import SessionStore
from hfs.persistence.index import building, updating
from tests.persistence.index.plain import plain_list, require_right_list, require_right_words, write_session
from tests.support.processes import finish, start_python

SESSIONS = 300


@pytest.fixture
def unread(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose sessions are read by other processes, however few bytes they have."""
    monkeypatch.setattr(updating, "_IN_PROCESS", 1)
    for number in range(1, SESSIONS + 1):
        write_session(home, number, [f"said{number:04}"])
    return home


def parts(home: Path) -> list[Path]:
    return sorted((home / "index").glob("words-*"))


def require_right(home: Path, store: SessionStore) -> None:
    require_right_list(store, home)
    require_right_words(store, home)


def test_lists_and_searches_are_right_and_progress_is_told_up_to_its_end(unread: Path) -> None:
    told: list[tuple[int, int]] = []
    with SessionStore(unread, on_indexing=lambda done, total: told.append((done, total))) as store:
        require_right(unread, store)
        assert len(parts(unread)) == building.PROCESSES
        assert told == sorted(told)
        assert told[-1] == (SESSIONS, SESSIONS)
        store.add_message(7, "user", "afterthebuild")
        store.rename(8, "anothername")
        store.delete(9)
        write_session(unread, 10, ["anew"])
        require_right(unread, store)
        require_right_words(store, unread, gone=["said0010", "said0009"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("executable", "/no/such/python", id="that can't be started"),
        pytest.param("executable", "", id="that nobody knows"),
        pytest.param("_START", "raise SystemExit(3)", id="that fail"),
        pytest.param("_START", "import os; os.kill(os.getpid(), 9)", id="that are killed"),
        pytest.param("_START", "print('rubbish')", id="that do nothing"),
    ],
)
def test_without_other_processes_this_one_reads(
    unread: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setattr(building if name == "_START" else sys, name, value)
    with SessionStore(unread) as store:
        require_right(unread, store)
    assert parts(unread) == []


@pytest.mark.parametrize("how", ["removed", "cut", "changed", "replaced"])
def test_a_part_that_is_not_as_it_was_written_is_noticed(unread: Path, how: str) -> None:
    with SessionStore(unread) as store:
        store.list_recent()
        path = parts(unread)[0]
        if how == "removed":
            path.unlink()
        elif how == "cut":
            os.truncate(path, path.stat().st_size // 2)
        elif how == "changed":
            with open(path, "r+b") as file:
                file.seek(path.stat().st_size // 2)
                file.write(b"rubbish" * 40)
        else:
            path.write_bytes(parts(unread)[1].read_bytes())
        require_right_words(store, unread, most=30)


class _Interruption(Exception):
    pass


def test_a_reading_that_is_interrupted_leaves_nothing_behind_and_is_done_by_the_next(unread: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise _Interruption

    with SessionStore(unread, on_indexing=interrupt) as store:
        with pytest.raises(_Interruption):
            store.list_recent()
        assert parts(unread) == []
    with SessionStore(unread) as store:
        require_right(unread, store)


def test_what_is_written_during_a_reading_is_in_the_list_that_waited_for_it(unread: Path) -> None:
    with SessionStore(unread, threshold=0) as writer:

        def write(done: int, total: int) -> None:
            if done == total == SESSIONS:
                writer.add_message(3, "user", "inplace")
                write_session(unread, 4, ["over"])
                write_session(unread, SESSIONS + 1, ["copied"])
                (unread / "sessions" / "5.json").unlink()

        with SessionStore(unread, on_indexing=write, always_below=0) as store:
            listed = [summary.id for summary in store.list_recent(None)]
            assert listed == [line.id for line in plain_list(unread)]
            require_right(unread, store)
            require_right_words(store, unread, gone=["said0004", "said0005"])


BUILD = """
import sys
from hfs.persistence import SessionStore
from hfs.persistence.index import updating
updating._IN_PROCESS = 1
with SessionStore(sys.argv[1]) as store:
    assert len(store.list_recent(None)) == int(sys.argv[2])
"""


def test_processes_that_need_the_index_at_once_make_it_once(unread: Path) -> None:
    finish(*[start_python(BUILD, unread, SESSIONS) for _ in range(4)])
    assert len(parts(unread)) == building.PROCESSES
    with SessionStore(unread) as store:
        require_right(unread, store)


def test_what_a_killed_reading_left_is_removed_by_the_next(unread: Path) -> None:
    process = start_python(BUILD, unread, SESSIONS)
    deadline = time.monotonic() + 60
    while not parts(unread) and time.monotonic() < deadline:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with SessionStore(unread) as store:
        require_right(unread, store)
    # The processes that it had started end by themselves.
    while len(parts(unread)) != building.PROCESSES and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(parts(unread)) == building.PROCESSES


CUT_SHORT = """
from hfs.persistence.index import building

def cut_short(folder, part, *rest):
    part.touch()
    building.rows_beside(part).touch()
    # As the next reading does, that removes what it finds.
    part.unlink()
    raise FileNotFoundError(part)

building.write_part = cut_short
building.main()
"""


def test_a_reading_that_nobody_wants_any_more_leaves_nothing_where_it_fails(unread: Path) -> None:
    (unread / "index").mkdir()
    nobody = "0"
    places = [str(unread / name) for name in ("sessions", "index/words-0.db")]
    run = [sys.executable, "-c", CUT_SHORT, *places, "0", nobody]
    assert b"FileNotFoundError" in subprocess.run(run, input=b"", capture_output=True, check=False).stderr
    assert parts(unread) == []


def test_nothing_is_imported_from_the_folder_that_hfs_is_started_in(
    unread: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("orjson", "sqlite3", "hfs", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w').close()")
    monkeypatch.chdir(tmp_path)
    with SessionStore(unread) as store:
        store.list_recent()
    assert len(parts(unread)) == building.PROCESSES
    assert not (tmp_path / "imported").exists()
