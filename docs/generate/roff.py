"""Small pieces of roff, the language of man pages: a text in which nothing is taken for a request or an escape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from docs.generate.markdown import prose

_ESCAPES: Final = {
    "\\": r"\(rs",
    "-": r"\-",
    "'": r"\(aq",
    "`": r"\(ga",
    "^": r"\(ha",
    "~": r"\(ti",
    '"': r"\(dq",
}
_BACKSLASHED: Final = re.compile(r"\\([*<|])")
_LINK: Final = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def plain(text: str) -> str:
    """A text as it is, for any place in a page.

    Args:
        text: The text, on one line.
    """
    escaped = "".join(
        _ESCAPES.get(character, character if character.isascii() else f"\\[u{ord(character):04X}]")
        for character in text
    )
    # A dot at the beginning of a line would be a request; an apostrophe is escaped already.
    return f"\\&{escaped}" if escaped.startswith(".") else escaped


def marked(markdown: str) -> str:
    """A sentence of Markdown: code becomes bold, a link its text.

    Args:
        markdown: The sentence, without blocks.
    """
    text = _LINK.sub(r"\1", markdown)
    pieces = re.split(r"`([^`]+)`", text)
    pieces[::2] = [plain(_BACKSLASHED.sub(r"\1", piece)) for piece in pieces[::2]]
    pieces[1::2] = [bold(piece) for piece in pieces[1::2]]
    return "".join(pieces)


def said(text: str) -> str:
    """A sentence of ``--help``."""
    return marked(prose(text))


def bold(text: str) -> str:
    """What is typed as it stands."""
    # No word of it is broken but behind a slash: the hyphen would be taken for a part of it.
    words = " ".join(f"\\%{plain(word)}".replace("/", "/\\:") for word in text.split(" "))
    return f"\\fB{words}\\fP"


def section(title: str, lines: Iterable[str]) -> list[str]:
    """A section with its lines.

    Args:
        title: What stands above it, in capitals.
        lines: Its lines, as roff.
    """
    first, *others = lines
    # A heading begins a paragraph by itself.
    return [f'.SH "{title}"', *([] if first == ".PP" else [first]), *others]


def paragraph(text: str) -> list[str]:
    """A paragraph of roff."""
    return [".PP", text]


def verbatim(lines: Sequence[str]) -> list[str]:
    """Lines that keep their breaks, in the letters of a typewriter."""
    return [".PP", ".RS 2", ".EX", *map(plain, lines), ".EE", ".RE"]


def terms(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Terms with what they mean.

    Args:
        pairs: Both as roff.
    """
    return [line for term, meaning in pairs for line in (".TP", term, meaning)]
