"""Records of a Claude Code transcript into messages: one API message lies on several lines, a user's line may hold
only what a tool answered, and much of what has the role of the user was never typed by anybody.
"""

from __future__ import annotations

import re
from typing import Any, Final

from hfs.transfer.conversation import ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_list, as_name, as_text, as_time
from hfs.transfer.importers._agent_parts import (
    UniqueIds,
    as_json,
    encoded_file,
    linked_image,
    tool_call,
    tool_result,
)
from hfs.transfer.importers._counted import count_unknown

_TAG: Final = re.compile(r"\s*<([a-z_-]{1,60})[\s>]")
_LABELS: Final = {
    "command-name": "command",
    "command-message": "command",
    "command-args": "command",
    "bash-input": "command",
    "local-command-stdout": "command output",
    "local-command-stderr": "command output",
    "bash-stdout": "command output",
    "bash-stderr": "command output",
    "local-command-caveat": "context",
    "system-reminder": "context",
    "task-notification": "context",
    "teammate-message": "context",
    "user-prompt-submit-hook": "context",
    "user-memory-input": "context",
    "ide_opened_file": "context",
    "ide_selection": "context",
    "ide_diagnostics": "context",
}
"""What a text is that consists of such an element."""
_SYNTHETIC: Final = "<synthetic>"


