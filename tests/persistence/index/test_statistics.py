"""What all sessions say together, counted from the index."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfs.persistence import Amount, NewMessage, SessionFilter, SessionStore, Statistics, open_repository

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_messages = st.lists(
    st.builds(
        NewMessage,
        role=st.sampled_from(["user", "assistant", "tool"]),
        content=st.text("aé漢\n", max_size=5),
        model=st.sampled_from([None, "local/a", "b"]),
        created_at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 20), timezones=st.just(UTC)),
    ),
    max_size=4,
)


@pytest.fixture
def store(home: Path) -> Iterator[SessionStore]:
    with SessionStore(home) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC0")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _said(role: str, text: str, moment: datetime = NOON, model: str | None = None) -> NewMessage:
    return NewMessage(role, text, model=model, created_at=moment)


def test_days_models_roles_and_lengths_are_counted(store: SessionStore) -> None:
    tomorrow = NOON + timedelta(days=1)
    store.create(messages=[_said("user", "héllo"), _said("assistant", "two\nlines", tomorrow, "local/a")])
    store.create(messages=[_said("assistant", "x", tomorrow, "b"), _said("assistant", "y", tomorrow, "b")])
    store.create()
    assert store.statistics() == Statistics(
        sessions=3,
        damaged=0,
        messages=4,
        characters=16,
        days={date(2026, 3, 1): Amount(1, 5), date(2026, 3, 2): Amount(3, 11)},
        models={"b": Amount(2, 2), "local/a": Amount(1, 9)},
        roles={"assistant": Amount(3, 11), "user": Amount(1, 5)},
        lengths={0: 1, 2: 2},
    )


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        pytest.param("EAST-9", date(2026, 3, 2), id="ahead"),
        pytest.param("WEST+8", date(2026, 3, 1), id="behind"),
        pytest.param("EAST-5:45", date(2026, 3, 2), id="by quarters of an hour"),
    ],
)
def test_days_are_those_of_the_local_time_zone(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch, zone: str, day: date
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    store.create(messages=[_said("user", "x", datetime(2026, 3, 1, 18, 45, tzinfo=UTC))])
    assert list(store.statistics().days) == [day]


def test_only_what_was_said_in_the_filters_time_is_counted(store: SessionStore) -> None:
    hours = [NOON + timedelta(hours=hour) for hour in range(4)]
    store.create(messages=[_said("user", "x", hour) for hour in hours])
    found = store.statistics(SessionFilter(since=hours[1], until=hours[3]))
    assert (found.sessions, found.messages, found.lengths) == (1, 2, {2: 1})
    assert (
        store.statistics(SessionFilter(since=hours[3] + timedelta(hours=1), until=NOON + timedelta(days=1))).days == {}
    )


def test_the_hour_in_which_a_time_begins_is_counted_in_every_zone(store: SessionStore) -> None:
    store.create(messages=[_said("user", "x", NOON)])
    by_half_hours = timezone(timedelta(hours=5, minutes=30))
    for minutes, messages in ((0, 1), (45, 1), (60, 0)):
        since = (NOON + timedelta(minutes=minutes)).astimezone(by_half_hours)
        assert store.statistics(SessionFilter(since=since)).messages == messages


def test_only_sessions_that_fit_the_filter_are_counted(store: SessionStore) -> None:
    store.create(messages=[_said("user", "x"), _said("assistant", "y", model="local/a")])
    store.create(messages=[_said("user", "x")])
    assert store.statistics(SessionFilter(model="a")).messages == 2
    assert store.statistics(SessionFilter(tag="none")).sessions == 0


def test_damaged_sessions_are_told_and_not_counted(store: SessionStore, home: Path) -> None:
    store.create(messages=[_said("user", "x")])
    store.create(messages=[_said("user", "x")])
    (home / "sessions" / "2.json").write_text('{"messages": [')
    found = store.statistics()
    assert (found.sessions, found.damaged, found.messages) == (1, 1, 1)


def test_a_message_without_a_moment_counts_as_said_when_the_session_was_begun(store: SessionStore, home: Path) -> None:
    folder = home / "sessions"
    folder.mkdir(parents=True)
    items = '[{"role": "user", "content": "x", "created_at": "0000-99-99T99:99:99.999999Z"}, "rubbish", {}]'
    (folder / "1.json").write_text(f'{{"created_at": "2026-03-01T12:00:00Z", "messages": {items}}}')
    found = store.statistics()
    assert found.days == {date(2026, 3, 1): Amount(2, 1)}
    assert found.roles == {"": Amount(1, 0), "user": Amount(1, 1)}


@pytest.mark.parametrize("activity", ["rubbish", "[1]", '[["2026-03-01T12","user","",9,9]]', '[["2026-03-01T12",1]]'])
def test_a_row_that_somebody_changed_is_made_again(store: SessionStore, home: Path, activity: str) -> None:
    store.create(messages=[_said("user", "four")])
    assert store.statistics().characters == 4
    with sqlite3.connect(home / "index" / "sessions.db") as connection:
        connection.execute("UPDATE sessions SET activity = ?", (activity,))
    connection.close()
    assert store.statistics().characters == 4


def test_days_in_a_row_and_the_session_in_the_middle(store: SessionStore) -> None:
    for days in [(0, 1, 2), (5, 6), (2,), ()]:
        store.create(messages=[_said("user", "x", NOON + timedelta(days=day)) for day in days])
    found = store.statistics()
    assert (found.longest_streak, found.median_length) == (3, 1)
    empty = store.statistics(SessionFilter(tag="none"))
    assert (empty.longest_streak, empty.median_length) == (0, 0)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sessions=st.lists(_messages, max_size=3), added=_messages)
def test_the_numbers_are_those_of_the_sessions_however_they_came_in(
    tmp_path_factory: pytest.TempPathFactory, sessions: list[list[NewMessage]], added: list[NewMessage]
) -> None:
    home = tmp_path_factory.mktemp("home")
    with SessionStore(home) as store:
        for messages in sessions:
            store.create(messages=messages)
        store.statistics()
        for message in added if sessions else []:
            store.append_message(1, message)
        found = store.statistics()
        said = [message for messages in sessions for message in messages] + (added if sessions else [])
    assert found.characters == sum(len(message.content) for message in said)
    assert {role: amount.messages for role, amount in found.roles.items()} == Counter(one.role for one in said)
    assert {model: amount.messages for model, amount in found.models.items()} == Counter(
        one.model for one in said if one.model
    )
    assert {day: amount.messages for day, amount in found.days.items()} == Counter(
        one.created_at.date() for one in said if one.created_at
    )
    assert sum(length * count for length, count in found.lengths.items()) == found.messages == len(said)


async def test_the_repository_counts_too(home: Path) -> None:
    async with open_repository(home) as repo:
        await repo.create(messages=[_said("user", "x")])
        assert (await repo.statistics()).messages == 1
