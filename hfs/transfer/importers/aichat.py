"""aichat's sessions: a YAML file each, which keeps turns that were summed up under a key of their own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hfs.persistence import render_json
from hfs.transfer.conversation import Branch, Conversation, ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_dicts, as_list, as_name, as_text
from hfs.transfer.importers._chat_content import (
    is_empty,
    label,
    read_calls,
    read_content,
    settle,
    split_thinking,
    stem,
)
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._kinds import Importer, RefusedError, SourceFile, TextFormat
from hfs.transfer.importers._yaml import load_yaml

_ROLES: Final = frozenset(("system", "user", "assistant", "tool"))
_MODEL: Final = re.compile(r"^model:", re.MULTILINE)
_MESSAGES: Final = re.compile(r"^(?:compressed_)?messages:[ \t]*(?:\[\]|\r?\n[ \t]*- (?:role|content):)", re.MULTILINE)
_STAMP: Final = re.compile(r"^\d{8}T\d{6}-")
_UNNAMED: Final = frozenset(("temp", "stdin"))


def _fits(head: str) -> bool:
    return bool(_MODEL.search(head) and _MESSAGES.search(head))


def _read(text: str, source: SourceFile) -> Iterator[Conversation]:
    session = load_yaml(text)
    if not isinstance(session, dict):
        raise RefusedError("it has not the shape of an aichat session")
    yield read_session(session, source)


def read_session(session: dict[str, Any], source: SourceFile) -> Conversation:
    """The conversation that a parsed session holds."""
    reader = _Reader(session)
    older = as_list(session.get("compressed_messages"))
    newer = as_list(session.get("messages"))
    instructions = as_text(session.get("agent_instructions"))
    if instructions.strip() and not any(one.get("content") == instructions for one in as_dicts([*older, *newer])):
        reader.add({"role": "system", "content": instructions})
    for item in older:
        reader.add(item)
    for number, item in enumerate(newer):
        # What was compressed is summed up in a system prompt of its own.
        is_summary = number == 0 and bool(older) and as_dict(item).get("role") == "system"
        reader.add(item, hidden="summary" if is_summary else None)
    messages = settle(reader.found)
    return Conversation(
        "aichat", None, _name(source), branches=[Branch(messages)] if messages else [], tally=reader.tally
    )


def _name(source: SourceFile) -> str | None:
    name = _STAMP.sub("", stem(source.name) or "").strip()
    return name if name and name not in _UNNAMED else None


class _Reader:
    """The messages of a session, as they are found."""

    def __init__(self, session: dict[str, Any]) -> None:
        self.found: list[ForeignMessage] = []
        self.tally = Tally()
        self._model = as_name(session.get("model"))
        self._files: Mapping[str, Any] = as_dict(session.get("data_urls"))

    def add(self, item: object, hidden: str | None = None) -> None:
        """Takes a message as it stands in the file."""
        if not isinstance(item, dict):
            self.tally.unknown["message that is no object"] += 1
            return
        role = as_text(item.get("role"))
        if role not in _ROLES:
            count_unknown(self.tally, "message", "role", role)
            return
        content = item.get("content")
        if isinstance(content, dict) and "tool_results" in content:
            self._add_tools(content)
            return
        parts = read_content(content, self.tally, self._file_name)
        message = ForeignMessage(role, parts.text, attachments=parts.attachments)
        if role == "assistant":
            message.content, message.reasoning = split_thinking(parts.text)
        self._keep(message, hidden)

    def _add_tools(self, content: dict[str, Any]) -> None:
        """Calls and their results are one message there: they become what a model said, and what it was told."""
        results = as_dicts(content["tool_results"])
        left = len(as_list(content["tool_results"])) - len(results)
        if left or not isinstance(content["tool_results"], list):
            self.tally.unknown["tool result that is no object"] += max(left, 1)
        calls = read_calls([as_dict(result.get("call")) for result in results], self.tally)
        said = ForeignMessage("assistant", as_text(content.get("text")), reasoning=as_text(content.get("thought")))
        said.tool_calls = [call for call in calls if call]
        self._keep(said)
        for result, call in zip(results, calls, strict=True):
            output = result.get("output")
            told = output if isinstance(output, str) else "" if output is None else render_json(output).decode().strip()
            known = {"name": call.get("name"), "tool_call_id": call.get("id")}
            extra = {key: value for key, value in known.items() if value is not None}
            self._keep(ForeignMessage("tool", told, extra=extra))

    def _keep(self, message: ForeignMessage, hidden: str | None = None) -> None:
        if is_empty(message):
            self.tally.skipped["empty message"] += 1
            return
        message.hidden = hidden or label(message)
        if message.role == "assistant":
            message.model = self._model
        self.found.append(message)

    def _file_name(self, url: str) -> str | None:
        digest = hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()
        return stem(as_text(self._files.get(digest)), whole=True)


FORMATS: Final[tuple[Importer, ...]] = (TextFormat("aichat", "aichat session", _fits, _read),)
