"""What a person looks for: words, "exact phrases", prefix*, and -words that must not be there.

Any text is a query, or an error that says so: none of it reaches the database but as words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from hfs.errors import BadQueryError
from hfs.persistence.index.text import SPACE, WORD, fold, words_in

_TERM: Final = re.compile(r'(?P<out>-(?=[^\s-]))?(?:"(?P<phrase>[^"]*)(?:"|\Z)|(?P<word>[^\s"]\S*))(?P<prefix>\*)?')
_MOST_WORDS: Final = 500
_SHORTEST_PREFIX: Final = 2
"""In letters of a script with spaces: nearly everything begins with some letter."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must stand side by side: one, mostly."""

    words: tuple[str, ...]
    """Folded."""
    prefix: bool = False
    """Whether the last of them may go on."""

    @property
    def expression(self) -> str:
        """The term as FTS5 has it."""
        return f'"{" ".join(self.words)}"{" *" if self.prefix else ""}'

    @property
    def pattern(self) -> re.Pattern[str]:
        """What finds the term in folded text: the places that the database finds."""
        end = "" if self.prefix else f"(?!{WORD})"
        return re.compile(f"(?<!{WORD}){f'{SPACE}+'.join(map(re.escape, self.words))}{end}")

    def opened(self) -> Term:
        """The term as a prefix, unless it is too short for one."""
        last = self.words[-1]
        return self if last.isascii() and len(last) < _SHORTEST_PREFIX else replace(self, prefix=True)


@dataclass(frozen=True, slots=True)
class Query:
    """What must be in one text, and what must not."""

    terms: tuple[Term, ...]
    excluded: tuple[Term, ...] = ()

    @property
    def expression(self) -> str:
        """The query as FTS5 has it."""
        wanted = " AND ".join(term.expression for term in self.terms)
        if not self.excluded:
            return wanted
        return f"({wanted}) NOT ({' OR '.join(term.expression for term in self.excluded)})"

    @property
    def side_by_side(self) -> Query | None:
        """What finds the terms as one phrase; None where there is only one, or one in the middle may go on."""
        if len(self.terms) < 2 or any(term.prefix for term in self.terms[:-1]):
            return None
        words = tuple(word for term in self.terms for word in term.words)
        return Query((Term(words, self.terms[-1].prefix),), self.excluded)

    def opened(self) -> Query:
        """The query with every term as a prefix."""
        return Query(tuple(term.opened() for term in self.terms), self.excluded)


def parse_query(text: str, *, as_typed: bool = False) -> Query:
    """The query that a person means.

    Args:
        text: What was typed.
        as_typed: The last word is one that may be only half typed.

    Raises:
        BadQueryError: There is no word in it to look for, or there are too many.
    """
    terms: list[Term] = []
    excluded: list[Term] = []
    for term, out in _terms(text):
        (excluded if out else terms).append(term)
    if as_typed and terms:
        terms[-1] = terms[-1].opened()
    if sum(len(term.words) for term in (*terms, *excluded)) > _MOST_WORDS:
        raise BadQueryError(f"This is more than can be looked for: give at most {_MOST_WORDS} words.")
    if not terms and excluded:
        raise BadQueryError("Every word is excluded: give one to look for, too.")
    if not terms:
        raise BadQueryError("There is no word to look for. Signs are found by a pattern: --regex.")
    return Query(tuple(dict.fromkeys(terms)), tuple(dict.fromkeys(excluded)))


def _terms(text: str) -> Iterator[tuple[Term, bool]]:
    """The terms, and whether each is excluded. What has no word in it is passed over."""
    for match in _TERM.finditer(text):
        phrase, word = match["phrase"], match["word"]
        prefix = match["prefix"] is not None
        if word is not None:
            # A word takes everything up to the next space, its star too.
            prefix = word.endswith("*")
        words = words_in(fold(word if phrase is None else phrase))
        if words:
            yield Term(tuple(words), prefix), match["out"] is not None
