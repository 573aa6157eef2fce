"""A session that was in an editor comes back into what others made of it meanwhile, and nobody's words are lost."""

from __future__ import annotations

import contextlib
import copy
import errno
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfs.errors import (
    CorruptSessionError,
    InvalidDocumentError,
    SessionNotFoundError,
    StoreError,
    StoreIOError,
    UnsupportedFormatError,
)
from hfs.persistence import MergedEdit, NewMessage, SessionModel, SessionStore, open_repository
from tests.support.faults import FaultyOps

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "reference" / "session.schema.json").read_text())
Document = dict[str, Any]


@pytest.fixture(params=[0.0, float("inf")], ids=["tail", "whole"])
def store(home: Path, request: pytest.FixtureRequest) -> Iterator[SessionStore]:
    with SessionStore(home, threshold=request.param) as opened:
        yield opened


@pytest.fixture
def session(store: SessionStore) -> SessionModel:
    return store.create("Name", messages=[NewMessage("user", text) for text in ("one", "two\nlines", "three")])


@pytest.fixture
def base(store: SessionStore, session: SessionModel) -> Document:
    found = store.editable(session.id)
    assert found is not None
    return found


def texts(session: SessionModel) -> list[str]:
    return [message.content for message in session.messages]


def done(edit: MergedEdit) -> dict[str, Any]:
    """What an edit did, without what it did not."""
    names = ("changed", "added", "taken_out", "contested", "kept", "reordered", "renamed", "header")
    return {name: getattr(edit.counts, name) for name in names if getattr(edit.counts, name)}


def with_texts(base: Document, *wanted: Any) -> Document:
    """The document with these texts: a message keeps its number where it is given with it, as ``(2, "text")``."""
    by_id = {item["id"]: item for item in base["messages"]}
    items = [
        {**by_id[one[0]], "content": one[1]} if isinstance(one, tuple)
        else by_id[one] if isinstance(one, int) else {"role": "user", "content": one}
        for one in wanted
    ]  # fmt: skip
    return {**copy.deepcopy(base), "messages": copy.deepcopy(items)}


def test_texts_are_changed_added_and_taken_out_and_all_else_stays(
    store: SessionStore, session: SessionModel, base: Document, home: Path
) -> None:
    edit = store.merge_edited(1, base, with_texts(base, "zero", (1, "ONE"), 3))
    assert done(edit) == {"changed": 1, "added": 1, "taken_out": 1}
    assert texts(edit.session) == ["zero", "ONE", "three"]
    new, changed, same = edit.session.messages
    assert (new.id, new.role) == (4, "user")
    assert (changed.id, changed.created_at) == (1, session.messages[0].created_at)
    assert "edited_at" in changed.extra and "edited_at" not in new.extra
    assert same == session.messages[2]
    assert edit.session.updated_at is not None
    jsonschema.validate(json.loads((home / "sessions" / "1.json").read_bytes()), SCHEMA)


def test_what_was_taken_out_comes_back_from_the_trash(store: SessionStore, base: Document) -> None:
    store.merge_edited(1, base, with_texts(base, 3))
    restored = store.restore(1)
    assert restored is not None
    assert texts(restored) == ["one", "two\nlines", "three"]
    assert store.restore(1) is None


def test_what_was_taken_out_is_not_put_back_by_the_hfs_that_wrote_it(store: SessionStore, home: Path) -> None:
    made = store.create("Name", messages=[NewMessage("user", "one")])
    store.add_message(made.id, "user", "two")
    with SessionStore(home) as other:
        base = other.editable(made.id)
        assert base is not None
        other.merge_edited(made.id, base, with_texts(base, 1))
    found = store.refresh(made.id)
    assert found is not None
    assert texts(found) == ["one"]


def test_the_order_is_changed_also_around_what_came_in_meanwhile(store: SessionStore, base: Document) -> None:
    store.add_message(1, "assistant", "four")
    edit = store.merge_edited(1, base, with_texts(base, 3, 1, (2, "TWO")))
    assert done(edit) == {"changed": 1, "reordered": True}
    assert texts(edit.session) == ["three", "one", "TWO", "four"]


@pytest.mark.parametrize("known", [True, False], ids=["new id beyond theirs", "one of the same id"])
def test_what_others_appended_meanwhile_stays_and_gets_no_other_number(
    store: SessionStore, base: Document, known: bool
) -> None:
    theirs = store.add_message(1, "assistant", "four")
    edited = with_texts(base, 1, 2, 3, "mine")
    if not known:
        edited["messages"][3]["id"] = theirs.id
    edit = store.merge_edited(1, base, edited)
    assert done(edit) == {"added": 1}
    assert texts(edit.session) == ["one", "two\nlines", "three", "four", "mine"]
    assert edit.session.messages[3] == theirs
    assert edit.session.messages[4].id == 5


