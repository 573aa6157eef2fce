"""A piece of what is said, small enough to be drawn in an instant, and how it becomes lines of the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from rich.theme import Theme

from hfs.display import counted, display, one_line
from hfs.tui.transcript.markdown import markdown

Kind = Literal["who", "user", "markdown", "code", "note", "error", "table", "fold"]
Lines = list[list[Segment]]

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


def plain(block: Block) -> str:
    """What the block says, as text."""
    if block.kind == "table":
        return "\n".join(" | ".join(map(str, row)) for row in block.rows)
    return display(f"{block.text}\n{block.detail}" if block.unfolded else block.text)
