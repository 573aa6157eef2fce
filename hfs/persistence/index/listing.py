"""Which sessions a list shows, in which order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final, Literal

import orjson

from hfs.persistence.index.rows import HIGHEST, SUMMARY, microseconds, storable, to_summary
from hfs.persistence.models import NAME_LIMIT, SessionSummary, trimmed_tag

_LIKE: Final = "name LIKE ? ESCAPE '\\'"
_BEYOND: Final = "length(name) <> length(CAST(name AS BLOB))"
"""A name that isn't plain ASCII."""
_LONGEST: Final = 4 * NAME_LIMIT
"""More letters than a name has, its case folded: what is longer is in none of them."""
_MOST_WORDS: Final = 200
"""How many words of a name are asked for: of more the database takes no question."""
Sort = Literal["created", "updated", "name", "messages"]
"""The order of a list: when sessions were begun, when something happened in them last, their names, their lengths."""
SORTS: Final[tuple[Sort, ...]] = ("created", "updated", "name", "messages")
"""Every ``Sort``."""
_ORDER: Final = {
    "created": "created DESC, id DESC",
    "updated": "active DESC, id DESC",
    "name": "name COLLATE NOCASE, id",
    "messages": "messages DESC, id DESC",
}


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions are meant. What is None doesn't matter. Moments are aware.

    Example:
        >>> from datetime import UTC, datetime, timedelta
        >>> from hfs.persistence import ListQuery, SessionFilter, open_store
        >>> with open_store("chats") as store:
        ...     bread, soup = store.create("Bread"), store.create("Soup of leeks")
        ...     wanted = SessionFilter(name="leek", since=datetime.now(UTC) - timedelta(days=7), archived=False)
        ...     page = store.list_sessions(ListQuery(wanted))
        >>> [session.name for session in page.sessions]
        ['Soup of leeks']
    """

    since: datetime | None = None
    """Something happened in it at that moment or later."""
    until: datetime | None = None
    """It was begun before that moment."""
    idle_since: datetime | None = None
    """Nothing happened in it at that moment or later."""
    model: str | None = None
    """A model that spoke in it, with or without its provider."""
    tag: str | None = None
    """A tag it has, in any case."""
    pinned: bool | None = None
    """It stands at the top of lists, or it doesn't."""
    archived: bool | None = None
    """It is put away, or it isn't."""
    damaged: bool | None = None
    """Its file can't be read as a whole."""
    name: str | None = None
    """Words that its name holds, also as parts of others, in any order, in any case, with or without accents."""
    letters: str | None = None
    """Letters that its name holds in this order, with others between them; only ASCII tells names apart."""
    ids: Sequence[int] | None = None
    """Only these."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list shows.

    Raises:
        ValueError: There is no such order.

    Example:
        >>> from hfs.persistence import ListQuery, open_store
        >>> with open_store("chats") as store:
        ...     soup, bread = store.create("Soup"), store.create("Bread")
        ...     pinned = store.pin(soup.id)
        ...     page = store.list_sessions(ListQuery(sort="name", pinned_first=True))
        >>> [session.name for session in page.sessions]
        ['Soup', 'Bread']
    """

    filter: SessionFilter = SessionFilter()
    """Which sessions."""
    sort: Sort = "created"
    """``created`` and ``updated``: the latest first. ``messages``: the longest first. ``name``: from A to Z."""
    limit: int | None = 20
    """How many at the most; all, where it is None."""
    pinned_first: bool = False
    """Whether pinned ones stand above all others."""
    thorough: bool = False
    """Whether every file is looked at first, whenever that was done last: among very many sessions, one whose file was
    changed in place may else be passed over by a filter for less than a minute."""

    def __post_init__(self) -> None:
        if self.sort not in SORTS:
            raise ValueError(f"There is no order {self.sort!r}: expected one of {', '.join(SORTS)}.")


