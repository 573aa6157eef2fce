"""What a search shows: read from the files themselves, of the sessions in which the index says that it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from hfs.errors import HfsError
from hfs.persistence._folder import DocumentFolder
from hfs.persistence._session_document import to_session
from hfs.persistence.index.excerpts import Finder
from hfs.persistence.index.rows import NAME, identity_number
from hfs.persistence.index.searching import Findings, Found, SearchOptions
from hfs.persistence.models import SearchHit, SearchResult, SessionModel


class HitReader:
    """Reads the messages that were found.

    Args:
        connection: The database.
        folder: The sessions.
        finder: Finds in a text what was looked for.
        options: Where it was looked for.
    """

    def __init__(
        self, connection: sqlite3.Connection, folder: DocumentFolder, finder: Finder, options: SearchOptions
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._finder = finder
        self._options = options
        self.stale: list[int] = []
        """Sessions that are not as the index has them."""

    def result(self, findings: Findings, sessions: Iterable[int], limit: int | None) -> SearchResult:
        """What is shown of what was found.

        Args:
            findings: What was found.
            sessions: The sessions, in order.
            limit: How many places at the most; all, where it is None.
        """
        hits: list[SearchHit] = []
        in_session: dict[int, int] = {}
        total, nowhere = findings.total, 0
        for session_id in sessions:
            left = None if limit is None else limit - len(hits)
            if left == 0:
                break
            found = findings.sessions[session_id]
            known = len(found.numbers)
            session = self._read(session_id)
            if session is not None and not findings.exact:
                self._complete(session, found)
            in_it = [] if session is None else self._hits(session, found)
            if in_it:
                in_session[session_id] = len(found.numbers)
                hits += in_it[:left]
            else:
                nowhere += 1
            if findings.exact:
                total -= known - in_session.get(session_id, 0)
        return SearchResult(hits, total, len(findings.sessions) - nowhere, findings.exact, in_session)

    def _read(self, session_id: int) -> SessionModel | None:
        """A session as its file is, if that is as the index has it."""
        statement = "SELECT identity FROM sessions WHERE id = ?"
        identity = self._connection.execute(statement, (session_id,)).fetchone()
        try:
            snapshot = self._folder.read(session_id)
        except HfsError:
            # Of a damaged file the index has no more than a name that was made up for it.
            present = self._folder.identity(session_id)
            if present is None or identity != (identity_number(present),):
                self.stale.append(session_id)
            return None
        if snapshot is None or identity != (identity_number(snapshot.identity),):
            self.stale.append(session_id)
            return None
        return to_session(session_id, snapshot.document, recovered=snapshot.salvaged)

    def _complete(self, session: SessionModel, found: Found) -> None:
        """Adds what else is in a session: not all that the index has of it was looked at."""
        for number, text in enumerate([session.name, *(message.content for message in session.messages)]):
            if number not in found.numbers and self._is_meant(session, number) and self._finder.is_in(text):
                found.numbers.add(number)

    def _hits(self, session: SessionModel, found: Found) -> list[SearchHit]:
        """What is shown of a session; what it says that is not meant is taken out of what was found."""
        found.numbers = {number for number in found.numbers if self._is_meant(session, number)}
        hits = []
        for number in found.best(self._options.per_session):
            hit = self._hit(session, number)
            if hit is None:
                found.numbers.discard(number)
            else:
                hits.append(hit)
        return hits

    def _is_meant(self, session: SessionModel, number: int) -> bool:
        if number == NAME:
            return self._options.fits_name(session)
        return number <= len(session.messages) and self._options.fits(session.messages[number - 1])

    def _hit(self, session: SessionModel, number: int) -> SearchHit | None:
        message = None if number == NAME else session.messages[number - 1]
        text = session.name if message is None else message.content
        if not self._finder.is_in(text):
            return None
        line, marks = self._finder.excerpt(text)
        return SearchHit(
            session_id=session.id,
            name=session.name,
            message_id=None if message is None else message.id,
            role="" if message is None else message.role,
            line=line,
            marks=marks,
            created_at=session.created_at if message is None else message.created_at,
            session_created_at=session.created_at,
            hidden=None if message is None else message.hidden,
        )
