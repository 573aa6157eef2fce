"""Turns as llm logs them up to 0.31, and in its JSON ever since: what was asked, with all that came along, and the
answer. Into messages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from hfs.transfer.conversation import ForeignMessage, Tally
from hfs.transfer.fields import as_name, as_time

_ULID_LENGTH: Final = 26
_ULID_TIME: Final = 10
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CUT: Final = 100
"""How long a fragment is that ``llm logs --json`` cut short."""


@dataclass(slots=True)
class ToolResult:
    """What a tool gave back."""

    name: str | None
    call_id: str | None
    output: str
    exception: str | None = None
    on_server: bool = False
    """Whether the provider ran it within the answer, so that it follows the call in the same turn."""
    attachments: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Turn:
    """One call of a model."""

    id: str | None
    model: str | None = None
    created_at: datetime | None = None
    system: str = ""
    prompt: str = ""
    attachments: list[dict[str, Any]] = field(default_factory=list)
    """Fragments too."""
    results: list[ToolResult] = field(default_factory=list)
    response: str = ""
    reasoning: str = ""
    calls: list[dict[str, Any]] = field(default_factory=list)


def ulid_time(identity: str | None) -> datetime | None:
    """When an id was made: the same for every export of a conversation, however few of its turns are in it."""
    text = (identity or "").upper()
    if len(text) != _ULID_LENGTH or not set(text).issubset(_CROCKFORD):
        return None
    milliseconds = 0
    for letter in text[:_ULID_TIME]:
        milliseconds = milliseconds * 32 + _CROCKFORD.index(letter)
    return as_time(milliseconds) if milliseconds > 1e11 else None


def messages_of(turns: Iterable[Turn], tally: Tally) -> list[ForeignMessage]:
    """The messages of turns, in their order. A system prompt is said once, until it changes."""
    found: list[ForeignMessage] = []
    system = ""
    for turn in turns:
        if turn.system.strip() and turn.system.strip() != system:
            system = turn.system.strip()
            found.append(_message(turn, "system", turn.system, "system", hidden="system prompt"))
        before = len(found)
        found.extend(_results(turn, on_server=False))
        if turn.prompt or turn.attachments:
            content, attachments = own_words(turn.prompt, turn.attachments)
            found.append(_message(turn, "user", content, "prompt", attachments=attachments))
        elif len(found) == before:
            tally.skipped["empty message"] += 1
        if turn.response or turn.reasoning or turn.calls:
            hidden = None if turn.response else "tool call" if turn.calls else "thinking"
            answer = _message(turn, "assistant", turn.response, "", hidden=hidden, model=turn.model)
            answer.reasoning, answer.tool_calls = turn.reasoning, turn.calls
            found.append(answer)
        else:
            tally.skipped["empty message"] += 1
        found.extend(_results(turn, on_server=True))
    return found


def _message(turn: Turn, role: str, content: str, part: str, **more: Any) -> ForeignMessage:
    identity = turn.id and (f"{turn.id}:{part}" if part else turn.id)
    return ForeignMessage(role, content, identity, turn.created_at, **more)


def _results(turn: Turn, *, on_server: bool) -> Iterator[ForeignMessage]:
    for number, result in enumerate(turn.results):
        if result.on_server == on_server:
            message = result_message(result)
            message.id = turn.id and f"{turn.id}:result:{number}"
            message.created_at = turn.created_at
            yield message


def result_message(result: ToolResult) -> ForeignMessage:
    """A result of a tool as a message, without id and time."""
    extra = {"name": result.name, "tool_call_id": result.call_id, "exception": result.exception}
    return ForeignMessage(
        "tool", result.output, hidden="tool result", attachments=result.attachments,
        extra={key: value for key, value in extra.items() if value},
    )  # fmt: skip


def call_of(name: object, arguments: object, call_id: object) -> dict[str, Any]:
    """A call of a tool."""
    call: dict[str, Any] = {"id": as_name(call_id), "name": as_name(name), "arguments": arguments}
    return {key: value for key, value in call.items() if value is not None}


def output_text(output: object) -> str:
    """What a tool gave back, as text."""
    if isinstance(output, str):
        return output
    return "" if output is None else json.dumps(output, ensure_ascii=False)


def attachment_of(kind: object, path: object, url: object, size: object) -> dict[str, Any]:
    """A file that went with a prompt."""
    place = as_name(path) or as_name(url) or ""
    name = place.replace("\\", "/").split("?")[0].rstrip("/").rsplit("/", 1)[-1]
    found = {"name": name, "type": as_name(kind), "path": as_name(path), "url": as_name(url)}
    attachment: dict[str, Any] = {key: value for key, value in found.items() if value}
    if isinstance(size, int) and not isinstance(size, bool) and size > 0:
        attachment["size"] = size
    return attachment


def fragment_of(name: str | None, text: str) -> dict[str, Any]:
    """A text that was put before a prompt: a file's, mostly."""
    return {"name": name or "fragment", "type": "text/plain", "content": text}


def own_words(prompt: str, attachments: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """A prompt that is nothing but fragments has their text for its own."""
    if prompt:
        return prompt, attachments
    texts = [item["content"] for item in attachments if "content" in item]
    bare = [{key: value for key, value in item.items() if key != "content"} for item in attachments]
    return "\n".join(texts), bare


def apart(prompt: str, fragments: list[dict[str, Any]], tally: Tally) -> tuple[str, list[dict[str, Any]]]:
    """A prompt and its fragments as JSON has them, so that nothing is there twice.

    Since 0.32 a prompt begins with its fragments, before it didn't; and without ``--expand`` a fragment is cut short.
    """
    texts = [str(item["content"]) for item in fragments]
    cut = next((at for at, text in enumerate(texts) if _is_cut(text)), None)
    if cut is None:
        joined = "\n".join(texts)
        if prompt == joined:
            return "", fragments
        return (prompt[len(joined) + 1 :] if fragments and prompt.startswith(f"{joined}\n") else prompt), fragments
    if prompt.startswith("\n".join([*texts[:cut], texts[cut][:-3]])):
        return prompt, [{key: value for key, value in item.items() if key != "content"} for item in fragments]
    tally.skipped["rest of a fragment that the export cut short"] += sum(map(_is_cut, texts))
    return prompt, fragments


def _is_cut(text: str) -> bool:
    return len(text) == _CUT and text.endswith("...")


def with_system_fragments(system: str, texts: list[str]) -> str:
    """A system prompt with the fragments before it, unless it begins with them already."""
    if not texts or system.startswith(texts[0].strip()[: _CUT - 3]):
        return system
    return "\n".join([*texts, *([system] if system else [])])
