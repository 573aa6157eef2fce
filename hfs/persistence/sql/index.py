"""Lists and statistics of the sessions in a database, asked of the columns that each write keeps for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import Executable, Select, Text, and_, cast, func, select, true

from hfs.persistence.index.listing import ListQuery, SessionFilter, SessionPage, add_tags
from hfs.persistence.index.rows import HIGHEST, microseconds
from hfs.persistence.models import SearchResult, SessionSummary
from hfs.persistence.sql.asking import AnyRow, rows_of, summary_of
from hfs.persistence.sql.conditions import may_be_called, session_conditions, sort_order
from hfs.persistence.sql.rows import SessionRow
from hfs.persistence.sql.transactions import Transactions

if TYPE_CHECKING:
    from hfs.persistence.index.searching import SearchOptions
    from hfs.persistence.index.statistics import Statistics

_PRESENT: Final = SessionRow.deleted_at.is_(None)
# Lists as text: they are read by the thread that asks, and not where the rows come in.
_SUMMARY: Final = (
    SessionRow.id,
    SessionRow.uid,
    SessionRow.name,
    SessionRow.created_at,
    SessionRow.updated_at,
    SessionRow.message_count,
    cast(SessionRow.tags, Text).label("tags"),
    cast(SessionRow.models, Text).label("models"),
    SessionRow.pinned,
    SessionRow.archived,
)
_COUNTED_AT_ONCE: Final = 5000
"""Of so many sessions the activity is read at once."""


class SqlIndex:
    """What lists and searches are answered from.

    Args:
        transactions: The database.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._is_sqlite = transactions.is_sqlite

    def page(self, query: ListQuery) -> SessionPage:
        """The sessions that a list shows, and how many it doesn't."""
        listed, counted = self._listed(query), self._counted(query.filter)
        *rows, (either, archived, total) = rows_of(self._transactions, listed, counted)
        wanted = query.filter.archived
        matching = {None: either, True: archived, False: either - archived}[wanted]
        return SessionPage(list(map(_summary, rows)), matching, total, archived if wanted is False else 0)

    def _listed(self, query: ListQuery) -> Select[*tuple[Any, ...]]:
        conditions = session_conditions(query.filter, is_sqlite=self._is_sqlite)
        statement = select(*_SUMMARY).where(*conditions).order_by(*sort_order(query, is_sqlite=self._is_sqlite))
        return statement if query.limit is None else statement.limit(min(query.limit, HIGHEST))

    def _counted(self, wanted: SessionFilter) -> Select[*tuple[Any, ...]]:
        """How many sessions fit, archived or not; how many of these are archived; how many there are."""
        present, *others = session_conditions(replace(wanted, archived=None), is_sqlite=self._is_sqlite)
        fits = and_(true(), *others)
        either, archived = func.count().filter(fits), func.count().filter(fits, SessionRow.archived)
        return select(either, archived, func.count()).select_from(SessionRow).where(present)

    def recent(self, limit: int | None) -> list[SessionSummary]:
        """Summaries, newest first; all, where the limit is None."""
        return self.sessions(ListQuery(limit=limit))

    def sessions(self, query: ListQuery) -> list[SessionSummary]:
        """The sessions that a list shows."""
        return list(map(_summary, self._rows(self._listed(query))))

    def last_active(self) -> int | None:
        """The session in which something happened last."""
        order = sort_order(ListQuery(sort="updated"), is_sqlite=self._is_sqlite)
        rows = self._rows(select(SessionRow.id).where(_PRESENT).order_by(*order).limit(1))
        return rows[0].id if rows else None

    def called(self, part: str) -> list[tuple[int, str, str]]:
        """The id, name and uid of sessions, newest first: of every one that has that in its name, in any case, or that
        begins its uid with it, and of some others.

        Args:
            part: The part, with its case folded.
        """
        statement = select(SessionRow.id, SessionRow.name, SessionRow.uid)
        statement = statement.where(_PRESENT, may_be_called(part, is_sqlite=self._is_sqlite))
        newest = sort_order(ListQuery(), is_sqlite=self._is_sqlite)
        return [(row.id, row.name, row.uid) for row in self._rows(statement.order_by(*newest))]

    def uids(self) -> dict[str, int]:
        """The session of each uid."""
        return {row.uid: row.id for row in self._rows(select(SessionRow.uid, SessionRow.id).where(_PRESENT))}

    def tags(self) -> dict[str, int]:
        """Every tag and how many sessions have it, the most used first."""
        tags = cast(SessionRow.tags, Text)
        statement = select(tags, func.count()).where(_PRESENT, SessionRow.folded_tags != "").group_by(tags)
        return add_tags((orjson.loads(row[0]), row[1]) for row in self._rows(statement))

    def count(self) -> int:
        """How many sessions there are."""
        statement = select(func.count()).select_from(SessionRow).where(_PRESENT)
        return self._transactions.read(lambda session: session.execute(statement).scalar_one())

    def statistics(self, wanted: SessionFilter) -> Statistics:
        """What the sessions that fit a filter say together. Its time is that of what was said, to the hour."""
        from hfs.persistence.index.statistics import ActivityCounter

        counter = ActivityCounter(wanted)
        # A fork is newer than what it begins with: when a session was begun tells nothing of what was said in it.
        conditions = session_conditions(replace(wanted, since=None, until=None), is_sqlite=self._is_sqlite)
        statement = select(SessionRow.id, SessionRow.created_at, SessionRow.activity).where(*conditions)
        statement = statement.order_by(SessionRow.id).limit(_COUNTED_AT_ONCE)
        rows = self._rows(statement)
        while rows:
            for row in rows:
                counter.add(microseconds(row.created_at), row.activity)
            rows = self._rows(statement.where(SessionRow.id > rows[-1].id)) if len(rows) == _COUNTED_AT_ONCE else []
        return counter.result()

    def search(self, words: str, limit: int | None, options: SearchOptions) -> SearchResult:
        """What a search shows, see ``SessionStore.search``.

        Raises:
            BadQueryError: This is nothing that can be looked for.
        """
        from hfs.persistence.sql.search import Search

        return Search(self._transactions, words, limit, options).run()

    def _rows(self, statement: Executable) -> list[AnyRow]:
        return rows_of(self._transactions, statement)


def _summary(row: AnyRow) -> SessionSummary:
    return summary_of(row, orjson.loads(row.tags), orjson.loads(row.models))
