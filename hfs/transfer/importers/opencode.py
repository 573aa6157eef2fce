"""opencode: what ``opencode export`` prints, a session with its messages and their parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from hfs.transfer.conversation import Branch, Conversation, ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_list, as_name, as_text, as_time
from hfs.transfer.importers._agent_parts import UniqueIds, as_json, encoded_file
from hfs.transfer.importers._counted import count_unknown, counted_objects, counted_text
from hfs.transfer.importers._kinds import Importer, RecordFormat, SourceFile
from hfs.transfer.importers._turn import Turn

_DEFAULT_TITLE: Final = re.compile(r"(New|Child) session - \d{4}-\d\d-\d\dT")
_DATA_URL: Final = re.compile(r"data:[^,]{0,200},")
_LEFT_OUT: Final = {
    "step-start": "step marker",
    "step-finish": "step marker",
    "snapshot": "snapshot",
    "patch": "patch",
    "retry": "retry notice",
    "compaction": "compaction marker",
    "agent": "mention of an agent",
}
"""Parts that say nothing themselves, and what they are counted as."""


def _fits(record: Any) -> bool:
    if not isinstance(record, dict) or not isinstance(record.get("info"), dict):
        return False
    info, messages = record["info"], record.get("messages")
    if "id" not in info or not isinstance(messages, list):
        return False
    first = next((message for message in messages if isinstance(message, dict)), None)
    return "title" in info or "time" in info if first is None else "info" in first and "parts" in first


def _read(record: dict[str, Any], source: SourceFile) -> Conversation:
    info, tally = as_dict(record.get("info")), Tally()
    messages: list[ForeignMessage] = []
    reader = _Reader(tally)
    undone_from = as_name(as_dict(info.get("revert")).get("messageID"))
    undone = False
    for message in counted_objects(record.get("messages"), "message", tally):
        found = list(reader.messages(message))
        undone = undone or (undone_from is not None and as_name(as_dict(message.get("info")).get("id")) == undone_from)
        for one in found:
            one.hidden = one.hidden or ("undone" if undone else None)
        messages += found
    if todos := len(as_list(record.get("todos"))):
        tally.skipped["todo"] += todos
    title = as_name(info.get("title"))
    return Conversation(
        "opencode",
        as_name(info.get("id")),
        None if title is None or _DEFAULT_TITLE.match(title) else title,
        as_time(as_dict(info.get("time")).get("created")),
        [Branch(messages)] if messages else [],
        _extra(info),
        tally,
    )


def _extra(info: dict[str, Any]) -> dict[str, Any]:
    found = {
        "cwd": as_name(info.get("directory")),
        "source_url": as_name(as_dict(info.get("share")).get("url")),
        "archived": as_time(as_dict(info.get("time")).get("archived")) is not None or None,
    }
    return {key: value for key, value in found.items() if value is not None}


class _Reader:
    """Reads the messages of a session, one after the other."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._ids = UniqueIds()
        self._system = ""

    def messages(self, record: dict[str, Any]) -> Iterator[ForeignMessage]:
        """What a message becomes: the answer to it, and each result of a tool, are messages of their own."""
        info = as_dict(record.get("info"))
        role = info.get("role")
        parts = counted_objects(record.get("parts"), "part", self._tally)
        known = as_name(info.get("id"))
        identity = self._ids.take(known) if known is not None else None
        created = as_time(as_dict(info.get("time")).get("created"))
        if role == "user":
            yield from self._asked(info, parts, identity, created)
        elif role == "assistant":
            yield from self._answered(info, parts, identity, created)
        else:
            count_unknown(self._tally, "message", "role", role)

    def _asked(
        self, info: dict[str, Any], parts: list[dict[str, Any]], identity: str | None, created: datetime | None
    ) -> Iterator[ForeignMessage]:
        system = counted_text(info.get("system"), "system prompt", self._tally)
        if system.strip() and system != self._system:
            self._system = system
            yield ForeignMessage("system", system, self._part_id(identity, "system"), created, hidden="system prompt")
        turn = Turn("user", identity, created)
        beside: list[ForeignMessage] = []
        for number, part in enumerate(parts):
            kind = part.get("type")
            text = counted_text(part.get("prompt" if kind == "subtask" else "text"), "text", self._tally)
            hidden = _what_text(part)
            if kind in ("text", "subtask") and hidden is not None:
                if text.strip():
                    name = {"name": as_text(part.get("agent"))} if as_text(part.get("agent")) else {}
                    label = self._part_id(identity, as_name(part.get("id")) or f"part {number}")
                    beside.append(ForeignMessage("user", text, label, created, hidden=hidden, extra=dict(name)))
            elif kind == "text":
                turn.text(text)
            elif kind == "file":
                turn.attach(self._file(part))
            else:
                self._other(kind)
        if not turn.is_empty or not parts:
            yield from turn.messages(self._tally)
        yield from beside

    def _answered(
        self, info: dict[str, Any], parts: list[dict[str, Any]], identity: str | None, created: datetime | None
    ) -> Iterator[ForeignMessage]:
        turn = Turn("assistant", identity, created, as_name(info.get("modelID")))
        turn.hidden = "summary" if info.get("summary") is True else None
        # Calls that stand together were made together, their results follow.
        waiting: list[dict[str, Any]] = []
        for part in parts:
            kind = part.get("type")
            if kind == "tool":
                state = as_dict(part.get("state"))
                turn.call(as_name(part.get("callID")), as_name(part.get("tool")), state.get("input"))
                waiting.append(part)
                continue
            if kind in ("text", "reasoning", "file"):
                self._settle(turn, waiting)
            if kind == "text":
                turn.text(counted_text(part.get("text"), "text", self._tally))
            elif kind == "reasoning":
                turn.thought(counted_text(part.get("text"), "reasoning", self._tally))
            elif kind == "file":
                turn.attach(self._file(part))
            else:
                self._other(kind)
        self._settle(turn, waiting)
        error = _error(info.get("error"))
        turn.status = "interrupted" if error and not turn.is_empty else None
        turn.fail(error)
        if not turn.is_empty or not parts:
            yield from turn.messages(self._tally)

    def _settle(self, turn: Turn, waiting: list[dict[str, Any]]) -> None:
        for part in waiting:
            state = as_dict(part.get("state"))
            status = state.get("status")
            if status in ("pending", "running"):
                continue
            failed = status == "error"
            output = as_json(state.get("error" if failed else "output"))
            attachments = [
                self._file(item) for item in counted_objects(state.get("attachments"), "attachment", self._tally)
            ]
            turn.result(output, as_name(part.get("callID")), as_name(part.get("tool")), attachments, failed=failed)
        waiting.clear()

    def _file(self, part: dict[str, Any]) -> dict[str, Any]:
        url = counted_text(part.get("url"), "address of a file", self._tally)
        path = as_name(as_dict(part.get("source")).get("path"))
        name = as_name(part.get("filename")) or (path or "").replace("\\", "/").rsplit("/", 1)[-1] or "file"
        inline = _DATA_URL.match(url)
        if inline:
            return encoded_file(name, part.get("mime"), url[inline.end() :], self._tally)
        found = {"name": name, "type": as_name(part.get("mime")), "url": url or None}
        return {key: value for key, value in found.items() if value is not None}

    def _part_id(self, identity: str | None, part: str) -> str | None:
        return self._ids.take(f"{identity}:{part}") if identity is not None else None

    def _other(self, kind: object) -> None:
        known = _LEFT_OUT.get(kind) if isinstance(kind, str) else None
        if known is not None:
            self._tally.skipped[known] += 1
        else:
            count_unknown(self._tally, "part", "type", kind)


def _what_text(part: dict[str, Any]) -> str | None:
    """What a text in a user's message is, where the user didn't write it."""
    if part.get("type") == "subtask":
        return "subtask"
    if part.get("synthetic") is True:
        return "context"
    return "notice" if part.get("ignored") is True else None


def _error(error: object) -> str:
    known = as_dict(error)
    message = as_text(as_dict(known.get("data")).get("message")) or as_text(known.get("message"))
    return ": ".join(filter(None, (as_text(known.get("name")), message)))


FORMATS: Final[tuple[Importer, ...]] = (RecordFormat("opencode", "opencode export", _fits, _read),)
