"""JSON records out of a file of any size, one at a time: an array's items, JSONL's lines, or one object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from hfs.transfer.files.json_window import BadJSONError, Window, decode, reason

_NESTED: Final = re.compile(r'\s*\{\s*"conversations"\s*:\s*\[\s*(?=\{)')
"""Some exports wrap the array in an object."""
_LONGEST_WRAPPING: Final = 100
"""How many characters that takes, with room to spare."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """A line of JSONL that is no JSON; those around it are read."""

    reason: str
    """Where, and what was expected."""


def records(file: BinaryIO, limit: int) -> Iterator[Any]:
    """The records of a file, with ``Damaged`` for lines of JSONL that are none.

    Args:
        file: UTF-8, or UTF-16 or UTF-32 with a byte order mark.
        limit: The longest record that is taken, in characters.

    Raises:
        BadJSONError: From some place on it can't be read.
    """
    window = Window(file, limit)
    window.skip_space()
    start = window.peek()
    if start == "[":
        window.position += 1
        yield from _array(window)
        window.require_end()
    elif start == "{":
        yield from _objects(window)
    elif start:
        raise BadJSONError(f"{window.place()}: expected a list or an object")


def _array(window: Window, *, begun: bool = False) -> Iterator[Any]:
    """The items of a list, from behind its bracket, or from behind its first item."""
    window.skip_space()
    if not begun and window.peek() == "]":
        window.position += 1
        return
    while True:
        if not begun:
            yield window.value()
        begun = False
        window.skip_space()
        separator = window.peek()
        window.position += 1
        if separator == "]":
            return
        if separator != ",":
            window.position -= 1
            what = 'expected "," or "]"' if separator else "the file ends in the middle of a list"
            raise BadJSONError(f"{window.place()}: {what}")
        window.skip_space()


def _objects(window: Window) -> Iterator[Any]:
    """The lines of JSONL, the one object that the file is, or the items of the list that is wrapped in it."""
    window.look_ahead(_LONGEST_WRAPPING)
    nested = _NESTED.match(window.text, window.position)
    if nested:
        window.hold()
        window.position = nested.end()
        first = _first_wrapped(window)
        if first is not None:
            window.release()
            yield first
            yield from _array(window, begun=True)
            window.skip_space()
            if window.peek() == "}":
                window.position += 1
                window.require_end()
            return
        window.go_back()
    if window.is_lines():
        yield from _lines(window)
        return
    yield window.value()
    window.require_end()


def _first_wrapped(window: Window) -> dict[str, Any] | None:
    """The item at the position, if it is a whole conversation, and not a message."""
    try:
        first = window.value()
    except BadJSONError:
        return None
    return first if isinstance(first, dict) and ("mapping" in first or "chat_messages" in first) else None


def _lines(window: Window) -> Iterator[Any]:
    while (line := window.line()) is not None:
        if line.isspace() or not line:
            continue
        try:
            yield decode(line)
        except (ValueError, RecursionError) as error:
            yield Damaged(f"line {window.line_number}: {reason(error)}")
