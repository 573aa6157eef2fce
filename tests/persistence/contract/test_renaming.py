"""Sessions get other names in every engine."""

from __future__ import annotations

import pytest

from hfs.errors import InvalidDocumentError
from hfs.persistence import ListQuery, SessionFilter, SessionModel, SessionStore
from tests.persistence.contract.places import Place, found, ids, rendered


def test_a_session_gets_another_name(store: SessionStore, session: SessionModel, place: Place) -> None:
    renamed = store.rename(session.id, "  Rebase \n undone ")
    assert renamed == found(store, session.id)
    assert renamed is not None
    assert (renamed.name, renamed.name_source) == ("Rebase undone", "user")
    assert renamed.messages == session.messages
    assert renamed.updated_at is not None and session.updated_at is not None
    assert renamed.updated_at > session.updated_at
    with place.open() as other:
        assert [summary.name for summary in other.list_recent()] == ["Rebase undone"]
        assert ids(other.list_sessions(ListQuery(SessionFilter(name="UNDONE"))).sessions) == [session.id]
        assert other.list_sessions(ListQuery(SessionFilter(name="How"))).matching == 0


def test_a_name_that_cannot_be_stored_is_refused(store: SessionStore, session: SessionModel) -> None:
    for name in ["", " \n ", "x" * 256, "\ud800"]:
        before, revision = rendered(store, session.id), store.revision(session.id)
        with pytest.raises(InvalidDocumentError):
            store.rename(session.id, name)
        assert rendered(store, session.id) == before
        assert store.revision(session.id) == revision


def test_what_is_not_there_has_no_name(store: SessionStore, session: SessionModel) -> None:
    for session_id in [9, 0, -1, 10**18]:
        assert store.rename(session_id, "x") is None


def test_the_same_name_may_be_given_twice(store: SessionStore) -> None:
    one, two = store.create("same"), store.create("same")
    assert store.rename(one.id, "same") is not None
    assert [found(store, number).name for number in (one.id, two.id)] == ["same", "same"]


def test_a_message_with_nul_in_a_name_made_of_it_is_named(store: SessionStore) -> None:
    made = store.create()
    store.add_message(made.id, "user", "a\0b and c")
    assert found(store, made.id).name.startswith("a\0b and c - ")
    assert store.rename(made.id, "x\0y") == found(store, made.id)
    assert found(store, made.id).name == "x\0y"
