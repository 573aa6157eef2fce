"""Small pieces of Markdown: tables, prose with what is typed marked as code, and parts of a page between markers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_END: Final = "<!-- end -->"
_CODE: Final = re.compile(r"(`[^`]+`)")
_TYPED: Final = re.compile(
    r"""(?<![\w`/-])(
        --?[a-z][a-z-]*          # an option
      | \$[A-Z_]+                # a variable
      | '"[^'"]+"'               # words in the quotes of a shell and their own
      | \w+\*                    # a word with a star
      | [a-z]+://[^\s,;]+[^\s,;.]
      | <[a-z]+>                 # what stands for something
      | //?[a-z]+                # a slash command
      | ~/[^\s,;:)]+[^\s,;:).]
    )""",
    re.VERBOSE,
)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table.

    Args:
        heads: What stands above the columns.
        rows: The cells, as Markdown.
    """
    lines = [heads, *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, f"|{'---|' * len(heads)}", *body])


def code(text: str) -> str:
    """A text as it is typed."""
    return f"`{text}`"


def prose(text: str) -> str:
    """A sentence of ``--help`` as Markdown: what is typed becomes code, also where no backquotes are around it.

    Args:
        text: Plain text, in which backquotes are around what is typed.
    """
    parts = _CODE.split(text)
    for at in range(0, len(parts), 2):
        pieces = _TYPED.split(parts[at])
        pieces[::2] = [re.sub(r"([*<])", r"\\\1", piece) for piece in pieces[::2]]
        pieces[1::2] = [code(piece) for piece in pieces[1::2]]
        parts[at] = "".join(pieces)
    return "".join(parts)


def block(lines: Sequence[str], language: str) -> str:
    """Lines as they are.

    Args:
        lines: The lines.
        language: What they are in, for colours.
    """
    return "\n".join([f"```{language}", *lines, "```"])


def with_part(page: str, name: str, part: str) -> str:
    """A page with a generated part in its place, between ``<!-- generated: NAME -->`` and ``<!-- end -->``.

    Args:
        page: The page.
        name: The part's name.
        part: What it is now.

    Raises:
        ValueError: The page has no such place.
    """
    beginning = f"<!-- generated: {name} -->\n"
    before, found, rest = page.partition(beginning)
    _, closed, after = rest.partition(_END)
    if not found or not closed:
        raise ValueError(f"There is no place for {name!r} in the page.")
    return f"{before}{beginning}\n{part}\n\n{_END}{after}"


def rows_below(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading.

    Args:
        page: The page.
        heading: The line of the heading.

    Raises:
        ValueError: There is no such table.
    """
    _, found, below = page.partition(f"{heading}\n")
    lines = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    if not found or lines is None:
        raise ValueError(f"There is no table below {heading!r}.")
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[0].splitlines()[2:]]
