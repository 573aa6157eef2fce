"""Aider's ``.aider.chat.history.md``: every session of a repository in one Markdown file.

What the person and the program said is marked, and each such line ends in two spaces; everything else is the
answer. With the spaces, and with the blank line that stands before each block, headings and quotes of an answer
are told from those marks.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hfs.transfer.conversation import Branch, Conversation, ForeignMessage, Tally
from hfs.transfer.importers._kinds import Importer, SourceFile, TextFormat

_START: Final = "# aider chat started at "
_HEADER: Final = re.compile(rf"{_START}\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\s*", re.ASCII)
_STARTED: Final = re.compile(rf"^{_HEADER.pattern}$", re.MULTILINE | re.ASCII)
_MARKED: Final = re.compile(r"^(?:####|>)(?: .*)?  \r?$", re.MULTILINE)
_FENCE: Final = re.compile(r" {0,3}(?:(`{3,})([^`]*)|(~{3,})(.*))")
_FENCE_LIMIT: Final = 2000
"""How many lines further a code block may end, at the most, to be one."""
_MODEL: Final = re.compile(r"^(?:Main model|Models?): (\S+) with ", re.MULTILINE)
_CONFIRMATION: Final = re.compile(r".*\(Y\)es/\(N\)o.*\]: ?\w*")
_QUESTION: Final = 1000
"""The longest confirmation."""


@dataclass(frozen=True, slots=True)
class _Marks:
    """How lines are marked."""

    asked: re.Pattern[str]
    """What the person typed."""
    output: re.Pattern[str]
    """What the program said."""


_EXACT: Final = _Marks(re.compile(r"####(?: (.*))?  "), re.compile(r">(?: (.*))?  "))
_STRIPPED: Final = _Marks(re.compile(r"####(?: (.*))?"), re.compile(r">(?: (.*))?"))
"""For a file whose trailing spaces an editor took away."""


def _fits(head: str) -> bool:
    first = head.lstrip().partition("\n")[0]
    # The beginning of a long file may have been cut off.
    return bool(_HEADER.fullmatch(first) or (_STARTED.search(head) and _MARKED.search(head)))


def _read(text: str, source: SourceFile) -> Iterator[Conversation]:
    lines = text.replace("\r\n", "\n").split("\n")
    marks = _EXACT if _MARKED.search(text) else _STRIPPED
    edges = [number for number, line in enumerate(lines) if _HEADER.fullmatch(line)] + [len(lines)]
    beginning = lines[: edges[0]]
    if any(line.strip() for line in beginning):
        yield _conversation(_Session(beginning, marks, started=False), None, Counter())
    begun: Counter[str] = Counter()
    for start, end in itertools.pairwise(edges):
        moment = lines[start].removeprefix(_START).strip()
        session = _Session(lines[start + 1 : end], marks, started=True)
        yield _conversation(session, moment, begun)


def _conversation(session: _Session, moment: str | None, begun: Counter[str]) -> Conversation:
    messages = session.messages()
    asked = next((message.content for message in messages if message.hidden is None), None)
    if asked is None:
        session.tally.skipped["session in which nothing was said"] += 1
    return Conversation(
        "aider",
        _identity(moment, asked, begun) if moment and asked is not None else None,
        created_at=_local_time(moment) if moment else None,
        branches=[Branch(messages)] if asked is not None else [],
        tally=session.tally,
    )


def _identity(moment: str, asked: str, begun: Counter[str]) -> str:
    """When it began, and a digest of what was asked first: two repositories may begin one in the same second."""
    identity = f"{moment} {hashlib.sha256(asked.encode('utf-8', 'replace')).hexdigest()[:8]}"
    begun[identity] += 1
    return identity if begun[identity] == 1 else f"{identity} #{begun[identity]}"


def _local_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


class _Session:
    """The lines of a session, as they become messages.

    Args:
        lines: Without the header.
        marks: How lines are marked.
        started: Whether it begins with what the program says: all of it then, until the person says something, even
            lines without a mark, which stand there when a command line has several.
    """

    def __init__(self, lines: list[str], marks: _Marks, *, started: bool) -> None:
        self._lines = lines
        self._marks = marks
        self.tally = Tally()
        self._found: list[ForeignMessage] = []
        self._kind = "output" if started else ""
        """Of the block that is read: ``asked``, ``output``, ``answer``; empty between two."""
        self._block: list[str] = []
        self._opening = started
        self._fenced = 0
        """The line before which a code block ends."""
        self._model: str | None = None
        self._answer: list[str] = []
        """The lines of the last answer."""

    def messages(self) -> list[ForeignMessage]:
        """What was said, in order."""
        for number, line in enumerate(self._lines):
            self._take(number, line)
        self._close()
        return self._found

    def _take(self, number: int, line: str) -> None:
        if self._is_asked(number):
            asked = self._marks.asked.fullmatch(line)
            self._add("asked", asked[1] or "" if asked else "")
            self._opening = False
            return
        output = self._marks.output.fullmatch(line)
        is_blank = not line.strip()
        if self._kind == "output" and (self._opening or not is_blank):
            self._add("output", output[1] or "" if output else line.removeprefix("> ").removesuffix("  "))
        elif output and number >= self._fenced and (self._kind in ("", "asked") or self._follows_blank(number)):
            self._add("output", output[1] or "")
        elif self._kind == "answer" or not is_blank:
            self._add("answer", line)
            if number >= self._fenced:
                self._fenced = self._fence_end(number)
        else:
            self._close()

    def _is_asked(self, number: int) -> bool:
        if not self._marks.asked.fullmatch(self._lines[number]):
            return False
        return self._kind == "asked" or self._follows_blank(number)

    def _follows_blank(self, number: int) -> bool:
        return number == 0 or not self._lines[number - 1].strip()

    def _fence_end(self, start: int) -> int:
        """The number of the line after the code block that a line opens; 0 where there is none.

        What was cut off in the middle of a block must not take what follows with it.
        """
        opening = _FENCE.fullmatch(self._lines[start])
        if opening is None:
            return 0
        mark = opening[1] or opening[3]
        for number in range(start + 1, min(len(self._lines), start + _FENCE_LIMIT)):
            fence = _FENCE.fullmatch(self._lines[number])
            if fence and (fence[1] or fence[3]).startswith(mark):
                return 0 if (fence[2] or fence[4] or "").strip() else number + 1
            if self._follows_blank(number) and self._marks.asked.fullmatch(self._lines[number]):
                return 0
        return 0

    def _add(self, kind: str, line: str) -> None:
        if self._kind != kind:
            self._close()
            self._kind = kind
        self._block.append(line)

    def _close(self) -> None:
        """Makes a message of the block that was read."""
        text = "\n".join(self._block).strip("\n")
        kind, self._kind, self._block = self._kind, "", []
        if kind == "asked":
            self._close_asked(text)
        elif not text.strip():
            return
        elif kind == "answer":
            self._answer = _words(text)
            self._found.append(ForeignMessage("assistant", text, model=self._model))
        else:
            for model in _MODEL.findall(text):
                self._model = model
            self._found.append(ForeignMessage("tool", text, hidden="tool output"))

    def _close_asked(self, text: str) -> None:
        if text.strip() in ("", "<blank>"):
            self.tally.skipped["empty message"] += 1
            return
        self._found.append(ForeignMessage("user", text, hidden=self._label(text)))

    def _label(self, text: str) -> str | None:
        """What a prompt is, if the person didn't say it to the model."""
        if text.startswith(("/", "!")):
            return "command"
        if len(text) < _QUESTION and _CONFIRMATION.fullmatch(text):
            return "confirmation"
        # In architect mode an answer is handed to another model as a prompt.
        return "repeated answer" if self._answer == _words(text) else None


def _words(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


FORMATS: Final[tuple[Importer, ...]] = (TextFormat("aider", "Aider chat history", _fits, _read),)
