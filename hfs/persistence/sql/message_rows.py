"""The messages of a session as rows: added, put in the place of others, numbered. In a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from hfs.persistence._format import Document
from hfs.persistence._json import encode
from hfs.persistence.files.memory import item_number
from hfs.persistence.sql.mapping import HIGHEST_NUMBER, Columns, item_from, message_columns
from hfs.persistence.sql.rows import MessageRow, SessionRow
from hfs.persistence.sql.words import by_text, searchable, write_words

_AT_ONCE: Final = 500
"""So many rows are added, or removed, by one statement."""


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
    session: Session,
    session_id: int,
    columns: Sequence[Columns],
    position: int,
    keys: Sequence[str],
    words: Mapping[str, list[str]],
) -> None:
    """Adds messages behind those that are there.

    Args:
        session: In a transaction.
        session_id: The session.
        columns: Of each message.
        position: Of the first one, counted from 0.
        keys: What the write of each is known by.
        words: The words of each, by its text.
    """
    rows = [
        {"session_id": session_id, "position": position + at, "write_key": key, **found}
        for at, (found, key) in enumerate(zip(columns, keys, strict=True))
    ]
    _add(session, rows, words)


def _add(session: Session, columns: Sequence[Columns], words: Mapping[str, list[str]]) -> None:
    # A few at a time: meanwhile nothing else has its turn on the event loop.
    for at in range(0, len(columns), _AT_ONCE):
        rows = [MessageRow(**found) for found in columns[at : at + _AT_ONCE]]
        session.add_all(rows)
        session.flush()
        write_words(session, {row.id: words[row.content] for row in rows}, fresh=True)


@dataclass(frozen=True, slots=True)
class Replacement:
    """What makes the messages of a session others. Rows of those that stay the same stay."""

    messages: Sequence[Columns]
    """The columns of each message."""
    gone: list[int]
    """The rows that are removed."""
    moved: list[Columns]
    """The rows and positions of messages of which nothing else is new."""
    changed: list[Columns]
    """The rows, positions and columns of messages of which anything else is."""
    fresh: list[int]
    """The places of messages that have no row yet."""
    words: dict[str, list[str]]
    """The words of these, by their texts."""
    other_words: dict[int, list[str]]
    """The words of what says something else now, by its row."""


def replacement(before: SessionRow, messages: Sequence[Columns]) -> Replacement:
    """What makes the messages of a session those that are given. Work for the processor, and none for the database.

    Args:
        before: The session as it is.
        messages: The columns of each message.
    """
    rows = _rows_of(before, messages)
    left = {row.id for row in rows if row is not None}
    moved: list[Columns] = []
    changed: list[Columns] = []
    said: dict[int, str] = {}
    for at, (found, row) in enumerate(zip(messages, rows, strict=True)):
        if row is None:
            continue
        if _is_another(row, found):
            changed.append({"id": row.id, "position": at, **found})
            if row.content != found["content"]:
                said[row.id] = found["content"]
        elif row.position != at:
            moved.append({"id": row.id, "position": at})
    fresh = [at for at, row in enumerate(rows) if row is None]
    return Replacement(
        messages=messages,
        gone=[row.id for row in before.messages if row.id not in left],
        moved=moved,
        changed=changed,
        fresh=fresh,
        words=by_text(messages[at]["content"] for at in fresh),
        other_words=searchable(said),
    )


def replace_messages(session: Session, session_id: int, new: Replacement, key: str) -> None:
    """Makes the messages of a session others.

    Args:
        session: In a transaction that nobody else changes the session in.
        session_id: The session.
        new: What makes them others, of the session as it is in the transaction.
        key: What the write is known by.
    """
    for at in range(0, len(new.gone), _AT_ONCE):
        session.execute(delete(MessageRow).where(MessageRow.id.in_(new.gone[at : at + _AT_ONCE])))
    for rows in (new.moved, new.changed):
        if rows:
            session.execute(update(MessageRow), rows)
    fresh = [
        {"session_id": session_id, "position": at, "write_key": f"{key}-{at}", **new.messages[at]} for at in new.fresh
    ]
    _add(session, fresh, new.words)
    write_words(session, new.other_words)


def _rows_of(before: SessionRow, messages: Sequence[Columns]) -> list[MessageRow | None]:
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
