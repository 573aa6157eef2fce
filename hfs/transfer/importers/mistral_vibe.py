"""Sessions of Mistral Vibe: ``messages.jsonl`` with ``meta.json`` beside it, and the older single JSON object."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from hfs.transfer.conversation import Branch, Conversation, ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_dicts, as_list, as_name, as_text, as_time
from hfs.transfer.importers._agent_parts import (
    UniqueIds,
    encoded_file,
    path_parts,
    settle,
    tool_call,
    tool_result,
)
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._kinds import Importer, SourceFile, StreamFormat

_NAME: Final = "mistral-vibe"
_ROLES: Final = frozenset(("system", "user", "assistant", "tool"))
_OWN_KEYS: Final = frozenset(("message_id", "injected", "reasoning_message_id", "reasoning_state"))
_FOREIGN_KEYS: Final = frozenset(("type", "id", "uuid", "timestamp", "message", "messages", "model", "parent_id"))
"""What Mistral Vibe never writes in a message, and others do."""
_UNTITLED: Final = "Untitled session"


def _fits(first: Sequence[Any]) -> bool:
    if len(first) == 1 and isinstance(first[0], dict) and _is_whole(first[0]):
        return True
    shaped = all(isinstance(record, dict) and _is_message(record) for record in first)
    return shaped and any(not _OWN_KEYS.isdisjoint(record) for record in first)


def _is_message(record: dict[str, Any]) -> bool:
    return as_text(record.get("role")) in _ROLES and _FOREIGN_KEYS.isdisjoint(record)


def _is_whole(record: dict[str, Any]) -> bool:
    """Whether a record is a file of the first generation."""
    metadata = as_dict(record.get("metadata"))
    told = as_text(metadata.get("session_id")) and "start_time" in metadata
    return bool(told) and isinstance(record.get("messages"), list)


def _read(records: Iterator[Any], source: SourceFile) -> Iterator[Conversation]:
    tally = Tally()
    first = list(itertools.islice(records, 1))
    if first and isinstance(first[0], dict) and _is_whole(first[0]):
        metadata = first[0]["metadata"]
        messages = _messages(itertools.chain(first[0]["messages"], records), tally)
    else:
        metadata = _metadata(source.beside("meta.json"))
        messages = _messages(itertools.chain(first, records), tally)
    prompt = as_text(as_dict(metadata.get("system_prompt")).get("content"))
    if prompt.strip() and not any(message.hidden == "system prompt" for message in messages[:1]):
        messages.insert(0, ForeignMessage("system", prompt, "system_prompt", hidden="system prompt"))
    _make_unique(messages)
    # The metadata hold the whole configuration too: nothing but these is taken from them.
    extra = {
        "cwd": as_name(as_dict(metadata.get("environment")).get("working_directory")),
        "git_branch": as_name(metadata.get("git_branch")),
    }
    yield Conversation(
        _NAME,
        as_name(metadata.get("session_id")),
        _title(metadata, messages),
        as_time(metadata.get("start_time")),
        [Branch(messages)] if messages else [],
        {key: value for key, value in extra.items() if value is not None},
        tally,
    )


def _metadata(data: bytes | None) -> dict[str, Any]:
    try:
        return as_dict(json.loads(data or b"{}"))
    except (ValueError, RecursionError):
        return {}


def _title(metadata: dict[str, Any], messages: list[ForeignMessage]) -> str | None:
    """The title that a person or a model gave; one that is but the beginning of the first message is none."""
    title = as_name(metadata.get("title"))
    if title is None or metadata.get("title_source") == "manual":
        return title
    asked = next((message.content for message in messages if message.role == "user" and message.hidden is None), "")
    return None if title == _UNTITLED or asked.startswith(title.removesuffix("…")) else title


def _make_unique(messages: list[ForeignMessage]) -> None:
    ids = UniqueIds()
    for message in messages:
        if message.id is not None:
            message.id = ids.take(message.id)


def _messages(records: Iterable[Any], tally: Tally) -> list[ForeignMessage]:
    found = []
    tools: dict[str, str] = {}
    for record in records:
        role = as_text(as_dict(record).get("role"))
        if not isinstance(record, dict) or role not in _ROLES:
            count_unknown(tally, "record", "role", role)
            continue
        message = _message(record, role, tools, tally)
        if settle(message):
            found.append(message)
        else:
            tally.skipped["empty message"] += 1
    return found


def _message(record: dict[str, Any], role: str, tools: dict[str, str], tally: Tally) -> ForeignMessage:
    content = _text(record.get("content"), tally)
    own_id = as_name(record.get("message_id"))
    call_id = as_name(record.get("tool_call_id"))
    if role == "tool":
        name = as_name(record.get("name")) or (tools.get(call_id) if call_id is not None else None)
        return tool_result(content, own_id or call_id, None, name, call_id)
    message = ForeignMessage(role, content, own_id)
    if role == "system":
        message.hidden = "system prompt"
    elif record.get("injected") is True:
        message.hidden = "context"
    if role == "assistant":
        message.reasoning = _text(record.get("reasoning_content"), tally)
        for call in as_dicts(record.get("tool_calls")):
            function = as_dict(call.get("function"))
            message.tool_calls.append(tool_call(call.get("id"), function.get("name"), function.get("arguments")))
            known = message.tool_calls[-1]
            if "id" in known and "name" in known:
                tools[known["id"]] = known["name"]
    message.attachments = [_image(image, tally) for image in as_dicts(record.get("images"))]
    return message


def _text(value: object, tally: Tally) -> str:
    if isinstance(value, str):
        return value
    texts = []
    for part in as_list(value):
        text = part if isinstance(part, str) else as_dict(part).get("text")
        if isinstance(text, str):
            texts.append(text)
        else:
            count_unknown(tally, "content", "type", as_dict(part).get("type"))
    return "\n".join(texts)


def _image(image: dict[str, Any], tally: Tally) -> dict[str, Any]:
    source = as_dict(image.get("source"))
    path = as_text(source.get("path"))
    name = as_name(image.get("alias")) or path_parts(path)[-1] or "image"
    return encoded_file(name, image.get("mime_type"), source.get("data"), tally)


FORMATS: Final[tuple[Importer, ...]] = (StreamFormat(_NAME, "Mistral Vibe session", _fits, _read),)