@dataclass(frozen=True, slots=True)
class SessionPage:
    """What a list shows, and what it doesn't.

    Example:
        >>> from hfs.persistence import ListQuery, SessionFilter, open_store
        >>> with open_store("chats") as store:
        ...     for name in ("Bread", "Breakfast", "Soup"):
        ...         session = store.create(name)
        ...     page = store.list_sessions(ListQuery(SessionFilter(name="brea"), limit=1))
        >>> len(page.sessions), page.matching, page.total
        (1, 2, 3)
    """

    sessions: list[SessionSummary]
    """What is shown, in order."""
    matching: int
    """How many sessions fit the filter."""
    total: int
    """How many there are."""
    archived: int
    """How many more would fit if archived ones were not left out; 0 where they are not."""


def rows(connection: sqlite3.Connection, query: ListQuery) -> tuple[list[SessionSummary], dict[int, int]]:
    """The sessions of a list, and the number of the identity that each of them was read from.

    Raises:
        sqlite3.DatabaseError: A row isn't what was written.
    """
    sessions: list[SessionSummary] = []
    identities: dict[int, int] = {}
    for wanted in _in_turn(query):
        where, values = condition(wanted)
        statement = f"SELECT {SUMMARY} FROM sessions WHERE {where} ORDER BY {_ORDER[query.sort]} LIMIT ?"
        left = -1 if query.limit is None else min(query.limit - len(sessions), HIGHEST)
        for row in connection.execute(statement, (*values, left)):
            summary = to_summary(row)
            if summary is None:
                raise sqlite3.DatabaseError("a row is not as it was written")
            sessions.append(summary)
            identities[summary.id] = row[-1]
    return sessions, identities


def _in_turn(query: ListQuery) -> list[SessionFilter]:
    """The parts of a list, one below the other: two that are in order each are quicker than one that must be sorted."""
    if not query.pinned_first or query.filter.pinned is not None:
        return [query.filter]
    return [replace(query.filter, pinned=pinned) for pinned in (True, False)]


def page(connection: sqlite3.Connection, wanted: SessionFilter, sessions: list[SessionSummary]) -> SessionPage:
    """A list with how many sessions it doesn't show."""
    # Few are archived, and these are found without a look at each row.
    anyhow = replace(wanted, archived=None)
    either = _count(connection, anyhow)
    archived = 0 if wanted.archived is None else _count(connection, replace(wanted, archived=True))
    matching = archived if wanted.archived else either - archived
    total = either if anyhow == SessionFilter() else _count(connection, SessionFilter())
    return SessionPage(sessions, matching, total, archived if wanted.archived is False else 0)


def _count(connection: sqlite3.Connection, wanted: SessionFilter) -> int:
    where, values = condition(wanted)
    return int(connection.execute(f"SELECT count(*) FROM sessions WHERE {where}", values).fetchone()[0])


def count_tags(connection: sqlite3.Connection) -> dict[str, int]:
    """Every tag as it is spelled most often, and how many sessions have it in any case; the most used first."""
    statement = "SELECT tags, count(*) FROM sessions WHERE tags <> '[]' GROUP BY tags"
    return add_tags((_loaded(found), count) for found, count in connection.execute(statement))


def add_tags(tagged: Iterable[tuple[Sequence[str], int]]) -> dict[str, int]:
    """Every tag as it is spelled most often, and how many sessions have it in any case; the most used first.

    Args:
        tagged: The tags of sessions, and how many have just these.
    """
    spellings: dict[str, dict[str, int]] = {}
    sessions: dict[str, int] = {}
    for tags, count in tagged:
        by_case: dict[str, str] = {}
        for tag in tags:
            by_case.setdefault(tag.casefold(), tag)
        for folded, tag in by_case.items():
            counts = spellings.setdefault(folded, {})
            counts[tag] = counts.get(tag, 0) + count
            sessions[folded] = sessions.get(folded, 0) + count
    order = sorted(sessions, key=lambda folded: (-sessions[folded], folded))
    return {max(spellings[folded], key=lambda tag: (spellings[folded][tag], tag)): sessions[folded] for folded in order}


