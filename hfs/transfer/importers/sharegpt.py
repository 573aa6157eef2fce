"""ShareGPT's shape and its variants: ``{"conversations": [{"from", "value"}]}``, as collections of chats have it."""

from __future__ import annotations

import json
from typing import Any, Final

from hfs.persistence import exact_float
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
from hfs.transfer.importers._kinds import Importer, RecordFormat, SourceFile

_ROLES: Final = {
    "human": "user",
    "user": "user",
    "prompter": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "tool_call": "assistant",
    "system": "system",
    "tool": "tool",
    "tool_response": "tool",
    "function": "tool",
    "function_response": "tool",
    "observation": "tool",
}
_CALLS: Final = frozenset(("function_call", "tool_call"))
_SHARED: Final = frozenset(("user", "assistant", "system", "tool", "function"))
"""Roles that OpenAI's messages have too."""
_KEYS: Final = ("conversations", "conversation", "messages")
_LOOKED_AT: Final = 20


def _is_turn(item: object, key: str) -> bool:
    turn = as_dict(item)
    speaker = as_text(turn.get("from")) or as_text(turn.get("role"))
    if "mapping" in turn or not speaker or not ({"value", "content"} & turn.keys()):
        return False
    # Under this key it is OpenAI's shape, unless who speaks or the text is named as it never is there.
    return key != "messages" or "value" in turn or (speaker in _ROLES and speaker not in _SHARED)


def _turns(record: dict[str, Any]) -> list[Any]:
    for key in _KEYS:
        turns = as_list(record.get(key))
        if any(_is_turn(turn, key) for turn in turns[:_LOOKED_AT]):
            return turns
    return []


def _fits(record: object) -> bool:
    return bool(_turns(as_dict(record)))


def _read(record: dict[str, Any], source: SourceFile) -> Conversation:
    tally = Tally()
    model = as_name(record.get("model"))
    system = as_text(record.get("system"))
    turns = [*([{"from": "system", "value": system}] if system.strip() else []), *_turns(record)]
    messages = read_messages(turns, lambda turn: _message(turn, model, tally), tally)
    _attach_images(record, messages)
    tools = record.get("tools")
    if tools:
        # Often it is their list as a text.
        tally.skipped["tool definition"] += len(tools) if isinstance(tools, list) else 1
    return Conversation(
        "sharegpt",
        next(
            filter(None, (unique_id(record.get(key)) for key in ("id", "conversation_id", "conversation_hash"))), None
        ),
        as_name(record.get("title")),
        branches=[Branch(messages)] if messages else [],
        tally=tally,
    )


def _message(turn: dict[str, Any], model: str | None, tally: Tally) -> ForeignMessage | None:
    speaker = (as_text(turn.get("from")) or as_text(turn.get("role"))).lower()
    role = _ROLES.get(speaker)
    if role is None:
        count_unknown(tally, "message", "role", speaker)
        return None
    content = read_content(turn.get("value", turn.get("content")), tally)
    moment = as_time(turn.get("timestamp"))
    message = ForeignMessage(role, content.text, as_name(turn.get("id")), moment, attachments=content.attachments)
    if speaker in _CALLS:
        message.model = model
        message.content, message.tool_calls = "", _calls(content.text, tally)
    elif role == "assistant":
        message.model = as_name(turn.get("model")) or model
        message.content, thought = split_thinking(content.text)
        message.reasoning = as_text(turn.get("reasoning_content")) or content.reasoning or thought
        message.tool_calls = read_calls(turn.get("tool_calls"), tally)
    elif role == "tool":
        known = {"tool_call_id": as_name(turn.get("tool_call_id")), "name": as_name(turn.get("name"))}
        message.extra = {key: value for key, value in known.items() if value is not None}
    return message


def _calls(text: str, tally: Tally) -> list[dict[str, Any]]:
    """The calls of a turn that is one: JSON of ``name`` and ``arguments``, or a list of such; else the text itself."""
    if not text.strip():
        return []
    try:
        value = json.loads(text, parse_float=exact_float, parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        return [{"arguments": text}]
    calls = value if isinstance(value, list) else [value]
    if not calls or not all(isinstance(call, dict) and as_name(call.get("name")) for call in calls):
        return [{"arguments": text}]
    return read_calls(calls, tally)


def _attach_images(record: dict[str, Any], messages: list[ForeignMessage]) -> None:
    """Images that a record names beside its turns go with the first thing that the user said."""
    asked = next((message for message in messages if message.role == "user"), None)
    if asked is None:
        return
    for path in map(as_text, [record.get("image"), *as_list(record.get("images"))]):
        name = "image" if path.startswith("data:") else stem(path, whole=True)
        if name:
            asked.attachments.append({"name": name, "type": "image"})


FORMATS: Final[tuple[Importer, ...]] = (RecordFormat("sharegpt", "ShareGPT-style conversations", _fits, _read),)
