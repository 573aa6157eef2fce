"""What chat APIs have as a message's content: a text, or a list of parts. Shared by the formats that keep it so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from hfs.display import one_line
from hfs.transfer.conversation import ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_dicts, as_list, as_name, as_text
from hfs.transfer.importers._attachments import left_out
from hfs.transfer.importers._counted import count_unknown

_TEXTS: Final = frozenset(("text", "input_text", "output_text"))
_IMAGES: Final = frozenset(("image_url", "input_image", "image"))
_FILES: Final = frozenset(("file", "input_file"))
_THOUGHTS: Final = frozenset(("thinking", "reasoning"))
_THINKING: Final = re.compile(r"\s*<think>(.*?)</think>\s*", re.DOTALL)
_UNIQUE: Final = 16
"""From this length on an id is one that no other collection has; shorter ones are counted up in each anew."""


@dataclass(slots=True)
class Content:
    """A message's content, taken apart."""

    text: str = ""
    reasoning: str = ""
    attachments: list[dict[str, Any]] = field(default_factory=list)


def read_content(value: object, tally: Tally, name_of: Callable[[str], str | None] = lambda url: None) -> Content:
    """A message's content, of whatever type.

    Args:
        value: A text, a part, a list of them, or nothing.
        tally: Counts what is left out.
        name_of: The name of the file that a data URL was made of, where it is known.
    """
    content = Content()
    texts: list[str] = []
    for part in value if isinstance(value, list) else [] if value is None else [value]:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            texts.append(_read_part(part, content, tally, name_of))
        else:
            tally.unknown["content that is no text"] += 1
    content.text = "\n\n".join(text for text in texts if text)
    return content


def _read_part(part: dict[str, Any], content: Content, tally: Tally, name_of: Callable[[str], str | None]) -> str:
    """The text of a part; what else it has goes into the content."""
    kind = as_text(part.get("type"))
    if kind in _TEXTS or ("type" not in part and isinstance(part.get("text"), str)):
        text = part.get("text")
        return as_text(text) or as_text(as_dict(text).get("value"))
    if kind == "refusal":
        return as_text(part.get("refusal"))
    if kind in _THOUGHTS:
        thought = _thought(part.get("thinking", part.get("text")))
        content.reasoning = "\n\n".join(filter(None, (content.reasoning, thought)))
    elif kind in _IMAGES:
        content.attachments.append(_image(part, tally, name_of))
    elif kind in _FILES:
        content.attachments.append(_file(as_dict(part.get("file")) or part, tally))
    elif kind == "input_audio":
        content.attachments.append(_audio(as_dict(part.get("input_audio")), tally))
    else:
        count_unknown(tally, "content", "type", kind)
    return ""


def _thought(value: object) -> str:
    return as_text(value) or "\n\n".join(as_text(part.get("text")) for part in as_dicts(value))


def _image(part: dict[str, Any], tally: Tally, name_of: Callable[[str], str | None]) -> dict[str, Any]:
    value = part.get("image_url", part.get("image"))
    url = as_text(value) or as_text(as_dict(value).get("url"))
    image: dict[str, Any] = {"name": None, "type": "image"}
    if url.startswith("data:"):
        image.update(name=name_of(url), **_data(url, tally))
    elif url:
        image.update(name=stem(url, whole=True), url=url)
    return _named(image, part.get("file_id"))


def _file(file: dict[str, Any], tally: Tally) -> dict[str, Any]:
    described: dict[str, Any] = {"name": as_name(file.get("filename"))}
    data = as_text(file.get("file_data"))
    if data:
        described.update(_data(data, tally))
    return _named(described, file.get("file_id"))


def _audio(audio: dict[str, Any], tally: Tally) -> dict[str, Any]:
    kind = as_name(audio.get("format"))
    data = _data(as_text(audio.get("data")), tally)
    return {"type": f"audio/{one_line(kind, 40)}" if kind else "audio", "size": data["size"]}


