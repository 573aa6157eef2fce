"""What can still be read of a session file that is damaged. Pure functions.

Unlike the recovery of an interrupted append, this guesses: it takes every message that is whole, wherever it
stands. So what it finds is shown read-only, and written only where a person asks for the repair.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from hfs.persistence._format import Document, render
from hfs.persistence.session_document.layout import SESSION_LAYOUT

_LIST: Final = re.compile(r'"messages"\s*:\s*\[')
_MESSAGE: Final = re.compile(r'\{\s*"(?:id|role|created_at|content|model|status)"\s*:')
_PAIR: Final = re.compile(r'"((?:[^"\\\n]|\\.)*)"\s*:\s*')
_DECODER: Final = json.JSONDecoder(strict=False)
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_PATIENCE: Final = 10_000
"""How many places that look like a message and are none are tried."""


@dataclass(slots=True)
class Rescued:
    """What was read of a damaged file."""

    document: Document
    gaps: int
    """How many stretches of the list of messages could not be read."""


def rescue(data: bytes) -> Rescued | None:
    """The header fields and messages that are whole, or None if there are none.

    Bytes that are no UTF-8 become U+FFFD.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    text = data.decode(encoding, "replace")
    found = _LIST.search(text)
    header = _header(text[: found.start()] if found else text)
    messages, gaps = _messages(text, found.end()) if found else ([], 0)
    if not messages and not header.keys() & {"uid", "name"}:
        return None
    document = {**header, "messages": messages}
    try:
        # Nested too deep, or with a number that JSON has no form for: it could not be written back.
        render(document, SESSION_LAYOUT)
    except (TypeError, ValueError, RecursionError):
        return None
    return Rescued(document, gaps)


def _header(text: str) -> Document:
    """The pairs of the document's own level, line by line where they don't parse together."""
    header: Document = {}
    at = text.find("{") + 1
    while at:
        pair = _PAIR.search(text, at)
        if pair is None:
            break
        try:
            value, at = _DECODER.raw_decode(text, pair.end())
            header[json.loads(f'"{pair[1]}"')] = value
        except (ValueError, RecursionError):
            at = pair.end()
    header.pop("messages", None)
    return header


def _messages(text: str, at: int) -> tuple[list[Any], int]:
    messages: list[Any] = []
    gaps = tries = 0
    whole = True
    while tries < _PATIENCE:
        found = _MESSAGE.search(text, at)
        if found is None:
            break
        between = text[at : found.start()].strip()
        try:
            message, at = _DECODER.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            gaps += whole
            whole, tries, at = False, tries + 1, found.end()
            continue
        gaps += whole and between not in ("", ",")
        whole = True
        content = message.get("content")
        if isinstance(content, list) and all(isinstance(line, str) for line in content):
            message["content"] = "\n".join(content)
        messages.append(message)
    return messages, gaps
