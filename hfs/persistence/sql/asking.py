"""Rows that statements ask for, for threads that wait for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Executable, Row
from sqlalchemy.orm import Session

from hfs.persistence.models import SessionSummary
from hfs.persistence.sql.rows import SessionRow
from hfs.persistence.sql.transactions import Transactions

AnyRow = Row[*tuple[Any, ...]]


def summary_of(row: SessionRow | AnyRow, tags: Iterable[str], models: Iterable[str]) -> SessionSummary:
    """A session as a line of a list.

    Args:
        row: What is known of it.
        tags: Its tags, and the models that spoke in it: a row may have both as JSON.
        models: See ``tags``.
    """
    return SessionSummary(
        id=row.id,
        uid=row.uid,
        name=row.name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        message_count=row.message_count,
        tags=tuple(tags),
        models=tuple(models),
        pinned=row.pinned,
        archived=row.archived,
    )


def rows_of(transactions: Transactions, *statements: Executable) -> list[AnyRow]:
    """The rows that statements give, one after the other, in one transaction.

    Args:
        transactions: The database.
        statements: What is asked; nothing is written.

    Raises:
        StoreIOError, LockTimeoutError: The database can't be reached, or refuses.
    """

    def work(session: Session) -> list[AnyRow]:
        return [row for statement in statements for row in session.execute(statement)]

    return transactions.read(work)
