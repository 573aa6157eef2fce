"""What the picker lists: the sessions used last, those called so, and the messages that hold the words. No UI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from hfs.display import counted
from hfs.persistence import ListQuery, SearchHit, SearchOptions, SessionFilter, SessionRepository, SessionSummary

MOST: Final = 200
"""How many lines are listed at once; how many more there are is said."""
_NAMES: Final = 80
"""How many of them are names, where words are looked for."""
_OF_ONE: Final = 3
"""How many messages of one session are listed at the most."""
_SPELLED: Final = 20
"""How many names are listed that hold the letters only, where none holds the words."""
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

    def counts(self, *, looked_for: bool) -> str:
        """How much is listed, and how much isn't, in words.

        Args:
            looked_for: Whether words were looked for.
        """
        if not looked_for:
            text = counted(self.fitting, "session")
        elif self.fitting:
            text = f"{self.fitting:,} fit" if self.is_exact else f"more than {self.fitting:,} fit"
        else:
            text = "nothing fits"
        more = f", {len(self.rows)} listed" if len(self.rows) < self.fitting else ""
        archived = f"; {self.archived:,} archived: Ctrl+A" if self.archived else ""
        return f"{text}{more}{archived}"

    def __add__(self, other: Listing) -> Listing:
        return Listing(
            [*self.rows, *other.rows],
            self.fitting + other.fitting,
            self.is_exact and other.is_exact,
            self.archived + other.archived,
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
        """The session with that number, then those with the words in their names, or else those with the letters.

        Raises:
            StoreError: They can't be read.
        """
        found = await self._list(_filter(archived, name=words), _NAMES)
        found.rows.sort(key=lambda row: (not row.summary.pinned, not _begins_word(words, row.summary.name)))
        if not found.rows:
            found.rows = await self._spelled(words, archived)
        number = words.strip()
        if number.isascii() and number.isdigit() and len(number) < 19:
            one = await self._list(_filter(True, ids=(int(number),)), 1)
            found.rows = [*one.rows, *(row for row in found.rows if row.summary.id != int(number))]
        found.fitting = max(found.fitting, len(found.rows))
        return found

    async def _list(self, wanted: SessionFilter, limit: int) -> Listing:
        page = await self._repo.list_sessions(ListQuery(wanted, "updated", limit, pinned_first=True))
        return Listing([Row(one) for one in page.sessions], page.matching, True, page.archived)

    async def _spelled(self, words: str, archived: bool) -> list[Row]:
        letters = "".join(words.split())
        wanted = _filter(archived, letters=letters)
        page = await self._repo.list_sessions(ListQuery(wanted, "updated", _CANDIDATES))
        close = []
        for at, summary in enumerate(page.sessions):
            places = spelled(letters, summary.name)
            if places and places[-1] - places[0] < _LOOSEST * len(letters):
                close.append((places[-1] - places[0], at, Row(summary)))
        return [row for _, _, row in sorted(close, key=lambda found: found[:2])[:_SPELLED]]

    async def said(self, words: str, *, archived: bool) -> Listing:
        """The messages with the words in them, the best first.

        Raises:
            BadQueryError: There is no word to look for.
            StoreError: They can't be read.
        """
        # Archived ones are left out afterwards: to look in some sessions only takes longer than to look in all.
        options = SearchOptions(per_session=_OF_ONE, as_typed=True)
        found = await self._repo.search(words, MOST - _NAMES, options)
        hits = [hit for hit in found.hits if hit.message_id is not None]
        ids = tuple({hit.session_id for hit in hits})
        page = await self._repo.list_sessions(ListQuery(_filter(True, ids=ids), limit=len(ids) or 1))
        known = {summary.id: summary for summary in page.sessions}
        hidden = set() if archived else {summary.id for summary in page.sessions if summary.archived}
        rows = [Row(known[hit.session_id], hit) for hit in hits if hit.session_id in known.keys() - hidden]
        left_out = len(found.hits) - len(hits) + sum(found.in_session.get(number, 0) for number in hidden)
        only_said = len(hidden) - await self._count_named(words, hidden)
        return Listing(rows, max(found.total - left_out, len(rows)), found.exact, only_said)

    async def _count_named(self, words: str, ids: set[int]) -> int:
        """How many of these sessions have the words in their names too."""
        if not ids:
            return 0
        wanted = SessionFilter(name=words, ids=tuple(ids))
        return (await self._repo.list_sessions(ListQuery(wanted, limit=1))).matching


def _filter(
    archived: bool, *, name: str | None = None, letters: str | None = None, ids: Sequence[int] | None = None
) -> SessionFilter:
    return SessionFilter(archived=None if archived else False, name=name, letters=letters, ids=ids)


def _begins_word(words: str, name: str) -> bool:
    """Whether some word of a name begins as the first of the words does."""
    return f" {_lowered(name)}".find(f" {_lowered(words).split()[0]}") >= 0


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