def test_a_message_that_both_changed_stays_twice(store: SessionStore, base: Document) -> None:
    store.edit_message(1, 1, "theirs")
    edit = store.merge_edited(1, base, with_texts(base, (1, "mine"), 2, 3))
    assert done(edit) == {"changed": 1, "contested": 1}
    assert texts(edit.session) == ["theirs", "mine", "two\nlines", "three"]
    assert edit.session.messages[1].status == "conflict"


def test_a_message_that_both_changed_alike_is_there_once(store: SessionStore, base: Document) -> None:
    store.edit_message(1, 1, "same")
    found = store.editable(1)
    assert found is not None
    edited = with_texts(base, (1, "same"), 2, 3)
    edited["messages"][0]["edited_at"] = found["messages"][0]["edited_at"]
    edit = store.merge_edited(1, base, edited)
    assert done(edit) == {"changed": 1}
    assert texts(edit.session) == ["same", "two\nlines", "three"]


def test_a_message_that_one_took_out_and_the_other_changed_stays(store: SessionStore, base: Document) -> None:
    store.edit_message(1, 1, "theirs")
    store.remove_messages(1, [2])
    edit = store.merge_edited(1, base, with_texts(base, (2, "mine"), 3))
    assert done(edit) == {"changed": 1, "kept": 1}
    assert sorted(texts(edit.session)) == ["mine", "theirs", "three"]
    assert store.restore(1) is None


def test_a_name_given_in_the_editor_is_a_persons_and_wins_over_one_given_meanwhile(
    store: SessionStore, base: Document
) -> None:
    store.rename(1, "Theirs")
    edit = store.merge_edited(1, base, {**base, "name": "  Mine \n two "})
    assert done(edit) == {"renamed": True}
    assert (edit.session.name, edit.session.name_source) == ("Mine two", "user")
    again = store.editable(1)
    assert again is not None
    store.rename(1, "Theirs")
    assert store.merge_edited(1, again, with_texts(again, 1, 2, 3, "x")).session.name == "Theirs"


def test_keys_that_hfs_does_not_know_are_changed_added_and_removed(
    store: SessionStore, session: SessionModel, home: Path
) -> None:
    path = home / "sessions" / "1.json"
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps({**document, "a": 1, "b": 2, "c": 3}))
    base = store.editable(1)
    assert base is not None
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps({key: value for key, value in document.items() if key != "c"}))
    edited = {**base, "a": 10, "d": [1.5]}
    del edited["b"]
    edit = store.merge_edited(1, base, edited)
    assert done(edit) == {"header": True}
    assert edit.session.extra == {"a": 10, "d": [1.5]}


def test_a_key_that_one_took_out_and_the_other_changed_stays(store: SessionStore, base: Document, home: Path) -> None:
    path = home / "sessions" / "1.json"
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps({**document, "mine": 2}))
    edit = store.merge_edited(1, {**base, "mine": 1}, {**base, "name": "Other"})
    assert edit.session.extra == {"mine": 2}


def test_keys_of_the_header_that_a_person_left_out_stay(store: SessionStore, base: Document) -> None:
    edited = with_texts({"messages": base["messages"]}, 1, 2, 3, "four")
    edit = store.merge_edited(1, base, edited)
    assert done(edit) == {"added": 1}
    assert (edit.session.uid, edit.session.name) == (base["uid"], "Name")


def test_another_moment_of_a_message_is_a_change(store: SessionStore, base: Document) -> None:
    edited = copy.deepcopy(base)
    edited["messages"][1]["created_at"] = "2020-01-01T00:00:00Z"
    edit = store.merge_edited(1, base, edited)
    assert done(edit) == {"changed": 1}
    assert [message.id for message in edit.session.messages] == [1, 2, 3]
    assert edit.session.messages[1].created_at.year == 2020


MISTAKES = [
    pytest.param({"uid": "other"}, "uid", "can't be changed", id="uid"),
    pytest.param({"id": 7}, "id", "can't be changed", id="id"),
    pytest.param({"format": 2}, "format", "can't be changed", id="format"),
    pytest.param({"name": " "}, "name", "1 to 255", id="empty name"),
    pytest.param({"name": 5}, "name", "expected text", id="no name"),
    pytest.param({"name_source": "me"}, "name_source", '"auto" or "user"', id="name_source"),
    pytest.param({"created_at": "soon"}, "created_at", "no time", id="created_at"),
    pytest.param({"messages": {}}, "messages", "no list", id="no list"),
    pytest.param({"messages": ["x"]}, 0, "no message", id="no message"),
    pytest.param({"messages": [{"role": "user"}]}, 0, "expected text", id="no content"),
    pytest.param({"messages": [{"role": "user", "content": "\ud800"}]}, 0, "lone surrogate", id="surrogate"),
    pytest.param({"messages": [{"content": "x"}]}, 0, "no role", id="no role"),
    pytest.param({"messages": [{"role": "human", "content": "x"}]}, 0, "'human' is no role", id="role"),
    pytest.param({"messages": [{"role": "user", "content": "x", "created_at": 5}]}, 0, "5 is no time", id="time"),
    pytest.param({"messages": [{"role": "user", "content": "x", "id": "a"}]}, 0, "'a' is no whole", id="id of one"),
    pytest.param({"messages": [{"role": "user", "content": "x", "id": 0}]}, 0, "0 is no whole", id="zero"),
    pytest.param(
        {"messages": [{"role": "user", "content": "x", "id": 8}, {"role": "user", "content": "y", "id": 8}]},
        1, "another message has it", id="copied",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "at", "reason"), MISTAKES)
