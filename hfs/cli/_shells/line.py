"""A command line that isn't finished, read as shells read one; nothing in it is ever expanded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_ESCAPABLE: Final = frozenset('$`"\\!')
"""Before these, a backslash between double quotes is one that quotes."""


@dataclass(slots=True)
class Line:
    """The words of a line."""

    words: list[str]
    """Unquoted. The last is the one that is being typed; empty where it isn't begun."""
    quote: str = ""
    """The quote that is open at the end: ``'`` or ``"``; ``$'`` for the one that has escapes; empty where none is."""


def read_line(text: str) -> Line:
    """Reads a line up to the place where somebody types.

    Args:
        text: The line, in the manner of bash and fish.
    """
    line = Line([""])
    begun = False
    at = 0
    while at < len(text):
        sign = text[at]
        following = text[at + 1] if at + 1 < len(text) else ""
        at += 1
        if line.quote:
            if sign == line.quote[-1]:
                line.quote = ""
            elif sign == "\\" and _is_escape(line.quote, following):
                line.words[-1] += following
                at += 1
            else:
                line.words[-1] += sign
        elif sign in " \t\n":
            if begun:
                line.words.append("")
            begun = False
            continue
        elif sign == "\\":
            line.words[-1] += following
            at += 1
        elif sign == "$" and following in ("'", '"'):
            line.quote = "$'" if following == "'" else '"'
            at += 1
        elif sign in "'\"":
            line.quote = sign
        else:
            line.words[-1] += sign
        begun = True
    return line


def _is_escape(quote: str, following: str) -> bool:
    return quote == "$'" or (quote == '"' and following in _ESCAPABLE and following != "")
