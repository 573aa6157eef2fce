"""Session documents out of Markdown in hfs's own layout, strictly: a mistake is told with its line.

What a person may do to such a text: change what was said and the name, add a message under ``<!-- hfs user -->``,
take one out with its comment, move them about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from hfs.errors import CorruptSessionError
from hfs.persistence import parse_document
from hfs.transfer.markdown._front_matter import DECODER, Line, chosen_name, read_front_matter, read_heading
from hfs.transfer.markdown.layout import (
    DETAILS_END,
    DETAILS_START,
    MARKER,
    LayoutError,
    is_hidden,
    plain,
    role_of,
    shown_text,
    text_of,
    trimmed,
)
from hfs.transfer.markdown.marking import MARK, without_mark

_NOTE: Final = re.compile(r"[ \t]*<!--[ \t]*hfs:", re.IGNORECASE)
_HEADING: Final = re.compile(r"##(?: |\s*$)")
_ROLES: Final = ("user", "assistant", "system", "tool")


@dataclass(slots=True)
class MarkdownSession:
    """A session as it stands in a text."""

    document: dict[str, Any]
    lines: dict[str | int, int] = field(default_factory=dict)
    """In which line a key of the header stands, and the message of that place, counted from 0."""


def is_note(line: str) -> bool:
    """Whether a line is a note to the person who edits the text, and no part of it."""
    return _NOTE.match(line) is not None


def read_markdown(text: str, known_name: str | None = None) -> MarkdownSession:
    """The one session of a text.

    Args:
        text: The text.
        known_name: The name before a person edited the text: tells which of its two places was changed.

    Raises:
        LayoutError: A mistake, or several sessions.
    """
    parts = list(_sessions(text))
    if len(parts) > 1:
        raise LayoutError(parts[1][0][0], "another session begins here: expected only one")
    return _session(parts[0], known_name)


def read_markdown_sessions(text: str) -> Iterator[MarkdownSession | LayoutError]:
    """The sessions of a text, with the mistake in the place of one that has one."""
    for lines in _sessions(text):
        try:
            yield _session(lines, None)
        except LayoutError as error:
            yield error


def _sessions(text: str) -> Iterator[list[Line]]:
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    part: list[Line] = []
    for number, line in enumerate(text.split("\n"), 1):
        if is_note(line):
            continue
        if _inside(line).casefold() == "session":
            yield part
            part, line = [], ""
        part.append((number, line))
    yield part


def _session(lines: list[Line], known_name: str | None) -> MarkdownSession:
    starts = [at for at, (_, line) in enumerate(lines) if _is_marker(line)]
    header, places, rest = read_front_matter(lines[: starts[0]] if starts else lines)
    found = MarkdownSession(header, places)
    heading = read_heading(rest)
    if heading is not None:
        _name(found, *heading, known_name)
    items: list[dict[str, Any]] = []
    used: dict[int, int] = {}
    for start, end in pairwise([*starts, len(lines)]):
        number, item = lines[start][0], _message(lines[start:end])
        own = item.get("id")
        if type(own) is int:
            if own in used:
                raise LayoutError(
                    number, f"message {own} stands in line {used[own]} already: a new one begins with <!-- hfs user -->"
                )
            used[own] = number
        found.lines[len(items)] = number
        items.append(item)
    found.document["messages"] = items
    return found


def _name(found: MarkdownSession, number: int, heading: str, known_name: str | None) -> None:
    name = chosen_name(found.document.get("name"), heading, known_name)
    if name is None:
        raise LayoutError(
            number,
            f'the heading and "name" in line {found.lines["name"]} differ: expected one name; make them the same, '
            "or remove the heading",
        )
    if name != found.document.get("name"):
        found.document["name"] = name
        found.lines["name"] = number


def _is_marker(line: str) -> bool:
    marker = MARKER.match(line)
    return marker is not None and not marker[1]


def _inside(line: str) -> str:
    """What a comment of ours holds; empty for any other line."""
    marker = MARKER.match(line)
    line = line.rstrip()
    return line[marker.end() : -len("-->")].strip() if marker and not marker[1] and line.endswith("-->") else ""


def _message(lines: list[Line]) -> dict[str, Any]:
    about = _about(*lines[0])
    mark = about.get(MARK)
    item = without_mark(about)
    item["content"] = _restored(_said(lines[1:], item), mark if isinstance(mark, dict) else {})
    return item


def _about(number: int, line: str) -> dict[str, Any]:
    inner = _inside(line)
    if not inner:
        raise LayoutError(number, 'expected a role or an object in braces, and "-->" at the end of the line')
    if inner.casefold() in _ROLES:
        return {"role": inner.casefold()}
    if not inner.startswith("{"):
        raise LayoutError(number, f"expected {', '.join(_ROLES)}, or an object in braces, behind <!-- hfs")
    try:
        return dict(DECODER.decode(inner))
    except (ValueError, RecursionError) as error:
        raise LayoutError(number, _reason(inner, line.index("{"), str(error))) from error


def _reason(inner: str, offset: int, otherwise: str) -> str:
    try:
        parse_document(inner.encode("utf-8", "replace"), "comment")
    except CorruptSessionError as error:
        return f"column {offset + error.column}: {error.reason}"
    return otherwise


def _said(lines: list[Line], item: dict[str, Any]) -> str:
    """The text of a message as it is shown, without heading and details."""
    at = next((at for at, (_, line) in enumerate(lines) if line.strip()), len(lines))
    if at < len(lines) and _HEADING.match(lines[at][1]):
        fits = _is_heading(lines[at][1], role_of(item), strictly=at > 0)
        if at == 0 and not fits:
            expected = f"## {plain(role_of(item))}".rstrip()
            raise LayoutError(
                lines[0][0],
                f'this heading is not of the message above: expected "{expected}"; leave a line empty above a text',
            )
        lines = lines[at + 1 :] if fits else lines
    if is_hidden(item):
        lines = _without_details(lines)
    text = trimmed("\n".join(line for _, line in lines))[1]
    return "\n".join(line[1:] if line.startswith("\\") and MARKER.match(line) else line for line in text.split("\n"))


def _is_heading(line: str, role: str, *, strictly: bool) -> bool:
    words = line[2:].strip()
    expected = plain(role)
    return words.startswith(f"{expected} ·") or (not strictly and (words == expected or not expected))


def _without_details(lines: list[Line]) -> list[Line]:
    places = [at for at, (_, line) in enumerate(lines) if line.strip()]
    if not places or not lines[places[0]][1].startswith(DETAILS_START):
        return lines
    if lines[places[-1]][1].strip() != DETAILS_END:
        raise LayoutError(lines[places[-1]][0], f"expected {DETAILS_END} as the last line of a message that is folded")
    return lines[places[0] + 1 : places[-1]]


def _restored(said: str, mark: dict[str, Any]) -> Any:
    """The exact text of a message, if the one that is shown is still what it was."""
    if "content" in mark:
        content = mark["content"]
        unchanged = shown_text(content if isinstance(content, str) else text_of(content)) == said
        return content if unchanged else said
    edges = [value if isinstance(value, str) else "" for value in (mark.get("before"), mark.get("after"))]
    return f"{edges[0]}{said}{edges[1]}"
