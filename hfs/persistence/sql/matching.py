"""Where words stand in a database: the statements that ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    cast,
    column,
    func,
    intersect,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from hfs.persistence.index.query import Query, Term
from hfs.persistence.index.rows import HIGHEST
from hfs.persistence.index.searching import SearchOptions
from hfs.persistence.sql.conditions import Condition, in_utc, is_one_of, names_holding, session_conditions
from hfs.persistence.sql.mapping import text_column
from hfs.persistence.sql.rows import MessageRow, SessionRow
from hfs.persistence.sql.words import LONGEST, OVERLAP

Statement = Select[*tuple[Any, ...]]

_WORDS: Final = table("message_words", column("rowid"), column("message_id"), column("part"), column("words"))
_COLUMNS: Final = (MessageRow.id, MessageRow.session_id, MessageRow.position, SessionRow.active_at)
_LONGEST_PHRASE: Final = OVERLAP + 1


class Matching:
    """Makes the statements of a search.

    Args:
        options: Where words are looked for.
        is_sqlite: Whether SQLite is asked; else PostgreSQL.
    """

    def __init__(self, options: SearchOptions, *, is_sqlite: bool) -> None:
        self._options = options
        self._is_sqlite = is_sqlite
        since = max(filter(None, (options.since, options.sessions.since)), default=None)
        self.sessions = session_conditions(replace(options.sessions, since=since), is_sqlite=is_sqlite)
        """What must hold of a session."""
        if options.session_id is not None:
            # No session has a number that the database can't hold.
            number = options.session_id if abs(options.session_id) <= HIGHEST else 0
            self.sessions.append(SessionRow.id == number)
        self.said: list[Condition] = []
        """What must hold of a message."""
        if options.role is not None:
            self.said.append(MessageRow.role == text_column(options.role))
        if options.since is not None:
            self.said.append(MessageRow.created_at >= in_utc(options.since))

    def words(self, query: Query, sessions: Sequence[int] | None = None) -> list[Statement]:
        """Asks for messages in which words stand: their row, session, position, and when something happened there.

        Args:
            query: What is looked for, as ``as_kept`` made it.
            sessions: Only in these; else in all that are meant.

        Returns:
            One statement, or two that find different messages; each the newest first.
        """
        if sessions is None and self._options.session_id is not None:
            sessions = [self._options.session_id]
        meant = [*self.sessions, *self.said]
        if sessions is not None:
            meant.append(is_one_of(SessionRow.id, sessions, is_sqlite=self._is_sqlite))
        if self._is_sqlite:
            return [_of_sqlite(query, sessions, meant)]
        return [_short(query, meant), _long(query, meant)]

    def names(self, query: Query) -> Statement | None:
        """Asks for the names in which words may stand, the newest first; None where no names are meant."""
        if self._options.role not in (None, "name"):
            return None
        words = (word for term in query.terms for word in term.words)
        statement = select(SessionRow.id, SessionRow.name, SessionRow.active_at)
        statement = statement.where(*self.sessions, *names_holding(words, is_sqlite=self._is_sqlite))
        if self._options.since is not None:
            statement = statement.where(SessionRow.created_at >= in_utc(self._options.since))
        return statement.order_by(SessionRow.active_at.desc(), SessionRow.id.desc())


def as_kept(query: Query, *, is_sqlite: bool) -> tuple[Query, bool]:
    """A query of words as they are kept, and whether what it finds must be looked at: more may be found by it.

    Args:
        query: What is looked for.
        is_sqlite: Whether SQLite keeps them; else PostgreSQL.
    """
    most = None if is_sqlite else _LONGEST_PHRASE
    wanted = tuple(_term_as_kept(term, most) for term in query.terms)
    # What is kept of a word may be the beginning of another one, which is not excluded.
    excluded = tuple(term for term in query.excluded if _term_as_kept(term, most) == term and not _is_cut(term))
    kept = Query(wanted, excluded)
    return kept, kept != query or any(map(_is_cut, wanted))


def _term_as_kept(term: Term, most: int | None) -> Term:
    words = tuple(word[:LONGEST] for word in term.words[:most])
    return Term(words, term.prefix and len(words) == len(term.words))


def _is_cut(term: Term) -> bool:
    return any(len(word) >= LONGEST for word in term.words)


def _of_sqlite(query: Query, sessions: Sequence[int] | None, meant: list[Condition]) -> Statement:
    # The signs keep SQLite from beginning with sessions, and looking for the words in one message after the other.
    statement = (
        select(*_COLUMNS)
        .select_from(_WORDS)
        .join(MessageRow, MessageRow.id == literal_column("+message_words.rowid"))
        .join(SessionRow, SessionRow.id == literal_column("+messages.session_id"))
        .where(literal_column("message_words").op("MATCH")(query.expression), *meant)
        .order_by(_WORDS.c.rowid.desc())
    )
    if sessions is not None:
        ids = select(MessageRow.id).where(is_one_of(MessageRow.session_id, sessions, is_sqlite=True)).subquery()
        first, last = (select(edge(ids.c.id)).scalar_subquery() for edge in (func.min, func.max))
        statement = statement.where(_WORDS.c.rowid.between(first, last))
    return statement


def _short(query: Query, meant: list[Condition]) -> Statement:
    """Messages whose words stand in one vector."""
    wanted = " & ".join(map(_tsquery, query.terms))
    unwanted = "".join(f" & !({_tsquery(term)})" for term in query.excluded)
    return (
        select(*_COLUMNS)
        .select_from(_WORDS)
        .join(MessageRow, MessageRow.id == _WORDS.c.message_id)
        .join(SessionRow, SessionRow.id == MessageRow.session_id)
        .where(_WORDS.c.part == literal_column("0"), _match(wanted + unwanted), *meant)
        .order_by(_WORDS.c.message_id.desc())
    )


def _long(query: Query, meant: list[Condition]) -> Statement:
    """Messages of several parts: each term may stand in another one."""

    def holding(expression: str) -> Select[int]:
        return select(_WORDS.c.message_id).where(_WORDS.c.part > literal_column("0"), _match(expression))

    conditions = [MessageRow.id.in_(intersect(*(holding(_tsquery(term)) for term in query.terms)))]
    if query.excluded:
        conditions.append(MessageRow.id.not_in(holding(" | ".join(map(_tsquery, query.excluded)))))
    return (
        select(*_COLUMNS)
        .join(SessionRow, SessionRow.id == MessageRow.session_id)
        .where(*conditions, *meant)
        .order_by(MessageRow.id.desc())
    )


def _match(expression: str) -> ColumnElement[bool]:
    return _WORDS.c.words.bool_op("@@")(cast(literal(expression, Text), TSQUERY))


def _tsquery(term: Term) -> str:
    """A term as PostgreSQL has it. No word has a quote in it."""
    phrase = "' <-> '".join(term.words)
    return f"('{phrase}'{':*' if term.prefix else ''})"
