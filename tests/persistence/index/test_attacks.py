"""Whatever becomes of the files of the index: the next list is right, and so is the next search."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from hfs.persistence import SessionStore
from hfs.persistence.index import soundness
from tests.persistence.index.conftest import SESSIONS, Opener
from tests.persistence.index.plain import require_right_list, require_right_words, write_session

Attack = Callable[[Path], None]


@pytest.fixture(autouse=True)
def _no_other_process_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundness, "_PATIENCE", 0.01)


def require_right(home: Path, store: SessionStore) -> None:
    require_right_list(store, home)
    require_right_words(store, home)


def database(home: Path) -> Path:
    return home / "index" / "sessions.db"


def _overwrite(start: float, size: int) -> Attack:
    def attack(home: Path) -> None:
        path = database(home)
        with open(path, "r+b") as file:
            file.seek(int(start * path.stat().st_size))
            file.write(random.Random(start).randbytes(size))

    return attack


def _fill_with_rubbish(home: Path) -> None:
    database(home).write_bytes(os.urandom(8192))


def _say_another_version(home: Path) -> None:
    connection = sqlite3.connect(database(home))
    connection.execute("PRAGMA user_version = 99")
    connection.execute("DROP TABLE sessions")
    connection.close()


def _change_a_row(column: str) -> Attack:
    def attack(home: Path) -> None:
        connection = sqlite3.connect(database(home))
        connection.execute(f"UPDATE sessions SET {column} WHERE id = 3")
        connection.commit()
        connection.close()

    return attack


def _misplace_words(home: Path) -> None:
    connection = sqlite3.connect(database(home))
    connection.execute("UPDATE extents SET session = 13 - session")
    connection.commit()
    connection.close()


def _put_a_folder_there(home: Path) -> None:
    database(home).unlink()
    database(home).mkdir()


def _put_a_folder_with_a_file_there(home: Path) -> None:
    _put_a_folder_there(home)
    (database(home) / "mine.txt").write_text("keep")


def _put_a_file_instead_of_the_folder(home: Path) -> None:
    shutil.rmtree(home / "index")
    (home / "index").write_text("no folder")


def _put_a_dead_link_there(home: Path) -> None:
    database(home).unlink()
    database(home).symlink_to(home / "nowhere" / "sessions.db")


def _put_a_pipe_there(home: Path) -> None:
    database(home).unlink()
    os.mkfifo(database(home))


def _leave_a_log_of_rubbish(home: Path) -> None:
    database(home).with_name("sessions.db-wal").write_bytes(os.urandom(5000))
    database(home).with_name("sessions.db-shm").write_bytes(os.urandom(32768))


ATTACKS: dict[str, Attack] = {
    "the folder removed": lambda home: shutil.rmtree(home / "index"),
    "the database removed": lambda home: database(home).unlink(),
    "the mark removed": lambda home: database(home).with_name("sessions.mark").unlink(),
    "the database emptied": lambda home: os.truncate(database(home), 0),
    "cut to 1 byte": lambda home: os.truncate(database(home), 1),
    "cut to its header": lambda home: os.truncate(database(home), 100),
    "cut to a page": lambda home: os.truncate(database(home), 4096),
    "cut inside a page": lambda home: os.truncate(database(home), 9000),
    "cut in the middle": lambda home: os.truncate(database(home), database(home).stat().st_size // 2),
    "a byte short": lambda home: os.truncate(database(home), database(home).stat().st_size - 1),
    "rubbish as a whole": _fill_with_rubbish,
    "rubbish at its head": _overwrite(0, 300),
    "rubbish behind its head": _overwrite(0.02, 800),
    "rubbish in the middle": _overwrite(0.5, 3000),
    "rubbish at its end": _overwrite(0.95, 4000),
    "an empty file at the folder": _put_a_file_instead_of_the_folder,
    "a folder": _put_a_folder_there,
    "a folder with a file": _put_a_folder_with_a_file_there,
    "a dead link": _put_a_dead_link_there,
    "a pipe": _put_a_pipe_there,
    "a version from the future": _say_another_version,
    "a log of rubbish": _leave_a_log_of_rubbish,
    "another name in a row": _change_a_row("name = 'wrong'"),
    "another time in a row": _change_a_row("active = 9999999999999999"),
    "a removed row": _change_a_row("id = 77"),
    "words of others": _misplace_words,
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_next_list_and_search_are_right_after(filled: Path, attack: str) -> None:
    ATTACKS[attack](filled)
    with SessionStore(filled, always_below=0) as store:
        require_right(filled, store)
    with SessionStore(filled, always_below=0) as store:
        require_right(filled, store)


# What was changed by means of SQLite is as if another hfs had done it, as long as one is running.
@pytest.mark.parametrize("attack", [name for name in ATTACKS if "row" not in name and "words" not in name])
def test_the_next_list_and_search_of_an_open_store_are_right_after(filled: Path, attack: str) -> None:
    with SessionStore(filled, always_below=0) as store, SessionStore(filled, always_below=0) as other:
        require_right(filled, store)
        store.add_message(5, "user", "wordinthelog")
        other.list_recent()
        ATTACKS[attack](filled)
        require_right(filled, store)
        require_right_list(other, filled)


@pytest.mark.parametrize("seed", range(6))
def test_random_bytes_anywhere_are_noticed(filled: Path, seed: int) -> None:
    chooser = random.Random(seed)
    path = database(filled)
    with open(path, "r+b") as file:
        file.seek(chooser.randrange(path.stat().st_size))
        file.write(chooser.randbytes(chooser.choice([1, 1, 10, 100, 1000])))
    with SessionStore(filled, always_below=0) as store:
        require_right(filled, store)


def test_an_old_copy_brought_back_is_brought_up_to_date(filled: Path, opener: Opener, tmp_path: Path) -> None:
    shutil.copytree(filled / "index", tmp_path / "old")
    with opener() as store:
        store.add_message(2, "user", "later")
        store.create("new")
        store.delete(4)
        write_session(filled, 7, ["anew"], name="renamed")
        require_right(filled, store)
        for whole in (True, False):
            if whole:
                shutil.rmtree(filled / "index")
                shutil.copytree(tmp_path / "old", filled / "index")
            else:
                database(filled).write_bytes((tmp_path / "old" / "sessions.db").read_bytes())
            require_right(filled, store)
    shutil.rmtree(filled / "index")
    shutil.copytree(tmp_path / "old", filled / "index")
    with opener() as store:
        require_right(filled, store)


def test_an_old_copy_with_the_log_of_a_newer_one_is_made_again(filled: Path, opener: Opener, tmp_path: Path) -> None:
    shutil.copytree(filled / "index", tmp_path / "old")
    with opener() as store:
        for number in range(1, SESSIONS):
            store.add_message(number, "user", f"more{number}")
        store.list_recent(None)
        log = database(filled).with_name("sessions.db-wal").read_bytes()
    assert log
    shutil.rmtree(filled / "index")
    shutil.copytree(tmp_path / "old", filled / "index")
    database(filled).with_name("sessions.db-wal").write_bytes(log)
    with opener() as store:
        require_right(filled, store)


def test_what_is_not_of_the_index_is_never_removed_with_it(filled: Path, opener: Opener) -> None:
    mine = filled / "index" / "notes.txt"
    mine.write_text("mine")
    _fill_with_rubbish(filled)
    with opener() as store:
        require_right(filled, store)
    assert mine.read_text() == "mine"
    assert database(filled).stat().st_mode & 0o777 == 0o600


def test_where_nothing_can_be_kept_lists_and_searches_are_right_all_the_same(filled: Path, opener: Opener) -> None:
    _put_a_file_instead_of_the_folder(filled)
    with opener() as store:
        require_right(filled, store)
        store.add_message(3, "user", "inmemory")
        write_session(filled, 40, ["fromelsewhere"])
        require_right(filled, store)
    assert (filled / "index").read_text() == "no folder"


def test_the_index_is_kept_as_soon_as_there_is_a_home(home: Path, opener: Opener) -> None:
    with opener() as store:
        assert store.list_recent() == []
        assert not home.exists()
        store.create("first")
        assert len(store.list_recent()) == 1
        assert database(home).exists()
