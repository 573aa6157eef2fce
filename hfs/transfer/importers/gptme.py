"""Logs of gptme: a folder per conversation with ``conversation.jsonl``, and a file for each branch of it."""

from __future__ import annotations

import json
import mimetypes
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from hfs.transfer.conversation import Branch, Conversation, ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_list, as_name, as_text, as_time
from hfs.transfer.importers._agent_parts import path_parts, tool_result
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._kinds import Importer, SourceFile, StreamFormat

_NAME: Final = "gptme"
_MAIN: Final = "conversation.jsonl"
_ROLES: Final = frozenset(("system", "user", "assistant"))
_OWN_KEYS: Final = frozenset(("file_hashes", "ui_only", "ephemeral_ttl", "pinned", "hide"))
"""What only gptme writes: how a message of an old log, without a time, is told."""
_FOREIGN_KEYS: Final = frozenset(
    (
        "type", "id", "uuid", "message", "name", "tool_calls", "tool_call_id", "message_id", "reasoning_content",
        "injected", "model", "messages", "conversations", "parts", "created_at", "parent_id", "parentId",
    )
)  # fmt: skip
"""What gptme never writes, and others do."""
_THINKING: Final = re.compile(r"\s*<(think|thinking)>(.*?)</\1>\s*", re.DOTALL | re.IGNORECASE)
_SIGNATURE: Final = re.compile(r"<!--\s*think-sig:.*?-->\s*", re.DOTALL)


def _fits(first: Sequence[Any]) -> bool:
    shaped = all(isinstance(record, dict) and _is_message(record) for record in first)
    return shaped and any(as_time(record.get("timestamp")) or not _OWN_KEYS.isdisjoint(record) for record in first)


def _is_message(record: dict[str, Any]) -> bool:
    told = as_text(record.get("role")) in _ROLES and isinstance(record.get("content"), str)
    when = record.get("timestamp")
    return told and (when is None or isinstance(when, str)) and _FOREIGN_KEYS.isdisjoint(record)


def _read(records: Iterator[Any], source: SourceFile) -> Iterator[Conversation]:
    tally = Tally()
    parts = path_parts(source.name)
    folder, branch = _place(parts)
    messages = _messages(records, tally)
    beside = "" if branch is None else "../"
    config = _config(source.beside(f"{beside}config.toml"))
    title = as_name(config.get("name"))
    workspace = as_text(config.get("workspace"))
    extra = {"cwd": workspace} if workspace.startswith(("/", "~")) or ":\\" in workspace[:3] else {}
    if len(parts) > 2 and parts[-2] == "views":
        # What was sent to the model instead of the whole conversation, which is in its own file.
        tally.skipped["message of a shortened copy"] += len(messages)
        messages = []
    branches = [Branch(messages, branch)] if messages else []
    if messages and branch is not None:
        branches = _forked(messages, branch, source.beside(f"../{_MAIN}"), tally)
    created = next((message.created_at for message in messages if message.created_at is not None), None)
    yield Conversation(_NAME, folder, title, created, branches, extra, tally)


def _place(parts: list[str]) -> tuple[str | None, str | None]:
    """The conversation, which is named by its folder, and the branch of it that a file holds; None for the main one.

    A file of another name was moved away from its folder: nothing tells then which conversation it is.
    """
    if parts[-1] == _MAIN and len(parts) > 1:
        return _folder(parts[-2]), None
    if len(parts) > 2 and parts[-2] in ("branches", "views"):
        return _folder(parts[-3]), parts[-1].removesuffix(".jsonl") or None
    return None, None


def _folder(part: str) -> str | None:
    return None if part in (".", "..") else as_name(part)


def _forked(messages: list[ForeignMessage], branch: str, main: bytes | None, tally: Tally) -> list[Branch]:
    """A branch, behind the main one that it belongs to, if that is there."""
    trunk = _messages(_lines(main or b""), Tally())
    if [_said(message) for message in trunk[: len(messages)]] == [_said(message) for message in messages]:
        tally.skipped["branch with nothing of its own"] += 1
        return [Branch(trunk)]
    return [Branch(trunk), Branch(messages, branch)] if trunk else [Branch(messages, branch)]


def _said(message: ForeignMessage) -> tuple[str, str, str]:
    return message.role, message.content, message.reasoning


def _lines(data: bytes) -> Iterator[Any]:
    for line in data.splitlines():
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            continue


def _config(data: bytes | None) -> dict[str, Any]:
    try:
        return as_dict(tomllib.loads((data or b"").decode("utf-8", "replace")).get("chat"))
    except (ValueError, RecursionError):
        return {}


def _messages(records: Iterable[Any], tally: Tally) -> list[ForeignMessage]:
    found: list[ForeignMessage] = []
    begun = False
    for record in records:
        if not isinstance(record, dict):
            tally.unknown["record that is no object"] += 1
            continue
        role = as_text(record.get("role"))
        if role not in _ROLES or not isinstance(record.get("content"), str):
            count_unknown(tally, "record", "role", role)
            continue
        begun = begun or role != "system"
        message = _message(record, role, begun)
        if message.content.strip() or message.attachments or message.reasoning:
            found.append(message)
        else:
            tally.skipped["empty message"] += 1
    return found


def _message(record: dict[str, Any], role: str, begun: bool) -> ForeignMessage:
    metadata = as_dict(record.get("metadata"))
    moment = as_time(record.get("timestamp"))
    content = record["content"]
    if role == "system" and begun and record.get("ui_only") is not True:
        # gptme has no role for tools: what they answer is said by the system.
        message = tool_result(content, None, moment, metadata.get("tool"), record.get("call_id"))
    else:
        message = ForeignMessage(role, content, created_at=moment)
    if role == "assistant":
        message.model = as_name(metadata.get("model"))
        _split_thinking(message)
    if role == "system" and not begun:
        message.hidden = "system prompt"
    elif record.get("ui_only") is True:
        message.hidden = "notice"
    elif record.get("hide") is True and message.hidden is None:
        message.hidden = "context"
    if record.get("pinned") is True:
        message.extra["pinned"] = True
    message.attachments = [_file(name) for name in as_list(record.get("files")) if as_text(name)]
    return message


def _split_thinking(message: ForeignMessage) -> None:
    """Takes what the model thought before it answered out of the text."""
    content = message.content
    if "think-sig:" in content:
        # Not beyond the last end of a comment: each beginning without one would be searched for to the very end.
        signed = content.rfind("-->") + 3
        content = _SIGNATURE.sub("", content[:signed]) + content[signed:]
    thoughts = []
    end = 0
    while block := _THINKING.match(content, end):
        thoughts.append(block[2].strip())
        end = block.end()
    message.reasoning = "\n\n".join(thought for thought in thoughts if thought)
    message.content = content[end:]
    if message.reasoning and not message.content.strip():
        message.content, message.hidden = "", "thinking"


def _file(path: str) -> dict[str, Any]:
    last = path_parts(path)[-1]
    # Of all of it, where it is an address that is none, newer versions of Python would raise.
    kind = mimetypes.guess_type(last)[0]
    return {"name": last or path, **({"type": kind} if kind else {}), "path": path}


FORMATS: Final[tuple[Importer, ...]] = (StreamFormat(_NAME, "gptme log", _fits, _read),)
