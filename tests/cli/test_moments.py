"""Moments as a person types them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs.cli.moments import MOMENT, parse_moment

NOW = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-24", "2026-11-23T23:00Z"),
        ("2026-07-01", "2026-06-30T22:00Z"),
        ("2026-07", "2026-06-30T22:00Z"),
        ("2025", "2024-12-31T23:00Z"),
        ("20260701", "2026-06-30T22:00Z"),
        ("2026-07-01 10:00", "2026-07-01T08:00Z"),
        ("2026-07-01T10:00:00z", "2026-07-01T10:00Z"),
        ("2026-07-01T10:00+09:00", "2026-07-01T01:00Z"),
        ("90min", "2026-03-31T11:00Z"),
        ("12h", "2026-03-31T00:30Z"),
        ("7d", "2026-03-24T12:30Z"),
        (" 2  Weeks ago ", "2026-03-17T12:30Z"),
        ("1mo", "2026-02-28T13:30Z"),
        ("6 months", "2025-09-30T12:30Z"),
        ("1y", "2025-03-31T12:30Z"),
        ("2yrs", "2024-03-31T12:30Z"),
        ("now", "2026-03-31T12:30Z"),
        ("today", "2026-03-30T22:00Z"),
        ("yesterday", "2026-03-29T22:00Z"),
        ("monday", "2026-03-29T22:00Z"),
        ("last Tuesday", "2026-03-23T23:00Z"),
    ],
)
def test_dates_and_spans_are_moments_in_the_persons_own_time(text: str, moment: str) -> None:
    found = parse_moment(text, NOW)
    assert found == datetime.fromisoformat(moment)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no moment"),
        ("soon", "7d"),
        ("2026-13-01", "no moment"),
        ("6m", "6min or 6mo"),
        ("9000y", "out of the calendar's range"),
        ("999999999w", "out of the calendar's range"),
        ("0001-01-01", "out of the calendar's range"),
        ("\x1b[2J", "no moment"),
    ],
)
def test_what_is_no_moment_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as raised:
        parse_moment(text, NOW)
    assert "\x1b" not in str(raised.value)


def test_a_bad_moment_on_the_command_line_is_bad_usage() -> None:
    assert MOMENT.convert(NOW, None, None) is NOW
    with pytest.raises(click.BadParameter, match="is no moment"):
        MOMENT.convert("soon", None, None)


@given(st.text() | st.from_regex(r"\A\d{1,12} ?[a-z]{1,6}( ago)?\Z") | st.from_regex(r"\A\d{1,5}(-\d{1,3}){0,2}\Z"))
def test_any_text_is_a_moment_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_moment(text).tzinfo is UTC
