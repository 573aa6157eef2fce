"""A database checked: what another program changed in its rows is found, and mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from hfs.persistence import NewMessage, SessionStore, open_store
from hfs.persistence.sql.engine import SqlEngine


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, home: Path) -> Iterator[SessionStore]:
    name = "sqlite" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    with open_store(home, store=name) as opened:
        opened.create(messages=[NewMessage("user", "rebase"), NewMessage("assistant", "reflog")])
        yield opened


def change(store: SessionStore, statement: str) -> None:
    assert isinstance(store._engine, SqlEngine)
    store._engine._transactions.write(lambda session: session.execute(text(statement)) and None)


def test_a_sound_database_is_well(store: SessionStore) -> None:
    report = store.check()
    assert (report.is_well, report.sessions, report.messages) == (True, 1, 2)
    assert report.home == store.place


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE sessions SET message_count = 9", "lists show it wrongly"),
        ("UPDATE messages SET position = position + 1", "lists show it wrongly"),
        ("DELETE FROM message_words", "searches don't find all of it"),
        ("UPDATE messages SET content = 'reflog' WHERE content = 'rebase'", "searches don't find all of it"),
    ],
)
def test_what_another_program_did_is_found_and_mended(store: SessionStore, statement: str, said: str) -> None:
    change(store, statement)
    (finding,) = store.check().findings
    assert said in finding.text
    assert not store.check().is_well
    assert store.check(repair=True).is_well
    assert store.check().findings == []
    session = store.get(1)
    assert session is not None
    said_it = [message.content for message in session.messages if message.content == "reflog"]
    assert [hit.line for hit in store.search("reflog")] == said_it


def test_words_that_make_several_vectors_are_well(store: SessionStore) -> None:
    store.add_message(1, "user", " ".join(f"word{at} it's" for at in range(3000)))
    store.add_message(1, "user", "…")
    assert store.check().is_well
