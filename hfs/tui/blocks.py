"""Pieces of what is said, small enough to be drawn in an instant, and how each becomes lines of the screen.

A message is cut into blocks at places where Markdown may be cut: between paragraphs, and around fenced code. So a
long message costs no more than the part of it that is seen, and an answer that grows costs only its last block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from rich.theme import Theme

from hfs.display import counted, display, one_line

if TYPE_CHECKING:
    from markdown_it.token import Token

    from hfs.persistence import MessageModel

Kind = Literal["who", "user", "markdown", "code", "note", "error", "table", "fold"]
Lines = list[list[Segment]]

_PARAGRAPHS: Final = 600
"""From how many characters on a block of Markdown ends at the next empty line."""
_LONGEST: Final = 6_000
"""No block is longer, in characters; what is cut there may look cut."""
_FENCE: Final = re.compile(r"^(```+|~~~+)[ \t]*([^`\s]*)[^`]*$")
_ITEM: Final = re.compile(r"\s|[-*+] |\d+[.)] ")
_BAR: Final = "▎ "
_MOST_UNFOLDED: Final = 20_000
"""How much of what is folded is shown, in characters: a block is drawn whole."""


@dataclass(slots=True)
class Look:
    """How the kinds of blocks are drawn.

    Args:
        styles: A style for each kind.
        code_theme: The name of a Pygments style.
        theme: Rich's names for the parts of Markdown.
    """

    styles: dict[Kind, Style]
    code_theme: str
    theme: Theme


@dataclass(slots=True)
class Block:
    """A piece of the transcript."""

    kind: Kind
    text: str
    message_id: int | None = None
    """The message that it is of."""
    language: str = ""
    rows: Sequence[Sequence[str]] = field(default=())
    """Of a table: the header, then the rows."""
    gap: bool = False
    """Whether an empty line comes first."""
    detail: str = ""
    """What a fold holds."""
    unfolded: bool = False

    def guess(self, width: int) -> int:
        """About how many lines it takes."""
        if self.kind == "table":
            return len(self.rows) + 1
        shown = self.text + self.detail if self.unfolded else self.text
        return shown.count("\n") + 1 + len(shown) // max(width, 1) + self.gap

    def lines(self, console: Console, width: int, look: Look) -> Lines:
        """The lines that it takes, no wider than the width."""
        style = look.styles[self.kind]
        if self.kind == "user":
            bar = Segment(_BAR, style)
            inner = _drawn(console, Text(display(self.text), overflow="fold"), width - cell_len(_BAR))
            return [[bar, *line] for line in inner]
        options_width = max(width, 4)
        with console.use_theme(look.theme):
            lines = _drawn(console, self._renderable(look, style), options_width)
        if self.kind == "markdown":
            lines = _without_margins(lines)
        return [[], *lines] if self.gap else lines

    def _renderable(self, look: Look, style: Style) -> RenderableType:
        if self.kind == "markdown":
            return markdown(self.text, look.code_theme)
        if self.kind == "code":
            # Imported when first drawn: an empty chat is on the screen sooner.
            from rich.syntax import Syntax

            return Syntax(
                display(self.text), self.language or "text", theme=look.code_theme, word_wrap=True, tab_size=4
            )
        if self.kind == "table":
            return _table(self.rows)
        if self.kind == "fold":
            return _fold(self, style)
        return Text(display(self.text), style, overflow="fold")


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


def _fold(block: Block, style: Style) -> RenderableType:
    if not block.detail:
        return Text(f"  {display(block.text)}", style, overflow="fold")
    if not block.unfolded:
        return Text(f"▸ {display(block.text)}", style, overflow="fold")
    left_out = block.detail.count("\n", _MOST_UNFOLDED) + 1 if len(block.detail) > _MOST_UNFOLDED else 0
    more = f"\n… and about {counted(left_out, 'line')} more: `hfs show --unfold` has them" if left_out else ""
    inside = display(block.detail[:_MOST_UNFOLDED] + more).replace("\n", "\n    ")
    return Text(f"▾ {display(block.text)}\n    {inside}", style, overflow="fold")


def _drawn(console: Console, what: RenderableType, width: int) -> Lines:
    options = console.options.update(width=max(width, 1), height=None)
    return [
        [segment for segment in line if segment.text and not segment.control]
        for line in console.render_lines(what, options, pad=False)
    ]


def _without_margins(lines: Lines) -> Lines:
    """Without the empty lines that some parts of Markdown bring along."""
    filled = [at for at, line in enumerate(lines) if any(segment.text.strip() for segment in line)]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def _table(rows: Sequence[Sequence[str]]) -> RenderableType:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in rows[0]:
        table.add_column(Text(title), overflow="fold")
    for row in rows[1:]:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    return table


def message_blocks(message: MessageModel) -> list[Block]:
    """The blocks of a message: who said it, then what; what is no part of the chat is folded to a line."""
    before, after = _folds(message) if message.extra else ([], [])
    if message.hidden is not None:
        before[0].gap = True
        before[0].text = f"{message.id} · {before[0].text}"
        return before
    marks = [one_line(message.status)] if message.status else []
    marks += ["edited"] if "edited_at" in message.extra else []
    detail = f"  ({', '.join(marks)})" if marks else ""
    return [
        Block("who", f"{message.id} · {one_line(message.model or message.role)}{detail}", message.id, gap=True),
        *before,
        *content_blocks(message.role, message.content, message.id),
        *after,
    ]


def _folds(message: MessageModel) -> tuple[list[Block], list[Block]]:
    from hfs.transfer.folding import folds_around

    before, after = folds_around(message)
    return (
        [Block("fold", fold.summary, message.id, detail=fold.text) for fold in before],
        [Block("fold", fold.summary, message.id, detail=fold.text, gap=at == 0) for at, fold in enumerate(after)],
    )


def content_blocks(role: str, content: str, message_id: int | None = None) -> list[Block]:
    """What is said, cut into blocks."""
    if role != "assistant":
        return [Block("user", piece, message_id) for piece in _pieces(content)]
    return [
        Block("markdown" if language is None else "code", text, message_id, language or "", gap=at > 0)
        for at, (language, text) in enumerate(split_markdown(content))
    ]


def _pieces(text: str) -> Iterator[str]:
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
        for piece in _pieces(text):
            yield language, piece


def plain(block: Block) -> str:
    """What the block says, as text."""
    if block.kind == "table":
        return "\n".join(" | ".join(map(str, row)) for row in block.rows)
    return display(f"{block.text}\n{block.detail}" if block.unfolded else block.text)
