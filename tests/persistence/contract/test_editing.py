"""Sessions are forked, and what was said in them is changed and taken out, in every engine."""

from __future__ import annotations

import pytest

from hfs.errors import InvalidDocumentError, SessionNotFoundError, UnsupportedFormatError
from hfs.persistence import NewMessage, SessionModel, SessionStore
from tests.persistence.contract.places import Place, found, ids, put, rendered, texts, users


def test_a_fork_begins_as_its_origin_does(store: SessionStore, place: Place) -> None:
    extra = {"tokens": {"in": 3}}
    origin = store.create("Name", messages=[NewMessage("user", "one", extra=extra), *users("two", "three")])
    store.tag(origin.id, ["work"])
    store.pin(origin.id)
    before = rendered(store, origin.id)
    fork = store.fork(origin.id, before=3)
    assert (fork.name, texts(fork), fork.tags, fork.pinned) == ("Name (fork)", ["one", "two"], ("work",), False)
    assert fork.extra["forked_from"] == {"uid": origin.uid, "before_message": 3}
    assert fork.messages[0].extra == extra
    assert fork.uid != origin.uid
    assert rendered(store, origin.id) == before
    again = store.fork(fork.id, name="mine")
    assert (again.name, texts(again)) == ("mine", ["one", "two"])
    assert again.extra["forked_from"] == {"uid": fork.uid}
    assert store.add_message(again.id, "user", "on").id == 3
    assert texts(store.get(fork.id)) == ["one", "two"]
    with place.open() as other:
        assert ids(other.list_recent()) == [again.id, fork.id, origin.id]


def test_a_fork_of_what_is_not_there_is_none(store: SessionStore, session: SessionModel) -> None:
    with pytest.raises(SessionNotFoundError, match="There is no session '9'"):
        store.fork(9)
    with pytest.raises(InvalidDocumentError, match="There is no message 9 in this session"):
        store.fork(session.id, before=9)
    with pytest.raises(InvalidDocumentError):
        store.fork(session.id, name="\n")
    assert store.count() == 1


def test_a_fork_of_a_newer_format_is_refused(store: SessionStore) -> None:
    number = put(store, {"format": 2, "uid": "newer", "messages": []})
    with pytest.raises(UnsupportedFormatError):
        store.fork(number)
    assert store.count() == 1


def test_a_message_gets_another_text_and_keeps_all_else(store: SessionStore, place: Place) -> None:
    made = store.create(messages=[NewMessage("assistant", "one", "p/m", extra={"n": 1}), *users("two")])
    edited = store.edit_message(made.id, 1, "ONE\nmore")
    assert edited is not None
    with place.open() as other:
        after = found(other, made.id)
    assert after.messages == [edited, made.messages[1]]
    assert (edited.content, edited.id, edited.model) == ("ONE\nmore", 1, "p/m")
    assert edited.created_at == made.messages[0].created_at
    assert edited.extra["n"] == 1 and "edited_at" in edited.extra
    assert after.updated_at is not None and made.updated_at is not None
    assert after.updated_at > made.updated_at


def test_a_text_that_cannot_be_set_changes_nothing(store: SessionStore, session: SessionModel) -> None:
    for number, text in [(9, "x"), (0, "x"), (-1, "x"), (10**30, "x"), (1, "\udfff"), (1, "x\ud800")]:
        before, revision = rendered(store, session.id), store.revision(session.id)
        with pytest.raises(InvalidDocumentError):
            store.edit_message(session.id, number, text)
        assert rendered(store, session.id) == before
        assert store.revision(session.id) == revision


def test_messages_are_taken_out_and_the_others_stay(store: SessionStore, place: Place) -> None:
    made = store.create(messages=users("one", "two", "three", "four"))
    assert store.remove_messages(made.id, {2, 3, 77}) == 2
    with place.open() as other:
        after = found(other, made.id)
    assert after.messages == [made.messages[0], made.messages[3]]
    assert [note["id"] for note in after.extra["removed"]] == [2, 3]
    assert store.list_recent()[0].message_count == 2
    assert store.remove_messages(made.id, [77]) == 0
    assert store.remove_messages(made.id, [1, 4]) == 2
    assert found(store, made.id).messages == []
    store.add_message(made.id, "user", "new")
    assert texts(store.get(made.id)) == ["new"]


def test_what_is_not_there_is_not_edited(store: SessionStore, session: SessionModel) -> None:
    for number in (9, 0, -1, 10**18):
        assert store.edit_message(number, 1, "x") is None
        with pytest.raises(SessionNotFoundError):
            store.remove_messages(number, [1])
