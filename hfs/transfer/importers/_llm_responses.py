"""What llm logged up to 0.31: responses by conversation, each row a prompt with its answer.

Before 0.5 it had one table, ``log`` or later ``logs``, which stays in the database if anything is in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final

from hfs.transfer.conversation import Branch, Conversation, Tally
from hfs.transfer.fields import as_name, as_time
from hfs.transfer.importers._llm_turns import (
    ToolResult,
    Turn,
    attachment_of,
    call_of,
    fragment_of,
    messages_of,
    ulid_time,
    with_system_fragments,
)
from hfs.transfer.importers._sqlite import Database, column_text

_RESPONSE: Final = ("id", "model", "prompt", "system", "response", "reasoning", "datetime_utc")
_OLDEST: Final = ("id", "model", "prompt", "system", "response", "datetime_utc", "timestamp", "timestamp_utc")


class Responses:
    """The responses of a database.

    Args:
        database: The database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        # None of these tables has an index for the response that a row belongs to.
        self._calls: dict[object, list[int]] | None = None
        self._results: dict[object, list[int]] | None = None
        self._in_threads: dict[object, list[int]] | None = None

    def conversations(self) -> Iterator[Conversation]:
        """Those that are not in the newer tables too, oldest first."""
        if not self._database.has("responses", "id"):
            return
        if not self._database.has("responses", "conversation_id"):
            for row in self._database.rows("responses", ("rowid",), "ORDER BY id"):
                yield self._conversation(None, [row[0]])
            return
        rest = ""
        if self._database.has("threads", "id"):
            rest = "WHERE conversation_id IS NULL OR conversation_id NOT IN (SELECT id FROM threads WHERE id NOT NULL) "
        # Two columns are sorted, not the texts.
        rows = self._database.rows("responses", ("conversation_id", "rowid"), f"{rest}ORDER BY conversation_id, id")
        for key, group in itertools.groupby(rows, key=lambda row: row[0]):
            rowids = [row[1] for row in group]
            for together in [rowids] if key is not None else [[rowid] for rowid in rowids]:
                yield self._conversation(key, together)

    def turns_of_thread(self, thread: object, tally: Tally) -> list[Turn]:
        """What of a thread was logged before it was one."""
        if self._in_threads is None:
            rest = "WHERE conversation_id IN (SELECT id FROM threads) ORDER BY id"
            able = self._database.has("threads", "id") and self._database.has("responses", "id", "conversation_id")
            self._in_threads = self._database.rowids("responses", "conversation_id", rest) if able else {}
        return [self._turn(rowid, tally) for rowid in self._in_threads.get(thread, [])]

    def name_of(self, conversation: object) -> str | None:
        """What a conversation was called."""
        row = self._database.row("conversations", ("name",), "id", conversation)
        return as_name(row[0]) if row is not None else None

    def oldest(self) -> Iterator[Conversation]:
        """What was logged before there were conversations."""
        for table in ("log", "logs"):
            if not self._database.has(table, "id", "prompt", "response"):
                continue
            chat = "coalesce(chat_id, id)" if self._database.has(table, "chat_id") else "id"
            query = f"ORDER BY {chat}, id"
            columns = ("id", "chat_id", "rowid")
            rows = self._database.rows(table, columns, query)
            for key, group in itertools.groupby(rows, key=lambda row: row[0] if row[1] is None else row[1]):
                tally = Tally()
                turns = [self._oldest_turn(table, row[2], tally) for row in group]
                yield _conversation(as_name(key), None, turns, tally)

    # Rows into turns

    def _conversation(self, key: object, rowids: list[int]) -> Conversation:
        tally = Tally()
        turns = [self._turn(rowid, tally) for rowid in rowids]
        if key is None:
            return _conversation(turns[0].id, None, turns, tally)
        return _conversation(as_name(key), self.name_of(key), turns, tally)

    def _turn(self, rowid: int, tally: Tally) -> Turn:
        row = self._database.row("responses", _RESPONSE, "rowid", rowid)
        if row is None:
            return Turn(None)
        system = with_system_fragments(
            column_text(row["system"], tally),
            [fragment["content"] for fragment in self._fragments("system_fragments", row["id"], tally)],
        )
        return Turn(
            as_name(row["id"]),
            as_name(row["model"]),
            as_time(row["datetime_utc"]),
            system,
            column_text(row["prompt"], tally),
            [*self._fragments("prompt_fragments", row["id"], tally), *self._attachments(row["id"], tally)],
            self._tool_results(row["id"], tally),
            column_text(row["response"], tally),
            column_text(row["reasoning"], tally),
            self._tool_calls(row["id"], tally),
        )

    def _oldest_turn(self, table: str, rowid: int, tally: Tally) -> Turn:
        row = self._database.row(table, _OLDEST, "rowid", rowid)
        if row is None:
            return Turn(None)
        moments = (as_time(row[name]) for name in ("datetime_utc", "timestamp_utc", "timestamp"))
        return Turn(
            as_name(row["id"]),
            as_name(row["model"]),
            next((moment for moment in moments if moment is not None), None),
            column_text(row["system"], tally),
            column_text(row["prompt"], tally),
            response=column_text(row["response"], tally),
        )

    def _linked(self, table: str, wanted: str, response: object) -> list[object]:
        if not self._database.has(table, "response_id", wanted):
            return []
        order = '"order"' if self._database.has(table, "order") else "rowid"
        rows = self._database.rows(table, (wanted,), f"WHERE response_id = ? ORDER BY {order}", (response,))
        return [row[0] for row in rows]

    def _fragments(self, table: str, response: object, tally: Tally) -> list[dict[str, Any]]:
        linked = self._linked(table, "fragment_id", response)
        found = (read_fragment(self._database, fragment, tally) for fragment in linked)
        return [fragment for fragment in found if fragment is not None]

    def _attachments(self, response: object, tally: Tally) -> list[dict[str, Any]]:
        linked = self._linked("prompt_attachments", "attachment_id", response)
        found = (read_attachment(self._database, attachment, tally) for attachment in linked)
        return [attachment for attachment in found if attachment is not None]

    def _tool_calls(self, response: object, tally: Tally) -> list[dict[str, Any]]:
        if self._calls is None:
            self._calls = self._database.rowids("tool_calls", "response_id")
        wanted = ("name", "arguments", "tool_call_id")
        rows = (self._database.row("tool_calls", wanted, "rowid", at) for at in self._calls.get(response, []))
        return [
            call_of(row["name"], column_text(row["arguments"], tally) or None, row["tool_call_id"])
            for row in rows
            if row is not None
        ]

    def _tool_results(self, response: object, tally: Tally) -> list[ToolResult]:
        if self._results is None:
            self._results = self._database.rowids("tool_results", "response_id")
        wanted = ("id", "name", "output", "tool_call_id", "exception")
        rows = (self._database.row("tool_results", wanted, "rowid", at) for at in self._results.get(response, []))
        return [
            ToolResult(
                as_name(row["name"]),
                as_name(row["tool_call_id"]),
                column_text(row["output"], tally),
                as_name(row["exception"]),
                attachments=self._result_attachments(row["id"], tally),
            )
            for row in rows
            if row is not None
        ]

    def _result_attachments(self, result: object, tally: Tally) -> list[dict[str, Any]]:
        if not self._database.has("tool_results_attachments", "tool_result_id", "attachment_id"):
            return []
        rows = self._database.rows(
            "tool_results_attachments", ("attachment_id",), "WHERE tool_result_id = ? ORDER BY rowid", (result,)
        )
        found = (read_attachment(self._database, row[0], tally) for row in rows)
        return [attachment for attachment in found if attachment is not None]


