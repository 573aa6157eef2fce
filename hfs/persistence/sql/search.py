"""A search in a database: from what was typed to what is shown.

The database is asked for rows only. What takes the processor's time is done by the thread that asks, between one
question and the next: the event loop that the rows come in by may be an application's own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Executable, func, select

from hfs.persistence.index.excerpts import Finder, WordFinder
from hfs.persistence.index.hits import gather
from hfs.persistence.index.query import Query
from hfs.persistence.index.rows import NAME, microseconds
from hfs.persistence.index.searching import SearchOptions, finders_of, order
from hfs.persistence.models import SearchResult
from hfs.persistence.sql.asking import AnyRow, rows_of
from hfs.persistence.sql.hits import Complete, HitLoader, Places
from hfs.persistence.sql.matching import Matching, Statement, as_kept
from hfs.persistence.sql.rows import MessageRow
from hfs.persistence.sql.scanning import scan
from hfs.persistence.sql.transactions import Transactions

_MOST_PLACES: Final = 2000
"""How many places are looked at, the newest first, of those in which the words stand."""
_WIDER: Final = 16
"""How many times as many are looked at where these are too few."""
_MOST_COUNTED: Final = 20_000
"""How many places are counted where not all are looked at."""
_LOOKED_AT_ONCE: Final = 100
"""So many texts are read at once to look whether the words are in them."""


class Search:
    """What is looked for among sessions.

    Args:
        transactions: The database.
        text: Words, or a pattern.
        limit: How many places are shown at the most; all, where it is None.
        options: Where they are looked for, and how.

    Raises:
        BadQueryError: This is nothing that can be looked for.
    """

    def __init__(self, transactions: Transactions, text: str, limit: int | None, options: SearchOptions) -> None:
        self._transactions = transactions
        self._limit = None if limit is None else min(limit, sys.maxsize)
        self._options = options
        self._finders = finders_of(text, options)
        self._matching = Matching(options, is_sqlite=transactions.is_sqlite)

    def run(self) -> SearchResult:
        """What is shown."""
        for finder in self._finders:
            result = self._look_up(finder) if isinstance(finder, WordFinder) else self._scan(finder)
            if result.hits:
                break
        result.as_prefixes = bool(result.hits) and finder is not self._finders[0]
        return result

    def _scan(self, finder: Finder) -> SearchResult:
        places = scan(self._transactions, self._matching, finder, self._options, self._limit)
        loader = HitLoader(self._transactions, finder, self._options, places, list(places.findings.sessions))
        return gather(places.findings, loader.sessions, self._limit, loader.show)

    def _look_up(self, finder: WordFinder) -> SearchResult:
        most = None if self._limit is None else max(_MOST_PLACES, self._limit)
        while True:
            places = self._places(finder, most)
            sessions = order(places.findings, places.active)
            loader = HitLoader(self._transactions, finder, self._options, places, sessions, self._complete(finder))
            result = gather(places.findings, sessions, self._limit, loader.show)
            if most is None or result.exact or len(result) >= (self._limit or 0) or most > _MOST_PLACES:
                return result
            # They are in few sessions.
            most *= _WIDER

    def _places(self, finder: WordFinder, most: int | None) -> Places:
        """Where the words stand: the newest places, at most so many messages and so many names."""
        query, together = finder.query, finder.query.side_by_side
        places = Places()
        names = self._add_names(places, finder, most)
        messages = self._add_words(places, finder, query, most)
        if together is not None:
            self._add_words(places, WordFinder(together), together, most, close=True)
        findings = places.findings
        findings.total = sum(len(found.numbers) for found in findings.sessions.values())
        if most is not None and most in (names, messages):
            findings.exact = False
            findings.total = max(findings.total, self._count(query) + names)
        return places

    def _add_names(self, places: Places, finder: WordFinder, most: int | None) -> int:
        """Adds names; returns how many were looked at."""
        statement = self._matching.names(finder.query)
        rows = [] if statement is None else self._rows([_at_most(statement, most)])
        for row in rows:
            if finder.is_in(row.name):
                places.add(row.id, NAME, microseconds(row.active_at), close=finder.is_close_in(row.name))
        return len(rows)

    def _add_words(
        self, places: Places, finder: WordFinder, query: Query, most: int | None, *, close: bool = False
    ) -> int:
        """Adds messages; returns how many were looked at."""
        kept, doubtful = as_kept(query, is_sqlite=self._transactions.is_sqlite)
        statements = [_at_most(statement, most) for statement in self._matching.words(kept)]
        rows = sorted(self._rows(statements), key=lambda row: -row.id)[:most]
        for row in self._verified(rows, finder) if doubtful else rows:
            places.add(row.session_id, row.position + 1, microseconds(row.active_at), row.id, close=close)
        return len(rows)

    def _verified(self, rows: list[AnyRow], finder: Finder) -> list[AnyRow]:
        """Rows of messages that hold what is looked for."""
        sound: set[int] = set()
        for at in range(0, len(rows), _LOOKED_AT_ONCE):
            keys = [row.id for row in rows[at : at + _LOOKED_AT_ONCE]]
            texts = self._rows([select(MessageRow.id, MessageRow.content).where(MessageRow.id.in_(keys))])
            sound.update(row.id for row in texts if finder.is_in(row.content))
        return [row for row in rows if row.id in sound]

    def _count(self, query: Query) -> int:
        """How many messages have the words, but counted no further than makes sense."""
        kept, _ = as_kept(query, is_sqlite=self._transactions.is_sqlite)
        statements = [
            select(func.count()).select_from(statement.limit(_MOST_COUNTED).subquery())
            for statement in self._matching.words(kept)
        ]
        return sum(row[0] for row in self._rows(statements))

    def _complete(self, finder: WordFinder) -> Complete:
        """What adds everything that is in some sessions: not all places of them were looked at."""

        def complete(places: Places, sessions: Sequence[int]) -> None:
            kept, doubtful = as_kept(finder.query, is_sqlite=self._transactions.is_sqlite)
            rows = self._rows(self._matching.words(kept, sessions))
            for row in self._verified(rows, finder) if doubtful else rows:
                places.add(row.session_id, row.position + 1, microseconds(row.active_at), row.id)

        return complete

    def _rows(self, statements: Iterable[Executable]) -> list[AnyRow]:
        return rows_of(self._transactions, *statements)


def _at_most(statement: Statement, most: int | None) -> Statement:
    return statement if most is None else statement.limit(most)
