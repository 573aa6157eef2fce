"""What all sessions say together: how much was said, when, by whom. Counted from the rows, one at a time."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

import orjson

from hfs.display import local_time
from hfs.persistence.index.listing import SessionFilter, condition
from hfs.persistence.index.rows import from_microseconds

_HOUR: Final = timedelta(hours=1)
_Key = TypeVar("_Key", str, date)


@dataclass(slots=True)
class Amount:
    """How much was said.

    Example:
        >>> from hfs.persistence import NewMessage, open_store
        >>> with open_store("chats") as store:
        ...     session = store.create(messages=[NewMessage("user", "Hello"), NewMessage("user", "Anybody?")])
        ...     amount = store.statistics().roles["user"]
        >>> amount.messages, amount.characters
        (2, 13)
    """

    messages: int = 0
    """How many messages."""
    characters: int = 0
    """How many characters they have together."""

    def add(self, messages: int, characters: int) -> None:
        """Counts more in. For the engines of hfs.

        Args:
            messages: How many messages.
            characters: How many characters they have together.
        """
        self.messages += messages
        self.characters += characters


@dataclass(frozen=True, slots=True)
class Statistics:
    """How much was said in the sessions that fit a filter, within its time.

    Example:
        >>> from hfs.persistence import NewMessage, open_store
        >>> with open_store("chats") as store:
        ...     said = [NewMessage("user", "Hello"), NewMessage("assistant", "Hi.", model="x/y")]
        ...     session = store.create(messages=said)
        ...     found = store.statistics()
        >>> found.sessions, found.messages, found.median_length, found.models
        (1, 2, 2, {'x/y': Amount(messages=1, characters=3)})
    """

    sessions: int
    """How many of them something was said in, or were begun, in that time."""
    damaged: int
    """How many more can't be read, so that nothing of them is counted, from whatever time they are."""
    messages: int
    """How many messages were said in them."""
    characters: int
    """How many characters these have together."""
    days: dict[date, Amount]
    """The days on which something was said, in this computer's time zone, the first one first."""
    models: dict[str, Amount]
    """What each model said, the one that spoke most often first. Messages that name no model are in none."""
    roles: dict[str, Amount]
    """The same by who spoke; of all messages."""
    lengths: dict[int, int]
    """How many sessions have so many messages, the shortest first."""

    @property
    def longest_streak(self) -> int:
        """The most days in a row on which something was said."""
        longest = length = 0
        previous = date.min
        for day in self.days:
            length = length + 1 if (day - previous).days == 1 else 1
            longest, previous = max(longest, length), day
        return longest

    @property
    def median_length(self) -> int:
        """How many messages the session in the middle has, by length."""
        left = (self.sessions + 1) // 2
        for length, sessions in self.lengths.items():
            left -= sessions
            if left <= 0:
                return length
        return 0


def statistics(connection: sqlite3.Connection, wanted: SessionFilter) -> Statistics:
    """What the sessions that fit a filter say together.

    Args:
        connection: The database.
        wanted: The filter. Its time is that of what was said, to the hour, and not of the sessions.

    Raises:
        sqlite3.DatabaseError: A row isn't what was written.
    """
    counter = ActivityCounter(wanted)
    # A fork is newer than what it begins with: when a session was begun tells nothing of what was said in it.
    where, values = condition(replace(wanted, since=None, until=None))
    statement = f"SELECT created, messages, problem IS NOT NULL AND uid = '', activity FROM sessions WHERE {where}"
    try:
        for created, messages, damaged, activity in connection.execute(statement, values):
            if damaged:
                counter.damaged += 1
            elif counter.add(created, activity) > messages:
                raise ValueError
    except (ValueError, TypeError, OverflowError) as error:
        raise sqlite3.DatabaseError("a row is not as it was written") from error
    return counter.result()


class ActivityCounter:
    """Counts session after session.

    Args:
        wanted: Its time is that of what is counted.
    """

    def __init__(self, wanted: SessionFilter) -> None:
        self.damaged = 0
        """How many sessions can't be read; counted by whoever finds them."""
        self._since = wanted.since
        self._until = wanted.until
        self._hours: dict[str, Amount | None] = {}
        """The day of each hour; None for an hour outside the filter's time."""
        self._days: dict[date, Amount] = {}
        self._models: dict[str, Amount] = {}
        self._roles: dict[str, Amount] = {}
        self._lengths: dict[int, int] = {}

    def add(self, created: int, activity: str) -> int:
        """Counts a session's messages; returns how many those in the filter's time are.

        Args:
            created: When it was begun, in microseconds since 1970.
            activity: By hour, role and model: how many messages, and their characters together, as JSON.

        Raises:
            ValueError, TypeError, OverflowError: That is no activity.
        """
        hours, counted = self._hours, 0
        for hour, role, model, messages, characters in orjson.loads(activity):
            day = hours[hour] if hour in hours else self._day_of(hour, created)
            if day is not None:
                counted += messages
                day.add(messages, characters)
                _at(self._roles, role).add(messages, characters)
                if model:
                    _at(self._models, model).add(messages, characters)
        if counted or self._is_within(_hour_of(created)):
            self._lengths[counted] = self._lengths.get(counted, 0) + 1
        return counted

    def _day_of(self, hour: str, created: int) -> Amount | None:
        try:
            moment = datetime.fromisoformat(f"{hour}:00:00+00:00")
        except ValueError:
            # The message's moment is none: it counts as said when the session was begun.
            return self._on_day_of(_hour_of(created))
        self._hours[hour] = day = self._on_day_of(moment)
        return day

    def _on_day_of(self, hour: datetime) -> Amount | None:
        # In some zones an hour of UTC belongs to two days: the one with its middle has it.
        return _at(self._days, local_time(hour + _HOUR / 2).date()) if self._is_within(hour) else None

    def _is_within(self, hour: datetime) -> bool:
        return (self._since is None or self._since - hour < _HOUR) and (self._until is None or hour < self._until)

    def result(self) -> Statistics:
        """What was counted."""
        roles = _most_first(self._roles)
        return Statistics(
            sessions=sum(self._lengths.values()),
            damaged=self.damaged,
            messages=sum(amount.messages for amount in roles.values()),
            characters=sum(amount.characters for amount in roles.values()),
            days=dict(sorted(self._days.items())),
            models=_most_first(self._models),
            roles=roles,
            lengths=dict(sorted(self._lengths.items())),
        )


def _at(amounts: dict[_Key, Amount], key: _Key) -> Amount:
    amount = amounts.get(key)
    if amount is None:
        amount = amounts[key] = Amount()
    return amount


def _most_first(amounts: dict[str, Amount]) -> dict[str, Amount]:
    return dict(sorted(amounts.items(), key=lambda item: (-item[1].messages, item[0])))


def _hour_of(microseconds: int) -> datetime:
    return from_microseconds(microseconds).replace(minute=0, second=0, microsecond=0)
