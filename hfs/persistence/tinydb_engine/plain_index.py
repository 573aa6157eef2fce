"""Lists and searches answered by looking at every session, where so few are kept that no index is needed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from hfs.persistence._format import Document
from hfs.persistence.index.listing import ListQuery, SessionFilter, SessionPage, Sort, add_tags
from hfs.persistence.index.rows import NAME, Row, from_microseconds, row_outside_files
from hfs.persistence.models import SearchResult, SessionModel, SessionSummary, trimmed_tag
from hfs.persistence.session_document.models import to_session

if TYPE_CHECKING:
    from hfs.persistence.index.excerpts import Finder
    from hfs.persistence.index.searching import Findings, SearchOptions
    from hfs.persistence.index.statistics import Statistics

Everything = Callable[[], Iterable[tuple[int, Document]]]
"""Gives every session: its id, and its document."""


class PlainIndex:
    """What lists and searches are answered from.

    Args:
        sessions: Gives every session as it is now.
    """

    def __init__(self, sessions: Everything) -> None:
        self._sessions = sessions

    def _rows(self, wanted: SessionFilter) -> list[Row]:
        """The sessions that fit a filter."""
        rows = (row_outside_files(doc_id, document) for doc_id, document in self._sessions())
        return [row for row in rows if _fits(row, wanted)]

    def page(self, query: ListQuery) -> SessionPage:
        """The sessions that a list shows, and how many it doesn't."""
        wanted = query.filter
        hidden = self._rows(replace(wanted, archived=True)) if wanted.archived is False else []
        return SessionPage(self.sessions(query), len(self._rows(wanted)), self.count(), len(hidden))

    def recent(self, limit: int | None) -> list[SessionSummary]:
        """Summaries, newest first; all, where the limit is None."""
        return self.sessions(ListQuery(limit=limit))

    def sessions(self, query: ListQuery) -> list[SessionSummary]:
        """The sessions that a list shows."""
        rows = sorted(self._rows(query.filter), key=lambda row: _rank(row, query.sort))
        if query.pinned_first:
            rows.sort(key=lambda row: not row.pinned)
        return [row.summary() for row in rows[: query.limit]]

    def last_active(self) -> int | None:
        """The session in which something happened last."""
        sessions = self.sessions(ListQuery(sort="updated", limit=1))
        return sessions[0].id if sessions else None

    def called(self, part: str) -> list[tuple[int, str, str]]:
        """The id, name and uid of sessions, newest first, that have that in their name or begin their uid with it.

        Args:
            part: The part, with its case folded.
        """
        return [
            (summary.id, summary.name, summary.uid)
            for summary in self.recent(None)
            if part in summary.name.casefold() or summary.uid.startswith(part)
        ]

    def uids(self) -> dict[str, int]:
        """The session of each uid."""
        return {row.uid: row.id for row in self._rows(SessionFilter())}

    def tags(self) -> dict[str, int]:
        """Every tag and how many sessions have it, the most used first."""
        return add_tags((row.tags, 1) for row in self._rows(SessionFilter()))

    def count(self) -> int:
        """How many sessions there are."""
        return sum(1 for _ in self._sessions())

    def statistics(self, wanted: SessionFilter) -> Statistics:
        """What the sessions that fit a filter say together. Its time is that of what was said."""
        from hfs.persistence.index.statistics import ActivityCounter

        counter = ActivityCounter(wanted)
        for row in self._rows(replace(wanted, since=None, until=None)):
            activity = [[*key, *counts] for key, counts in row.activity.items()]
            counter.add(row.created, orjson.dumps(activity).decode())
        return counter.result()

    def search(self, words: str, limit: int | None, options: SearchOptions) -> SearchResult:
        """What a search shows, see ``SessionStore.search``.

        Raises:
            BadQueryError: This is nothing that can be looked for.
        """
        from hfs.persistence.index.hits import HitReader
        from hfs.persistence.index.searching import finders_of, order

        most = None if limit is None else min(limit, sys.maxsize)
        finders = finders_of(words, options)
        since = max(filter(None, (options.since, options.sessions.since)), default=None)
        rows = self._rows(replace(options.sessions, since=since))
        active = {row.id: _active(row) for row in rows if options.session_id in (None, row.id)}
        sessions = {number: to_session(number, document) for number, document in self._sessions() if number in active}
        newest = [sessions[number] for number in sorted(sessions, key=lambda one: (active[one], one), reverse=True)]
        for finder in finders:
            findings = _look(newest, finder, options, most if options.regex else None)
            shown = list(findings.sessions)
            if not options.regex:
                shown = order(findings, {number: active[number] for number in shown})
            result = HitReader(sessions.get, finder, options).result(findings, shown, most)
            if result.hits:
                break
        result.as_prefixes = bool(result.hits) and finder is not finders[0]
        return result


def _look(sessions: Iterable[SessionModel], finder: Finder, options: SearchOptions, most: int | None) -> Findings:
    """What is in sessions; once so many places are shown no further one is looked at."""
    from hfs.persistence.index.searching import Findings

    findings = Findings()
    shown = 0
    for session in sessions:
        if most is not None and shown >= most:
            findings.exact = False
            break
        texts = {NAME: session.name} if options.fits_name(session) else {}
        texts |= {at: message.content for at, message in enumerate(session.messages, 1) if options.fits(message)}
        for number, text in texts.items():
            if text and finder.is_in(text):
                findings.add(session.id, number, close=finder.is_close_in(text))
                findings.total += 1
        if session.id in findings.sessions:
            shown += len(findings.sessions[session.id].best(options.per_session))
    return findings


def _active(row: Row) -> int:
    return max(row.created, row.updated or row.created)


def _plain(name: str) -> str:
    """A name as it is sorted: only the case of ASCII is none."""
    return "".join([letter.lower() if letter.isascii() else letter for letter in name])


def _rank(row: Row, sort: Sort) -> tuple[Any, ...]:
    if sort == "name":
        return _plain(row.name), row.id
    number = {"created": row.created, "updated": _active(row), "messages": row.messages}[sort]
    return -number, -row.id


def _fits(row: Row, wanted: SessionFilter) -> bool:
    active, created = from_microseconds(_active(row)), from_microseconds(row.created)
    return (
        (wanted.since is None or active >= wanted.since)
        and (wanted.until is None or created < wanted.until)
        and (wanted.idle_since is None or active < wanted.idle_since)
        and (wanted.model is None or any(f"/{model}".endswith(f"/{wanted.model}") for model in row.models))
        and (wanted.tag is None or trimmed_tag(wanted.tag).casefold() in map(str.casefold, row.tags))
        and wanted.pinned in (None, row.pinned)
        and wanted.archived in (None, row.archived)
        and not wanted.damaged
        and (wanted.name is None or _holds(row.name, wanted.name))
        and (wanted.letters is None or _holds_letters(row.name, wanted.letters))
        and (wanted.ids is None or row.id in wanted.ids)
    )


def _holds(name: str, words: str) -> bool:
    from hfs.persistence.index.text import fold

    folded = fold(name)
    return all(fold(word).strip() in folded for word in words.split())


def _holds_letters(name: str, letters: str) -> bool:
    plain, at = _plain(name), 0
    for letter in letters:
        # Every letter beyond ASCII stands for any.
        found = plain.find(letter.lower(), at) if letter.isascii() else at
        if found < 0 or found >= len(plain):
            return False
        at = found + 1
    return True
