"""What is deleted goes to the trash of every engine, and comes back from it, until it is emptied."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hfs.errors import SessionNotFoundError
from hfs.persistence import ListQuery, SessionFilter, SessionModel, SessionStore
from tests.persistence.contract.places import Place, found, ids, put, rendered, texts, users


def test_a_deleted_session_comes_back_as_it_was(store: SessionStore, session: SessionModel, place: Place) -> None:
    before = rendered(store, session.id)
    moment = datetime.now(UTC)
    assert store.delete(session.id)
    (trashed,) = store.list_trash()
    assert (trashed.id, trashed.name, trashed.message_count) == (session.id, session.name, 2)
    assert moment <= trashed.deleted_at <= datetime.now(UTC)
    with place.open() as other:
        assert other.restore(session.id) == session
    assert rendered(store, session.id) == before
    assert store.list_trash() == []
    assert store.add_message(session.id, "user", "on").id == 3


def test_a_deleted_session_is_nowhere_else(store: SessionStore, session: SessionModel) -> None:
    store.tag(session.id, ["work"])
    store.delete(session.id)
    assert store.get(session.id) is None
    assert store.rename(session.id, "x") is None
    assert store.tag(session.id, ["x"]) is None
    assert store.edit_message(session.id, 1, "x") is None
    assert not store.delete(session.id)
    for work in (lambda: store.add_message(session.id, "user", "x"), lambda: store.resolve("last")):
        with pytest.raises(SessionNotFoundError):
            work()
    assert (store.count(), store.list_recent(), store.tags()) == (0, [], {})
    assert store.list_sessions(ListQuery(SessionFilter(ids=(session.id,)))).total == 0
    assert store.search("rebase").total == 0
    assert store.statistics().messages == 0
    store.restore(session.id)
    assert store.search("rebase").sessions == 1
    assert store.tags() == {"work": 1}


def test_what_is_not_there_is_neither_deleted_nor_restored(store: SessionStore, session: SessionModel) -> None:
    for session_id in [7, 0, -1, 10**18]:
        assert store.delete(session_id) is False
        assert store.restore(session_id) is None
        assert store.list_trash() == []


def test_the_trash_shows_what_was_deleted_last_first(store: SessionStore) -> None:
    made = ids(store.create(name) for name in ("a", "b", "c"))
    for number in (made[1], made[2], made[0]):
        store.delete(number)
    assert ids(store.list_trash()) == [made[0], made[2], made[1]]


def test_only_a_session_in_which_nothing_happened_since_is_deleted(store: SessionStore, session: SessionModel) -> None:
    (shown,) = store.list_recent()
    store.add_message(session.id, "user", "more")
    assert not store.delete_unchanged(shown)
    (shown,) = store.list_recent()
    store.tag(session.id, ["work"])
    assert not store.delete_unchanged(shown)
    (shown,) = store.list_recent()
    store.pin(session.id)
    assert not store.delete_unchanged(shown)
    (shown,) = store.list_recent()
    assert store.delete_unchanged(shown)
    assert not store.delete_unchanged(shown)
    assert ids(store.list_trash()) == [session.id]


def test_the_trash_is_emptied_of_what_is_old_or_of_everything(store: SessionStore) -> None:
    old, new, there = (store.create(name, messages=users("one", "two")) for name in ("old", "new", "there"))
    store.keep_aside(there.id, [])
    store.delete(old.id)
    moment = datetime.now(UTC) + timedelta(microseconds=1)
    while datetime.now(UTC) <= moment:
        pass
    store.delete(new.id)
    take_out(store, there.id, 1)
    assert store.empty_trash(moment) == 1
    assert ids(store.list_trash()) == [new.id]
    assert store.restore(old.id) is None
    assert store.empty_trash() == 2
    assert (store.list_trash(), store.list_taken_out(), store.empty_trash()) == ([], [], 0)
    assert store.restore(there.id) is None
    assert texts(store.get(there.id)) == ["two"]


def take_out(store: SessionStore, session_id: int, *message_ids: int) -> None:
    """Takes messages out as a person does in an editor: they go to the trash."""
    base = store.editable(session_id)
    assert base is not None
    left = [item for item in base["messages"] if item["id"] not in message_ids]
    store.merge_edited(session_id, base, {**base, "messages": left})


def test_messages_that_were_taken_out_are_listed_while_their_session_is_there(store: SessionStore) -> None:
    made = store.create("Name", messages=users("one", "two", "three"))
    take_out(store, made.id, 1)
    take_out(store, made.id, 2, 3)
    last, first = store.list_taken_out()
    assert [(taken.id, taken.name, taken.message_count) for taken in (last, first)] == [
        (made.id, "Name", 2),
        (made.id, "Name", 1),
    ]
    store.delete(made.id)
    assert store.list_taken_out() == []
    store.restore(made.id)
    assert store.list_taken_out() == [last, first]
    assert texts(store.restore(made.id)) == ["one", "two", "three"]
    assert store.list_taken_out() == []
    assert store.restore(made.id) is None


def test_messages_come_back_at_their_place_with_all_that_they_had(store: SessionStore, place: Place) -> None:
    items = [
        {"id": 1, "role": "user", "created_at": "2026-01-01T00:00:00.000000Z", "content": "one"},
        {"id": 5, "role": "x", "created_at": "2026-01-01T00:00:01Z", "n": [10**30, 1.5], "content": "\0\u2028"},
        {"id": 7, "role": "user", "created_at": "2026-01-01T00:00:02.000000Z", "content": "three"},
    ]
    number = put(store, {"uid": "u", "name": "n", "messages": items})
    base = store.document(number)
    take_out(store, number, 5)
    with place.open() as other:
        other.add_message(number, "user", "four")
        restored = other.restore(number)
    assert restored is not None
    assert [message.id for message in restored.messages] == [1, 5, 7, 8]
    document = store.document(number)
    assert document is not None and base is not None
    assert document["messages"][:3] == base["messages"]


def test_messages_that_another_program_took_out_are_kept_aside_once(store: SessionStore) -> None:
    made = store.create(messages=users("one", "two", "three"))
    before = made.messages
    assert store.keep_aside(made.id, before) == 0
    gone = [*before, *store.create(messages=users("never there")).messages]
    assert store.keep_aside(made.id, gone) == 1
    assert store.keep_aside(made.id, gone) == 0
    (taken,) = store.list_taken_out()
    assert (taken.id, taken.message_count) == (made.id, 1)
    assert texts(store.restore(made.id)) == ["one", "two", "three", "never there"]


def test_messages_that_hfs_took_out_are_not_kept_aside(store: SessionStore) -> None:
    made = store.create(messages=users("one", "two"))
    store.remove_messages(made.id, [1])
    assert store.keep_aside(made.id, made.messages) == 0
    assert store.list_taken_out() == []
    assert store.restore(made.id) is None
    assert texts(store.get(found(store, made.id).id)) == ["two"]
