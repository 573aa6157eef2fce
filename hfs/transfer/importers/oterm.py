"""oterm: its database ``store.db``."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hfs.transfer.conversation import Branch, Conversation, ForeignMessage, Tally
from hfs.transfer.fields import as_name, as_text
from hfs.transfer.importers._agent_parts import UniqueIds
from hfs.transfer.importers._attachments import left_out
from hfs.transfer.importers._chat_content import split_thinking
from hfs.transfer.importers._chat_tables import ROLES, label, read_chats
from hfs.transfer.importers._kinds import DatabaseFormat, Importer, SourceFile
from hfs.transfer.importers._sqlite import Database, column_json, column_text

_CHAT: Final = ("id", "name", "model", "system")
_MESSAGE: Final = ("id", "author", "text", "images")
_IMAGES: Final = (("iVBOR", "png"), ("/9j/", "jpeg"), ("R0lG", "gif"), ("UklGR", "webp"))
"""How images begin in base64."""


def _fits(tables: Mapping[str, frozenset[str]]) -> bool:
    return {"chat_id", "author", "text"} <= tables.get("message", frozenset()) and "id" in tables.get("chat", ())


def _read(connection: sqlite3.Connection, source: SourceFile) -> Iterator[Conversation]:
    return read_chats(Database(connection), _CHAT, _conversation, _MESSAGE)


def _conversation(chat: sqlite3.Row, rows: Iterator[sqlite3.Row], tally: Tally) -> Conversation:
    model = as_name(chat["model"])
    messages = [message for message in (_message(row, model, tally) for row in rows) if message is not None]
    key = _key(as_name(chat["id"]), messages)
    system = column_text(chat["system"], tally)
    ids = UniqueIds()
    prompt = ids.take("system")
    for message in messages:
        message.id = ids.take(message.id) if message.id is not None else None
    if system.strip() and messages:
        messages.insert(0, ForeignMessage("system", system, prompt, hidden="system prompt"))
    return Conversation("oterm", key, as_name(chat["name"]), None, [Branch(messages)] if messages else [], tally=tally)


def _key(identity: str | None, messages: list[ForeignMessage]) -> str | None:
    """The chat's id. Every oterm counts from 1 and keeps no times: how a chat begins tells those of two databases."""
    if identity is None or not messages:
        return identity
    return f"{identity}-{hashlib.sha256(messages[0].content.encode('utf-8', 'replace')).hexdigest()[:12]}"


def _message(row: sqlite3.Row, model: str | None, tally: Tally) -> ForeignMessage | None:
    role = ROLES.get(as_text(row["author"]))
    text = column_text(row["text"], tally)
    attachments = _images(row["images"], tally)
    if role is None:
        tally.unknown[f'message by "{as_text(row["author"])[:40]}"'] += 1
        return None
    message = ForeignMessage(role, text, as_name(row["id"]), attachments=attachments)
    message.hidden = label(message)
    if role == "assistant":
        message.model = model
        message.content, message.reasoning = split_thinking(text)
        if message.reasoning and not message.content.strip():
            message.hidden = "thinking"
    if not message.content.strip() and not message.reasoning and not attachments:
        tally.skipped["empty message"] += 1
        return None
    return message


def _images(value: object, tally: Tally) -> list[dict[str, Any]]:
    text = column_text(value, tally)
    images = column_json(text) if text else []
    items = images if isinstance(images, list) else [None]
    found = [_image(item, tally) for item in items if isinstance(item, str) and item]
    if len(items) > len(found):
        tally.unknown["image of an unknown form"] += len(items) - len(found)
    return found


def _image(data: str, tally: Tally) -> dict[str, Any]:
    kind = next((kind for beginning, kind in _IMAGES if data.startswith(beginning)), None)
    return {"name": "image", "type": f"image/{kind}" if kind else "image", **left_out(data, tally)}


FORMATS: Final[tuple[Importer, ...]] = (DatabaseFormat("oterm", "oterm database", _fits, _read),)
