"""A SQLite database whose file goes away, or is another, while it is open."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from hfs.errors import StoreIOError
from hfs.persistence import NewMessage, open_store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an open file can't be moved there")


def move(folder: Path, place: Path) -> None:
    """Moves a database with the files beside it."""
    place.mkdir(exist_ok=True)
    for path in folder.glob("sessions.db*"):
        os.replace(path, place / path.name)


def test_nothing_is_said_to_be_saved_into_a_file_that_is_gone(home: Path, tmp_path: Path) -> None:
    with open_store(home, store="sqlite") as store:
        session = store.create(messages=[NewMessage("user", "one")])
        move(home, tmp_path / "away")
        with pytest.raises(StoreIOError, match=r"sessions\.db is gone"):
            store.add_message(session.id, "user", "two")
        with pytest.raises(StoreIOError, match=r"sessions\.db is gone"):
            store.list_recent()
        assert list(home.glob("sessions.db*")) == []
        move(tmp_path / "away", home)
        store.add_message(session.id, "user", "three")
        found = store.get(session.id)
    assert found is not None
    assert [message.content for message in found.messages] == ["one", "three"]


def test_a_file_in_the_place_of_the_one_that_was_opened_is_read_and_written(home: Path, tmp_path: Path) -> None:
    with open_store(home, store="sqlite") as store:
        store.create("of before")
        move(home, tmp_path / "away")
        with open_store(home, store="sqlite") as other:
            other.create("another")
        assert [summary.name for summary in store.list_recent()] == ["another"]
        store.create("new")
    with open_store(home, store="sqlite") as store:
        assert sorted(summary.name for summary in store.list_recent()) == ["another", "new"]
