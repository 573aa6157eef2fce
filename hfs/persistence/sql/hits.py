"""What a search shows, read from a database: of each session only the messages that are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from hfs.persistence.index.excerpts import Finder
from hfs.persistence.index.hits import hit_of
from hfs.persistence.index.rows import NAME
from hfs.persistence.index.searching import Findings, Found, SearchOptions
from hfs.persistence.models import MessageModel, SearchHit, SessionSummary
from hfs.persistence.session_document.models import to_message
from hfs.persistence.sql.mapping import item_from
from hfs.persistence.sql.rows import MessageRow, SessionRow
from hfs.persistence.sql.transactions import Transactions

_AT_ONCE: Final = 100
"""So many messages are read at once."""
_MESSAGE: Final = tuple(
    getattr(MessageRow, name)
    for name in ("id", "session_id", "number", "role", "content", "created_at", "model", "status", "extra", "exact")
)
_SESSION: Final = (SessionRow.id, SessionRow.uid, SessionRow.name, SessionRow.created_at)


@dataclass(slots=True)
class Places:
    """What was found, and the rows in which it was."""

    findings: Findings = field(default_factory=Findings)
    active: dict[int, int] = field(default_factory=dict)
    """When something happened last in each session, in microseconds since 1970."""
    rows: dict[tuple[int, int], int] = field(default_factory=dict)
    """The message's row of a session and a number in it."""

    def add(self, session: int, number: int, active: int, row: int | None = None, *, close: bool = False) -> None:
        """Adds a place.

        Args:
            session: The session.
            number: The message, counted from 1; 0 is the name.
            active: When something happened in the session last, in microseconds since 1970.
            row: The message's row; None for a name.
            close: Whether the words stand side by side.
        """
        self.findings.add(session, number, close=close)
        self.active[session] = active
        if row is not None:
            self.rows[session, number] = row


Complete = Callable[[Places, Sequence[int]], None]
"""Adds everything that is in some sessions."""


class HitLoader:
    """Reads the messages that are shown, those of several sessions at once.

    Args:
        transactions: The database.
        finder: Finds in a text what was looked for.
        options: Where it was looked for.
        places: What was found.
        sessions: The sessions, in order.
        complete: Adds what else is in sessions, where not all that they have was looked at; None where all was.
    """

    def __init__(
        self,
        transactions: Transactions,
        finder: Finder,
        options: SearchOptions,
        places: Places,
        sessions: list[int],
        complete: Complete | None = None,
    ) -> None:
        self.sessions = sessions
        self._transactions = transactions
        self._finder = finder
        self._options = options
        self._places = places
        self._complete = complete if not places.findings.exact else None
        self._turn = {session: at for at, session in enumerate(sessions)}
        self._heads: dict[int, SessionSummary | None] = {}
        self._messages: dict[int, MessageModel] = {}

    def show(self, session_id: int, found: Found, left: int | None) -> list[SearchHit]:
        """The places of a session that are shown.

        Args:
            session_id: The session.
            found: What was found in it. What is not there any more is taken out.
            left: How many there is room for; all, where it is None.
        """
        if session_id not in self._heads:
            self._read_ahead(session_id, left)
        session = self._heads.pop(session_id)
        if session is None:
            return []
        hits = []
        for number, message in self._shown(session_id, found.best(self._options.per_session)[:left]):
            hit = None if number != NAME and message is None else hit_of(self._finder, session, message)
            if hit is None:
                found.numbers.discard(number)
            else:
                hits.append(hit)
        return hits

    def _shown(self, session_id: int, numbers: Sequence[int]) -> Iterator[tuple[int, MessageModel | None]]:
        """Numbers with their messages; None for the name, and for what is gone."""
        for at in range(0, len(numbers), _AT_ONCE):
            some = numbers[at : at + _AT_ONCE]
            keys = {number: self._places.rows.get((session_id, number), 0) for number in some}
            self._read([key for key in keys.values() if key and key not in self._messages])
            for number, key in keys.items():
                yield number, self._messages.pop(key, None)

    def _read_ahead(self, session_id: int, left: int | None) -> None:
        """Reads what is shown of a session, and of those that come after it as far as there is room."""
        ahead: list[int] = []
        room = _AT_ONCE if left is None else min(left, _AT_ONCE)
        for session in self.sessions[self._turn[session_id] :]:
            if room <= 0:
                break
            ahead.append(session)
            room -= len(self._places.findings.sessions[session].best(self._options.per_session))
        statement = select(*_SESSION).where(SessionRow.id.in_(ahead), SessionRow.deleted_at.is_(None))
        rows = self._transactions.read(lambda session: list(session.execute(statement)))
        heads = {row.id: SessionSummary(row.id, row.uid, row.name, row.created_at, None, 0) for row in rows}
        self._heads |= {session: heads.get(session) for session in ahead}
        if self._complete is not None:
            self._complete(self._places, ahead)
            self._add_names(head for head in heads.values())
        self._read(self._first_rows(ahead))

    def _add_names(self, heads: Iterable[SessionSummary]) -> None:
        options = self._options
        for head in heads:
            is_meant = options.role in (None, "name") and (options.since is None or head.created_at >= options.since)
            if is_meant and self._finder.is_in(head.name):
                self._places.findings.add(head.id, NAME)

    def _first_rows(self, sessions: Sequence[int]) -> list[int]:
        """The rows of what is shown of sessions, but no more than are read at once."""
        rows = [
            self._places.rows.get((session, number), 0)
            for session in sessions
            for number in self._places.findings.sessions[session].best(self._options.per_session)[:_AT_ONCE]
        ]
        return [row for row in rows if row][:_AT_ONCE]

    def _read(self, keys: Sequence[int]) -> None:
        if not keys:
            return

        def work(session: Session) -> list[MessageRow]:
            rows = session.execute(select(*_MESSAGE).where(MessageRow.id.in_(keys)))
            return [MessageRow(**row._asdict()) for row in rows]

        for row in self._transactions.read(work):
            message = to_message(row.session_id, item_from(row))
            # What these are where the document doesn't say it depends on the messages before.
            self._messages[row.id] = replace(message, id=row.number, created_at=row.created_at)
