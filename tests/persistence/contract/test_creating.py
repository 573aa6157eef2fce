"""Sessions are created and named in every engine."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

from hfs.errors import InvalidDocumentError, StoreError
from hfs.persistence import NewMessage, SessionStore
from hfs.persistence._ids import HIGHEST_ID
from tests.persistence.contract.places import Place, found, ids, opened, users

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def test_a_session_begins_with_its_first_messages(store: SessionStore) -> None:
    before = datetime.now(UTC)
    session = store.create(messages=users("How do I undo\n a rebase, please? And what then?", "Well?"))
    assert session == found(store, session.id)
    assert session.name.startswith("How do I undo a rebase, please - ")
    assert session.name_source == "auto"
    assert [message.id for message in session.messages] == [1, 2]
    assert before <= session.created_at <= session.messages[0].created_at <= datetime.now(UTC)
    assert session.updated_at == session.messages[-1].created_at
    assert uuid.UUID(session.uid).version == 7
    assert (session.read_only, session.recovered, session.extra) == (None, False, {})


def test_a_session_may_be_empty(store: SessionStore) -> None:
    session = store.create()
    assert (session.messages, session.updated_at, session.message_count) == ([], None, 0)
    assert session.name.startswith("New session - ")
    assert session.name_source == "auto"


def test_everything_that_a_message_has_comes_back(store: SessionStore) -> None:
    given = NewMessage("assistant", "a\nb", "local/x", "interrupted", MOMENT, {"tokens": {"in": 3}, "hidden": "x"})
    (message,) = store.create(messages=[given]).messages
    assert (message.role, message.content) == ("assistant", "a\nb")
    assert (message.model, message.status) == ("local/x", "interrupted")
    assert (message.created_at, message.extra, message.hidden) == (MOMENT, given.extra, "x")
    assert list(message.to_item()) == ["id", "role", "created_at", "model", "status", "tokens", "hidden", "content"]


def test_a_moment_of_another_time_zone_is_the_same_moment(store: SessionStore) -> None:
    moment = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    (message,) = store.create(messages=[NewMessage("user", "hi", created_at=moment)]).messages
    assert message.created_at == MOMENT
    assert message.created_at.utcoffset() == timedelta(0)


def test_the_placeholder_gives_way_to_the_first_user_message_and_no_other(store: SessionStore) -> None:
    session = store.create()
    store.add_message(session.id, "system", "Be brief.")
    assert found(store, session.id).name.startswith("New session - ")
    store.add_message(session.id, "user", "Why?")
    store.add_message(session.id, "user", "Really?")
    assert found(store, session.id).name.startswith("Why? - ")
    assert [summary.name for summary in store.list_recent()] == [found(store, session.id).name]


def test_a_name_that_a_person_gave_is_never_replaced(store: SessionStore) -> None:
    session = store.create("  New session \n - mine ")
    assert (session.name, session.name_source) == ("New session - mine", "user")
    store.add_message(session.id, "user", "hi")
    assert found(store, session.id).name == "New session - mine"
    renamed = store.create()
    store.rename(renamed.id, "New session - mine")
    store.add_message(renamed.id, "user", "hi")
    assert found(store, renamed.id).name == "New session - mine"


def test_a_name_that_cannot_be_stored_makes_no_session(store: SessionStore) -> None:
    for name in ["", " \n ", "x" * 256, "\ud800"]:
        with pytest.raises(InvalidDocumentError):
            store.create(name, messages=users("hi"))
        assert store.count() == 0


def test_any_name_of_up_to_255_characters_comes_back(store: SessionStore) -> None:
    for name in ["x" * 255, "🏳️‍🌈" * 40, "\u202e[b]x\x07", "Ä 日本語 ไทย", "100%_\\'\";--"]:
        assert store.create(name).name == name
        assert store.list_recent()[0].name == name


def test_a_message_that_cannot_be_stored_makes_no_session(store: SessionStore) -> None:
    with pytest.raises(InvalidDocumentError):
        store.create(messages=[*users("fine"), NewMessage("user", "x", extra={"n": float("nan")})])
    assert (store.count(), store.list_recent(), store.list_trash()) == (0, [], [])


def test_ids_ascend_and_are_never_used_twice(place: Place) -> None:
    with place.open() as store:
        made = [store.create().id for _ in range(3)]
        assert made == sorted(set(made))
        store.delete(made[1])
        store.delete(made[2])
        assert store.create().id > made[2]
        last = store.create().id
        store.delete(last)
        store.empty_trash()
    with place.open() as store:
        assert store.create().id > last


def test_another_who_opened_the_place_sees_it_at_once(place: Place) -> None:
    with opened(place, place) as (mine, theirs):
        made = mine.create("mine", messages=users("hi"))
        assert theirs.get(made.id) == made
        assert ids(theirs.list_recent()) == [made.id]
        theirs.add_message(made.id, "user", "there")
        assert found(mine, made.id).message_count == 2
        assert mine.create().id != theirs.create().id


def test_no_session_is_made_once_the_highest_id_was_given_out(store: SessionStore) -> None:
    assert store._engine.imports.claim(HIGHEST_ID)
    store.add_reserved(HIGHEST_ID, {"name": "the last", "messages": []})
    with pytest.raises(StoreError, match=str(HIGHEST_ID)):
        store.create("one more")
    with pytest.raises(StoreError, match="No id is left"):
        store.import_document({"messages": []})
    assert store.add_message(HIGHEST_ID, "user", "hi").id == 1
    assert ids(store.list_recent()) == [HIGHEST_ID]
