"""Sessions go out to an editor and come back in every engine, with what others did to them meanwhile."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from hfs.errors import InvalidDocumentError, SessionNotFoundError, StoreError, UnsupportedFormatError
from hfs.persistence import NewMessage, SessionModel, SessionStore
from tests.persistence.contract.places import Place, found, put, rendered, texts, users

Document = dict[str, Any]


@pytest.fixture
def session(store: SessionStore) -> SessionModel:
    """A session of three messages."""
    return store.create("Name", messages=[*users("one", "two\nlines"), NewMessage("assistant", "three", "p/m")])


@pytest.fixture
def base(store: SessionStore, session: SessionModel) -> Document:
    """The session as it goes into an editor."""
    document = store.editable(session.id)
    assert document is not None
    return document


def said(base: Document, *wanted: Any) -> Document:
    """The document with these texts: a message keeps its number where it is given with it, as ``(2, "text")``."""
    by_id = {item["id"]: item for item in base["messages"]}
    items: list[Document] = []
    for one in wanted:
        if isinstance(one, tuple):
            items.append({**by_id[one[0]], "content": one[1]})
        else:
            items.append(by_id[one] if isinstance(one, int) else {"role": "user", "content": one})
    return copy.deepcopy({**base, "messages": items})


def test_texts_are_changed_added_and_taken_out_and_all_else_stays(
    store: SessionStore, session: SessionModel, base: Document, place: Place
) -> None:
    merged = store.merge_edited(session.id, base, said(base, "zero", (1, "ONE"), 3))
    assert (merged.counts.changed, merged.counts.added, merged.counts.taken_out) == (1, 1, 1)
    assert [(message.id, message.content) for message in merged.session.messages] == [
        (4, "zero"),
        (1, "ONE"),
        (3, "three"),
    ]
    assert merged.session.messages[2] == session.messages[2]
    with place.open() as other:
        assert found(other, session.id) == merged.session
        assert sorted(texts(other.restore(session.id))) == ["ONE", "three", "two\nlines", "zero"]


def test_the_order_is_changed_also_around_what_came_in_meanwhile(
    store: SessionStore, session: SessionModel, base: Document, place: Place
) -> None:
    with place.open() as other:
        theirs = other.add_message(session.id, "assistant", "four")
    merged = store.merge_edited(session.id, base, said(base, 3, 1, (2, "TWO"), "five"))
    assert texts(merged.session) == ["three", "one", "TWO", "four", "five"]
    assert merged.session.messages[3] == theirs
    assert merged.counts.reordered
    assert store.search("TWO").total == 1
    assert store.search("lines").total == 0


def test_a_message_that_both_changed_stays_twice(store: SessionStore, session: SessionModel, base: Document) -> None:
    store.edit_message(session.id, 1, "theirs")
    merged = store.merge_edited(session.id, base, said(base, (1, "mine"), 2, 3))
    assert texts(merged.session) == ["theirs", "mine", "two\nlines", "three"]
    assert merged.session.messages[1].status == "conflict"


def test_keys_and_the_name_are_changed_and_what_others_changed_stays(
    store: SessionStore, session: SessionModel, base: Document
) -> None:
    store.tag(session.id, ["work"])
    merged = store.merge_edited(session.id, base, {**base, "name": "Mine", "mood": {"n": 10**30, "a": None}})
    assert (merged.session.name, merged.session.name_source) == ("Mine", "user")
    assert merged.session.extra == {"mood": {"n": 10**30, "a": None}, "tags": ["work"]}
    assert (merged.counts.renamed, merged.counts.header) == (True, True)


MISTAKES: list[tuple[Document, object]] = [
    ({"uid": "other"}, "uid"),
    ({"name": ""}, "name"),
    ({"messages": {}}, "messages"),
    ({"messages": [1]}, 0),
    ({"messages": [{"role": "human", "content": "x"}]}, 0),
    ({"messages": [{"role": "user", "content": "\ud800"}]}, 0),
    ({"mood": float("nan")}, None),
    ({"created_at": "soon"}, "created_at"),
]


def test_an_edit_that_cannot_be_stored_says_where_and_changes_nothing(
    store: SessionStore, session: SessionModel, base: Document
) -> None:
    for change, at in MISTAKES:
        before, revision = rendered(store, session.id), store.revision(session.id)
        with pytest.raises(InvalidDocumentError) as caught:
            store.merge_edited(session.id, base, {**base, **change})
        assert caught.value.at == at
        assert rendered(store, session.id) == before
        assert store.revision(session.id) == revision


def test_a_session_that_is_gone_takes_no_edit(store: SessionStore, session: SessionModel, base: Document) -> None:
    store.delete(session.id)
    with pytest.raises(SessionNotFoundError):
        store.merge_edited(session.id, base, said(base, 1))
    with pytest.raises(SessionNotFoundError):
        store.merge_edited(-1, base, said(base, 1))


def test_a_newer_format_is_not_edited(store: SessionStore) -> None:
    number = put(store, {"format": 9, "uid": "newer", "messages": []})
    with pytest.raises(UnsupportedFormatError):
        store.editable(number)


def test_an_edit_without_a_change_says_so(store: SessionStore, session: SessionModel, base: Document) -> None:
    merged = store.merge_edited(session.id, base, base)
    assert (merged.counts.changed, merged.counts.added, merged.counts.taken_out) == (0, 0, 0)
    assert texts(merged.session) == texts(session)


def test_a_text_that_could_not_be_stored_is_kept_with_what_it_began_as(
    store: SessionStore, session: SessionModel, base: Document, place: Place
) -> None:
    path = store.keep_edited(session.id, b"mine", "md", base)
    assert path.is_relative_to(place.home)
    with place.open() as other:
        assert path.read_bytes() == b"mine"
        assert other.kept_base(path) == base
        other.discard_edited(path)
    assert not path.exists()
    assert store.kept_base(path) is None


def test_what_is_not_damaged_is_not_replaced(store: SessionStore, session: SessionModel, base: Document) -> None:
    before = rendered(store, session.id)
    with pytest.raises(StoreError, match="changed by another program meanwhile; nothing was written"):
        store.mend_edited(session.id, b"{", {**base, "name": "other"})
    assert rendered(store, session.id) == before
