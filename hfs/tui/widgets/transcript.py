"""The conversation as it was said. Only what is seen is drawn, however long it is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Final, Literal

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
from textual.timer import Timer

from hfs.display import one_line
from hfs.tui.blocks import Block, Kind, Lines, Look, content_blocks, message_blocks, plain
from hfs.tui.column import Column

if TYPE_CHECKING:
    from hfs.persistence import MessageModel

_FRAME: Final = 1 / 20
"""The shortest time between two drawings of an answer that grows, in seconds."""
_SHARE: Final = 5
"""An answer that grows takes at most one part in so many of the time; keys come first."""


class Transcript(ScrollView, can_focus=True):
    """What was said, with notes of hfs between."""

    FOCUS_ON_CLICK = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"transcript--{kind}" for kind in ("who", "user", "note", "error", "fold", "inline-code", "heading"))
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("end", "follow", "Go to the newest", show=False),
        Binding("home", "scroll_home", "Go to the oldest", show=False),
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
        self._growing: GrowingAnswer | None = None
        self._foreign_end = -1
        """How many blocks there were once another program's messages were added."""

    # What is shown

    @property
    def text(self) -> str:
        """Everything that it says."""
        return "\n".join(plain(block) for block in self._column.blocks)

    @property
    def drawn(self) -> int:
        """How many blocks are held as drawn: bounded, however long the conversation is."""
        return self._column.drawn

    async def show_messages(self, messages: Sequence[MessageModel], *, keep_place: bool = False) -> None:
        """Shows these messages instead of what is there.

        Args:
            messages: The messages.
            keep_place: Leave in view what is in view; else the newest is.
        """
        growing = self._growing
        coming = self._column.blocks[growing.first :] if growing is not None else []
        self._column.clear()
        self.following = self.following if keep_place else True
        self._add([block for message in messages for block in message_blocks(message)])
        if growing is not None:
            growing.first = self.block_count
            self._add(coming)

    async def add_message(self, message: MessageModel) -> None:
        """Adds a message at the end, before an answer that is still coming, and goes to the end."""
        self.following = True
        self._add_said(message_blocks(message))

    async def add_foreign(self, messages: Sequence[MessageModel], told: str, before: int | None = None) -> None:
        """Adds messages that another program added, where they stand in the session. What is in view stays there.

        Args:
            messages: The messages.
            told: What stands before them, unless such a message is there already.
            before: The message that follows them; none, where it is None.
        """
        end = self._growing.first if self._growing is not None else self.block_count
        place = self._column.find(before) if before is not None else None
        at = end if place is None else place
        blocks = [block for message in messages for block in message_blocks(message)]
        self._insert(at, blocks if at == self._foreign_end else [Block("note", told, gap=True), *blocks])
        self._foreign_end = at + len(blocks) + (at != self._foreign_end)

    def _add_said(self, blocks: Sequence[Block]) -> None:
        self._insert(self._growing.first if self._growing is not None else self.block_count, blocks)

    def _insert(self, at: int, blocks: Sequence[Block]) -> None:
        if self._growing is not None and at <= self._growing.first:
            self._growing.first += len(blocks)
        self.replace(at, 0, blocks)

    async def note(self, text: str, kind: Literal["note", "error"] = "note") -> None:
        """Says something that is no message."""
        self._add([Block(kind, text, gap=True)])

    async def show_table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Shows a table."""
        self._add([Block("table", "", rows=[header, *rows], gap=True)])

    async def begin_answer(self, model: str) -> GrowingAnswer:
        """Adds an answer that is still coming."""
        self._add([Block("who", one_line(model), gap=True)])
        self._growing = GrowingAnswer(self)
        return self._growing

    def end_answer(self) -> None:
        """What is said from now on stands behind the answer that was coming."""
        self._growing = None

    @property
    def block_count(self) -> int:
        """How many blocks there are."""
        return len(self._column.blocks)

    def replace(self, start: int, count: int, blocks: Sequence[Block]) -> None:
        """Puts blocks in the place of some. Those that are the same stay as they are drawn."""
        present, following = self._column.blocks[start : start + count], self._column.blocks[start + count :]
        same = 0
        while same < min(len(present), len(blocks)) and present[same] == blocks[same]:
            same += 1
        if following or same < max(len(present), len(blocks)):
            self._column.cut(start + same)
            self._add([*blocks[same:], *following])

    def unfold(self, unfolded: bool, message_id: int | None = None) -> int:
        """Shows, or hides again, what is folded of a message, or of all; returns how many folds that changed."""
        chosen = [
            at
            for at, block in enumerate(self._column.blocks)
            if block.kind == "fold" and block.detail and message_id in (None, block.message_id)
        ]
        changed = [at for at in chosen if self._column.blocks[at].unfolded != unfolded]
        if changed:
            blocks = list(self._column.blocks)
            for at in changed:
                blocks[at] = replace(blocks[at], unfolded=unfolded)
            first = self._column.at(round(self.scroll_y))
            inside = round(self.scroll_y) - self._column.top(first)
            # What a person asked to see is shown from its beginning.
            self.following = self.following and message_id is None
            self.replace(0, len(blocks), blocks)
            if not self.following:
                self._go(self._column.top(first) + inside)
                self._settle()
        if message_id is not None and chosen and not self._is_in_view(chosen[0]):
            self.jump(message_id)
        return len(changed)

    def _is_in_view(self, at: int) -> bool:
        return 0 <= self._column.top(at) - round(self.scroll_y) < self.size.height

    def on_click(self, event: events.Click) -> None:
        line = round(self.scroll_y) + event.y
        if not self._column.blocks or line >= self._column.height:
            return
        at = self._column.at(line)
        block = self._column.blocks[at]
        if block.kind == "fold" and block.detail:
            self.following = False
            self.replace(at, 1, [replace(block, unfolded=not block.unfolded)])

    def jump(self, message_id: int) -> bool:
        """Goes to a message; says whether it is there."""
        at = self._column.find(message_id)
        if at is None:
            return False
        self.following = False
        self._go(self._column.top(at))
        self._settle()
        return True

    def action_follow(self) -> None:
        """Goes to the newest and stays there."""
        self.following = True
        self._settle()

    def watch_following(self, following: bool) -> None:
        self.post_message(self.FollowingChanged(following))

    # Where it is drawn

    def _add(self, blocks: Sequence[Block]) -> None:
        for before, block in pairwise([*self._column.blocks[-1:], *blocks]):
            if before.kind == block.kind == "fold":
                block.gap = False
        self._column.extend(blocks)
        self._settle()

    @property
    def _room(self) -> int:
        """How wide a line may be. The size counts the scroll bar in, below which a line's end would be cut off."""
        return self.scrollable_content_region.width

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
            self.set_reactive(Transcript.scroll_target_y, float(y))
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
            return self.get_component_rich_style(f"transcript--{name}", partial=True)

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


