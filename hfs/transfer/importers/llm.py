"""llm: its ``logs.db``, of every version since the first, and what ``llm logs list --json`` prints."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hfs.transfer.conversation import Branch, Conversation, Tally
from hfs.transfer.fields import as_name, as_text, as_time
from hfs.transfer.importers._counted import counted_objects, counted_text
from hfs.transfer.importers._kinds import DatabaseFormat, Importer, SourceFile, StreamFormat
from hfs.transfer.importers._llm_responses import Responses
from hfs.transfer.importers._llm_threads import Threads
from hfs.transfer.importers._llm_turns import (
    ToolResult,
    Turn,
    apart,
    attachment_of,
    call_of,
    fragment_of,
    messages_of,
    output_text,
    ulid_time,
    with_system_fragments,
)
from hfs.transfer.importers._sqlite import Database

_TOLD_BY: Final = (
    ("threads", frozenset(("id", "tip_message_hash"))),
    ("responses", frozenset(("id", "prompt", "response"))),
    ("logs", frozenset(("id", "prompt", "response", "chat_id"))),
    ("log", frozenset(("id", "prompt", "response", "chat_id"))),
)
_ROW: Final = frozenset(("id", "model", "conversation_id", "prompt", "response"))


def _fits_database(tables: Mapping[str, frozenset[str]]) -> bool:
    return any(columns.issubset(tables.get(table, ())) for table, columns in _TOLD_BY)


def _read_database(connection: sqlite3.Connection, source: SourceFile) -> Iterator[Conversation]:
    database = Database(connection)
    responses = Responses(database)
    yield from responses.oldest()
    yield from responses.conversations()
    yield from Threads(database, responses).conversations()


# JSON


def _fits_rows(first: Sequence[Any]) -> bool:
    return bool(first) and isinstance(first[0], dict) and _ROW.issubset(first[0])


def _read_rows(records: Iterator[Any], source: SourceFile) -> Iterator[Conversation]:
    """Rows of several conversations, in any order; those that were told apart by ``-n`` come in when they are there."""
    turns: dict[str, dict[str, Turn]] = {}
    names: dict[str, str | None] = {}
    tallies: dict[str, Tally] = {}
    odd = 0
    for number, record in enumerate(records):
        if not isinstance(record, dict):
            odd += 1
            continue
        identity = as_name(record.get("id"))
        key = as_name(record.get("conversation_id")) or identity or f"\0{number}"
        tally = tallies.setdefault(key, Tally())
        together = turns.setdefault(key, {})
        if identity in together:
            tally.skipped["row that is there twice"] += 1
        together[identity or f"\0{number}"] = _turn(record, identity, tally)
        names[key] = names.get(key) or as_name(record.get("conversation_name"))
    for key, together in turns.items():
        tally = tallies[key]
        if odd:
            tally.unknown["record that is no object"] += odd
            odd = 0
        # Ids are ULIDs: they sort as they were made.
        ordered = [turn for _, turn in sorted(together.items())]
        messages = messages_of(ordered, tally)
        own = None if key.startswith("\0") else key
        created = ulid_time(own) or next((turn.created_at for turn in ordered if turn.created_at is not None), None)
        yield Conversation("llm-json", own, names[key], created, [Branch(messages)] if messages else [], tally=tally)


def _turn(row: dict[str, Any], identity: str | None, tally: Tally) -> Turn:
    def text(key: str) -> str:
        return counted_text(row.get(key), key, tally)

    def objects(key: str, one: str) -> list[dict[str, Any]]:
        return counted_objects(row.get(key), one, tally)

    fragments = [_fragment(item) for item in objects("prompt_fragments", "fragment")]
    prompt, fragments = apart(text("prompt"), fragments, tally)
    system_fragments = [as_text(item.get("content")) for item in objects("system_fragments", "fragment")]
    return Turn(
        identity,
        as_name(row.get("model")),
        as_time(row.get("datetime_utc")),
        with_system_fragments(text("system"), [fragment for fragment in system_fragments if fragment]),
        prompt,
        [*fragments, *map(_attachment, objects("attachments", "attachment"))],
        [_result(item, tally) for item in objects("tool_results", "tool result")],
        text("response"),
        text("reasoning"),
        [
            call_of(item.get("name"), item.get("arguments"), item.get("tool_call_id"))
            for item in objects("tool_calls", "tool call")
        ],
    )


def _fragment(item: dict[str, Any]) -> dict[str, Any]:
    aliases = item.get("aliases")
    name = as_name(aliases[0]) if isinstance(aliases, list) and aliases else None
    return fragment_of(name, as_text(item.get("content")))


def _attachment(item: dict[str, Any]) -> dict[str, Any]:
    return attachment_of(item.get("type"), item.get("path"), item.get("url"), item.get("content_length"))


def _result(item: dict[str, Any], tally: Tally) -> ToolResult:
    return ToolResult(
        as_name(item.get("name")),
        as_name(item.get("tool_call_id")),
        output_text(item.get("output")),
        as_name(item.get("exception")),
        item.get("server_executed") is True,
        [_attachment(one) for one in counted_objects(item.get("attachments"), "attachment", tally)],
    )


FORMATS: Final[tuple[Importer, ...]] = (
    DatabaseFormat("llm", "llm logs.db", _fits_database, _read_database),
    StreamFormat("llm-json", "JSON of llm logs list", _fits_rows, _read_rows, is_one=False),
)
