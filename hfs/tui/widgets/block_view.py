"""Blocks one below the other, of which only those near the window are drawn: scrolled, followed, selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.theme import Theme
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from hfs.tui.transcript.block import Block, Kind, Lines, Look, plain
from hfs.tui.transcript.column import Column


class BlockView(ScrollView, can_focus=True):
    """Shows blocks. What stands at the top of the window stays there, unless the newest is kept in view."""

    FOCUS_ON_CLICK = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"block--{kind}" for kind in ("who", "user", "note", "error", "fold", "inline-code", "heading"))
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("end", "follow", "Newest", show=False),
        Binding("home", "scroll_home", "Oldest", show=False),
    ]

    following: reactive[bool] = reactive(True)
    """Whether the newest is kept in view."""

    @dataclass
    class FollowingChanged(Message):
        """A person scrolled away from the end, or came back to it."""

        following: bool

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._column = Column(self._draw)
        self._look: Look | None = None
        self._settling = False

    # What is shown

    @property
    def text(self) -> str:
        """Everything that it says."""
        return "\n".join(plain(block) for block in self._column.blocks)

    @property
    def drawn(self) -> int:
        """How many blocks are held as drawn: bounded, however many there are."""
        return self._column.drawn

    @property
    def block_count(self) -> int:
        """How many blocks there are."""
        return len(self._column.blocks)

    def add(self, blocks: Sequence[Block]) -> None:
        """Adds blocks at the end."""
        for before, block in pairwise([*self._column.blocks[-1:], *blocks]):
            if before.kind == block.kind == "fold":
                block.gap = False
        self._column.extend(blocks)
        self._settle()

    def replace(self, start: int, count: int, blocks: Sequence[Block]) -> None:
        """Puts blocks in the place of some. Those that are the same stay as they are drawn."""
        present, following = self._column.blocks[start : start + count], self._column.blocks[start + count :]
        same = 0
        while same < min(len(present), len(blocks)) and present[same] == blocks[same]:
            same += 1
        if following or same < max(len(present), len(blocks)):
            self._column.cut(start + same)
            self.add([*blocks[same:], *following])

    def replace_all(self, blocks: Sequence[Block]) -> None:
        """Puts as many others in the place of all; the one at the top of the window stays there."""
        first = self._column.at(round(self.scroll_y))
        inside = round(self.scroll_y) - self._column.top(first)
        self.replace(0, self.block_count, blocks)
        if not self.following:
            self._go(self._column.top(first) + inside)
            self._settle()

    # What is in view

    def is_in_view(self, at: int) -> bool:
        """Whether a block begins in the window."""
        return 0 <= self._column.top(at) - round(self.scroll_y) < self.size.height

    def block_at(self, y: int) -> int | None:
        """The block that a line of the window belongs to; None below the last."""
        line = round(self.scroll_y) + y
        return self._column.at(line) if self._column.blocks and line < self._column.height else None

    def jump(self, message_id: int) -> bool:
        """Goes to a message; says whether it is there."""
        at = self._column.find(message_id)
        if at is None:
            return False
        self.show_from(at)
        self.following = False
        return True

    def show_from(self, at: int) -> None:
        """Puts a block at the top of the window. Where all that follows it is in view, the newest stays there."""
        self.following = False
        self._go(self._column.top(at))
        self._settle()
        self.following = self.scroll_y >= self.max_scroll_y

    def action_follow(self) -> None:
        """Goes to the newest and stays there."""
        self.following = True
        self._settle()

    def watch_following(self, following: bool) -> None:
        self.post_message(self.FollowingChanged(following))

    def _settle(self) -> None:
        """Draws what is near the window, and puts the window where it belongs."""
        height = self.size.height
        if not height or self._settling:
            return
        if self._room != self._column.width:
            self._take_width()
        if self.following:
            self._go(self._column.settle_end(height))
        else:
            self._go(self._column.settle(round(self.scroll_y), height))

    def _go(self, y: int) -> None:
        self._settling = True
        try:
            self.virtual_size = Size(self._room, self._column.height)
            self.set_reactive(BlockView.scroll_target_y, float(y))
            self.scroll_y = y
        finally:
            self._settling = False
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if not self._settling:
            self.following = new_value >= self.max_scroll_y
            self._settle()

    def _take_width(self) -> None:
        at = self._column.at(round(self.scroll_y)) if self._column.blocks else 0
        self._column.resize(self._room)
        if not self.following:
            self._go(self._column.top(at))

    def on_resize(self, event: events.Resize) -> None:
        self._settle()
        if not self.following:
            # A larger window may have the end in view.
            self.following = self.scroll_y >= self.max_scroll_y

    # How it is drawn

    @property
    def _room(self) -> int:
        """How wide a line may be. The size counts the scroll bar in, below which a line's end would be cut off."""
        return self.scrollable_content_region.width

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._look = None
        self._column.redraw()

    def _draw(self, block: Block, width: int) -> Lines:
        if self._look is None:
            self._look = self._make_look()
        return block.lines(self.app.console, width, self._look)

    def _make_look(self) -> Look:
        def style(name: str) -> Style:
            return self.get_component_rich_style(f"block--{name}", partial=True)

        kinds: tuple[Kind, ...] = ("who", "user", "note", "error", "fold")
        styles: dict[Kind, Style] = {kind: style(kind) for kind in kinds}
        styles |= dict.fromkeys(("markdown", "code", "table"), Style())
        headings = {f"markdown.h{level}": style("heading") for level in range(1, 7)}
        theme = Theme({"markdown.code": style("inline-code"), **headings})
        return Look(styles, "monokai" if self.app.current_theme.dark else "friendly", theme)

    def render_line(self, y: int) -> Strip:
        if self._room != self._column.width:
            # A scroll bar came or went, which is no resize.
            self.call_later(self._settle)
        line = self._column.line(round(self.scroll_y) + y)
        base = self.rich_style
        width = self._room
        if line is None:
            return Strip.blank(width, base)
        strip = Strip(line[0]).apply_style(base).adjust_cell_length(width, base)
        selection = self.text_selection
        at = round(self.scroll_y) + y
        span = selection.get_span(at) if selection is not None else None
        if span is not None:
            strip = self._selected(strip, *span)
        return strip.apply_offsets(0, at)

    # What is marked with the mouse

    def _selected(self, strip: Strip, start: int, end: int) -> Strip:
        style = self.screen.get_component_rich_style("screen--selection")
        end = strip.cell_length if end < 0 else end
        parts = strip.divide([start, end, strip.cell_length]) if end > start else [strip]
        if len(parts) < 2:
            return strip
        marked = Strip([Segment(text, (own or Style()) + style) for text, own, _ in parts[1]])
        return Strip.join([parts[0], marked, *parts[2:]])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        first = selection.start.y if selection.start else 0
        last = selection.end.y if selection.end else self._column.height
        lines = self._column.text(first, last)
        if lines and selection.end:
            lines[-1] = lines[-1][: selection.end.x]
        if lines and selection.start:
            lines[0] = lines[0][selection.start.x :]
        return "\n".join(lines), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        self.refresh()
