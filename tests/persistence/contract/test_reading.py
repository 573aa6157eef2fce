"""Sessions are read in every engine: what is returned is nobody else's, and a mark tells whether it is new."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hfs.persistence import NewMessage, SessionModel, SessionStore, parse_document
from hfs.persistence._time import now
from tests.persistence.contract.places import Place, found, put, rendered, users


def test_what_is_not_there_is_none(store: SessionStore) -> None:
    for session_id in [1, 0, -1, 10**17, 10**18, 10**30]:
        assert store.get(session_id) is None
        assert store.refresh(session_id) is None
        assert store.rescue(session_id) is None
        assert store.document(session_id) is None
        assert store.editable(session_id) is None
        assert store.revision(session_id) is None
        assert store.path(session_id) is None


def test_an_empty_place_can_be_read(store: SessionStore) -> None:
    store.require_readable()
    assert (store.count(), store.list_recent(), store.tags()) == (0, [], {})
    assert (store.list_trash(), store.list_taken_out(), store.list_drafts()) == ([], [], [])
    assert store.conflict_copies() == []
    assert store.check().findings == []


def test_a_session_is_read_the_same_by_every_way(store: SessionStore, session: SessionModel) -> None:
    assert store.get(session.id) == store.refresh(session.id) == store.rescue(session.id) == session
    assert store.document(session.id) == session.to_document()
    assert list(store.document(session.id) or ()) == list(session.to_document())
    assert parse_document(store.damaged_bytes(session.id), "x") == session.to_document()
    assert store.damaged_bytes(session.id) == rendered(store, session.id)


def test_only_files_have_a_path(store: SessionStore, session: SessionModel, place: Place) -> None:
    path = store.path(session.id)
    if place.engine == "documents":
        assert path is not None and path.read_bytes() == rendered(store, session.id)
    else:
        assert path is None


def test_what_a_reader_changes_in_its_copy_changes_nothing(store: SessionStore) -> None:
    extra: dict[str, Any] = {"deep": [{"a": 1}]}
    made = store.create(messages=[NewMessage("user", "hi", extra=extra)])
    extra["deep"][0]["a"] = 2
    document = store.document(made.id)
    assert document is not None
    before = rendered(store, made.id)
    document["messages"][0]["deep"][0]["a"] = 3
    document["messages"].clear()
    document["name"] = "mine"
    found(store, made.id).messages[0].extra["deep"].append(4)
    added = store.add_message(made.id, "user", "x", extra=extra)
    added.extra["deep"].clear()
    extra["deep"].clear()
    after = found(store, made.id)
    assert [message.extra for message in after.messages] == [{"deep": [{"a": 1}]}, {"deep": [{"a": 2}]}]
    store.remove_messages(made.id, [added.id])
    assert before in (rendered(store, made.id), before)


WRITES: dict[str, Callable[[SessionStore, SessionModel], object]] = {
    "add": lambda store, session: store.add_message(session.id, "user", "x"),
    "rename": lambda store, session: store.rename(session.id, "other"),
    "tag": lambda store, session: store.tag(session.id, ["work"]),
    "pin": lambda store, session: store.pin(session.id),
    "archive": lambda store, session: store.archive(session.id),
    "edit": lambda store, session: store.edit_message(session.id, 1, "other"),
    "remove": lambda store, session: store.remove_messages(session.id, [1]),
    "ensure": lambda store, session: store.ensure_message(session.id, NewMessage("user", "x", created_at=now())),
}


def test_the_mark_of_a_session_changes_with_each_write(store: SessionStore, session: SessionModel) -> None:
    for write in WRITES.values():
        other = store.create()
        before, others = store.revision(session.id), store.revision(other.id)
        assert before is not None
        assert store.revision(session.id) == before
        write(store, session)
        assert store.revision(session.id) not in (None, before)
        assert store.revision(other.id) == others


def test_the_mark_of_a_session_is_gone_with_it_and_comes_back(store: SessionStore, session: SessionModel) -> None:
    store.delete(session.id)
    assert store.revision(session.id) is None
    store.restore(session.id)
    assert store.revision(session.id) is not None


def test_a_document_without_anything_is_filled_in(store: SessionStore) -> None:
    number = put(store, {"messages": [{"content": "hi"}, "loose", {"role": "user", "content": ["a", "b"]}]})
    session = found(store, number)
    assert session.name == f"Session {number}"
    assert [(message.role, message.content) for message in session.messages] == [
        ("system", "hi"),
        ("system", "loose"),
        ("user", "a\nb"),
    ]
    assert session.uid
    assert found(store, number) == session


def test_what_is_read_was_there_at_one_moment(store: SessionStore) -> None:
    made = store.create("0", messages=users("0"))

    def write() -> None:
        for number in range(1, 30):
            base = store.editable(made.id)
            assert base is not None
            items = [{**item, "content": str(number)} for item in base["messages"]]
            store.merge_edited(made.id, base, {**base, "name": str(number), "messages": items})

    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(write)
        while not writing.done():
            session = found(store, made.id)
            assert session.name == session.messages[0].content
        writing.result()
