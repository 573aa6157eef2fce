"""What can't be done is told alike by every engine: by the same error, in a sentence of the same shape."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import pytest

from hfs.errors import InvalidDocumentError, SessionNotFoundError, StoreError, UnsupportedFormatError
from hfs.persistence import NewMessage, SessionStore
from tests.persistence.contract.places import found, put, rendered, users

Work = Callable[[SessionStore, int], object]
MISSING = "There is no session '{id}' in {place}. `hfs list` shows those that are there."
SURROGATE = (
    "The message holds a lone surrogate (U+D800) at character 2, which is no text. Nothing was saved; replace it and "
    "try again."
)
REFUSED: list[tuple[type[StoreError], str, Work]] = [
    (InvalidDocumentError, SURROGATE, lambda store, number: store.add_message(number, "user", "x\ud800")),
    (InvalidDocumentError, SURROGATE, lambda store, number: store.edit_message(number, 1, "x\ud800")),
    (
        InvalidDocumentError,
        "This can't be stored: nan has no form in JSON: it is not JSON serializable. Nothing was written.",
        lambda store, number: store.add_message(number, "user", "x", extra={"n": float("nan")}),
    ),
    (
        InvalidDocumentError,
        "A name has 1 to 255 characters; this one has 0.",
        lambda store, number: store.rename(number, " "),
    ),
    (
        InvalidDocumentError,
        "There is no message 77 in this session.",
        lambda store, number: store.edit_message(number, 77, "x"),
    ),
    (SessionNotFoundError, MISSING, lambda store, number: store.add_message(77, "user", "x")),
    (SessionNotFoundError, MISSING, lambda store, number: store.ensure_message(77, NewMessage("user", "x"))),
    (SessionNotFoundError, MISSING, lambda store, number: store.remove_messages(77, [1])),
    (SessionNotFoundError, MISSING, lambda store, number: store.fork(77)),
    (SessionNotFoundError, MISSING, lambda store, number: store.resolve("77")),
    (SessionNotFoundError, MISSING, lambda store, number: store.merge_edited(77, *edit())),
]


def edit() -> tuple[dict[str, Any], dict[str, Any]]:
    return {"messages": []}, {"messages": []}


def test_what_is_refused_is_told_and_nothing_is_written(store: SessionStore) -> None:
    made = store.create("Name", messages=users("one"))
    before, revision = rendered(store, made.id), store.revision(made.id)
    for kind, sentence, work in REFUSED:
        with pytest.raises(StoreError) as caught:
            work(store, made.id)
        assert type(caught.value) is kind
        assert str(caught.value) == sentence.format(id=77, place=store.place)
    assert rendered(store, made.id) == before
    assert store.revision(made.id) == revision
    assert (store.count(), store.list_trash(), store.list_taken_out()) == (1, [], [])


CHANGES: list[Work] = [
    lambda store, number: store.add_message(number, "user", "x"),
    lambda store, number: store.ensure_message(number, NewMessage("user", "x")),
    lambda store, number: store.rename(number, "x"),
    lambda store, number: store.tag(number, ["x"]),
    lambda store, number: store.pin(number),
    lambda store, number: store.archive(number),
    lambda store, number: store.edit_message(number, 1, "x"),
    lambda store, number: store.remove_messages(number, [1]),
    lambda store, number: store.fork(number),
    lambda store, number: store.editable(number),
    lambda store, number: store.merge_edited(number, *edit()),
]


def test_a_newer_format_can_be_read_and_not_written(store: SessionStore) -> None:
    for version in [2, 10**10, 0, -1, "1", None, 1.5, True, [1]]:
        item = {"id": 1, "role": "user", "created_at": "2026-01-01T00:00:00Z", "content": "words"}
        number = put(store, {"format": version, "uid": repr(version), "name": "Newer", "messages": [item]})
        before, revision = rendered(store, number), store.revision(number)
        session = found(store, number)
        assert session.messages[0].content == "words"
        assert session.read_only is not None
        assert re.fullmatch(
            rf".* has format {re.escape(repr(version))}; this hfs writes format 1\. It opens read-only: install a "
            r"newer hfs to write to it\.",
            session.read_only,
        )
        for work in CHANGES:
            with pytest.raises(UnsupportedFormatError) as caught:
                work(store, number)
            assert (str(caught.value), caught.value.version) == (session.read_only, version)
        assert rendered(store, number) == before
        assert store.revision(number) == revision
        assert [hit.session_id for hit in store.search("words")] == [number]
        assert store.list_recent()[0].name == "Newer"
        assert store.delete(number)
        assert store.restore(number) == session
        store.delete(number)


def test_no_error_names_the_password(store: SessionStore) -> None:
    password = os.environ.get("PGPASSWORD") or "a password"
    with pytest.raises(SessionNotFoundError) as caught:
        store.add_message(1, "user", "x")
    assert store.place in str(caught.value)
    assert password not in str(caught.value)
