"""The header of a session in Markdown: ``key: value`` lines between two fences, and the heading below them."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from hfs.display import one_line
from hfs.persistence import exact_float
from hfs.transfer.markdown.layout import FENCE, LayoutError, plain
from hfs.transfer.markdown.marking import MARK, VERSION, without_mark

Line = tuple[int, str]
"""A line, and its number, counted from 1."""
_TEXT_KEYS: Final = frozenset(("name", "uid"))
"""Keys whose values are texts, also where a person typed what is a number or a list in JSON."""
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")


def read_front_matter(lines: list[Line]) -> tuple[dict[str, Any], dict[str | int, int], list[Line]]:
    """The header that the lines begin with.

    Returns:
        The header, in which line each of its keys stands, and the lines behind it.

    Raises:
        LayoutError: It is not in the layout.
    """
    at = next((at for at, (_, line) in enumerate(lines) if line.strip()), len(lines))
    last = lines[-1][0] if lines else 1
    if at == len(lines) or lines[at][1].rstrip() != FENCE:
        raise LayoutError(lines[at][0] if at < len(lines) else last, f'expected "{FENCE}", which begins the header')
    header: dict[str, Any] = {}
    places: dict[str | int, int] = {}
    for following, (number, line) in enumerate(lines[at + 1 :], at + 2):
        if line.rstrip() == FENCE and header:
            return without_mark(header), places, lines[following:]
        if not line.strip():
            continue
        key, value = _field(number, line)
        if not header and (key, type(value), value) != (MARK, int, VERSION):
            raise LayoutError(number, _no_version(key, value))
        if key in header or key == "messages":
            raise LayoutError(number, f'"{one_line(key)}" can\'t stand here: expected another key')
        header[key] = value
        places[key] = number
    raise LayoutError(last, f'expected "{FENCE}", which ends the header')


def _no_version(key: str, value: object) -> str:
    if key == MARK and type(value) is int and value > VERSION:
        return f"this is layout {value}; this hfs reads layout {VERSION}"
    return f'expected "{MARK}: {VERSION}"'


def _field(number: int, line: str) -> tuple[str, Any]:
    if line.startswith('"'):
        try:
            key, end = DECODER.raw_decode(line)
        except ValueError as error:
            raise LayoutError(number, "a key in quotes starts here and never ends: expected a closing quote") from error
        rest = line[end:].lstrip()
        colon, value = rest[:1], rest[1:]
    else:
        key, colon, value = line.partition(":")
        key = key.strip()
    if colon != ":" or (not key and not line.startswith('"')):
        raise LayoutError(number, 'expected "key: value"')
    return key, _value(key, value.strip())


def _value(key: str, text: str) -> Any:
    try:
        value = DECODER.decode(text) if text else None
    except (ValueError, RecursionError):
        return text
    return text if key in _TEXT_KEYS and not isinstance(value, str) else value


def read_heading(lines: list[Line]) -> tuple[int, str] | None:
    """The heading, which is all that may stand between the header and the first message; None if there is none.

    Raises:
        LayoutError: There is something else.
    """
    said = [(number, line.strip()) for number, line in lines if line.strip()]
    if not said:
        return None
    number, line = said[0]
    is_heading = re.match(r"#(?:\s|$)", line) is not None
    if not is_heading or len(said) > 1:
        wrong = said[1] if is_heading else said[0]
        raise LayoutError(wrong[0], "this belongs to no message: expected a line such as <!-- hfs user --> above it")
    return number, _ESCAPE.sub(r"\1", line[1:]).strip()


def chosen_name(name: object, heading: str, known_name: str | None) -> str | None:
    """Which name a session has whose header and heading name it; None if they differ and nothing tells.

    Args:
        name: The one of the header.
        heading: The one of the heading.
        known_name: The one before a person edited either.
    """
    was = _in_heading(known_name) if known_name is not None else None
    if not isinstance(name, str):
        return known_name if heading == was else heading
    if name == known_name:
        return name if heading == was else heading
    return name if heading in (_in_heading(name), was) else None


def _in_heading(name: str) -> str:
    return _ESCAPE.sub(r"\1", plain(name)).strip()


def _refused_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


DECODER: Final = json.JSONDecoder(parse_float=exact_float, parse_constant=_refused_constant)
"""Reads JSON strictly; numbers keep their spelling."""
