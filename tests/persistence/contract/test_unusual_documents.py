"""What hfs would not write itself survives in every engine: unknown keys, unusual values, at every level."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hfs.errors import InvalidDocumentError
from hfs.persistence import SessionStore, exact_float, render_document, render_json
from tests.persistence.contract.places import Place, found, put, rendered, users

Document = dict[str, Any]
UNKNOWN: Document = {
    "z": exact_float("1.50"),
    "a": [10**30, -(10**19), None, True, {"nul\0": "\0", "": {}}],
    "lines": "\u2028\u2029\x85\x7f\u202e\r\n",
    "half": "\ud800",
    "tiny": exact_float("1E-7"),
}
MESSAGES: list[Any] = [
    {"id": 1, "role": "user", "created_at": "2026-01-01T00:00:00Z", "tokens": UNKNOWN, "content": "one"},
    {"id": 1, "role": "user", "created_at": "2026-01-01T00:00:00.5+05:45", "content": ["a", "b"]},
    {"role": "alien", "content": {"a": 1}, "model": 5, "status": ["x"]},
    {"id": "x", "role": None, "created_at": 12345, "content": [{"type": "text", "text": "block"}, 5]},
    {"id": -3, "content": ""},
    {"id": 10**20, "role": "tool", "content": None},
    {"id": 7.0, "role": "user", "created_at": "9999-12-31T23:59:59-12:00", "content": "half \udfff"},
    "loose",
    7,
    None,
    [1, [2]],
    {},
    {"id": 9, "role": "user", "created_at": "0001-01-01T00:00:00.000000Z", "content": "\0 \u2400", "\0": UNKNOWN},
]
UNUSUAL: Document = {
    "uid": "u-1",
    "name": "a\0b " + "long" * 100,
    "name_source": "somebody",
    "created_at": "2026-01-01T00:00:00.123456789+05:45",
    "updated_at": "soon",
    "mood": UNKNOWN,
    "\0": UNKNOWN,
    "tags": ["a", 1],
    "messages": MESSAGES,
}


def pieces(store: SessionStore, session_id: int) -> tuple[dict[str, bytes], list[bytes]]:
    """The header of a session, key by key, and its messages, as bytes: so 1.50 is not 1.5."""
    document = store.document(session_id)
    assert document is not None
    header = {key: render_json(value) for key, value in document.items() if key != "messages"}
    return header, [render_json(item) for item in document["messages"]]


def test_an_unusual_document_is_given_back_to_the_letter(place: Place) -> None:
    with place.open() as store:
        number = put(store, UNUSUAL)
    with place.open() as store:
        assert rendered(store, number) == render_document(number, UNUSUAL)
        assert store.damaged_bytes(number) == render_document(number, UNUSUAL)
        session = found(store, number)
        assert session.message_count == len(MESSAGES)
        assert session.messages[1].content == "a\nb"
        assert store.list_recent()[0].message_count == len(MESSAGES)
        assert store.check().is_well or place.engine == "documents"


OPERATIONS: dict[str, tuple[Callable[[SessionStore, int], object], set[str]]] = {
    "add": (lambda store, number: store.add_message(number, "user", "hi", extra={"mine": UNKNOWN["a"]}), set()),
    "ensure": (lambda store, number: store.ensure_message(number, users("hi")[0]), set()),
    "rename": (lambda store, number: store.rename(number, "other"), {"name", "name_source", "updated_at"}),
    "tag": (lambda store, number: store.tag(number, ["b"]), {"tags"}),
    "pin": (lambda store, number: store.pin(number), {"pinned"}),
    "archive": (lambda store, number: store.archive(number), {"archived"}),
    "edit": (lambda store, number: store.edit_message(number, 9, "\0"), {"updated_at"}),
    "remove": (lambda store, number: store.remove_messages(number, [9]), {"updated_at", "removed"}),
    "delete and restore": (lambda store, number: store.delete(number) and store.restore(number), set()),
    "check": (lambda store, number: store.check([number]), set()),
}


def test_every_operation_leaves_what_it_does_not_mean(store: SessionStore) -> None:
    for operation in OPERATIONS:
        work, changed = OPERATIONS[operation]
        number = put(store, {**UNUSUAL, "uid": operation})
        before, items = pieces(store, number)
        assert work(store, number)
        after, messages = pieces(store, number)
        assert {key: value for key, value in after.items() if key not in changed} == {
            key: value for key, value in before.items() if key not in changed
        }
        assert list(after)[:7] == list(before)[:7]
        assert messages[: len(items) - 1] == items[:-1]
        assert len(messages) - len(items) == {"add": 1, "ensure": 1, "remove": -1}.get(operation, 0)


def test_a_fork_and_a_merged_edit_keep_unknown_keys(store: SessionStore) -> None:
    first = {**MESSAGES[0], "created_at": "2026-01-01T00:00:00.000000Z"}
    number = put(store, {**UNUSUAL, "name": "n", "created_at": "2026-01-01T00:00:00Z", "messages": [first]})
    before, (item,) = pieces(store, number)
    base = store.editable(number)
    assert base is not None
    merged = store.merge_edited(
        number, base, {**base, "messages": [*base["messages"], {"role": "user", "content": ""}]}
    )
    assert merged.counts.added == 1
    fork = store.fork(number)
    for one in (number, fork.id):
        header, messages = pieces(store, one)
        assert [header[key] for key in ("mood", "\0", "tags")] == [before[key] for key in ("mood", "\0", "tags")]
        assert messages[0] == item


def test_messages_that_are_no_list_stay_and_take_none(store: SessionStore) -> None:
    every: list[object] = [{}, "x", None, 5]
    for messages in every:
        number = put(store, {"uid": repr(messages), "name": "n", "messages": messages})
        before = rendered(store, number)
        assert found(store, number).messages == []
        with pytest.raises(InvalidDocumentError):
            store.add_message(number, "user", "hi")
        assert rendered(store, number) == before
        assert store.pin(number) is not None
        assert found(store, number).extra["pinned"] is True
        assert store.list_recent()[0].message_count == 0


def test_a_name_that_is_none_is_shown_as_one(store: SessionStore) -> None:
    for name in [None, "", 5, ["x"], "\ud800", "x" * 1000]:
        number = put(store, {"uid": repr(name), "name": name, "messages": []})
        shown = name[:255] if isinstance(name, str) and name else f"Session {number}"
        assert found(store, number).name == shown
        store.delete(number)
        assert store.list_trash()[0].id == number


def test_a_uid_that_is_none_is_made(store: SessionStore) -> None:
    for uid in [None, "", 5, "\ud800", "x" * 3000, "a\0b"]:
        number = put(store, {"uid": uid, "name": "n", "created_at": "2026-01-01T00:00:00Z", "messages": []})
        before = found(store, number).uid
        assert before
        store.rename(number, "other")
        assert found(store, number).uid == before
