"""The messages of a session as rows: added, put in the place of others, numbered. In a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from hfs.persistence._format import Document
from hfs.persistence._json import encode
from hfs.persistence._memory import item_number
from hfs.persistence.sql.mapping import HIGHEST_NUMBER, Columns, item_from, message_columns
from hfs.persistence.sql.rows import MessageRow, SessionRow
from hfs.persistence.sql.words import searchable, write_words


def messages_of(doc_id: int, document: Document, columns: Columns) -> list[Columns]:
    """The columns of a document's messages; none where these are no list.

    Args:
        doc_id: The session.
        document: The whole document.
        columns: The columns of the session.
    """
    items = document.get("messages")
    return message_columns(doc_id, items, columns["created_at"]) if isinstance(items, list) else []


def insert_messages(
    session: Session, session_id: int, columns: Sequence[Columns], position: int, keys: Sequence[str]
) -> None:
    """Adds messages behind those that are there.

    Args:
        session: In a transaction.
        session_id: The session.
        columns: Of each message.
        position: Of the first one, counted from 0.
        keys: What the write of each is known by.
    """
    rows = [
        MessageRow(session_id=session_id, position=position + at, write_key=key, **found)
        for at, (found, key) in enumerate(zip(columns, keys, strict=True))
    ]
    session.add_all(rows)
    session.flush()
    write_words(session, searchable({row.id: row.content for row in rows}), fresh=True)


def replace_messages(
    session: Session, before: SessionRow, messages: Sequence[Columns], words: dict[int, list[str]], key: str
) -> None:
    """Makes the messages of a session those that are given; rows of those that stay the same stay.

    Args:
        session: In a transaction that nobody else changes the session in.
        before: The session as it is.
        messages: The columns of each message.
        words: The words of those that say something new, by their places in the list.
        key: What the write is known by.
    """
    rows = rows_of(before, messages)
    left = {row.id for row in rows if row is not None}
    gone = [row.id for row in before.messages if row.id not in left]
    for at in range(0, len(gone), 500):
        session.execute(delete(MessageRow).where(MessageRow.id.in_(gone[at : at + 500])))
    said: dict[int, list[str]] = {}
    for at, (found, row) in enumerate(zip(messages, rows, strict=True)):
        values: dict[str, Any] = {**found, "position": at}
        if row is None:
            made = MessageRow(session_id=before.id, write_key=f"{key}-{at}", **values)
            session.add(made)
            session.flush()
            said[made.id] = words[at]
        elif _is_another(row, values):
            session.execute(update(MessageRow).where(MessageRow.id == row.id).values(**values))
            if at in words:
                said[row.id] = words[at]
    write_words(session, said)


def rows_of(before: SessionRow, messages: Sequence[Columns]) -> list[MessageRow | None]:
    """The row that each message stays in, None for a new one. A number may be there twice: hfs gave it to neither."""
    by_number: dict[int, list[MessageRow]] = {}
    for row in reversed(before.messages):
        by_number.setdefault(row.number, []).append(row)
    return [by_number[found["number"]].pop() if by_number.get(found["number"]) else None for found in messages]


def _is_another(row: MessageRow, values: Columns) -> bool:
    # To Python, true is 1, and not to JSON.
    return any(getattr(row, name) != value for name, value in values.items()) or (
        encode(row.extra) != encode(values["extra"])
    )


def numbered(session: Session, row: SessionRow, items: list[Document]) -> tuple[list[Document], list[Document]]:
    """Items with their ids, and those of them that an earlier attempt has not brought in."""
    placed: list[Document] = []
    fresh: list[Document] = []
    last = row.last_number
    if last >= HIGHEST_NUMBER:
        # The column holds no higher one, the documents do.
        last = max(item_number(item_from(message), "id") for message in row.messages)
    for item in items:
        number = item_number(item, "id")
        if number:
            statement = select(MessageRow).where(MessageRow.session_id == row.id, MessageRow.number == number)
            twin = session.scalar(statement)
            if twin is not None:
                present = item_from(twin)
                if isinstance(present, dict) and present.get("created_at") == item.get("created_at"):
                    placed.append(present)
                    continue
                item = {name: value for name, value in item.items() if name != "id"}
        stored = dict(item) if "id" in item else {"id": last + 1, **item}
        last = max(last, item_number(stored, "id"))
        placed.append(stored)
        fresh.append(stored)
    return placed, fresh
