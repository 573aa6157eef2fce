"""What a person calls a session is understood alike in every engine."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hfs.errors import AmbiguousSessionError, SessionNotFoundError
from hfs.persistence import SessionStore
from tests.persistence.contract.places import put_all


def test_a_session_is_found_by_id_name_uid_and_last(store: SessionStore) -> None:
    one = store.create("Fix the parser")
    two = store.create("Fix the lexer")
    three = store.create("ÄPFEL und Straße 100%_")
    store.add_message(one.id, "user", "later", created_at=datetime(2099, 1, 1, tzinfo=UTC))
    for text, session in (
        (f" {two.id} ", two),
        ("LEXER", two),
        ("fix the PARSER", one),
        (one.uid, one),
        (three.uid[:-1], three),
        ("äpfel", three),
        ("STRASSE", three),
        ("0%_", three),
        ("last", one),
    ):
        assert store.resolve(text) == session.id, text


def test_the_start_of_a_uid_needs_four_characters(store: SessionStore) -> None:
    one, two = put_all(store, [{"uid": uid, "name": "n", "messages": []} for uid in ("abcdef", "abcxyz")])
    assert store.resolve("abcd") == one
    assert store.resolve("abcX") == two
    for text in ("abc", "bcde", "abc%", "abcd_"):
        with pytest.raises(SessionNotFoundError):
            store.resolve(text)


def test_a_name_that_is_the_whole_of_one_wins_over_parts(store: SessionStore) -> None:
    whole = store.create("fix")
    store.create("fix more")
    assert store.resolve("FIX") == whole.id


def test_what_fits_several_names_them(store: SessionStore) -> None:
    one, two = store.create("Fix the parser"), store.create("Fix the lexer")
    with pytest.raises(AmbiguousSessionError) as caught:
        store.resolve("fix")
    assert caught.value.candidates == ((two.id, two.name), (one.id, one.name))
    assert str(caught.value) == f"'fix' fits 2 sessions: {two.id}, {one.id}. Give more of the name, or the id."


def test_what_fits_none_is_not_found(store: SessionStore) -> None:
    for text in ["compiler", "", "last", "0", "-1", "99", "9" * 30, "%", "_", "\0"]:
        gone = store.create("gone")
        store.delete(gone.id)
        with pytest.raises(SessionNotFoundError) as caught:
            store.resolve(text)
        assert (
            str(caught.value)
            == f"There is no session {text!r} in {store.place}. `hfs list` shows those that are there."
        )
