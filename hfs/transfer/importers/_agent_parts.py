"""What the readers of agents' transcripts have in common: calls, results, files without their bytes, ids."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import datetime
from typing import Any, Final

from hfs.transfer.conversation import ForeignMessage, Tally
from hfs.transfer.fields import as_name, as_text
from hfs.transfer.importers._attachments import left_out

_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?[^,]{0,200},")


class UniqueIds:
    """The source's ids, told apart where the source has one twice."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._copies: Counter[str] = Counter()

    def take(self, wanted: str) -> str:
        """The id itself, or one made of it."""
        chosen = wanted
        while chosen in self._taken:
            self._copies[wanted] += 1
            chosen = f"{wanted}~{self._copies[wanted]}"
        self._taken.add(chosen)
        return chosen


def as_json(value: object) -> str:
    """A value that a tool gave, as text; empty for None.

    Raises:
        RecursionError: It is nested too deep.
    """
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def tool_call(call_id: object, name: object, arguments: object) -> dict[str, Any]:
    """A call as a message carries it, without what is missing."""
    found = {"id": as_name(call_id), "name": as_name(name), "arguments": arguments}
    return {key: value for key, value in found.items() if value is not None}


def tool_result(
    content: str, message_id: str | None, created_at: datetime | None, name: object, call_id: object
) -> ForeignMessage:
    """What a tool answered."""
    known = {"name": as_name(name), "tool_call_id": as_name(call_id)}
    extra: dict[str, Any] = {key: value for key, value in known.items() if value is not None}
    return ForeignMessage("tool", content, message_id, created_at, hidden="tool result", extra=extra)


def encoded_file(name: str, kind: object, data: object, tally: Tally) -> dict[str, Any]:
    """An attachment whose bytes lie in the transcript as base64; they are left out, and counted."""
    found: dict[str, Any] = {"name": name}
    if as_text(kind):
        found["type"] = kind
    text = as_text(data)
    if text:
        found.update(left_out(text, tally))
    return found


def linked_image(url: object, tally: Tally) -> dict[str, Any]:
    """An image that is named by a URL, or lies in one."""
    address = as_text(url)
    inline = _DATA_URL.match(address)
    if inline:
        return encoded_file("image", inline[1], address[inline.end() :], tally)
    return {
        "name": address.rsplit("/", 1)[-1][:200] or "image",
        "type": "image",
        **({"url": address} if address else {}),
    }


def settle(message: ForeignMessage) -> bool:
    """Labels an assistant's turn that says nothing by what it does; False where there is nothing at all in it."""
    if message.content.strip():
        return True
    if message.role == "assistant" and message.hidden is None and (message.tool_calls or message.reasoning):
        message.hidden = "tool call" if message.tool_calls else "thinking"
    return bool(message.tool_calls or message.reasoning or message.attachments or message.hidden == "tool result")


def path_parts(name: str) -> list[str]:
    """The folders of a source's name, and its own, whatever separates them."""
    return re.split(r"[/\\]", name)
