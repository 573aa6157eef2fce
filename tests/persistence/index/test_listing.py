"""Lists from the index: the same as if every file had been read, and what they leave out is counted."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hfs.persistence import SORTS, ListQuery, NewMessage, SessionFilter, SessionModel, SessionStore, Sort
from tests.support.engines import files_of

START = datetime(2026, 1, 1, tzinfo=UTC)
TAGS = ("Work", "work", "größe", "GRÖSSE", 'a"b', "to read", "wor")
MODELS = ("local/x", "x", "openai/x-large", "größe/模", 'x"large')
NAMES = ("b", "B", "a", "É", "z")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SessionStore, list[SessionModel]]]:
    """Forty sessions of every kind, and what their files hold."""
    rng = random.Random(6)
    home = tmp_path_factory.mktemp("home")
    with SessionStore(home) as store:
        for _ in range(40):
            moment = START + timedelta(hours=rng.randint(0, 40))
            later = moment + timedelta(hours=rng.randint(0, 30))
            document: dict[str, Any] = {
                "name": rng.choice(NAMES),
                "created_at": moment.isoformat(),
                "messages": [
                    {"role": "assistant", "content": "", "model": rng.choice(MODELS), "created_at": later.isoformat()}
                ]
                * rng.randint(0, 3),
                "tags": rng.sample(TAGS, rng.randint(0, 3)),
                "pinned": rng.random() < 0.3,
                "archived": rng.random() < 0.3,
            }
            store.import_document(document)
        sessions = [store.get(number) for number in range(1, 41)]
        yield store, [session for session in sessions if session is not None]


def fits(session: SessionModel, wanted: SessionFilter) -> bool:
    """The filter as its fields are described, on the whole session."""
    active = max(session.updated_at or session.created_at, session.created_at)
    models = {message.model for message in session.messages if message.model}
    folded = {tag.casefold() for tag in session.tags}
    return (
        (wanted.since is None or active >= wanted.since)
        and (wanted.until is None or session.created_at < wanted.until)
        and (wanted.model is None or any(f"/{one}".endswith(f"/{wanted.model}") for one in models))
        and (wanted.tag is None or wanted.tag.casefold() in folded)
        and wanted.pinned in (None, session.pinned)
        and wanted.archived in (None, session.archived)
    )


def rank(session: SessionModel, sort: str) -> Any:
    active = max(session.updated_at or session.created_at, session.created_at)
    folded = "".join(letter.lower() if letter.isascii() else letter for letter in session.name)
    return {
        "created": (-session.created_at.timestamp(), -session.id),
        "updated": (-active.timestamp(), -session.id),
        "name": (folded, session.id),
        "messages": (-session.message_count, -session.id),
    }[sort]


moments = st.none() | st.integers(-1, 75).map(lambda hours: START + timedelta(hours=hours))
switches = st.sampled_from((None, True, False))
filters = st.builds(
    SessionFilter,
    since=moments,
    until=moments,
    model=st.sampled_from((None, *MODELS, "X", "模", "large")),
    tag=st.sampled_from((None, *TAGS, "#work", "wo", "b", "größe ")),
    pinned=switches,
    archived=switches,
)
queries = st.builds(
    ListQuery, filters, st.sampled_from(SORTS), st.none() | st.integers(1, 45), st.booleans(), st.booleans()
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(query=queries)
@example(query=ListQuery(SessionFilter(archived=False), pinned_first=True))
@example(query=ListQuery(SessionFilter(tag="grösse"), limit=None))
@example(query=ListQuery(SessionFilter(tag="b"), limit=None))
@example(query=ListQuery(SessionFilter(model="large"), limit=None))
def test_a_list_is_what_reading_every_file_gives(
    many: tuple[SessionStore, list[SessionModel]], query: ListQuery
) -> None:
    store, sessions = many
    tag = query.filter.tag.strip().removeprefix("#") if query.filter.tag is not None else None
    wanted = SessionFilter(
        since=query.filter.since,
        until=query.filter.until,
        model=query.filter.model,
        tag=tag,
        pinned=query.filter.pinned,
        archived=query.filter.archived,
    )
    fitting = sorted((one for one in sessions if fits(one, wanted)), key=lambda one: rank(one, query.sort))
    if query.pinned_first:
        fitting.sort(key=lambda one: not one.pinned)
    page = store.list_sessions(query)
    assert [summary.id for summary in page.sessions] == [one.id for one in fitting[: query.limit]]
    assert (page.matching, page.total) == (len(fitting), len(sessions))
    others = SessionFilter(wanted.since, wanted.until, model=wanted.model, tag=tag, pinned=wanted.pinned, archived=True)
    hidden = sum(fits(one, others) for one in sessions) if query.filter.archived is False else 0
    assert page.archived == hidden


def test_summaries_have_what_the_sessions_have(many: tuple[SessionStore, list[SessionModel]]) -> None:
    store, sessions = many
    summaries = {summary.id: summary for summary in store.list_sessions(ListQuery(limit=None)).sessions}
    for session in sessions:
        summary = summaries[session.id]
        assert (summary.tags, summary.pinned, summary.archived) == (session.tags, session.pinned, session.archived)
        assert set(summary.models) == {message.model for message in session.messages}


def test_what_is_edited_by_hand_is_found_at_once(home: Path) -> None:
    with SessionStore(home) as store:
        for name in ("one", "two"):
            store.create(name, messages=[NewMessage("user", "hi")])
        query = ListQuery(SessionFilter(tag="work", pinned=True, archived=False))
        assert store.list_sessions(query).sessions == []
        path = home / "sessions" / "1.json"
        document = json.loads(path.read_bytes())
        path.write_text(json.dumps({**document, "tags": ["work"], "pinned": True}), "utf-8")
        assert [summary.id for summary in store.list_sessions(query).sessions] == [1]
        assert store.tags() == {"work": 1}
        path.write_text(json.dumps({**document, "tags": ["work"], "pinned": True, "archived": True}), "utf-8")
        page = store.list_sessions(query)
        assert (page.sessions, page.archived) == ([], 1)


def test_a_thorough_list_looks_at_every_file_however_many_there_are(home: Path) -> None:
    with SessionStore(home) as store:
        files_of(store).index._updater._always_below = 1
        for name in ("one", "two", "three"):
            store.create(name)
        query = ListQuery(SessionFilter(tag="work"), thorough=True)
        assert store.list_sessions(query).sessions == []
        path = home / "sessions" / "2.json"
        data = path.read_bytes().replace(b'"messages"', b'"tags": ["work"],\n  "messages"')
        # In place: the folder shows nothing of it.
        with path.open("r+b") as file:
            file.write(data)
        assert [summary.id for summary in store.list_sessions(query).sessions] == [2]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param(ListQuery(SessionFilter(tag="\udcff")), 0, id="a tag that is no text"),
        pytest.param(ListQuery(SessionFilter(model="\udcff")), 0, id="a model that is no text"),
        pytest.param(ListQuery(SessionFilter(ids=(1, 0, -1, 1 << 63, 10**30))), 1, id="ids beyond 64 bits"),
        pytest.param(ListQuery(limit=10**30), 40, id="a limit beyond 64 bits"),
        pytest.param(ListQuery(limit=0), 0, id="none"),
    ],
)
def test_a_list_of_what_no_session_has_is_no_error(
    many: tuple[SessionStore, list[SessionModel]], query: ListQuery, count: int
) -> None:
    assert len(many[0].list_sessions(query).sessions) == count


def test_a_session_without_a_moment_of_its_own_was_begun_with_its_first_message(home: Path) -> None:
    with SessionStore(home) as store:
        store.create("one", messages=[NewMessage("user", "hi", created_at=datetime(2024, 1, 2, tzinfo=UTC))])
        path = home / "sessions" / "1.json"
        document = json.loads(path.read_bytes())
        del document["created_at"]
        path.write_text(json.dumps(document), "utf-8")
        (listed,) = store.list_recent()
        assert (session := store.get(1)) and listed.created_at == session.created_at == datetime(2024, 1, 2, tzinfo=UTC)


def test_an_order_that_there_is_not_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="There is no order 'size': expected one of created, updated, name, messages"):
        ListQuery(sort=cast("Sort", "size"))
