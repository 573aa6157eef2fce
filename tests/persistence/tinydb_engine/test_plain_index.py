"""Lists and searches made by looking at every session: what is expected is spelled out here."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hfs.errors import BadQueryError
from hfs.persistence import ListQuery, SearchOptions, SessionFilter
from hfs.persistence.tinydb_engine.plain_index import PlainIndex

DAY = datetime(2026, 1, 1, 12, tzinfo=UTC)


def session(number: int, name: str, *texts: str, model: str | None = None, **fields: Any) -> tuple[int, dict[str, Any]]:
    begun = DAY + timedelta(days=number)
    items = [
        {
            "id": at + 1,
            "role": "assistant" if at % 2 else "user",
            "created_at": (begun + timedelta(hours=at)).isoformat(),
            "content": text,
            **({"model": "local/x"} if at % 2 else {"model": model} if model else {}),
        }
        for at, text in enumerate(texts)
    ]
    return number, {
        "uid": f"0199-{number}",
        "name": name,
        "created_at": begun.isoformat(),
        **fields,
        "messages": items,
    }


SESSIONS = [
    session(1, "Größe", "How do I undo a rebase?", "Look it up in the reflog", tags=["Work"]),
    session(2, "blue moon", "hello", pinned=True),
    session(3, "Blue_50%", "a blue moon", "the moon is blue", tags=["work", "old"], archived=True),
    session(4, "漢字", "字", model="router/meta/llama", updated_at=(DAY + timedelta(days=30)).isoformat()),
    session(5, "empty"),
]
FILTERS = [
    (SessionFilter(), [5, 4, 3, 2, 1]),
    (SessionFilter(since=DAY + timedelta(days=5)), [5, 4]),
    (SessionFilter(until=DAY + timedelta(days=2)), [1]),
    (SessionFilter(idle_since=DAY + timedelta(days=3)), [2, 1]),
    (SessionFilter(idle_since=DAY + timedelta(days=5)), [3, 2, 1]),
    (SessionFilter(model="x"), [3, 1]),
    (SessionFilter(model="local/x"), [3, 1]),
    (SessionFilter(model="l/x"), []),
    (SessionFilter(model="meta/llama"), [4]),
    (SessionFilter(model="llama"), [4]),
    (SessionFilter(tag="#WORK"), [3, 1]),
    (SessionFilter(tag="wor"), []),
    (SessionFilter(pinned=True), [2]),
    (SessionFilter(archived=False), [5, 4, 2, 1]),
    (SessionFilter(damaged=True), []),
    (SessionFilter(damaged=False), [5, 4, 3, 2, 1]),
    (SessionFilter(name="GROSSE"), [1]),
    (SessionFilter(name="oon blu"), [2]),
    (SessionFilter(name="_50%"), [3]),
    (SessionFilter(letters="bm"), [2]),
    (SessionFilter(letters="B_%"), [3]),
    (SessionFilter(letters="ßß"), [5, 4, 3, 2, 1]),
    (SessionFilter(letters="ßßß"), [5, 3, 2, 1]),
    (SessionFilter(ids=[4, 2, 99]), [4, 2]),
]
INDEX = PlainIndex(lambda: SESSIONS)


def listed(query: ListQuery) -> list[int]:
    return [summary.id for summary in INDEX.sessions(query)]


def found(words: str, limit: int | None = None, **options: Any) -> list[tuple[int, int | None]]:
    return [(hit.session_id, hit.message_id) for hit in INDEX.search(words, limit, SearchOptions(**options))]


@pytest.mark.parametrize(("wanted", "ids"), FILTERS)
def test_a_filter_leaves_what_fits(wanted: SessionFilter, ids: list[int]) -> None:
    assert listed(ListQuery(wanted)) == ids
    assert INDEX.page(ListQuery(wanted, limit=1)).matching == len(ids)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (ListQuery(sort="updated"), [4, 5, 3, 2, 1]),
        (ListQuery(sort="name"), [2, 3, 5, 1, 4]),
        (ListQuery(sort="messages"), [3, 1, 4, 2, 5]),
        (ListQuery(limit=2), [5, 4]),
        (ListQuery(limit=0), []),
        (ListQuery(pinned_first=True), [2, 5, 4, 3, 1]),
    ],
)
def test_a_list_has_an_order(query: ListQuery, ids: list[int]) -> None:
    assert listed(query) == ids


def test_what_a_list_leaves_out_is_counted() -> None:
    page = INDEX.page(ListQuery(SessionFilter(archived=False), limit=1))
    assert (len(page.sessions), page.matching, page.total, page.archived) == (1, 4, 5, 1)
    assert INDEX.page(ListQuery()).archived == 0


def test_sessions_are_known_by_what_they_are_called() -> None:
    assert [number for number, _, _ in INDEX.called("blue")] == [3, 2]
    assert INDEX.called("0199-4") == [(4, "漢字", "0199-4")]
    assert INDEX.uids()["0199-3"] == 3
    assert (INDEX.last_active(), INDEX.count()) == (4, 5)
    assert PlainIndex(lambda: []).last_active() is None


def test_tags_are_counted_in_any_case() -> None:
    assert INDEX.tags() == {"work": 2, "old": 1}


def test_statistics_are_of_what_was_said_in_a_time() -> None:
    everything = INDEX.statistics(SessionFilter())
    assert (everything.sessions, everything.messages, everything.models["local/x"].messages) == (5, 6, 2)
    late = INDEX.statistics(SessionFilter(since=DAY + timedelta(days=3), archived=True))
    assert (late.sessions, late.messages, list(late.days)) == (1, 2, [date(2026, 1, 4)])


def test_words_are_found_in_names_first_then_side_by_side_then_where_they_are_more_often() -> None:
    assert found("moon blue") == [(2, None), (3, 1), (3, 2)]
    assert found("blue moon", role="user") == [(3, 1)]
    assert found("blue moon", 1) == [(2, None)]
    assert found("blue", per_session=1) == [(3, None), (2, None)]
    assert found("moon", since=DAY + timedelta(days=3, minutes=1)) == [(3, 2)]
    assert found("moon", sessions=SessionFilter(archived=False)) == [(2, None)]
    assert found("moon", session_id=3) == [(3, 1), (3, 2)]
    assert found("字") == [(4, None), (4, 1)]
    assert found("moon -hello -the") == [(2, None), (3, 1)]


def test_beginnings_are_found_where_no_whole_word_is() -> None:
    result = INDEX.search("ref", None, SearchOptions())
    assert ([hit.line for hit in result], result.as_prefixes) == (["Look it up in the reflog"], True)
    assert not INDEX.search("reflog", None, SearchOptions()).as_prefixes
    with pytest.raises(BadQueryError):
        INDEX.search("-a", None, SearchOptions())


def test_a_pattern_is_looked_for_in_the_newest_first_and_no_further_than_needed() -> None:
    result = INDEX.search("(?i)BLUE", 3, SearchOptions(regex=True))
    assert [(hit.session_id, hit.message_id) for hit in result] == [(3, None), (3, 1), (3, 2)]
    assert (result.total, result.exact) == (3, False)
    assert INDEX.search("(?i)BLUE", None, SearchOptions(regex=True)).total == 4
