"""The lines of the picker: sessions, and messages in which words stand, with what was looked for marked in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from rich.cells import cell_len, set_cell_size
from textual.content import Span

from hfs.display import counted, display, local_time, one_line
from hfs.persistence import MessageModel, SearchHit, SessionSummary
from hfs.tui.picker.finder import Row, spelled

_MARKED: Final = "bold underline"
_DIM: Final = "dim"
_PIN: Final = "* "
_NO_PIN: Final = "  "
_TIMES_FROM: Final = 56
"""From so many cells on, the time of the day stands beside the date."""
_DATE: Final = len("2026-01-01")
_NARROWEST: Final = 12
"""What a name and tags have at the least, in cells."""
_MARKS_WEIGHED: Final = 10
_INDENT: Final = "    "
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
        today: Sessions of this day have a time where others have a date.
    """

    width: int
    numbers: int
    words: str = ""
    current: int | None = None
    today: date = field(default_factory=lambda: local_time(datetime.now(UTC)).date())

    def draw(self, row: Row, above: Row | None = None) -> tuple[str, list[Span]]:
        """A session on one line, a message of it on two: the text, and how its parts look.

        Args:
            row: What is drawn.
            above: What stands above it: another message of the same session needs one line.
        """
        line = _Line()
        if row.hit is None or above is None or above.hit is None or above.summary.id != row.summary.id:
            self._add_session(line, row)
        if row.hit is not None:
            self._add_said(line, row.hit)
        return line.text, line.spans

    def _add_session(self, line: _Line, row: Row) -> None:
        summary = row.summary
        line.add(f"{_PIN if summary.pinned else _NO_PIN}{summary.id:>{self.numbers}}  ")
        if row.hit is None:
            line.add(f"{self._moment(summary.last_activity)}  ", _DIM)
        about, tags = self._about(summary), "".join(f" #{one_line(tag, 50)}" for tag in summary.tags)
        name = one_line(summary.name, 255)
        room = max(_NARROWEST, self.width - cell_len(line.text) - cell_len(about))
        # Where there is no room for both, tags have a third of it.
        tags = _fitted(tags, max(room // 3, room - cell_len(name)))
        room -= cell_len(tags)
        marks = self._marks_of_name(name) if row.hit is None and self.words else ()
        line.add_marked(_fitted(name, room), marks)
        line.add(about)
        line.add(tags, _DIM)

    def _moment(self, moment: datetime) -> str:
        """The date and the time; the one that tells more, where there is room for one."""
        local = local_time(moment)
        if self.width >= _TIMES_FROM:
            return f"{local:%Y-%m-%d %H:%M}"
        return f"{local:%H:%M}".rjust(_DATE) if local.date() == self.today else f"{local:%Y-%m-%d}"

    def _about(self, summary: SessionSummary) -> str:
        current = " (current)" if summary.id == self.current else ""
        archived = " (archived)" if summary.archived else ""
        damaged = f" [damaged: {one_line(summary.problem, 60)}]" if summary.problem else ""
        return f"{current}{archived}{damaged}"

    def _marks_of_name(self, name: str) -> Marks:
        found = marks_of(self.words, name)
        return found or [(at, at + 1) for at in spelled("".join(self.words.split()), name)]

    def _add_said(self, line: _Line, hit: SearchHit) -> None:
        head = f"{_INDENT}{hit.message_id} · {one_line(hit.role, 20)}: "
        # Each character stays at its place.
        said = _SPACE.sub(" ", display(hit.line))
        marks: Marks = hit.marks
        cut = _cut(said, marks, self.width - len(head))
        if cut:
            said, marks = f"…{said[cut:]}", [(start - cut + 1, end - cut + 1) for start, end in marks if start >= cut]
        line.add(f"\n{head}" if line.text else head, _DIM)
        line.add_marked(said, marks)


class _Line:
    """A text that grows, and how its parts look."""

    def __init__(self) -> None:
        self.text = ""
        self.spans: list[Span] = []

    def add(self, text: str, style: str = "") -> None:
        """Adds a text."""
        if style and text:
            self.spans.append(Span(len(self.text), len(self.text) + len(text), style))
        self.text += text

    def add_marked(self, text: str, marks: Marks) -> None:
        """Adds a text in which some places are marked."""
        at, end = len(self.text), len(text)
        self.spans += [Span(at + first, at + min(last, end), _MARKED) for first, last in marks if first < end]
        self.text += text


def _fitted(text: str, width: int) -> str:
    """The text, cut to so many cells."""
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1).rstrip()}…"


def _cut(line: str, marks: Marks, room: int) -> int:
    """How much of a line is left out at its start, so that as many marks as possible are in view."""
    marks = marks[:_MARKS_WEIGHED]
    if not marks or cell_len(line[: marks[-1][1]]) <= room:
        return 0

    def seen(cut: int) -> int:
        return sum(start >= cut and cell_len(line[cut:end]) < room for start, end in marks)

    cuts = (min(start - before, len(line) - room + 1) for start, _ in marks for before in (room // 3, 0))
    # Of several that are as good, the first.
    return max([0, *(max(0, cut) for cut in cuts)], key=seen)


def marks_of(words: str, text: str) -> list[tuple[int, int]]:
    """Where words stand in a text, in any case, with or without accents; nowhere, if one of them doesn't."""
    plain = _plain(text)
    marks = set()
    for word in set(_plain(words).split()):
        at = plain.find(word)
        if at < 0:
            return []
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
