"""Sessions as texts in an editor, as Markdown or as JSON, with notes to the person that are no part of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hfs.display import one_line
from hfs.errors import CorruptSessionError
from hfs.persistence import parse_document, render_document
from hfs.transfer.markdown.layout import LayoutError, write_markdown
from hfs.transfer.markdown.reading import read_markdown

Document = dict[str, Any]
_LONGEST_NOTE: Final = 300


class EditMistake(Exception):
    """What is wrong with an edited text; ``str()`` says what was expected."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        """Counted from 1, in the text without notes."""


@dataclass(frozen=True, slots=True)
class EditedText:
    """What an edited text says."""

    document: Document
    line_of: Callable[[int | str | None], int]
    """In which line a message stands, counted from 0, or a key of the header; 1 where nobody knows."""


@dataclass(frozen=True, slots=True)
class EditForm:
    """How a session stands in an editor."""

    extension: str
    write: Callable[[int, Document], str]
    """The text of a session, by its id and document."""
    read: Callable[[str, str | None], EditedText]
    """What a text says; the name before it was edited. Raises EditMistake."""
    note: tuple[str, str]
    """What stands before and behind a note, which takes a line of its own."""
    help: tuple[str, ...]

    def shown(self, text: str, mistake: EditMistake | None = None) -> tuple[str, int]:
        """A text with notes: help above it, and a mistake above the line in which it is.

        Returns:
            The text, and the line to open it at; 0 where it doesn't matter.
        """
        notes = [self._note(line) for line in self.help]
        lines = text.split("\n")
        if mistake is None:
            return "\n".join([*notes, *lines]), 0
        at = min(max(mistake.line - 1, 0), len(lines) - 1)
        told = self._note(f"MISTAKE in the line below: {mistake}")
        return "\n".join([*notes, *lines[:at], told, *lines[at:]]), len(notes) + at + 2

    def _note(self, text: str) -> str:
        return f"{self.note[0]}{one_line(text, _LONGEST_NOTE)}{self.note[1]}"

    def taken_back(self, shown: str) -> str:
        """A text without its notes."""
        lines = shown.removeprefix("\ufeff").split("\n")
        return "\n".join(line for line in lines if not line.startswith(self.note[0]))


def _write_markdown(session_id: int, document: Document) -> str:
    return write_markdown(document)


def _read_markdown(text: str, known_name: str | None) -> EditedText:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.isascii() and re.search("[\ud800-\udfff]", line):
            raise EditMistake(number, "there are bytes in this line that are not UTF-8: expected UTF-8 text")
    try:
        found = read_markdown(text, known_name)
    except LayoutError as error:
        raise EditMistake(error.line, error.reason) from error
    return EditedText(found.document, lambda at: found.lines.get(at, 1) if at is not None else 1)


def _write_json(session_id: int, document: Document) -> str:
    return render_document(session_id, document).decode()


def _read_json(text: str, known_name: str | None) -> EditedText:
    try:
        document = parse_document(text.encode("utf-8", "surrogateescape"), "text")
    except CorruptSessionError as error:
        place = f"column {error.column}: " if error.column else ""
        raise EditMistake(error.line or 1, f"{place}{error.reason}") from error
    return EditedText(document, lambda at: _line_in_json(text, at))


def _line_in_json(text: str, at: int | str | None) -> int:
    if at is None:
        return 1
    if isinstance(at, str):
        pattern, nth, start = rf'^\s*"{re.escape(at)}"\s*:', 0, 0
    else:
        # A message begins such a line in the canonical layout; so may a part of the header, which stands above.
        pattern, nth, start = r"^    \{", at, max(text.find('\n  "messages":'), 0)
    found = list(re.compile(pattern, re.MULTILINE).finditer(text, start))
    return text.count("\n", 0, found[nth].end()) + 1 if nth < len(found) else 1


_EMPTY: Final = "An empty file changes nothing."
MARKDOWN: Final = EditForm(
    "md",
    _write_markdown,
    _read_markdown,
    ("<!-- hfs: ", " -->"),
    (
        "Change what was said, or the name; then save, and close the editor. Lines like this one are for you.",
        "A new message goes below a line of its own: <!-- hfs user --> (or assistant, system, tool).",
        "To take a message out, remove it with the line above it that begins with <!-- hfs {. " + _EMPTY,
    ),
)
JSON: Final = EditForm(
    "json",
    _write_json,
    _read_json,
    ("// hfs: ", ""),
    (
        "Change what you like; then save, and close the editor. Lines like this one are for you, and no part of it.",
        'A new message needs a "role" and a "content": a text, or a list of its lines. ' + _EMPTY,
    ),
)


def form_of(text: str) -> EditForm:
    """The form that a text is in."""
    return JSON if text.lstrip("\ufeff \t\r\n").startswith(("{", JSON.note[0])) else MARKDOWN
