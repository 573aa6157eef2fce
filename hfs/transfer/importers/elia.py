"""elia: its database ``elia.sqlite``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from hfs.transfer.conversation import Branch, Conversation, ForeignMessage, Tally
from hfs.transfer.fields import as_name, as_text, as_time
from hfs.transfer.importers._agent_parts import UniqueIds
from hfs.transfer.importers._chat_tables import ROLES, label, read_chats
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._kinds import DatabaseFormat, Importer, SourceFile
from hfs.transfer.importers._sqlite import Database, column_object, column_text
from hfs.transfer.tree import Node, branches

_CHAT: Final = ("id", "model", "title", "started_at", "archived")
_MESSAGE: Final = ("rowid", "id", "role", "content", "timestamp", "meta", "recipient", "parent_id", "model")


def _fits(tables: Mapping[str, frozenset[str]]) -> bool:
    return {"chat_id", "role", "content"} <= tables.get("message", frozenset()) and "id" in tables.get("chat", ())


def _read(connection: sqlite3.Connection, source: SourceFile) -> Iterator[Conversation]:
    database = Database(connection)
    # Before 1.0 times were the computer's own, later UTC; neither says so.
    local = database.has("message", "recipient")

    def read(chat: sqlite3.Row, rows: Iterator[sqlite3.Row], tally: Tally) -> Conversation:
        nodes = list(_nodes(rows, as_name(chat["model"]), local, tally))
        created = _moment(chat["started_at"], local)
        extra = {"archived": True} if chat["archived"] == 1 else {}
        found = _branches(nodes, tally)
        return Conversation("elia", _key(chat), as_name(chat["title"]), created, found, extra, tally)

    return read_chats(database, _CHAT, read, _MESSAGE)


def _key(chat: sqlite3.Row) -> str | None:
    """The chat's id. Every elia counts from 1: when a chat began tells those of two databases."""
    identity, begun = as_name(chat["id"]), as_time(chat["started_at"])
    return f"{identity}-{begun:%Y%m%dT%H%M%S}" if identity and begun else identity


def _nodes(rows: Iterator[sqlite3.Row], model: str | None, local: bool, tally: Tally) -> Iterator[Node]:
    """The messages; one that names no other follows the one before it."""
    before: str | None = None
    ids = UniqueIds()
    for row in rows:
        identity = ids.take(as_name(row["id"]) or str(row["rowid"]))
        message = _message(row, identity, model, local, tally)
        yield Node(identity, as_name(row["parent_id"]) or before, message)
        before = identity


def _branches(nodes: list[Node], tally: Tally) -> list[Branch]:
    parents = [node.parent for node in nodes]
    if len(set(parents)) == len(parents):
        messages = [node.message for node in nodes if node.message is not None]
        return [Branch(messages)] if messages else []
    return branches(nodes, None, tally)


def _message(row: sqlite3.Row, identity: str, model: str | None, local: bool, tally: Tally) -> ForeignMessage | None:
    role = ROLES.get(as_text(row["role"]))
    content = column_text(row["content"], tally)
    if role is None:
        count_unknown(tally, "message", "role", row["role"])
        return None
    if not content.strip():
        tally.skipped["empty message"] += 1
        return None
    message = ForeignMessage(role, content, identity, _moment(row["timestamp"], local))
    message.hidden = label(message)
    if role == "assistant":
        message.model = as_name(row["model"]) or model
        if as_name(row["recipient"]) not in (None, "all"):
            message.hidden = "tool call"
    if _was_hidden(column_object(row["meta"])):
        message.hidden = message.hidden or "context"
    return message


def _was_hidden(meta: dict[str, Any]) -> bool:
    """Whether ChatGPT, from where elia imported it, did not show it either."""
    return meta.get("is_visually_hidden_from_conversation") is True


def _moment(value: object, local: bool) -> datetime | None:
    moment = as_time(value)
    # elia has the beginning of 1970 where an import had no time.
    if moment is None or moment.year <= 1970:
        return None
    try:
        return moment.replace(tzinfo=None).astimezone(UTC) if local else moment
    except (OverflowError, OSError, ValueError):
        return moment


FORMATS: Final[tuple[Importer, ...]] = (DatabaseFormat("elia", "elia database", _fits, _read),)
