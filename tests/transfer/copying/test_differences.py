"""What a copy lacks, gets, and keeps: sessions that went on in two places."""

from __future__ import annotations

import copy as copying
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hfs.transfer.copying.differences import SAME, Document, additions, bring_in, differences, digest, take_over
from tests.transfer.copies import MOMENT, document


def said(at: int, second: int, words: str | None = None) -> Document:
    return {
        "id": at,
        "role": "user",
        "created_at": f"2026-11-24T01:56:{second:02}Z",
        "content": words or f"at {second}",
    }


def session(*items: Any, **fields: Any) -> Document:
    return {**document("u", **fields), "messages": list(items)}


def brought(theirs: Document, ours: Document) -> Document:
    """A copy with what is new."""
    made = copying.deepcopy(ours)
    bring_in(made, theirs, additions(theirs, made))
    return made


def words(found: Document) -> list[Any]:
    return [item["content"] if isinstance(item, dict) else item for item in found["messages"]]


SECONDS = st.lists(st.integers(0, 19), max_size=5, unique=True).map(sorted)


@given(first=SECONDS, mine=SECONDS, theirs=SECONDS)
def test_two_that_went_on_become_the_same_and_lose_nothing(
    first: list[int], mine: list[int], theirs: list[int]
) -> None:
    common = [said(at, 3 * second, f"first {second}") for at, second in enumerate(first, 1)]
    start = len(common)
    ours = session(*common, *(said(start + at, 3 * s + 1, f"mine {s}") for at, s in enumerate(mine, 1)))
    other = session(*common, *(said(start + at, 3 * s + 2, f"theirs {s}") for at, s in enumerate(theirs, 1)))
    joined = brought(other, ours)
    assert [one for one in words(joined) if one in words(ours)] == words(ours)
    assert [one for one in words(joined) if one in words(other)] == words(other)
    assert len(joined["messages"]) == len(first) + len(mine) + len(theirs)
    numbers = [item["id"] for item in joined["messages"]]
    assert len(set(numbers)) == len(numbers)
    assert additions(other, joined) == []
    back = brought(joined, other)
    assert sorted(words(back)) == sorted(words(joined))
    assert additions(joined, back) == additions(back, joined) == []
    assert differences(back, joined).changed == 0


def test_a_message_between_others_comes_in_between_them() -> None:
    theirs = session(said(1, 1), said(2, 2), said(3, 3))
    ours = session(said(1, 1), said(3, 3))
    assert words(brought(theirs, ours)) == ["at 1", "at 2", "at 3"]


def test_what_was_said_first_comes_in_first() -> None:
    assert words(brought(session(said(1, 1), said(2, 2)), session(said(2, 2)))) == ["at 1", "at 2"]


def test_a_message_whose_number_is_taken_gets_another_and_the_source_keeps_its_own() -> None:
    theirs, ours = session(said(1, 1), said(2, 3)), session(said(1, 1), said(2, 2))
    made = brought(theirs, ours)
    assert [item["id"] for item in made["messages"]] == [1, 2, 3]
    assert theirs["messages"][1]["id"] == 2
    assert differences(theirs, made) == differences(theirs, ours).__class__(more=1)


def test_messages_without_numbers_and_moments_are_told_by_their_words() -> None:
    one, other = {"role": "user", "content": "a"}, {"role": "user", "content": "b"}
    assert words(brought(session(one, other, "odd", 7), session(one, "odd"))) == ["a", "b", "odd", 7]


def test_what_is_no_list_of_messages_is_left_and_told() -> None:
    theirs, ours = {**document(), "messages": {"a": 1}}, {**document(), "messages": [said(1, 1)]}
    assert additions(theirs, ours) == additions(ours, theirs) == []
    assert differences(theirs, ours).fields == ("messages",)
    assert differences(theirs, copying.deepcopy(theirs)) == SAME


def test_another_order_is_a_difference() -> None:
    theirs, ours = session(said(1, 1), said(2, 2)), session(said(2, 2), said(1, 1))
    assert differences(theirs, ours).fields == ("order",)
    assert differences(session(x=1, y=2), session(y=2, x=1)).fields == ("order",)


def test_numbers_are_the_same_only_if_they_are_spelled_so() -> None:
    assert digest(session(x=1)) != digest(session(x=True)) != digest(session(x=1.0))
    assert differences(session(x=1), session(x=True)).fields == ("x",)


def test_a_digest_is_of_everything_but_the_id() -> None:
    assert digest({**session(), "id": 3}) == digest({**session(), "id": 4})
    assert digest(session(said(1, 1))) != digest(session(said(1, 1, "x")))


def test_when_a_session_was_changed_is_told_only_where_nothing_else_differs() -> None:
    later = "2026-11-25T00:00:00Z"
    assert differences(session(), session(updated_at=later)).fields == ("updated_at",)
    assert differences(session(), session(updated_at=later, name="x", name_source="auto")).fields == ("name",)


def test_the_name_that_was_given_later_stays() -> None:
    ours = session(name="ours", updated_at="2026-11-26T00:00:00Z", tags=["a"], note="mine")
    theirs = session(name="theirs", updated_at="2026-11-25T00:00:00Z", tags=["A", "b"], pinned=True)
    take_over(ours, theirs)
    assert (ours["name"], ours["tags"], ours["pinned"], ours["note"]) == ("ours", ["A", "b"], True, "mine")
    take_over(ours, session(name="last", updated_at="2026-11-27T00:00:00Z", tags="odd", created_at=MOMENT))
    assert (ours["name"], ours["tags"]) == ("last", "odd")
