"""Messages as OpenAI's API takes them: objects with ``messages``, as in fine-tuning files, and bare lists of messages.

A bare list is one conversation; ShellGPT's files are exactly that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from hfs.transfer.conversation import Branch, Conversation, ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_list, as_name, as_text, as_time
from hfs.transfer.importers._chat_content import (
    read_calls,
    read_content,
    read_messages,
    split_thinking,
    stem,
    unique_id,
)
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._kinds import Importer, RecordFormat, SourceFile, StreamFormat

_ROLES: Final = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_SPOKEN: Final = frozenset(("content", "tool_calls", "function_call"))
_TIMES: Final = ("created_at", "timestamp", "created", "create_time")
_LOOKED_AT: Final = 20


def _is_message(item: object) -> bool:
    return isinstance(item, dict) and as_text(item.get("role")) in _ROLES and not _SPOKEN.isdisjoint(item)


def _fits(record: object) -> bool:
    listed = as_list(as_dict(record).get("messages"))[:_LOOKED_AT]
    return any(_is_message(item) for item in listed)


def _fits_messages(first: Sequence[Any]) -> bool:
    messages = [item for item in first if isinstance(item, dict)]
    return bool(messages) and all(_is_message(item) for item in messages)


def _read(record: dict[str, Any], source: SourceFile) -> Conversation:
    tally = Tally()
    if tools := [*as_list(record.get("tools")), *as_list(record.get("functions"))]:
        tally.skipped["tool definition"] += len(tools)
    model = as_name(record.get("model"))
    system = [{"role": "system", "content": record["system"]}] if record.get("system") else []
    messages = _messages([*system, *as_list(record.get("messages"))], model, tally)
    return Conversation(
        "openai",
        unique_id(record.get("id")),
        as_name(record.get("title")),
        _first_time(record),
        [Branch(messages)] if messages else [],
        tally=tally,
    )


def _read_messages(items: Iterator[Any], source: SourceFile) -> Iterator[Conversation]:
    tally = Tally()
    messages = _messages(items, None, tally)
    # ShellGPT names a file as the chat is named, without an ending.
    name = stem(source.name, whole=True)
    title = None if name is None or "." in name or name == "stdin" else name
    yield Conversation("openai", None, title, branches=[Branch(messages)] if messages else [], tally=tally)


def _messages(items: Iterable[Any], model: str | None, tally: Tally) -> list[ForeignMessage]:
    names: dict[str, str] = {}
    return read_messages(items, lambda item: _message(item, model, names, tally), tally)


def _message(item: dict[str, Any], model: str | None, names: dict[str, str], tally: Tally) -> ForeignMessage | None:
    """A message; ``names`` are those of the tools by the ids of their calls, and grow."""
    spelled = as_text(item.get("role")).lower()
    role = _ROLES.get(spelled)
    if role is None:
        count_unknown(tally, "message", "role", spelled)
        return None
    content = read_content(item.get("content"), tally)
    text = content.text or as_text(item.get("refusal"))
    message = ForeignMessage(role, text, as_name(item.get("id")), _first_time(item), attachments=content.attachments)
    name = as_name(item.get("name"))
    if role == "assistant":
        message.model = as_name(item.get("model")) or model
        message.content, thought = split_thinking(text)
        told = (as_text(item.get(key)) for key in ("reasoning_content", "reasoning", "thinking"))
        message.reasoning = next(filter(None, told), "") or content.reasoning or thought
        message.tool_calls = read_calls(item.get("tool_calls"), tally)
        if isinstance(item.get("function_call"), dict):
            message.tool_calls += read_calls([item["function_call"]], tally)
        names.update((call["id"], call["name"]) for call in message.tool_calls if "id" in call and "name" in call)
    elif role == "tool":
        call = as_name(item.get("tool_call_id"))
        name = name or names.get(call or "")
        message.extra.update({"tool_call_id": call} if call else {})
    message.extra.update({"name": name} if name else {})
    return message


def _first_time(record: dict[str, Any]) -> datetime | None:
    return next(filter(None, (as_time(record.get(key)) for key in _TIMES)), None)


FORMATS: Final[tuple[Importer, ...]] = (
    RecordFormat("openai", "OpenAI-style conversations, as in fine-tuning files", _fits, _read),
    StreamFormat("openai", "OpenAI-style list of messages, as ShellGPT keeps it", _fits_messages, _read_messages),
)
