"""Words looked for in the index: which sessions hold them, in which order these are shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

from hfs.persistence.index.excerpts import Finder, WordFinder
from hfs.persistence.index.listing import SessionFilter, condition
from hfs.persistence.index.places import Extents, count_matching, matching, owned
from hfs.persistence.index.query import Query, parse_query
from hfs.persistence.index.rows import HIGHEST, NAME, OTHER, ROLES
from hfs.persistence.models import MessageModel, SessionModel

_EVERY_SESSION: Final = SessionFilter()
_MOST_COUNTED: Final = 200_000
"""How many places of one file are counted, and looked through for names, where not all are looked at."""
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """Where words are looked for, and how.

    Example:
        >>> from hfs.persistence import NewMessage, SearchOptions, SessionFilter, open_store
        >>> with open_store("chats") as store:
        ...     said = [NewMessage("user", "Rye dough?"), NewMessage("assistant", "Dough of rye rests longer.")]
        ...     session = store.create("Bread", messages=said)
        ...     options = SearchOptions(role="assistant", sessions=SessionFilter(name="bread"))
        ...     found = store.search("dough", options=options)
        >>> [hit.line for hit in found]
        ['Dough of rye rests longer.']
    """

    role: str | None = None
    """Who said it; ``name`` for names of sessions only."""
    session_id: int | None = None
    """In this session only; in all, where it is None."""
    since: datetime | None = None
    """It was said at that moment or later; a name, where the session was begun then."""
    sessions: SessionFilter = _EVERY_SESSION
    """Which sessions are looked through."""
    per_session: int | None = None
    """How many places of one session are shown at the most; all, where it is None."""
    as_typed: bool = False
    """The last word may be half typed."""
    regex: bool = False
    """A regular expression is looked for, and not words."""

    def condition(self) -> tuple[str, tuple[Any, ...]]:
        """Which sessions can have it, as a condition on rows, and its values. For the index of hfs."""
        since = max(filter(None, (self.since, self.sessions.since)), default=None)
        where, values = condition(replace(self.sessions, since=since))
        if self.session_id is None:
            return where, values
        # No session has a number that the database can't hold.
        number = self.session_id if abs(self.session_id) <= HIGHEST else 0
        return f"{where} AND id = ?", (*values, number)

    def fits(self, message: MessageModel) -> bool:
        """Whether a message of these sessions is meant. For the engines of hfs.

        Args:
            message: The message.

        Returns:
            Whether its role and its moment fit.
        """
        return (self.role is None or message.role == self.role) and (
            self.since is None or message.created_at >= self.since
        )

    def fits_name(self, session: SessionModel) -> bool:
        """Whether the name of one of these sessions is meant. For the engines of hfs.

        Args:
            session: The session.

        Returns:
            Whether names are looked through, and the session was begun in time.
        """
        return self.role in (None, "name") and (self.since is None or session.created_at >= self.since)

    @property
    def role_number(self) -> int | None:
        """The number that the index has for the role."""
        return None if self.role is None else ROLES.get(self.role, OTHER)

    @property
    def is_told_by_places(self) -> bool:
        """Whether the index knows of each place in these sessions if it is meant."""
        return self.since is None and self.role_number != OTHER


def finders_of(text: str, options: SearchOptions) -> list[Finder]:
    """What finds what was typed; a later one only where one before it finds nothing.

    Args:
        text: Words, or a pattern.
        options: Which of them, and whether the last word may be half typed.

    Raises:
        BadQueryError: This is nothing that can be looked for.
    """
    if options.regex:
        from hfs.persistence.index.scanning import PatternFinder, parse_pattern

        return [PatternFinder(parse_pattern(text))]
    query = parse_query(text, as_typed=options.as_typed)
    return [WordFinder(query), WordFinder(query.opened())]


@dataclass(slots=True)
class Found:
    """What was found in one session: numbers of messages, counted from 1, and 0 for its name."""

    numbers: set[int] = field(default_factory=set)
    close: set[int] = field(default_factory=set)
    """Those in which the words stand side by side."""

    def best(self, most: int | None) -> list[int]:
        """The numbers that are shown, in order."""
        if most is None or len(self.numbers) <= most:
            return sorted(self.numbers)
        best = sorted(self.numbers, key=lambda number: (number != NAME, number not in self.close, number))
        return sorted(best[:most])


@dataclass(slots=True)
class Findings:
    """What was found in all sessions."""

    sessions: dict[int, Found] = field(default_factory=dict)
    total: int = 0
    """How many places there are at the least."""
    exact: bool = True
    """Whether that is how many there are."""

    def add(self, session: int, number: int, *, close: bool = False) -> None:
        """Adds a place."""
        found = self.sessions.get(session)
        if found is None:
            found = self.sessions[session] = Found()
        found.numbers.add(number)
        if close:
            found.close.add(number)


class WordSearch:
    """Looks for words in the files of the index.

    Args:
        connection: The database, in a transaction.
        parts: The other files that hold words.
        options: Where the words are looked for.
        most: How many places are looked at in each file, the newest first; all, where it is None.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        parts: Sequence[sqlite3.Connection],
        options: SearchOptions,
        most: int | None,
    ) -> None:
        self._connection = connection
        self._sources = (connection, *parts)
        self._options = options
        self._role = options.role_number
        self._most = most
        self._extents = Extents(connection, *options.condition())

    def find(self, query: Query) -> Findings:
        """What a query finds."""
        findings = Findings()
        counted = 0
        for source in self._sources:
            rows = matching(source, query.expression, self._role, self._extents)
            count = self._add(findings, rows)
            if count == self._most:
                findings.exact = False
                count, names = count_matching(source, query.expression, self._role, _MOST_COUNTED)
                if self._role is None:
                    self._add(findings, names)
            counted += count
            if query.side_by_side is not None:
                rows = matching(source, query.side_by_side.expression, self._role, self._extents)
                self._add(findings, rows, close=True)
        findings.total = sum(len(found.numbers) for found in findings.sessions.values())
        if not findings.exact and self._extents.of_all:
            (unused,) = self._connection.execute("SELECT unused FROM state").fetchone()
            findings.total = max(findings.total, counted - unused)
        return findings

    def _add(self, findings: Findings, rows: Iterable[int], *, close: bool = False) -> int:
        """Adds what is found in one file; says how many places that are."""
        places = list(islice(owned(rows, self._extents), self._most))
        for session, number in places:
            findings.add(session, number, close=close)
        return len(places)


def active_of(connection: sqlite3.Connection, findings: Findings) -> dict[int, int]:
    """When something happened last in each session that something was found in, in microseconds since 1970."""
    active: dict[int, int] = {}
    sessions = list(findings.sessions)
    for at in range(0, len(sessions), _AT_ONCE):
        some = sessions[at : at + _AT_ONCE]
        statement = f"SELECT id, active FROM sessions WHERE id IN ({', '.join('?' * len(some))})"
        active.update(connection.execute(statement, some))
    return active


def order(findings: Findings, active: Mapping[int, int]) -> list[int]:
    """The sessions in the order in which they are shown.

    First those with the words in their name, then those where they stand side by side; then those that have them more
    often, by powers of two; then the one in which something happened last.

    Args:
        findings: What was found.
        active: When something happened last in each session, in microseconds since 1970. Those that have no such moment
            are left out.
    """

    def rank(session: int) -> tuple[bool, bool, int, int, int]:
        found = findings.sessions[session]
        return NAME in found.numbers, bool(found.close), len(found.numbers).bit_length(), active[session], session

    return sorted(findings.sessions.keys() & active.keys(), key=rank, reverse=True)
