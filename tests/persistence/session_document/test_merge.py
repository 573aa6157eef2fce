"""Two versions of one session: nothing that either side said is lost."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs.persistence import NewMessage, SessionStore
from hfs.persistence.session_document.merge import merge

WORDS = st.sampled_from(["a", "b", "c", "two\nlines"])


def message(number: int, second: int, content: str, **more: Any) -> dict[str, Any]:
    moment = f"2026-01-01T00:00:{second:02}.000000Z"
    return {"id": number, "role": "user", "created_at": moment, "content": content, **more}


def document(*messages: dict[str, Any], **header: Any) -> dict[str, Any]:
    return {"id": 1, "uid": "u", "name": "n", "updated_at": None, **header, "messages": list(messages)}


def contents(found: dict[str, Any]) -> list[str]:
    return [item["content"] for item in found["messages"]]


def ids(found: dict[str, Any]) -> list[int]:
    return [item["id"] for item in found["messages"]]


BASE = document(message(1, 1, "one"), message(2, 2, "two"))


def test_what_both_sides_appended_is_there_in_the_order_in_which_it_was_said() -> None:
    ours = document(*BASE["messages"], message(3, 10, "ours"), message(4, 30, "ours later"))
    theirs = document(*BASE["messages"], message(3, 20, "theirs"))
    for base in (None, BASE):
        merged = merge(ours, theirs, base)
        assert contents(merged) == ["one", "two", "ours", "theirs", "ours later"]
        assert len(set(ids(merged))) == 5
        assert sorted(contents(merge(theirs, ours, base))) == sorted(contents(merged))


def test_the_side_that_changed_a_message_wins_where_the_base_tells_it() -> None:
    changed = document(message(1, 1, "changed"), message(2, 2, "two"))
    assert contents(merge(BASE, changed, BASE)) == ["changed", "two"]
    assert contents(merge(changed, BASE, BASE)) == ["changed", "two"]


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        pytest.param(
            {"tags": ["a"]}, {"tags": ["a", "b"]}, {"tags": ["a", "c"]}, {"tags": ["a", "b", "c"]}, id="added"
        ),
        pytest.param(
            {"tags": ["a", 7]}, {"tags": ["a", 7, "b"]}, {"tags": [7]}, {"tags": [7, "b"]}, id="and taken away"
        ),
        pytest.param({"tags": ["a"]}, {}, {"tags": ["a", "b"]}, {"tags": ["b"]}, id="the only one taken away"),
        pytest.param({"tags": ["a"]}, {"tags": ["a"]}, {}, {}, id="the other side took it away"),
        pytest.param(None, {"tags": ["a"]}, {"tags": ["b", "a"]}, {"tags": ["a", "b"]}, id="no base"),
        pytest.param({}, {"tags": "a"}, {"tags": ["b"]}, {"tags": "a"}, id="no list"),
        pytest.param({"pinned": True, "uid": "u"}, {"pinned": True}, {}, {}, id="no longer pinned"),
        pytest.param({}, {"pinned": True}, {"archived": True}, {"pinned": True, "archived": True}, id="marks of both"),
        pytest.param(None, {"pinned": True}, {}, {"pinned": True}, id="pinned, no base"),
    ],
)
def test_tags_and_marks_of_both_sides_come_together(
    base: dict[str, Any] | None, ours: dict[str, Any], theirs: dict[str, Any], merged: dict[str, Any]
) -> None:
    found = merge(document(**ours), document(**theirs), None if base is None else document(**base))
    assert found == document(**merged)


def test_a_field_that_every_session_has_is_not_taken_out() -> None:
    ours = {key: value for key, value in BASE.items() if key != "uid"}
    assert merge(ours, BASE, BASE)["uid"] == "u"


def test_two_changes_of_one_message_both_stay_and_the_second_is_marked() -> None:
    ours = document(message(1, 1, "ours"), message(2, 2, "two"))
    theirs = document(message(1, 1, "theirs"), message(2, 2, "two"))
    merged = merge(ours, theirs, BASE)
    assert contents(merged) == ["ours", "theirs", "two"]
    assert [item.get("status") for item in merged["messages"]] == [None, "conflict", None]
    assert len(set(ids(merged))) == 3
    again = merge(merged, theirs)
    assert contents(again) == ["ours", "theirs", "two"]


def test_a_conflict_that_one_side_settled_is_settled_and_what_the_other_added_to_it_stays() -> None:
    base = document(message(1, 1, "ours"), message(2, 1, "theirs", status="conflict"))
    settled = document(message(1, 1, "ours"), message(2, 1, "theirs"))
    assert merge(base, settled, base)["messages"] == settled["messages"]
    assert merge(settled, base, base)["messages"] == settled["messages"]
    noted = document(message(1, 1, "ours"), message(2, 1, "theirs", status="conflict", note="n"))
    for sides in ((settled, noted), (noted, settled)):
        assert "n" in [item.get("note") for item in merge(*sides, base)["messages"]]


def test_what_one_side_took_out_stays_out_unless_the_other_changed_it() -> None:
    shorter = document(message(1, 1, "one"))
    assert contents(merge(BASE, shorter, BASE)) == ["one"]
    assert contents(merge(shorter, BASE, BASE)) == ["one"]
    edited = document(message(1, 1, "one"), message(2, 2, "edited"))
    assert contents(merge(shorter, edited, BASE)) == ["one", "edited"]
    assert contents(merge(shorter, BASE)) == ["one", "two"]


def test_the_later_name_wins_and_unknown_keys_of_both_sides_stay() -> None:
    ours = document(name="old", updated_at="2026-01-01T00:00:00.000000Z", mine=1)
    theirs = document(name="new", updated_at="2026-01-02T00:00:00.000000Z", theirs={"x": 2}, id=7)
    merged = merge(ours, theirs)
    assert (merged["name"], merged["mine"], merged["theirs"], merged["id"]) == ("new", 1, {"x": 2}, 1)


SIDES = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 20), WORDS), max_size=8, unique_by=lambda one: one[1])


@given(SIDES, SIDES)
def test_nothing_that_either_side_said_is_lost_and_ids_are_unique(left: Any, right: Any) -> None:
    ours = document(*(message(*one) for one in left))
    theirs = document(*(message(*one) for one in right))
    merged = merge(ours, theirs)
    said = [(item["created_at"], item["content"]) for item in merged["messages"]]
    for side in (ours, theirs):
        for item in side["messages"]:
            assert (item["created_at"], item["content"]) in said
    assert len(set(ids(merged))) == len(said)
    assert contents(merge(ours, ours)) == contents(ours)
    assert sorted(said) == sorted((item["created_at"], item["content"]) for item in merge(theirs, ours)["messages"])
    assert contents(merge(merged, theirs)) == contents(merged)


NAMES = [
    "1.sync-conflict-20260101-120000-ABCDEFG.json",
    "1 (Ann's conflicted copy 2026-01-01).json",
    "1-LAPTOP.json",
    "1 2.json",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_conflict_copy_is_brought_in_and_kept_in_the_trash(home: Path, name: str) -> None:
    with SessionStore(home) as store:
        store.create(messages=[NewMessage("user", "one")])
        path = home / "sessions" / "1.json"
        copy = path.with_name(name)
        shutil.copy(path, copy)
        store.add_message(1, "user", "here")
    other = home.with_name("other")
    (other / "sessions").mkdir(parents=True)
    shutil.move(copy, other / "sessions" / "1.json")
    with SessionStore(other) as store:
        store.add_message(1, "user", "there")
    shutil.move(other / "sessions" / "1.json", copy)
    before = copy.read_bytes()
    with SessionStore(home) as store:
        assert [summary.id for summary in store.list_recent()] == [1]
        ((session_id, found),) = store.conflict_copies()
        result = store.merge_copy(session_id, found)
        assert (result.outcome, result.session_id) == ("merged", 1)
        merged = store.get(1)
        assert merged is not None
        assert [one.content for one in merged.messages] == ["one", "here", "there"]
        assert store.conflict_copies() == []
        assert store.list_trash() == []
        assert [kept.read_bytes() for kept in (home / "trash").iterdir()] == [before]
        assert store.empty_trash() == 1


def test_another_session_of_the_same_number_gets_one_of_its_own(home: Path) -> None:
    other = home.with_name("other")
    for folder, text in ((home, "here"), (other, "there")):
        with SessionStore(folder) as store:
            store.create(messages=[NewMessage("user", text)])
    shutil.move(other / "sessions" / "1.json", home / "sessions" / "1-OTHER.json")
    with SessionStore(home) as store:
        result = store.merge_copy(*store.conflict_copies()[0])
        assert (result.outcome, result.session_id) == ("renumbered", 2)
        found = [store.get(number) for number in (1, 2)]
        assert [one.messages[0].content for one in found if one] == ["here", "there"]
        assert len({one.uid for one in found if one}) == 2


def test_a_copy_whose_session_is_gone_takes_its_place(home: Path) -> None:
    with SessionStore(home) as store:
        store.create(messages=[NewMessage("user", "one")])
        path = home / "sessions" / "1.json"
        path.rename(path.with_name("1 2.json"))
        assert store.merge_copy(*store.conflict_copies()[0]).outcome == "merged"
        found = store.get(1)
    assert found is not None
    assert found.messages[0].content == "one"


def test_a_copy_that_is_damaged_stays_where_it_is_and_says_where(home: Path) -> None:
    with SessionStore(home) as store:
        store.create(messages=[NewMessage("user", "one")])
        copy = home / "sessions" / "1 2.json"
        copy.write_bytes(b'{"messages": [}')
        result = store.merge_copy(*store.conflict_copies()[0])
    assert (result.outcome, "line 1, column 15" in result.text) == ("failed", True)
    assert copy.read_bytes() == b'{"messages": [}'
