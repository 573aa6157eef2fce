"""What the picker lists: the sessions used last, those called so, and the messages that hold the words. No UI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from hfs.persistence import ListQuery, SearchHit, SessionFilter, SessionRepository, SessionSummary

MOST: Final = 300
"""How many lines are listed at once; how many more there are is said."""
_NAMES: Final = 100
"""How many of them are names, where words are looked for."""
_FEW: Final = 20
"""Where fewer names than these hold the words, those that hold their letters are listed too."""
_CANDIDATES: Final = 1000
"""How many names are looked at closely, the last used first."""
_LOOSEST: Final = 4
"""How many times as long as the letters the part of a name may be in which they stand."""


@dataclass(frozen=True, slots=True)
class Row:
    """A session, or a message of it."""

    summary: SessionSummary
    hit: SearchHit | None = None


@dataclass(slots=True)
class Listing:
    """What is listed, and how much isn't."""

    rows: list[Row] = field(default_factory=list)
    fitting: int = 0
    """How many lines there would be without a limit."""
    is_exact: bool = True
    """Whether there are no more than that."""
    archived: int = 0
    """How many sessions are left out because they are archived."""
    total: int = 0
    """How many sessions there are."""

    def __add__(self, other: Listing) -> Listing:
        return Listing(
            [*self.rows, *other.rows],
            self.fitting + other.fitting,
            self.is_exact and other.is_exact,
            max(self.archived, other.archived),
            max(self.total, other.total),
        )


class SessionFinder:
    """Finds sessions for a list.

    Args:
        repo: The sessions.
    """

    def __init__(self, repo: SessionRepository) -> None:
        self._repo = repo

    async def newest(self, *, archived: bool) -> Listing:
        """The pinned ones, then those used last.

        Args:
            archived: Whether archived ones are listed too.

        Raises:
            StoreError: They can't be read.
        """
        return await self._list(_filter(archived), MOST)

    async def named(self, words: str, *, archived: bool) -> Listing:
        """The session with that number, then those with the words in their names, then those with the letters.

        Raises:
            StoreError: They can't be read.
        """
        found = await self._list(_filter(archived, name=words), _NAMES)
        if len(found.rows) < _FEW:
            found.rows += await self._spelled(words, archived, {row.summary.id for row in found.rows})
        number = words.strip()
        if number.isascii() and number.isdigit() and len(number) < 19:
            one = await self._list(_filter(True, ids=(int(number),)), 1)
            found.rows = [*one.rows, *(row for row in found.rows if row.summary.id != int(number))]
        found.fitting = max(found.fitting, len(found.rows))
        return found

    async def _list(self, wanted: SessionFilter, limit: int) -> Listing:
        page = await self._repo.list_sessions(ListQuery(wanted, "updated", limit, pinned_first=True))
        return Listing([Row(one) for one in page.sessions], page.matching, True, page.archived, page.total)

    async def _spelled(self, words: str, archived: bool, listed: set[int]) -> list[Row]:
        letters = "".join(words.split())
        wanted = _filter(archived, letters=letters)
        page = await self._repo.list_sessions(ListQuery(wanted, "updated", _CANDIDATES))
        close = []
        for at, summary in enumerate(page.sessions):
            places = [] if summary.id in listed else spelled(letters, summary.name)
            if places and places[-1] - places[0] < _LOOSEST * len(letters):
                close.append((places[-1] - places[0], at, Row(summary)))
        return [row for _, _, row in sorted(close, key=lambda found: found[:2])[: _FEW - len(listed)]]

    async def said(self, words: str, *, archived: bool) -> Listing:
        """The messages with the words in them, the best first.

        Raises:
            HfsError: There is nothing to look for, or they can't be read.
        """
        most = MOST - _NAMES
        hits = [hit for hit in await self._repo.search(words, most + 1) if hit.message_id is not None]
        ids = tuple({hit.session_id for hit in hits})
        page = await self._repo.list_sessions(ListQuery(_filter(archived, ids=ids), limit=len(ids) or 1))
        known = {summary.id: summary for summary in page.sessions}
        rows = [Row(known[hit.session_id], hit) for hit in hits if hit.session_id in known]
        return Listing(rows[:most], len(rows), len(rows) <= most, 0, page.total)


def _filter(
    archived: bool, *, name: str | None = None, letters: str | None = None, ids: Sequence[int] | None = None
) -> SessionFilter:
    return SessionFilter(archived=None if archived else False, name=name, letters=letters, ids=ids)


def spelled(letters: str, text: str) -> list[int]:
    """Where letters stand in a text, in their order and close together; nothing where they don't.

    Args:
        letters: Letters without spaces.
        text: The text.
    """
    wanted, folded = _lowered(letters), _lowered(text)
    at = -1
    for letter in wanted:
        at = folded.find(letter, at + 1)
        if at < 0:
            return []
    places = []
    for letter in reversed(wanted):
        at = folded.rfind(letter, 0, at + 1)
        places.append(at)
        at -= 1
    return places[::-1]


def _lowered(text: str) -> str:
    """The text in small letters, each at its place: some have none of one character."""
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)
