"""Which sessions a list shows, and in which order, as SQL: what the index of files means by the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    LargeBinary,
    String,
    any_,
    bindparam,
    cast,
    collate,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from hfs.persistence.index.listing import ListQuery, SessionFilter
from hfs.persistence.index.rows import HIGHEST
from hfs.persistence.index.text import fold
from hfs.persistence.models import NAME_LIMIT, trimmed_tag
from hfs.persistence.sql.mapping import text_column
from hfs.persistence.sql.rows import SessionRow

Condition = ColumnElement[bool]

_LONGEST: Final = 4 * NAME_LIMIT
"""More letters than a name has, its case folded: what is longer is in none of them."""
_MOST_WORDS: Final = 200
"""How many words of a name are asked for."""
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


def session_conditions(wanted: SessionFilter, *, is_sqlite: bool) -> list[Condition]:
    """What must hold of a session that fits a filter: first, that it was not deleted.

    Args:
        wanted: The filter.
        is_sqlite: Whether SQLite is asked; else PostgreSQL.
    """
    row = SessionRow
    found: list[Condition] = [row.deleted_at.is_(None)]
    if wanted.since is not None:
        found.append(row.active_at >= in_utc(wanted.since))
    if wanted.until is not None:
        found.append(row.created_at < in_utc(wanted.until))
    if wanted.idle_since is not None:
        found.append(row.active_at < in_utc(wanted.idle_since))
    if wanted.model is not None:
        model = _on_one_line(wanted.model)
        found.append(or_(*(holds(row.spoken_by, f"{sign}{model}\n", is_sqlite=is_sqlite) for sign in "\n/")))
    if wanted.tag is not None:
        tag = _on_one_line(trimmed_tag(wanted.tag).casefold())
        found.append(holds(row.folded_tags, f"\n{tag}\n", is_sqlite=is_sqlite))
    if wanted.pinned is not None:
        found.append(row.pinned.is_(wanted.pinned))
    if wanted.archived is not None:
        found.append(row.archived.is_(wanted.archived))
    if wanted.damaged:
        found.append(false())
    if wanted.name is not None:
        words = islice(dict.fromkeys(wanted.name.split()), _MOST_WORDS)
        found += names_holding((fold(word).strip() for word in words), is_sqlite=is_sqlite)
    if wanted.letters is not None:
        letters = "%".join(map(_literal, wanted.letters[:_LONGEST]))
        found.append(_is_like(row.name, f"%{letters}%", is_sqlite=is_sqlite))
    if wanted.ids is not None:
        found.append(is_one_of(row.id, wanted.ids, is_sqlite=is_sqlite))
    return found


def names_holding(words: Iterable[str], *, is_sqlite: bool) -> list[Condition]:
    """That a name holds words, also as parts of others, in any case, with accents or without.

    Args:
        words: Folded.
        is_sqlite: Whether SQLite is asked; else PostgreSQL.
    """
    asked = islice(dict.fromkeys(map(text_column, words)), _MOST_WORDS)
    return [holds(SessionRow.folded_name, word, is_sqlite=is_sqlite) for word in asked]


def may_be_called(part: str, *, is_sqlite: bool) -> Condition:
    """Every session that has that in its name, or begins its uid with it, and others.

    Args:
        part: The part, with its case folded.
        is_sqlite: Whether SQLite is asked; else PostgreSQL.
    """
    name = SessionRow.name
    # What isn't ASCII can become anything once its case is folded.
    size = func.length(cast(name, LargeBinary)) if is_sqlite else func.octet_length(name)
    beyond: Condition = func.length(name) != size
    if not part.isascii():
        return beyond
    pattern = "".join(map(_literal, part[:_LONGEST]))
    return or_(
        _is_like(name, f"%{pattern}%", is_sqlite=is_sqlite),
        beyond,
        _is_like(SessionRow.uid, f"{pattern}%", is_sqlite=is_sqlite),
    )


def sort_order(query: ListQuery, *, is_sqlite: bool) -> list[ColumnElement[Any]]:
    """The order of a list."""
    row = SessionRow
    order: dict[str, list[ColumnElement[Any]]] = {
        "created": [row.created_at.desc(), row.id.desc()],
        "updated": [row.active_at.desc(), row.id.desc()],
        "name": [collate(row.name, "NOCASE") if is_sqlite else collate(_lowered(row.name), "C"), row.id.asc()],
        "messages": [row.message_count.desc(), row.id.desc()],
    }
    return [row.pinned.desc(), *order[query.sort]] if query.pinned_first else order[query.sort]


def holds(column: InstrumentedAttribute[str], part: str, *, is_sqlite: bool) -> Condition:
    """That a text holds another, to the letter."""
    found: ColumnElement[int] = func.instr(column, part) if is_sqlite else func.strpos(column, part)
    return found > 0


def is_one_of(column: InstrumentedAttribute[int], numbers: Sequence[int], *, is_sqlite: bool) -> Condition:
    """That a number is one of many. They are one value: there may be more than a statement can have values."""
    known = [number for number in numbers if 0 < number <= HIGHEST]
    if is_sqlite:
        values = func.json_each(orjson.dumps(known).decode()).table_valued("value")
        return column.in_(select(values.c.value))
    return column == any_(bindparam(None, known, ARRAY(BigInteger)))


def in_utc(moment: datetime) -> datetime:
    """A moment in UTC, as near as a calendar comes to it."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _FIRST if moment.year < _LAST.year else _LAST


def _is_like(column: InstrumentedAttribute[str], pattern: str, *, is_sqlite: bool) -> Condition:
    """That a text is like a pattern, in which a backslash quotes. Only the case of ASCII is none."""
    if is_sqlite:
        return column.like(pattern, escape="\\")
    return _lowered(column).like(pattern.lower(), escape="\\")


def _lowered(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    # In any other collation it is the server's language that says what a capital is.
    return func.lower(collate(column, "C"), type_=String)


def _literal(letter: str) -> str:
    """A letter in a pattern; one whose case databases can't fold alike stands for any."""
    if letter == "\0":
        return text_column(letter)
    if not letter.isascii():
        return "_"
    return f"\\{letter}" if letter in "%_\\" else letter


def _on_one_line(text: str) -> str:
    return text_column(text).replace("\n", " ")