def _loaded(tags: str) -> list[str]:
    try:
        found = orjson.loads(tags)
    except orjson.JSONDecodeError as error:
        raise sqlite3.DatabaseError("a row is not as it was written") from error
    return [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []


def condition(wanted: SessionFilter) -> tuple[str, tuple[Any, ...]]:
    """The filter as a condition on rows, and its values."""
    parts: list[tuple[str, tuple[Any, ...]]] = []
    if wanted.since is not None:
        parts.append(("active >= ?", (microseconds(wanted.since),)))
    if wanted.until is not None:
        parts.append(("created < ?", (microseconds(wanted.until),)))
    if wanted.idle_since is not None:
        parts.append(("active < ?", (microseconds(wanted.idle_since),)))
    if wanted.model is not None:
        quoted = _quoted(wanted.model)
        begins = (f"[{quoted}", f",{quoted}", f"/{quoted[1:]}")
        parts.append(("(instr(models, ?) OR instr(models, ?) OR instr(models, ?))", begins))
    if wanted.tag is not None:
        quoted = _quoted(trimmed_tag(wanted.tag).casefold())
        # Its quote must be that of a tag, and not one within another.
        tagged = "(tags <> '[]' AND (instr(casefold(tags), ?) OR instr(casefold(tags), ?)))"
        parts.append((tagged, (f"[{quoted}", f",{quoted}")))
    # Spelled out, and not as values: only so are the indexes of pinned and archived ones used.
    if wanted.pinned is not None:
        parts.append((f"pinned = {int(wanted.pinned)}", ()))
    if wanted.archived is not None:
        parts.append((f"archived = {int(wanted.archived)}", ()))
    if wanted.damaged is not None:
        parts.append((f"problem IS {'NOT ' if wanted.damaged else ''}NULL", ()))
    if wanted.name is not None:
        parts += [_holding(word) for word in islice(dict.fromkeys(wanted.name.split()), _MOST_WORDS)]
    if wanted.letters is not None:
        parts.append((_LIKE, (f"%{'%'.join(map(_literal, wanted.letters[:_LONGEST]))}%",)))
    if wanted.ids is not None:
        # As one value: there may be more of them than a statement can have values.
        ids = [one for one in wanted.ids if 0 < one <= HIGHEST]
        parts.append(("id IN (SELECT value FROM json_each(?))", (orjson.dumps(ids).decode(),)))
    return " AND ".join(part for part, _ in parts) or "1", tuple(value for _, values in parts for value in values)


def may_be_called(part: str) -> tuple[str, tuple[Any, ...]]:
    """As a condition and its values: every session that has that in its name, or begins its uid with it, and others.

    Args:
        part: The part, with its case folded.
    """
    if not part.isascii():
        return _BEYOND, ()
    pattern = "".join(map(_literal, part[:_LONGEST]))
    return f"{_LIKE} OR {_BEYOND} OR uid LIKE ? ESCAPE '\\'", (f"%{pattern}%", f"{pattern}%")


def _holding(word: str) -> tuple[str, tuple[Any, ...]]:
    """A name that holds a word. Only what isn't ASCII needs folding, which takes ten times as long."""
    from hfs.persistence.index.text import fold

    folded = fold(word).strip()
    beyond = f"{_BEYOND} AND instr(folded(name), ?)"
    if folded.isascii():
        return f"({_LIKE} OR {beyond})", (f"%{''.join(map(_literal, folded[:_LONGEST]))}%", folded)
    return f"({beyond})", (folded,)


def _quoted(text: str) -> str:
    """A text as it stands in a list of the database."""
    return orjson.dumps(storable(text)).decode()


def _literal(letter: str) -> str:
    """A letter in a pattern; one whose case SQLite can't fold stands for any."""
    if not letter.isascii():
        return "_"
    return f"\\{letter}" if letter in "%_\\" else letter
