"""Forks, other texts, messages taken out: nothing else changes, and nobody puts them back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from hfs.errors import InvalidDocumentError, SessionNotFoundError, UnsupportedFormatError
from hfs.persistence import NewMessage, SessionModel, SessionStore

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "reference" / "session.schema.json").read_text())


@pytest.fixture(params=[0.0, float("inf")], ids=["tail", "whole"])
def store(home: Path, request: pytest.FixtureRequest) -> Iterator[SessionStore]:
    with SessionStore(home, threshold=request.param) as opened:
        yield opened


@pytest.fixture
def session(store: SessionStore, home: Path) -> SessionModel:
    made = store.create("Name", messages=[NewMessage("user", text) for text in ("one", "two\nlines", "three")])
    path = home / "sessions" / "1.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "tags": ["mine"]}))
    return made


def texts(store: SessionStore, session_id: int) -> list[str]:
    found = store.get(session_id)
    assert found is not None
    return [message.content for message in found.messages]


def test_a_fork_begins_as_its_origin_names_it_and_leaves_it_alone(
    store: SessionStore, session: SessionModel, home: Path
) -> None:
    before = (home / "sessions" / "1.json").read_bytes()
    made = store.fork(session.id, before=3)
    assert (made.id, made.name) == (2, "Name (fork)")
    assert made.uid != session.uid
    assert made.extra == {"forked_from": {"uid": session.uid, "before_message": 3}, "tags": ["mine"]}
    assert texts(store, 2) == ["one", "two\nlines"]
    assert [message.created_at for message in made.messages] == [m.created_at for m in session.messages[:2]]
    assert (home / "sessions" / "1.json").read_bytes() == before
    assert store.fork(2).name == "Name (fork)"
    assert store.fork(2, name="Mine").name == "Mine"
    jsonschema.validate(json.loads((home / "sessions" / "2.json").read_bytes()), SCHEMA)


def test_a_session_of_a_newer_format_is_not_forked_into_one_of_this(
    store: SessionStore, session: SessionModel, home: Path
) -> None:
    path = home / "sessions" / "1.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "format": 2}))
    with pytest.raises(UnsupportedFormatError):
        store.fork(session.id)
    assert store.count() == 1


def test_a_fork_of_what_is_not_there_makes_nothing(store: SessionStore, session: SessionModel) -> None:
    with pytest.raises(InvalidDocumentError, match="no message 9"):
        store.fork(session.id, before=9)
    with pytest.raises(SessionNotFoundError):
        store.fork(7)
    assert len(store.list_recent()) == 1


def test_another_text_changes_one_message_and_nothing_else(store: SessionStore, session: SessionModel) -> None:
    changed = store.edit_message(session.id, 2, "other")
    assert changed is not None
    assert (changed.content, changed.created_at) == ("other", session.messages[1].created_at)
    assert texts(store, 1) == ["one", "other", "three"]
    found = store.get(1)
    assert found is not None
    assert found.messages[0] == session.messages[0]
    assert found.updated_at is not None
    with pytest.raises(InvalidDocumentError, match="lone surrogate"):
        store.edit_message(session.id, 2, "\ud800")
    with pytest.raises(InvalidDocumentError, match="no message 8"):
        store.edit_message(session.id, 8, "x")
    assert store.edit_message(5, 1, "x") is None
    assert texts(store, 1) == ["one", "other", "three"]


def test_messages_that_were_taken_out_are_not_put_back_by_the_hfs_that_wrote_them(
    store: SessionStore, session: SessionModel, home: Path
) -> None:
    mine = store.add_message(session.id, "user", "four")
    with SessionStore(home) as other:
        assert other.remove_messages(session.id, [mine.id, 2, 99]) == 2
    assert texts(store, 1) == ["one", "three"]
    store.add_message(session.id, "user", "five")
    store.refresh(session.id)
    assert texts(store, 1) == ["one", "three", "five"]
    assert store.restore(1) is None
    jsonschema.validate(json.loads((home / "sessions" / "1.json").read_bytes()), SCHEMA)


def test_the_note_of_what_was_taken_out_does_not_stay_for_good(
    store: SessionStore, session: SessionModel, home: Path
) -> None:
    store.remove_messages(session.id, [1])
    path = home / "sessions" / "1.json"
    document = json.loads(path.read_bytes())
    document["removed"][0]["removed_at"] = "2020-01-01T00:00:00Z"
    document["removed"].append("rubbish")
    path.write_text(json.dumps(document))
    store.remove_messages(session.id, [2])
    assert [note["id"] for note in json.loads(path.read_bytes())["removed"]] == [2]


def test_taking_messages_out_of_a_session_that_is_not_there_says_so(store: SessionStore) -> None:
    with pytest.raises(SessionNotFoundError):
        store.remove_messages(4, [1])


def test_what_is_kept_aside_comes_back_once_with_ids_of_its_own(
    store: SessionStore, session: SessionModel, home: Path
) -> None:
    path = home / "sessions" / "1.json"
    document = json.loads(path.read_bytes())
    taken = {**document["messages"][2], "content": "another", "created_at": "2030-01-01T00:00:00Z"}
    document["messages"] = [document["messages"][0], taken, "rubbish"]
    path.write_text(json.dumps(document))
    assert store.keep_aside(1, session.messages) == 2
    assert store.keep_aside(1, session.messages) == 0
    restored = store.restore(1)
    assert restored is not None
    assert {message.content for message in restored.messages} == {"one", "two\nlines", "another", "three", "rubbish"}
    assert len({message.id for message in restored.messages}) == len(restored.messages) == 5
    assert store.restore(1) is None


def test_the_origin_of_a_fork_is_found_after_it_got_another_number(home: Path) -> None:
    with SessionStore(home) as store:
        origin = store.create("Mine", messages=[NewMessage("user", "one")])
        fork = store.fork(origin.id)
    sessions = home / "sessions"
    # Another machine made a session 1 too, and the sync program let its file win.
    (sessions / "1.json").rename(sessions / "1 (of a laptop).json")
    (sessions / "1.json").write_text(json.dumps({"uid": "another", "name": "Theirs", "messages": []}))
    with SessionStore(home) as store:
        (copy,) = store.conflict_copies()
        moved = store.merge_copy(*copy)
        assert (moved.outcome, moved.session_id) == ("renumbered", 3)
        assert store.resolve(fork.extra["forked_from"]["uid"]) == 3


def test_a_fork_is_the_last_session_that_was_used(store: SessionStore, session: SessionModel) -> None:
    made = store.fork(session.id, before=2)
    assert store.resolve("last") == made.id
    store.add_message(session.id, "user", "back here")
    assert store.resolve("last") == session.id
