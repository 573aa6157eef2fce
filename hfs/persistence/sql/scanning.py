"""Sessions in a database searched for a pattern: every text is read, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import select, tuple_

from hfs.persistence.index.excerpts import Finder
from hfs.persistence.index.rows import NAME, microseconds
from hfs.persistence.index.searching import SearchOptions
from hfs.persistence.sql.asking import AnyRow, rows_of
from hfs.persistence.sql.hits import Places
from hfs.persistence.sql.matching import Matching
from hfs.persistence.sql.rows import MessageRow, SessionRow
from hfs.persistence.sql.transactions import Transactions

_SESSIONS: Final = 200
"""The messages of so many sessions are asked for together."""
_MESSAGES: Final = 500
"""So many of them are in memory at once."""


def scan(
    transactions: Transactions, matching: Matching, finder: Finder, options: SearchOptions, most: int | None
) -> Places:
    """What is found by reading every session, the one in which something happened last first.

    Args:
        transactions: The database.
        matching: Says which sessions and messages are meant.
        finder: Finds it.
        options: Where it is looked for.
        most: Once so many places are shown no further session counts; all do, where it is None.
    """
    places = Places()
    statement = select(SessionRow.id).where(*matching.sessions)
    newest = statement.order_by(SessionRow.active_at.desc(), SessionRow.id.desc())
    ids = [row.id for row in rows_of(transactions, newest)]
    shown = 0
    for at in range(0, len(ids), _SESSIONS):
        some = ids[at : at + _SESSIONS]
        found = _look(transactions, matching, finder, options, some)
        for session_id in some:
            if most is not None and shown >= most:
                places.findings.exact = False
                return places
            for number, active, row in found[session_id]:
                places.add(session_id, number, active, row)
                places.findings.total += 1
            if found[session_id]:
                shown += len(places.findings.sessions[session_id].best(options.per_session))
    return places


def _look(
    transactions: Transactions, matching: Matching, finder: Finder, options: SearchOptions, ids: Sequence[int]
) -> dict[int, list[tuple[int, int, int | None]]]:
    """What is found in each of some sessions: numbers, when something happened there last, and messages' rows."""
    found: dict[int, list[tuple[int, int, int | None]]] = {session_id: [] for session_id in ids}
    statement = select(SessionRow.id, SessionRow.name, SessionRow.active_at, SessionRow.created_at)
    heads = rows_of(transactions, statement.where(SessionRow.id.in_(ids)))
    active = {head.id: microseconds(head.active_at) for head in heads}
    if options.role in (None, "name"):
        for head in heads:
            if (options.since is None or head.created_at >= options.since) and finder.is_in(head.name):
                found[head.id].append((NAME, active[head.id], None))
    for row in _messages(transactions, matching, ids):
        if row.session_id in active and row.content and finder.is_in(row.content):
            found[row.session_id].append((row.position + 1, active[row.session_id], row.id))
    return found


def _messages(transactions: Transactions, matching: Matching, ids: Sequence[int]) -> Iterator[AnyRow]:
    """The messages of sessions that are meant, in pages: a transaction for each, so that none is open for long."""
    place = (MessageRow.session_id, MessageRow.position)
    statement = select(MessageRow.id, *place, MessageRow.content)
    statement = statement.where(MessageRow.session_id.in_(ids), *matching.said).order_by(*place).limit(_MESSAGES)
    rows = rows_of(transactions, statement)
    while rows:
        yield from rows
        after = tuple_(*place) > tuple_(rows[-1].session_id, rows[-1].position)
        rows = rows_of(transactions, statement.where(after)) if len(rows) == _MESSAGES else []