class MessageReader:
    """Turns records into messages, and remembers what a later record refers to.

    Args:
        tally: Counts what is left out.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._ids = UniqueIds()
        self._tools: dict[str, str] = {}
        self._open: dict[str, ForeignMessage] = {}
        """The assistant's messages by the API's id."""
        self._blocks: dict[str, set[str]] = {}
        """The blocks that each of them has."""

    def user(self, record: dict[str, Any]) -> list[ForeignMessage]:
        """What a line of type ``user`` holds: tools' answers, what was put in by the program, what a person said."""
        message = as_dict(record.get("message"))
        return self._spoken(record, message.get("content"), _origin_label(record))

    def queued(self, record: dict[str, Any]) -> list[ForeignMessage]:
        """What was typed while the model was busy; it is recorded nowhere else."""
        attachment = as_dict(record.get("attachment"))
        typed = attachment.get("commandMode") in ("prompt", None)
        label = _origin_label(attachment) or (None if typed else "context")
        return self._spoken(record, attachment.get("prompt"), label)

    def assistant(self, record: dict[str, Any]) -> list[ForeignMessage]:
        """The message that a line begins, and what tools of the API answered; lines that go on with one add to it."""
        message = as_dict(record.get("message"))
        api_id = as_name(message.get("id"))
        found: list[ForeignMessage] = []
        target = self._open.get(api_id) if api_id is not None else None
        if target is None:
            target = self._new(record, "assistant", "")
            model = as_name(message.get("model"))
            target.model = None if model == _SYNTHETIC else model
            if record.get("isApiErrorMessage") is True or model == _SYNTHETIC:
                target.hidden = "error"
            found.append(target)
            if api_id is not None:
                self._open[api_id] = target
        seen = self._blocks.setdefault(api_id, set()) if api_id is not None else set()
        for block in _blocks(message.get("content")):
            written = as_json(block)
            if written and written in seen:
                continue
            seen.add(written)
            found += self._assistant_block(target, as_dict(block), record)
        return found

    def _new(self, record: dict[str, Any], role: str, content: str, hidden: str | None = None) -> ForeignMessage:
        uuid = as_name(record.get("uuid"))
        chosen = self._ids.take(uuid) if uuid is not None else None
        return ForeignMessage(role, content, chosen, as_time(record.get("timestamp")), hidden=hidden)

    def _assistant_block(
        self, target: ForeignMessage, block: dict[str, Any], record: dict[str, Any]
    ) -> list[ForeignMessage]:
        kind = block.get("type")
        if kind == "text":
            target.content = _joined(target.content, as_text(block.get("text")))
        elif kind == "thinking":
            target.reasoning = _joined(target.reasoning, as_text(block.get("thinking")))
        elif kind == "redacted_thinking":
            self._tally.skipped["encrypted reasoning"] += 1
        elif kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
            call = tool_call(block.get("id"), block.get("name"), block.get("input"))
            if "id" in call and "name" in call:
                self._tools[call["id"]] = call["name"]
            target.tool_calls.append(call)
        elif as_text(kind).endswith("tool_result"):
            return [self._result(block, record)]
        elif (file := self._file(block)) is not None:
            target.attachments.append(file)
        else:
            count_unknown(self._tally, "content", "type", kind)
        return []

    def _spoken(self, record: dict[str, Any], content: object, label: str | None) -> list[ForeignMessage]:
        found: list[ForeignMessage] = []
        said: dict[str | None, list[str]] = {}
        files: list[dict[str, Any]] = []
        for value in _blocks(content):
            block = as_dict(value)
            kind = block.get("type")
            if kind == "text":
                text = as_text(block.get("text"))
                if text.strip():
                    said.setdefault(label or text_label(text), []).append(text)
            elif as_text(kind).endswith("tool_result"):
                found.append(self._result(block, record))
            elif (file := self._file(block)) is not None:
                files.append(file)
            else:
                count_unknown(self._tally, "content", "type", kind)
        if files:
            said.setdefault(label, [])
        # What a person said comes last: what was put in before it is what it was said with.
        for hidden in sorted(said, key=lambda one: (one == label, one is None)):
            message = self._new(record, "user", "\n\n".join(said[hidden]), hidden)
            message.attachments = files if hidden == label else []
            found.append(message)
        if not found:
            self._tally.skipped["empty message"] += 1
        return found

    def _result(self, block: dict[str, Any], record: dict[str, Any]) -> ForeignMessage:
        call_id = as_name(block.get("tool_use_id"))
        carrier = self._new(record, "tool", "")
        name = self._tools.get(call_id) if call_id is not None else None
        result = tool_result("", carrier.id, carrier.created_at, name, call_id)
        if block.get("is_error") is True:
            result.extra["is_error"] = True
        texts = []
        value = block.get("content")
        for item in _blocks(value if isinstance(value, (str, list)) else as_json(value)):
            inner = as_dict(item)
            if inner.get("type") == "text":
                texts.append(as_text(inner.get("text")))
            elif (file := self._file(inner)) is not None:
                result.attachments.append(file)
            else:
                texts.append(as_json(item))
        result.content = "\n\n".join(text for text in texts if text)
        return result

    def _file(self, block: dict[str, Any]) -> dict[str, Any] | None:
        kind = block.get("type")
        if kind not in ("image", "document"):
            return None
        source = as_dict(block.get("source"))
        name = as_name(block.get("title")) or as_text(kind)
        if source.get("type") == "url":
            return {**linked_image(source.get("url"), self._tally), **({"type": kind} if kind == "document" else {})}
        if source.get("type") == "text":
            return {"name": name, "type": as_text(source.get("media_type")), "content": as_text(source.get("data"))}
        return encoded_file(name, source.get("media_type"), source.get("data"), self._tally)


def text_label(text: str) -> str | None:
    """What a text with the role of the user is, where nobody typed it so; None for what a person said."""
    if text.startswith("[Request interrupted by user"):
        return "interruption"
    tag = _TAG.match(text)
    return _LABELS.get(tag[1]) if tag and text.rstrip().endswith(">") and "</" in text else None


def _origin_label(record: dict[str, Any]) -> str | None:
    if record.get("isCompactSummary") is True:
        return "summary"
    kind = as_dict(record.get("origin")).get("kind")
    elsewhere = isinstance(kind, str) and kind != "human"
    return "context" if record.get("isMeta") is True or elsewhere or record.get("promptSource") == "system" else None


def _blocks(content: object) -> list[Any]:
    """The blocks of a content, whichever of its two forms it has."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [{"type": "text", "text": one} if isinstance(one, str) else one for one in as_list(content)]


def _joined(before: str, text: str) -> str:
    return f"{before}\n\n{text}" if before and text else before or text
