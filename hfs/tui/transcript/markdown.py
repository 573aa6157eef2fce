"""Untrusted Markdown: made safe, drawn, and cut where it may be cut.

Between paragraphs and around fenced code it may be: so a long message costs no more than the part of it that is seen,
and an answer that grows costs only its last part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rich.console import RenderableType

from hfs.display import display

if TYPE_CHECKING:
    from markdown_it.token import Token

_PARAGRAPHS: Final = 600
"""From how many characters on a block of Markdown ends at the next empty line."""
_LONGEST: Final = 6_000
"""No block is longer, in characters; what is cut there may look cut."""
_FENCE: Final = re.compile(r"^(```+|~~~+)[ \t]*([^`\s]*)[^`]*$")
_ITEM: Final = re.compile(r"\s|[-*+] |\d+[.)] ")


def markdown(text: str, code_theme: str) -> RenderableType:
    """Untrusted Markdown as it is drawn."""
    from rich.markdown import Markdown

    drawn = Markdown(display(text), code_theme=code_theme, hyperlinks=False)
    _make_safe(drawn.parsed)
    return drawn


def _make_safe(tokens: Sequence[Token]) -> None:
    """Entities bring characters in that were not in the text."""
    for token in tokens:
        token.content = display(token.content)
        _make_safe(token.children or ())


def pieces(text: str) -> Iterator[str]:
    """The text in pieces of whole lines, none too long."""
    start = 0
    while len(text) - start > _LONGEST:
        cut = text.rfind("\n", start + _LONGEST // 2, start + _LONGEST)
        end = start + _LONGEST if cut < 0 else cut
        yield text[start:end]
        start = end + (cut >= 0)
    yield text[start:]


def split_markdown(text: str) -> Iterator[tuple[str | None, str]]:
    """Markdown in parts that can be drawn one by one: a fence's language and its code, or None and other Markdown."""
    gathered: list[str] = []
    size = 0
    fence: str | None = None
    language = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence is not None and match and match[1].startswith(fence) and not match[2]:
            yield from _part(language, gathered)
            gathered, size, fence = [], 0, None
            continue
        if fence is None and match:
            yield from _part(None, gathered)
            gathered, size, fence, language = [], 0, match[1], match[2]
            continue
        full = size > (_LONGEST if fence is not None else _PARAGRAPHS)
        if (full and (fence is not None or (not line.strip() and not _in_list(gathered)))) or size > 2 * _LONGEST:
            yield from _part(language if fence is not None else None, gathered)
            gathered, size = [], 0
        gathered.append(line)
        size += len(line) + 1
    yield from _part(language if fence is not None else None, gathered)


def _in_list(gathered: list[str]) -> bool:
    """Whether the paragraph that ends here is part of a list: cut there, its numbers would begin anew."""
    return bool(gathered) and _ITEM.match(gathered[-1]) is not None


def _part(language: str | None, gathered: list[str]) -> Iterator[tuple[str | None, str]]:
    text = "\n".join(gathered)
    if language is None:
        if text.strip():
            yield None, text.strip("\n")
    else:
        for piece in pieces(text):
            yield language, piece
