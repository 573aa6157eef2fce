"""The line of a text in which the words that are looked for stand, with where they stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, Protocol

from hfs.persistence.index.query import Query, Term
from hfs.persistence.index.text import fold, fold_in_place

WIDTH: Final = 160
"""How much of a line is shown, in characters."""
_BEFORE: Final = WIDTH // 3
"""How much of it may stand before the first word."""
_AROUND: Final = 80
"""How far beyond what is shown words are looked at, so that one that is cut is known."""
_MOST: Final = 200
"""How often a word is looked for in one text."""
_STEP: Final = 500

Marks = tuple[tuple[int, int], ...]
"""The places of words: the start of each, and its end."""
Excerpt = tuple[str, Marks]


class Finder(Protocol):
    """Finds something in texts."""

    def is_in(self, text: str) -> bool:
        """Whether it is in the text."""

    def is_close_in(self, text: str) -> bool:
        """Whether all of it stands in one place of the text."""

    def excerpt(self, text: str) -> Excerpt:
        """The line in which most of it stands, cut around it, and where it stands in that."""


class WordFinder:
    """Finds what a query asks for: the same texts that the index finds.

    Args:
        query: What is looked for.
    """

    def __init__(self, query: Query) -> None:
        self.query = query
        self._terms = query.terms
        self._wanted = [term.pattern for term in query.terms]
        self._excluded = [term.pattern for term in query.excluded]
        together = query.side_by_side
        self._together = together.terms[0].pattern if together else None

    def is_in(self, text: str) -> bool:
        """Whether every term is in the text, and nothing that is excluded."""
        folded = fold(text)
        wanted = all(pattern.search(folded) for pattern in self._wanted)
        return wanted and not any(pattern.search(folded) for pattern in self._excluded)

    def is_close_in(self, text: str) -> bool:
        """Whether the terms stand side by side."""
        return self._together is not None and self._together.search(fold(text)) is not None

    def excerpt(self, text: str) -> Excerpt:
        """The line with the most terms, or with all of them side by side; the first of several."""
        folded = fold(text)
        number = self._best_line(folded)
        line, folded_line = _line(text, number), _line(folded, number)
        first = min((match.start() for match in self._matches(folded_line)), default=0)
        at = first if len(line) == len(folded_line) else _place(line, first)
        start, end = cut(line, at)
        before = max(0, start - _AROUND)
        shown, places = fold_in_place(line[before : end + _AROUND])
        spans = [_span(match, places) for match in self._matches(shown)]
        return shown_of(line, start, end, ((before + first, before + last) for first, last in spans))

    def _best_line(self, folded: str) -> int:
        found: dict[int, set[int]] = {}
        patterns = self._wanted if self._together is None else [*self._wanted, self._together]
        for which, pattern in enumerate(patterns):
            number = counted = 0
            for match in islice(pattern.finditer(folded), _MOST):
                number += folded.count("\n", counted, match.start())
                counted = match.start()
                found.setdefault(number, set()).add(which)
        return max(sorted(found), key=lambda number: len(found[number]), default=0)

    def _matches(self, folded: str) -> Iterator[re.Match[str]]:
        for term, pattern in zip(self._terms, self._wanted, strict=True):
            found = list(islice(pattern.finditer(folded), _MOST))
            if not found and len(term.words) > 1:
                # A phrase that goes on in the next line.
                for word in term.words:
                    found += islice(Term((word,)).pattern.finditer(folded), _MOST)
            yield from found


def _line(text: str, number: int) -> str:
    """The line of that number, counted from 0."""
    start = 0
    for _ in range(number):
        start = text.index("\n", start) + 1
    end = text.find("\n", start)
    return text[start:] if end < 0 else text[start:end]


def _place(line: str, folded_place: int) -> int:
    """About where in a line the character stands that is at this place once it is folded."""
    passed = 0
    for start in range(0, len(line), _STEP):
        folded, places = fold_in_place(line[start : start + _STEP])
        if passed + len(folded) > folded_place:
            within = folded_place - passed
            return start + (within if places is None else places[within])
        passed += len(folded)
    return 0


def cut(line: str, at: int) -> tuple[int, int]:
    """From where to where a line is shown around a place."""
    if len(line) <= WIDTH:
        return 0, len(line)
    start = min(max(0, at - _BEFORE), len(line) - WIDTH)
    return start, start + WIDTH


def _span(match: re.Match[str], places: list[int] | None) -> tuple[int, int]:
    """Where a match in folded text stands in the text itself."""
    if places is None:
        return match.span()
    last = match.end() - 1
    end = next(at for at in range(last, len(places)) if places[at] > places[last])
    return places[match.start()], places[end]


def shown_of(line: str, start: int, end: int, spans: Iterable[tuple[int, int]]) -> Excerpt:
    """The part of a line with an ellipsis where it is cut, and the places of words in that."""
    before, after = "…" if start else "", "…" if end < len(line) else ""
    shift = len(before) - start
    marks: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        first, last = max(first, start) + shift, min(last, end) + shift
        if marks and first <= marks[-1][1]:
            marks[-1] = (marks[-1][0], max(last, marks[-1][1]))
        elif first < last:
            marks.append((first, last))
    return f"{before}{line[start:end]}{after}", tuple(marks)
