"""Elements like ``<details type="reasoning">…</details>`` that some chat programs write into their texts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_VALUE: Final = r"""=(?:"[^"]*+"|'[^']*+')"""
_ATTRIBUTE: Final = re.compile(r"""(?<![\w-])([\w-]++)=(?:"([^"]*+)"|'([^']*+)')""")


@dataclass(frozen=True, slots=True)
class Element:
    """One element."""

    attributes: dict[str, str]
    """As they are written: not unescaped."""
    body: str


def split_elements(
    text: str,
    name: str,
    wanted: Callable[[dict[str, str]], bool],
    *,
    at_line_start: bool = False,
    unclosed: bool = False,
) -> Iterator[str | Element]:
    """The elements of a text, and what stands between them. Those that are not wanted stay text.

    Args:
        text: The text; elements may have others of the same name in them.
        name: The elements' name.
        wanted: Which are taken out, by their attributes.
        at_line_start: Whether only those are that begin a line, or follow another directly.
        unclosed: Whether one without an end is the rest of the text.
    """
    taken = depth = start = body = 0
    attributes: dict[str, str] = {}
    for tag in re.finditer(rf"<(/?){name}\b((?:\s++[\w-]++(?:{_VALUE})?+)*+)\s*+>", text):
        if tag[1]:
            depth -= 1 if depth else 0
            if not depth and body:
                yield from _between(text, taken, start)
                yield Element(attributes, text[body : tag.start()])
                taken, body = tag.end(), 0
        elif depth:
            depth += 1
        elif not at_line_start or tag.start() in (0, taken) or text[tag.start() - 1] == "\n":
            attributes = {found[1]: found[2] or found[3] or "" for found in _ATTRIBUTE.finditer(tag[2])}
            if wanted(attributes):
                depth = 1
                start, body = tag.span()
    if body and unclosed:
        yield from _between(text, taken, start)
        yield Element(attributes, text[body:])
    else:
        yield from _between(text, taken, len(text))


def unescaped(text: str) -> str:
    """The text with the characters that references in it stand for; as it is, where a number in one is endless."""
    try:
        return html.unescape(text)
    except ValueError:
        return text


def _between(text: str, start: int, end: int) -> Iterator[str]:
    if start < end:
        yield text[start:end]