class GrowingAnswer:
    """An answer that is still coming, drawn as it grows, and never so often that typing suffers.

    Args:
        transcript: Where it stands, at the end.
    """

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self.first = transcript.block_count - 1
        """Where it begins: with who speaks."""
        self._count = 0
        self._done = False
        self._tail = ""
        self._drawn_at = 0.0
        self._cost = 0.0
        self._timer: Timer | None = None

    def write(self, text: str) -> None:
        """Adds text."""
        self._tail += text
        wait = self._drawn_at + max(_FRAME, self._cost * _SHARE) - time.monotonic()
        if wait <= 0:
            self._draw()
        elif self._timer is None:
            self._timer = self._transcript.set_timer(wait, self._draw)

    def _draw(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        begun = time.monotonic()
        blocks = content_blocks("assistant", self._tail)
        self._transcript.replace(self.first + 1, self._count, blocks)
        self._count = len(blocks)
        self._drawn_at = time.monotonic()
        self._cost = self._drawn_at - begun

    def stop(self) -> None:
        """Draws what came last; nothing comes any more."""
        if not self._done:
            self._draw()
        self._transcript.end_answer()

    def become(self, message: MessageModel) -> None:
        """Shows the answer as it was saved."""
        self._done = True
        if self._timer is not None:
            self._timer.stop()
        self._transcript.replace(self.first, self._count + 1, message_blocks(message))
        self._transcript.end_answer()