def test_a_mistake_is_told_with_its_place_and_nothing_is_written(
    store: SessionStore, base: Document, home: Path, change: Document, at: int | str, reason: str
) -> None:
    before = (home / "sessions" / "1.json").read_bytes()
    with pytest.raises(InvalidDocumentError, match=reason) as caught:
        store.merge_edited(1, base, {**base, **change})
    assert caught.value.at == at
    assert (home / "sessions" / "1.json").read_bytes() == before
    assert not (home / "trash").exists()


def test_what_is_odd_in_a_file_stays_as_long_as_nobody_changes_it(store: SessionStore, home: Path) -> None:
    store.create("x")
    path = home / "sessions" / "1.json"
    odd: list[Any] = [
        {"role": "developer", "content": [{"type": "text", "text": "blocks"}], "created_at": "yesterday"},
        {"id": 1, "role": "user", "content": "same", "model": 5},
        {"role": "user", "content": "same"},
        "no message",
        {"role": 7},
    ]
    path.write_text(json.dumps({"messages": odd}))
    base = store.editable(1)
    assert base is not None
    assert [item["id"] for item in base["messages"]] == [1, 2, 3, 4, 5]
    store.add_message(1, "user", "meanwhile")
    edited = copy.deepcopy(base)
    edited["messages"][2]["content"] = "changed"
    edit = store.merge_edited(1, base, edited)
    assert done(edit) == {"changed": 1}
    items = json.loads(path.read_bytes())["messages"]
    assert [item["content"] for item in items] == [odd[0]["content"], "same", "changed", "no message", "", "meanwhile"]
    assert (items[0]["role"], items[0]["created_at"], items[1]["model"], items[4]["role"]) == (
        "developer", "yesterday", 5, 7
    )  # fmt: skip


@pytest.mark.parametrize("meanwhile", [False, True], ids=["alone", "beside another hfs"])
def test_a_session_that_says_nothing_of_when_it_was_is_edited_as_any_other(
    store: SessionStore, home: Path, meanwhile: bool
) -> None:
    store.create("x")
    said = [{"role": "user", "content": text} for text in ("one", "two", "three")]
    (home / "sessions" / "1.json").write_text(json.dumps({"messages": said}))
    base = store.editable(1)
    assert base is not None
    if meanwhile:
        store.add_message(1, "user", "four")
    edit = store.merge_edited(1, base, with_texts(base, (1, "ONE"), 3))
    assert done(edit) == {"changed": 1, "taken_out": 1}
    assert texts(edit.session) == ["ONE", "three", *["four"][:meanwhile]]
    assert edit.session.uid == base["uid"]


def test_a_session_that_is_gone_damaged_or_of_a_newer_format_is_not_written_to(
    store: SessionStore, base: Document, home: Path
) -> None:
    path = home / "sessions" / "1.json"
    whole = path.read_bytes()
    edited = with_texts(base, 1)
    path.write_bytes(b"{,")
    with pytest.raises(CorruptSessionError):
        store.merge_edited(1, base, edited)
    path.write_bytes(whole.replace(b'"format": 1', b'"format": 2'))
    for call in (lambda: store.merge_edited(1, base, edited), lambda: store.editable(1)):
        with pytest.raises(UnsupportedFormatError):
            call()
    path.write_text('{"messages": 5}')
    with pytest.raises(InvalidDocumentError, match="no list"):
        store.editable(1)
    path.unlink()
    for number in (1, -1):
        with pytest.raises(SessionNotFoundError):
            store.merge_edited(number, base, edited)
        assert store.editable(number) is None
    assert store.restore(1) is None