def _named(described: dict[str, Any], file_id: object) -> dict[str, Any]:
    known = {**described, "id": as_name(file_id)}
    return {key: value for key, value in known.items() if value is not None}


def _data(url: str, tally: Tally) -> dict[str, Any]:
    """Type and size of what a data URL or Base64 holds; the bytes themselves are left out."""
    head, _, data = url.rpartition(",")
    kind = head.removeprefix("data:").partition(";")[0] if head.startswith("data:") else ""
    return {**({"type": one_line(kind, 80)} if kind else {}), **left_out(data, tally)}


def read_calls(value: object, tally: Tally) -> list[dict[str, Any]]:
    """The calls of tools that an assistant made: ``{"id", "name", "arguments"}``, without what is missing."""
    calls = []
    for item in as_list(value):
        if not isinstance(item, dict):
            tally.unknown["tool call that is no object"] += 1
            continue
        inner = as_dict(item.get("function")) or as_dict(item.get("custom")) or item
        arguments = inner.get("arguments", inner.get("input"))
        known = {"id": as_name(item.get("id")), "name": as_name(inner.get("name")), "arguments": arguments}
        calls.append({key: part for key, part in known.items() if part is not None})
    return calls


def split_thinking(text: str) -> tuple[str, str]:
    """A text without the thoughts that a model put before it between ``<think>`` tags, and those thoughts."""
    found = _THINKING.match(text) if "<think>" in text[:100] else None
    return (text[found.end() :], found[1].strip()) if found else (text, "")


def read_messages(
    items: Iterable[Any], read: Callable[[dict[str, Any]], ForeignMessage | None], tally: Tally
) -> list[ForeignMessage]:
    """The messages of a list, labelled and settled.

    Args:
        items: What is in the list.
        read: The message that an object is; None for one that it counted.
        tally: Counts what is no object, and what is empty.
    """
    found = []
    for item in items:
        message = read(item) if isinstance(item, dict) else None
        if not isinstance(item, dict):
            tally.unknown["message that is no object"] += 1
        elif message is not None and is_empty(message):
            tally.skipped["empty message"] += 1
        elif message is not None:
            message.hidden = label(message)
            found.append(message)
    return settle(found)


def settle(messages: Iterable[ForeignMessage]) -> list[ForeignMessage]:
    """Thoughts that stand alone, joined to the answer that follows them; an id that was there before is no id."""
    settled: list[ForeignMessage] = []
    ids: set[str] = set()
    for message in messages:
        if message.id in ids:
            message.id = None
        elif message.id is not None:
            ids.add(message.id)
        last = settled[-1] if settled else None
        if message.role == "assistant" and last is not None and last.hidden == "thinking":
            message.reasoning = "\n\n".join(filter(None, (last.reasoning, message.reasoning)))
            settled.pop()
        settled.append(message)
    return settled


def label(message: ForeignMessage) -> str | None:
    """What a message is, if it is no part of the chat."""
    if message.role == "system":
        return "system prompt"
    if message.role == "tool":
        return "tool result"
    if message.content or message.attachments or message.role == "user":
        return None
    return "tool call" if message.tool_calls else "thinking" if message.reasoning else None


def is_empty(message: ForeignMessage) -> bool:
    """Whether nothing is in it. What a tool gave back may be nothing, and still is its result."""
    told = message.content.strip() or message.reasoning or message.tool_calls or message.attachments
    return not told and "tool_call_id" not in message.extra


def unique_id(value: object) -> str | None:
    """An id that tells a conversation from those of every other file; None for a mere number in a collection."""
    found = as_name(value)
    return found if found is not None and len(found) >= _UNIQUE and not found.isdigit() else None


def stem(path: str, *, whole: bool = False) -> str | None:
    """The last part of a path or URL, without its ending unless it is wanted whole; None where there is none."""
    last = re.split(r"[\\/]", re.split(r"[?#]", path)[0] if "://" in path else path)[-1]
    beginning, dot, _ = last.rpartition(".")
    return (last if whole or not beginning or not dot else beginning).strip() or None
