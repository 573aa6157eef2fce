"""The lines of the picker: sessions, and messages in which words stand, with what was looked for marked in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content

from hfs.display import counted, display, local_time, one_line
from hfs.persistence import MessageModel
from hfs.tui.screens.finding import Row, spelled

_MARKED: Final = "bold underline"
_DIM: Final = "dim"
_PIN: Final = "★ "
_NO_PIN: Final = "  "
_TIMES_FROM: Final = 56
"""From so many cells on, the time of the day stands beside the date."""
_NARROWEST_NAME: Final = 12
_PREVIEWED: Final = 4
"""How many messages are shown beside the list."""
_PREVIEWED_CHARACTERS: Final = 600
_SPACE: Final = re.compile(r"\s")

Marks = Sequence[tuple[int, int]]
"""The places of words: the start of each, and its end."""


@dataclass(frozen=True, slots=True)
class LineDrawing:
    """How lines are drawn.

    Args:
        width: In cells.
        numbers: How wide the widest session's number is.
        words: What was looked for.
        current: The session on the screen.
    """

    width: int
    numbers: int
    words: str = ""
    current: int | None = None

    def draw(self, row: Row) -> Content:
        """A session on one line, a message of it on two."""
        summary = row.summary
        head = Content(f"{_PIN if summary.pinned else _NO_PIN}{summary.id:>{self.numbers}}  ")
        if row.hit is None:
            moment = local_time(summary.last_activity)
            date = f"{moment:%Y-%m-%d %H:%M}" if self.width >= _TIMES_FROM else f"{moment:%Y-%m-%d}"
            head = Content.assemble(head, (f"{date}  ", _DIM))
        tail = self._tail(row)
        name = one_line(summary.name, 255)
        marked = _marked(name, self._marks_of_name(name) if row.hit is None else ())
        room = max(_NARROWEST_NAME, self.width - head.cell_length - tail.cell_length)
        line = Content.assemble(head, marked.truncate(room, ellipsis=True), tail)
        return line if row.hit is None else Content.assemble(line, "\n", self._said(row))

    def _tail(self, row: Row) -> Content:
        summary = row.summary
        parts = [" (current)"] if summary.id == self.current else []
        if summary.archived:
            parts.append(" (archived)")
        if summary.problem:
            parts.append(f" [damaged: {one_line(summary.problem, 60)}]")
        tags = " ".join(f"#{one_line(tag, 50)}" for tag in summary.tags)
        return Content.assemble("".join(parts), (f" {tags}" if tags else "", _DIM))

    def _marks_of_name(self, name: str) -> Marks:
        found = marks_of(self.words, name)
        return found or [(at, at + 1) for at in spelled("".join(self.words.split()), name)]

    def _said(self, row: Row) -> Content:
        hit = row.hit
        assert hit is not None
        head = f"{' ' * (len(_NO_PIN) + self.numbers + 2)}{hit.message_id} · {one_line(hit.role, 20)}: "
        # Each character stays at its place.
        line = _SPACE.sub(" ", display(hit.line))
        marks = marks_of(self.words, line)
        cut = _before_marks(line, marks, self.width - len(head))
        if cut:
            line, marks = f"…{line[cut:]}", [(start - cut + 1, end - cut + 1) for start, end in marks if start >= cut]
        return Content.assemble((head, _DIM), _marked(line, marks))


def _marked(text: str, marks: Iterable[tuple[int, int]]) -> Content:
    content = Content(text)
    for start, end in marks:
        content = content.stylize(_MARKED, start, end)
    return content


def _before_marks(line: str, marks: Marks, room: int) -> int:
    """How much of a line is left out at its start, so that the first mark is in view."""
    if not marks or Content(line[: marks[0][1]]).cell_length <= room:
        return 0
    cut = max(0, marks[0][0] - room // 3)
    while cut < marks[0][0] and Content(line[cut : marks[0][1]]).cell_length >= room - 1:
        cut += 1
    return cut


def marks_of(words: str, text: str) -> list[tuple[int, int]]:
    """Where words stand in a text, in any case, with or without accents, ascending."""
    plain = _plain(text)
    marks = set()
    for word in set(_plain(words).split()):
        at = plain.find(word)
        while at >= 0:
            marks.add((at, at + len(word)))
            at = plain.find(word, at + len(word))
    return sorted(marks)


def _plain(text: str) -> str:
    """The text in small letters without accents, each at its place."""
    return text.lower() if text.isascii() else "".join(map(_plain_letter, text))


def _plain_letter(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[:1]
    small = (base if base.isascii() else letter).lower()
    return small if len(small) == 1 else letter


def preview(row: Row, messages: Sequence[MessageModel]) -> str:
    """What is read of a session beside the list: the message that was found and those after it, or the last."""
    summary, hit = row.summary, row.hit
    last = max(0, len(messages) - _PREVIEWED)
    start = next((at for at, one in enumerate(messages) if hit and one.id == hit.message_id), last)
    said = [
        f"{one.id} · {one_line(one.role)}\n{display(one.content[:_PREVIEWED_CHARACTERS])}\n"
        for one in messages[start : start + _PREVIEWED]
    ]
    about = [
        f"session {summary.id}, {counted(len(messages), 'message')}",
        *(f"#{one_line(tag, 50)}" for tag in summary.tags),
    ]
    return "\n".join([one_line(summary.name, 255), "  ".join(about), "", *said])
