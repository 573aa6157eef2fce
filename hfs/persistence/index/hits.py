"""What a search shows: read from the sessions themselves, of those in which it was found."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hfs.persistence.index.excerpts import Finder
from hfs.persistence.index.rows import NAME
from hfs.persistence.index.searching import Findings, Found, SearchOptions
from hfs.persistence.models import MessageModel, SearchHit, SearchResult, SessionModel, SessionSummary

Show = Callable[[int, Found, int | None], list[SearchHit]]
"""The places of a session that are shown, given what was found in it and how many there is room for. What turns out to
be none is taken out of what was found, and what else is in the session added."""


def gather(findings: Findings, sessions: Iterable[int], limit: int | None, show: Show) -> SearchResult:
    """What is shown of what was found.

    Args:
        findings: What was found.
        sessions: The sessions, in order.
        limit: How many places at the most; all, where it is None.
        show: Reads those of one session.
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
        in_it = show(session_id, found, left)
        if in_it:
            in_session[session_id] = len(found.numbers)
            hits += in_it[:left]
        else:
            nowhere += 1
        if findings.exact:
            total -= known - in_session.get(session_id, 0)
    return SearchResult(hits, total, len(findings.sessions) - nowhere, findings.exact, in_session)


def hit_of(finder: Finder, session: SessionModel | SessionSummary, message: MessageModel | None) -> SearchHit | None:
    """A place as it is shown; None where what was looked for isn't in it.

    Args:
        finder: Finds it.
        session: The session.
        message: The message; None for the session's name.
    """
    text = session.name if message is None else message.content
    if not finder.is_in(text):
        return None
    line, marks = finder.excerpt(text)
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


class HitReader:
    """Reads the messages that were found, from whole sessions.

    Args:
        read: Gives a session; None where there is none any more.
        finder: Finds in a text what was looked for.
        options: Where it was looked for.
    """

    def __init__(self, read: Callable[[int], SessionModel | None], finder: Finder, options: SearchOptions) -> None:
        self._read = read
        self._finder = finder
        self._options = options

    def result(self, findings: Findings, sessions: Iterable[int], limit: int | None) -> SearchResult:
        """What is shown of what was found.

        Args:
            findings: What was found.
            sessions: The sessions, in order.
            limit: How many places at the most; all, where it is None.
        """

        def show(session_id: int, found: Found, left: int | None) -> list[SearchHit]:
            session = self._read(session_id)
            if session is None:
                return []
            if not findings.exact:
                self._complete(session, found)
            return self._hits(session, found)

        return gather(findings, sessions, limit, show)

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
            hit = hit_of(self._finder, session, None if number == NAME else session.messages[number - 1])
            if hit is None:
                found.numbers.discard(number)
            else:
                hits.append(hit)
        return hits

    def _is_meant(self, session: SessionModel, number: int) -> bool:
        if number == NAME:
            return self._options.fits_name(session)
        return number <= len(session.messages) and self._options.fits(session.messages[number - 1])
