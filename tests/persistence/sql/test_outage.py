"""How long a server that is away is waited for: once, and not by everything that is asked of it."""

from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")

from hfs.persistence.sql.outage import Outage


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = 1000.0
        monkeypatch.setattr("hfs.persistence.sql.outage.time.monotonic", lambda: self.moment)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_server_that_answers_is_waited_for_as_long_as_was_said(clock: Clock) -> None:
    assert Outage().left_of(10.0) == 10.0


def test_what_is_asked_later_waits_for_the_rest_and_at_least_a_moment(clock: Clock) -> None:
    outage = Outage()
    outage.is_seen()
    clock.moment += 4
    outage.is_seen()
    assert outage.left_of(10.0) == 6.0
    clock.moment += 20
    assert outage.left_of(10.0) == 0.5
    assert outage.left_of(0.2) == 0.2


def test_an_answer_ends_it(clock: Clock) -> None:
    outage = Outage()
    outage.is_seen()
    clock.moment += 20
    outage.is_over()
    assert outage.left_of(10.0) == 10.0


def test_of_a_server_that_nobody_asked_for_long_it_is_not_known_whether_it_is_away_still(clock: Clock) -> None:
    outage = Outage()
    outage.is_seen()
    clock.moment += 31
    assert outage.left_of(10.0) == 10.0
    outage.is_seen()
    clock.moment += 1
    assert outage.left_of(10.0) == 9.0