@pytest.mark.parametrize("sticky", [False, True], ids=["once", "from then on"])
def test_what_an_edit_took_out_is_in_the_session_or_in_the_trash_whichever_call_fails(
    tmp_path: Path, sticky: bool
) -> None:
    for at in itertools.count(1):
        home = tmp_path / str(at)
        with SessionStore(home) as store:
            store.create("Name", messages=[NewMessage("user", text) for text in ("one", "two")])
            base = store.editable(1)
        assert base is not None
        ops = FaultyOps(at, errno.EIO, sticky=sticky)
        with contextlib.suppress(StoreError), SessionStore(home, ops=ops) as faulty:
            faulty.merge_edited(1, base, with_texts(base, 1))
        with SessionStore(home) as store:
            left = store.restore(1) or store.get(1)
        assert left is not None
        assert texts(left) == ["one", "two"]
        if ops.calls < at:
            assert at > 10
            return


def test_a_damaged_file_is_replaced_by_what_a_person_made_of_it_and_kept(store: SessionStore, home: Path) -> None:
    store.create("Name", messages=[NewMessage("user", "one")])
    path = home / "sessions" / "1.json"
    path.write_bytes(b"\xff{")
    assert store.damaged_bytes(1) == b"\xff{"
    with pytest.raises(InvalidDocumentError):
        store.mend_edited(1, b"\xff{", {"messages": [5]})
    with pytest.raises(StoreError, match="changed by another program"):
        store.mend_edited(1, b"{", {"messages": []})
    assert path.read_bytes() == b"\xff{"
    mended = store.mend_edited(1, b"\xff{", {"name": "Mended", "messages": [{"role": "user", "content": "one"}]})
    assert (mended.name, texts(mended)) == ("Mended", ["one"])
    assert [kept.read_bytes() for kept in (home / "damaged").iterdir()] == [b"\xff{"]


def test_a_text_that_could_not_be_stored_is_kept_with_what_it_began_as(
    store: SessionStore, base: Document, home: Path, tmp_path: Path
) -> None:
    path = store.keep_edited(1, b"my text", "md", base)
    assert (path.parent, path.suffix, path.read_bytes()) == (home / "drafts", ".md", b"my text")
    assert path.stat().st_mode & 0o777 == 0o600
    assert store.kept_base(path) == base
    assert store.kept_base(tmp_path / "talk.md") is None
    assert store.kept_base(store.keep_edited(1, b"x", "json", None)) is None
    assert store.list_drafts() == []
    other = tmp_path / path.name
    other.write_bytes(b"a person's")
    store.discard_edited(other)
    store.discard_edited(path)
    assert other.exists() and not path.exists()
    assert len(list((home / "drafts").iterdir())) == 1
    (home / "drafts").rename(home / "gone")
    (home / "drafts").write_text("in the way")
    with pytest.raises(StoreIOError):
        store.keep_edited(1, b"x", "md", base)


async def test_the_asynchronous_twin_does_the_same(home: Path) -> None:
    async with open_repository(home) as repo:
        await repo.create("x", messages=[NewMessage("user", "one")])
        base = await repo.editable(1)
        assert base is not None
        edit = await repo.merge_edited(1, base, with_texts(base, (1, "ONE"), "two"))
        assert done(edit) == {"changed": 1, "added": 1}


_WORDS = st.sampled_from(("", "a", "b", "c\nd"))
_EDITS = st.lists(
    st.tuples(st.sampled_from(("change", "take out", "add", "move")), st.integers(0, 4), _WORDS), max_size=4
)


def apply(items: list[Document], edits: list[tuple[str, int, str]], mark: str) -> None:
    for kind, place, word in edits:
        if kind == "add":
            items.insert(min(place, len(items)), {"role": "user", "content": mark + word})
        elif place < len(items):
            item = items.pop(place)
            if kind == "change":
                items.insert(place, {**item, "content": mark + word})
            elif kind == "move":
                items.append(item)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(_EDITS, _EDITS)
def test_whatever_two_sides_do_nothing_that_either_wrote_is_lost(
    tmp_path_factory: pytest.TempPathFactory, mine: list[tuple[str, int, str]], theirs: list[tuple[str, int, str]]
) -> None:
    home = tmp_path_factory.mktemp("home")
    with SessionStore(home) as store:
        store.create("x", messages=[NewMessage("user", text) for text in ("one", "two", "three")])
        base = store.editable(1)
        assert base is not None
        versions = []
        for edits, mark in ((theirs, "theirs "), (mine, "mine ")):
            edited = copy.deepcopy(base)
            apply(edited["messages"], edits, mark)
            versions.append(edited)
            edit = store.merge_edited(1, base, copy.deepcopy(edited))
    left = texts(edit.session)
    numbers = [message.id for message in edit.session.messages]
    assert len(set(numbers)) == len(numbers)
    written = {item["content"] for version in versions for item in version["messages"]} - {"one", "two", "three"}
    assert written <= set(left)
    untouched = [
        item["content"] for item in base["messages"] if all(item in version["messages"] for version in versions)
    ]
    assert set(untouched) <= set(left)
    assert len(left) <= 3 + len(mine) + len(theirs)
