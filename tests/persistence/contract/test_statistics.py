"""How much was said, when and by whom, is counted alike in every engine."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from hfs.persistence import Amount, NewMessage, SessionFilter, SessionStore
from tests.persistence.contract.places import users

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


def spoken(store: SessionStore) -> list[int]:
    first = store.create(
        "one",
        messages=[
            NewMessage("user", "abc", created_at=NOON),
            NewMessage("assistant", "é🏳️‍🌈\0", "p/m", created_at=NOON + timedelta(minutes=1)),
            NewMessage("assistant", "defg", "p/m", created_at=NOON + timedelta(days=1)),
        ],
    )
    second = store.create("two", messages=[NewMessage("user", "x", created_at=NOON + timedelta(days=1))])
    gone = store.create("gone", messages=users("much more"))
    store.delete(gone.id)
    return [first.id, second.id]


def test_everything_that_was_said_is_counted(store: SessionStore) -> None:
    spoken(store)
    statistics = store.statistics()
    assert (statistics.sessions, statistics.damaged, statistics.messages) == (2, 0, 4)
    assert statistics.characters == 3 + len("é🏳️‍🌈\0") + 4 + 1
    assert {day: amount.messages for day, amount in statistics.days.items()} == {
        date(2026, 3, 1): 2,
        date(2026, 3, 2): 2,
    }
    assert statistics.models == {"p/m": Amount(2, len("é🏳️‍🌈\0") + 4)}
    assert list(statistics.roles) == ["assistant", "user"]
    assert statistics.lengths == {1: 1, 3: 1}
    assert statistics.longest_streak == 2


def test_a_filter_tells_what_is_counted(store: SessionStore) -> None:
    first, second = spoken(store)
    assert store.statistics(SessionFilter(ids=(second,))).messages == 1
    assert store.statistics(SessionFilter(model="m")).messages == 3
    late = store.statistics(SessionFilter(since=NOON + timedelta(hours=12)))
    assert (late.messages, late.sessions) == (2, 2)
    store.archive(first)
    assert store.statistics(SessionFilter(archived=False)).messages == 1


def test_what_changes_is_counted_anew(store: SessionStore) -> None:
    first, second = spoken(store)
    store.add_message(second, "tool", "more", model="q", created_at=NOON)
    store.edit_message(first, 1, "abcdefghij")
    store.remove_messages(first, [3])
    statistics = store.statistics()
    assert (statistics.messages, statistics.characters) == (4, 10 + len("é🏳️‍🌈\0") + 1 + 4)
    assert statistics.models == {"p/m": Amount(1, len("é🏳️‍🌈\0")), "q": Amount(1, 4)}
