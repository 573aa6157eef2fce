"""Rows that statements ask for, for threads that wait for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Executable, Row
from sqlalchemy.orm import Session

from hfs.persistence.sql.transactions import Transactions

AnyRow = Row[*tuple[Any, ...]]


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
