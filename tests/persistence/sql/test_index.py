"""Lists and statistics of databases: the same as looking at every session gives, and the same as of files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hfs.persistence import SORTS, ListQuery, SessionFilter
from tests.persistence.sql.indexes import (
    MODELS,
    START,
    TAGS,
    WORDS,
    Documents,
    Indexes,
    documents,
    moments,
    phrases,
    plain,
    quickly,
    require_same,
)
from tests.persistence.tinydb_engine.test_plain_index import FILTERS, SESSIONS

MAYBE = st.sampled_from((None, True, False))
filters = st.builds(
    SessionFilter,
    since=st.none() | moments,
    until=st.none() | moments,
    idle_since=st.none() | moments,
    model=st.sampled_from((None, None, *MODELS, "large", "llama", "meta/llama", "l", "模")),
    tag=st.sampled_from((None, None, *TAGS, "#work ", "wo", "grösse", "b", "")),
    pinned=MAYBE,
    archived=MAYBE,
    damaged=st.sampled_from((None, False)),
    name=st.none() | phrases,
    letters=st.none() | st.text("rbx%_\\éCKkfi漢", max_size=3),
    ids=st.none() | st.lists(st.sampled_from((-1, 0, 1, 2, 3, 4, 1 << 63, 10**30)), max_size=4),
)
narrow = st.sampled_from(
    ("since", "until", "idle_since", "model", "tag", "pinned", "archived", "name", "letters", "ids")
)
one_wish = st.builds(lambda name, wanted: SessionFilter(**{name: getattr(wanted, name)}), narrow, filters)
queries = st.builds(ListQuery, one_wish | filters, st.sampled_from(SORTS), st.none() | st.integers(0, 5), st.booleans())
FORK = {
    "uid": "0-fork",
    "name": "Fork",
    "created_at": (START + timedelta(days=9)).isoformat(),
    "messages": [{"id": 1, "role": "user", "created_at": START.isoformat(), "content": "before the fork"}],
}
NAMED: Documents = [
    {"uid": f"1-uid-{at}", "name": name, "created_at": START.isoformat(), "messages": []}
    for at, name in enumerate(("b", "B", "a", "É", "z", "_", "Z", "[", "é", "漢", "🎉", "a b", "ab", "aB", "É"))
]


@quickly
@given(sessions=documents, asked=st.lists(queries, min_size=3, max_size=6))
@example(sessions=[document for _, document in SESSIONS], asked=[ListQuery(wanted) for wanted, _ in FILTERS])
@example(sessions=NAMED, asked=[ListQuery(sort="name", limit=None), ListQuery(sort="name", pinned_first=True)])
@example(sessions=NAMED, asked=[ListQuery(SessionFilter(letters=letters)) for letters in ("_", "%", "é", "aB", "zz")])
@example(sessions=NAMED, asked=[ListQuery(SessionFilter(damaged=True, archived=False)), ListQuery(limit=10**30)])
def test_a_list_is_what_looking_at_every_session_gives(
    indexes: Indexes, sessions: Documents, asked: list[ListQuery]
) -> None:
    expected = plain(sessions)
    with indexes.files(sessions) as files:
        found = {**indexes.databases(sessions), "files": files}
        for query in asked:
            require_same(expected.page(query), found, lambda index, query=query: index.page(query))  # type: ignore[misc]
            require_same(expected.sessions(query), found, lambda index, query=query: index.sessions(query))  # type: ignore[misc]


@quickly
@given(sessions=documents, wanted=st.lists(one_wish | filters, min_size=1, max_size=3))
@example(sessions=[document for _, document in SESSIONS], wanted=[wanted for wanted, _ in FILTERS])
@example(sessions=[FORK], wanted=[SessionFilter(until=START + timedelta(days=1))])
def test_what_all_sessions_say_together_is_what_each_says(
    indexes: Indexes, sessions: Documents, wanted: list[SessionFilter]
) -> None:
    expected = plain(sessions)
    with indexes.files(sessions) as files:
        found = {**indexes.databases(sessions), "files": files}
        for one in [SessionFilter(), *wanted]:
            require_same(expected.statistics(one), found, lambda index, one=one: index.statistics(one))  # type: ignore[misc]
        require_same(expected.tags(), found, lambda index: index.tags())
        require_same(expected.uids(), found, lambda index: index.uids())
        require_same(expected.count(), found, lambda index: index.count())
        require_same(expected.last_active(), found, lambda index: index.last_active())
        require_same(expected.recent(None), found, lambda index: index.recent(None))


@quickly
@given(sessions=documents, parts=st.lists(st.sampled_from(WORDS) | st.sampled_from(("0-uid", "i", "ss", ""))))
@example(sessions=NAMED, parts=["a", "É", "_", "%", "\\", "1-UID-1", "1-uid-1"])
def test_every_session_of_which_a_part_of_the_name_or_the_uid_is_given_is_among_those_that_may_be_meant(
    indexes: Indexes, sessions: Documents, parts: list[str]
) -> None:
    for index in indexes.databases(sessions).values():
        for part in parts:
            folded = part.casefold()
            called = index.called(folded)
            meant = [one for one in called if folded in one[1].casefold() or one[2].startswith(folded)]
            assert meant == plain(sessions).called(folded)


def test_what_no_database_can_hold_is_in_none(indexes: Indexes) -> None:
    for index in indexes.databases(NAMED).values():
        for text in ("\0", "\udcff"):
            for wanted in (SessionFilter(tag=text), SessionFilter(model=text), SessionFilter(name=f"a{text}")):
                assert {summary.name for summary in index.page(ListQuery(wanted)).sessions} <= {"a", "a b", "ab", "aB"}
            assert not [name for _, name, uid in index.called(text) if text in name or uid.startswith(text)]
        assert index.page(ListQuery(SessionFilter(letters="\0"))).matching == 0


def test_thousands_of_ids_are_one_question(indexes: Indexes) -> None:
    for index in indexes.databases(NAMED).values():
        wanted = SessionFilter(ids=range(3, 100_000))
        assert index.page(ListQuery(wanted, limit=2)).matching == len(NAMED) - 2


@pytest.mark.parametrize("moment", [datetime.min, datetime.max], ids=["first", "last"])
def test_a_moment_at_the_ends_of_the_calendar_is_compared(indexes: Indexes, moment: datetime) -> None:
    east, west = (timezone(timedelta(hours=hours)) for hours in (14, -12))
    for index in indexes.databases(NAMED).values():
        for zone in (UTC, east, west):
            wanted = SessionFilter(since=moment.replace(tzinfo=zone))
            assert index.page(ListQuery(wanted)).matching == (len(NAMED) if moment == datetime.min else 0)


def test_what_sessions_say_is_counted_a_few_thousand_at_a_time(
    indexes: Indexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hfs.persistence.sql.index._COUNTED_AT_ONCE", 4)
    for count in (3, 4, 5, 8, 13):
        for index in indexes.databases(NAMED[:count]).values():
            assert index.statistics(SessionFilter()).sessions == count
