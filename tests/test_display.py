"""Text and moments for a person."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from hfs.display import byte_count, local_time


@pytest.fixture(params=["WEST+14", "EAST-14"])
def _far_from_utc(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone can't be set here")
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_far_from_utc")
def test_a_moment_is_told_in_local_time_and_at_the_ends_of_the_calendar_as_it_is() -> None:
    assert local_time(datetime(2026, 1, 1, tzinfo=UTC)).utcoffset() != datetime.now(UTC).utcoffset()
    for end in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        assert local_time(end).year == end.year


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (9949, "9.9 KB"),
        (9950, "10 KB"),
        (999_499, "999 KB"),
        (999_500, "1.0 MB"),
        (98_362_432, "98 MB"),
        (10**16, "10000 TB"),
    ],
)
def test_a_size_is_told_in_the_unit_that_suits_it(number: int, text: str) -> None:
    assert byte_count(number) == text
