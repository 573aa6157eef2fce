"""Lists in every engine: which sessions they show, in which order, and how many they don't."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hfs.persistence import ListQuery, SessionFilter, SessionModel, SessionStore, Sort, format_time
from tests.persistence.contract.places import found, ids, put_all

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = ("Äpfel", "alpha", "Beta 100%", "beta_2", "日本語 alpha", "gamma\\x")


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def document(name: str, created: int, *moments: int, model: str | None = None, **keys: Any) -> dict[str, Any]:
    """A session that was begun on a day, with a message on each of the others."""
    items = [{"id": at, "role": "user", "created_at": format_time(day(one))} for at, one in enumerate(moments, 1)]
    for item in items:
        item |= {"content": name} | ({"model": model} if model else {})
    return {"uid": name, "name": name, "created_at": format_time(day(created)), **keys, "messages": items}


@pytest.fixture
def listed(store: SessionStore) -> list[int]:
    """Sessions of six days; something was said in the first one on the last day."""
    documents = [
        document(NAMES[0], 0, 0, 9, tags=["Work"]),
        document(NAMES[1], 1, 1, 2, 3, model="openai/gpt", pinned=True),
        document(NAMES[2], 2, 2, model="gpt", tags=["a", "WORK"], archived=True),
        document(NAMES[3], 3, model="x"),
        document(NAMES[4], 4, 4, 5, model="local/gpt/4"),
        document(NAMES[5], 5, 4, pinned=True, tags=["work er"]),
    ]
    return put_all(store, documents)


def places(listed: Sequence[int], sessions: Sequence[Any]) -> list[int]:
    """Which of the sessions these are, counted from 0."""
    return [listed.index(number) for number in ids(sessions)]


def test_recent_sessions_are_the_newest_first(store: SessionStore, listed: list[int]) -> None:
    assert places(listed, store.list_recent(None)) == [5, 4, 3, 2, 1, 0]
    assert places(listed, store.list_recent(2)) == [5, 4]
    assert store.list_recent(0) == []
    assert store.count() == 6


def test_a_summary_says_what_the_session_says(store: SessionStore, listed: list[int]) -> None:
    for summary in store.list_recent(None):
        session = found(store, summary.id)
        assert (summary.uid, summary.name, summary.created_at) == (session.uid, session.name, session.created_at)
        assert (summary.updated_at, summary.message_count) == (session.updated_at, session.message_count)
        assert (summary.tags, summary.pinned, summary.archived) == (session.tags, session.pinned, session.archived)
        assert summary.models == tuple(sorted({one.model for one in session.messages if one.model}))
        assert summary.problem is None


ORDERS: dict[Sort, list[int]] = {
    "created": [5, 4, 3, 2, 1, 0],
    "updated": [0, 5, 4, 3, 1, 2],
    "messages": [1, 4, 0, 5, 2, 3],
    "name": [1, 2, 3, 5, 0, 4],
}


def test_lists_are_sorted(store: SessionStore, listed: list[int]) -> None:
    for sort in ORDERS:
        order = ORDERS[sort]
        assert places(listed, store.list_sessions(ListQuery(sort=sort, limit=None)).sessions) == order
        assert places(listed, store.list_sessions(ListQuery(sort=sort, limit=4)).sessions) == order[:4]
        pinned_first = store.list_sessions(ListQuery(sort=sort, limit=3, pinned_first=True)).sessions
        pinned = [place for place in order if place in (1, 5)]
        assert places(listed, pinned_first) == [*pinned, *[place for place in order if place not in pinned]][:3]


FITS: list[tuple[SessionFilter, set[int]]] = [
    (SessionFilter(since=day(5)), {0, 4, 5}),
    (SessionFilter(until=day(2)), {0, 1}),
    (SessionFilter(since=day(3), until=day(4)), {0, 1, 3}),
    (SessionFilter(idle_since=day(4)), {1, 2, 3}),
    (SessionFilter(model="gpt"), {1, 2}),
    (SessionFilter(model="openai/gpt"), {1}),
    (SessionFilter(model="gpt/4"), {4}),
    (SessionFilter(model="GPT"), set()),
    (SessionFilter(model="g_t"), set()),
    (SessionFilter(tag="work"), {0, 2}),
    (SessionFilter(tag="#WORK"), {0, 2}),
    (SessionFilter(tag="er"), set()),
    (SessionFilter(tag="wor%"), set()),
    (SessionFilter(pinned=True), {1, 5}),
    (SessionFilter(pinned=False, archived=False), {0, 3, 4}),
    (SessionFilter(archived=True), {2}),
    (SessionFilter(damaged=True), set()),
    (SessionFilter(damaged=False), {0, 1, 2, 3, 4, 5}),
    (SessionFilter(name="ALPHA"), {1, 4}),
    (SessionFilter(name="alpha 日本"), {4}),
    (SessionFilter(name="apfel"), {0}),
    (SessionFilter(name="%"), {2}),
    (SessionFilter(name="_"), {3}),
    (SessionFilter(name="\\"), {5}),
    (SessionFilter(name="beta", archived=False), {3}),
    (SessionFilter(letters="bta"), {2, 3}),
    (SessionFilter(letters="b%"), {2}),
    (SessionFilter(letters="ba2"), {3}),
    (SessionFilter(ids=()), set()),
]


def test_a_filter_tells_which_sessions_are_meant(store: SessionStore, listed: list[int]) -> None:
    for wanted, fits in FITS:
        page = store.list_sessions(ListQuery(wanted, limit=None))
        assert set(places(listed, page.sessions)) == fits, wanted
        assert (page.matching, page.total) == (len(fits), 6), wanted
        few = store.list_sessions(ListQuery(wanted, limit=1))
        assert (len(few.sessions), few.matching) == (min(1, len(fits)), len(fits)), wanted
        anyhow = store.list_sessions(ListQuery(replace(wanted, archived=True)))
        assert page.archived == (anyhow.matching if wanted.archived is False else 0), wanted


def test_only_these_sessions_are_listed_whatever_numbers_are_asked_for(store: SessionStore, listed: list[int]) -> None:
    asked = (listed[3], listed[0], 0, -1, 99, 10**18, 10**30, *range(10_000, 15_000))
    page = store.list_sessions(ListQuery(SessionFilter(ids=asked), limit=None))
    assert places(listed, page.sessions) == [3, 0]


def test_what_happens_is_in_the_next_list(store: SessionStore, session: SessionModel) -> None:
    other = store.create("other")
    query = ListQuery(sort="updated")
    assert ids(store.list_sessions(query).sessions) == [other.id, session.id]
    store.add_message(session.id, "assistant", "more", model="p/new")
    summaries = store.list_sessions(query).sessions
    assert ids(summaries) == [session.id, other.id]
    assert (summaries[0].message_count, summaries[0].models) == (3, ("local/smollm2", "p/new"))
    store.remove_messages(session.id, [3])
    summaries = store.list_sessions(query).sessions
    assert (summaries[0].message_count, summaries[0].models) == (2, ("local/smollm2",))


def test_a_session_is_as_new_as_its_last_message_says(store: SessionStore) -> None:
    made = store.create("name")
    store.add_message(made.id, "user", "x", created_at=day(40_000))
    store.add_message(made.id, "user", "y", created_at=day(-40))
    session = found(store, made.id)
    (summary,) = store.list_recent()
    assert summary.updated_at == session.updated_at
    assert summary.last_activity == max(session.created_at, session.updated_at or session.created_at)