def _conversation(key: str | None, name: str | None, turns: list[Turn], tally: Tally) -> Conversation:
    messages = messages_of(turns, tally)
    created = ulid_time(key) or next((turn.created_at for turn in turns if turn.created_at is not None), None)
    branches = [Branch(messages)] if messages else []
    return Conversation("llm", key, name, created, branches, tally=tally)


def read_fragment(database: Database, fragment: object, tally: Tally) -> dict[str, Any] | None:
    """A fragment by its id, as an attachment that holds its text."""
    row = database.row("fragments", ("content", "source"), "id", fragment)
    if row is None:
        tally.skipped["missing fragment"] += 1
        return None
    source = (as_name(row["source"]) or "").replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    alias = database.row("fragment_aliases", ("alias",), "fragment_id", fragment) if not source else None
    return fragment_of(source or (as_name(alias[0]) if alias is not None else None), column_text(row["content"], tally))


def read_attachment(database: Database, attachment: object, tally: Tally) -> dict[str, Any] | None:
    """An attachment by its id, without its bytes: they are not even read."""
    row = database.row("attachments", ("rowid", "type", "path", "url"), "id", attachment)
    if row is None:
        tally.skipped["missing attachment"] += 1
        return None
    size = database.blob_size("attachments", "content", row["rowid"])
    if size:
        tally.skipped["attachment's bytes"] += 1
    return attachment_of(row["type"], row["path"], row["url"], size)
