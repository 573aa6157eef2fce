"""Which sessions a list shows, in which order."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import orjson

from hfs.persistence.index.rows import SUMMARY, microseconds, to_summary
from hfs.persistence.models import SessionSummary

Sort = Literal["created", "updated", "name", "messages"]
SORTS: Final[tuple[Sort, ...]] = ("created", "updated", "name", "messages")
_ORDER: Final = {
    "created": "created DESC, id DESC",
    "updated": "active DESC, id DESC",
    "name": "name COLLATE NOCASE, id",
    "messages": "messages DESC, id DESC",
}


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions are meant. What is None doesn't matter."""

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
    archived: bool | None = None


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list shows."""

    filter: SessionFilter = SessionFilter()
    sort: Sort = "created"
    limit: int | None = 20
    """How many at the most; all, where it is None."""
    pinned_first: bool = False


@dataclass(frozen=True, slots=True)
class SessionPage:
    """What a list shows, and what it doesn't."""

    sessions: list[SessionSummary]
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
    where, values = condition(query.filter)
    order = ("pinned DESC, " if query.pinned_first else "") + _ORDER[query.sort]
    statement = f"SELECT {SUMMARY} FROM sessions WHERE {where} ORDER BY {order} LIMIT ?"
    sessions, identities = [], {}
    for row in connection.execute(statement, (*values, -1 if query.limit is None else query.limit)):
        summary = to_summary(row)
        if summary is None:
            raise sqlite3.DatabaseError("a row is not as it was written")
        sessions.append(summary)
        identities[summary.id] = row[-1]
    return sessions, identities


def page(connection: sqlite3.Connection, wanted: SessionFilter, sessions: list[SessionSummary]) -> SessionPage:
    """A list with how many sessions it doesn't show."""
    where, values = condition(wanted)
    total = _count(connection, "1", ())
    matching = total if where == "1" else _count(connection, where, values)
    hidden = 0
    if wanted.archived is False:
        hidden = _count(connection, where.replace("archived = ?", "archived <> ?"), values)
    return SessionPage(sessions, matching, total, hidden)


def _count(connection: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> int:
    return int(connection.execute(f"SELECT count(*) FROM sessions WHERE {where}", values).fetchone()[0])


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
        quoted = orjson.dumps(wanted.model).decode()
        parts.append(("(instr(models, ?) OR instr(models, ?))", (quoted, f"/{quoted[1:]}")))
    if wanted.tag is not None:
        parts.append(("instr(lower(tags), lower(?))", (orjson.dumps(wanted.tag).decode(),)))
    if wanted.pinned is not None:
        parts.append(("pinned = ?", (int(wanted.pinned),)))
    if wanted.archived is not None:
        parts.append(("archived = ?", (int(wanted.archived),)))
    return " AND ".join(part for part, _ in parts) or "1", tuple(value for _, values in parts for value in values)
