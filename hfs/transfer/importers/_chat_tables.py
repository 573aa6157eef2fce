"""What elia's and oterm's databases have in common: a table of chats, and one of messages that name their chat."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence

from hfs.transfer.conversation import Conversation, ForeignMessage, Tally
from hfs.transfer.importers._sqlite import Database

ROLES = {
    "user": "user",
    "human": "user",
    "me": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "ollama": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "tool",
}
"""The roles, by the names that they had over the years."""


def read_chats(
    database: Database,
    wanted: Sequence[str],
    read: Callable[[sqlite3.Row, Iterator[sqlite3.Row], Tally], Conversation],
    columns: Sequence[str],
) -> Iterator[Conversation]:
    """The chats of a database, in the order in which they were made.

    Args:
        database: The database.
        wanted: The columns of a chat.
        read: Makes a conversation of a chat and its messages.
        columns: Those of a message.
    """
    # There is no index for a message's chat.
    order = "ORDER BY id" if database.has("message", "id") else "ORDER BY rowid"
    by_chat = database.rowids("message", "chat_id", order)
    tally = Tally()
    chats = {row[0] for row in database.rows("chat", ("id",))}
    orphans = sum(len(rowids) for chat, rowids in by_chat.items() if chat not in chats)
    if orphans:
        # Programs that delete a chat leave its messages in the file.
        tally.skipped["message of a deleted chat"] += orphans
    for row in database.rows("chat", wanted, "ORDER BY id"):
        yield read(row, _messages(database, columns, by_chat.get(row["id"], [])), tally)
        tally = Tally()


def _messages(database: Database, columns: Sequence[str], rowids: list[int]) -> Iterator[sqlite3.Row]:
    for rowid in rowids:
        row = database.row("message", columns, "rowid", rowid)
        if row is not None:
            yield row


def label(message: ForeignMessage) -> str | None:
    """What a message is, where it is no chat."""
    return {"system": "system prompt", "tool": "tool result"}.get(message.role)
