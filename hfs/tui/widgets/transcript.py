"""What was said. Only what is near the window is drawn, so a conversation may be as long as it likes.

While a person reads further up, nothing that is added moves what is in view.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from textual import events

from hfs.display import one_line
from hfs.tui.transcript.block import Block
from hfs.tui.transcript.growing_answer import GrowingAnswer
from hfs.tui.transcript.message_blocks import message_blocks
from hfs.tui.widgets.block_view import BlockView

if TYPE_CHECKING:
    from hfs.persistence import MessageModel


class Transcript(BlockView):
    """The messages of a session, with notes of hfs between, and the answer that is coming."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._growing: GrowingAnswer | None = None
        self._foreign_end = -1
        """How many blocks there were once another program's messages were added."""

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
        self.add([block for message in messages for block in message_blocks(message)])
        if growing is not None:
            growing.first = self.block_count
            self.add(coming)

    async def add_message(self, message: MessageModel) -> None:
        """Adds a message at the end, before an answer that is still coming, and goes to the end."""
        self.following = True
        self._insert(self._end, message_blocks(message))

    async def add_foreign(self, messages: Sequence[MessageModel], told: str, before: int | None = None) -> None:
        """Adds messages that another program added, where they stand in the session. What is in view stays there.

        Args:
            messages: The messages.
            told: What stands before them, unless such a message is there already.
            before: The message that follows them; none, where it is None.
        """
        place = self._column.find(before) if before is not None else None
        at = self._end if place is None else place
        blocks = [block for message in messages for block in message_blocks(message)]
        self._insert(at, blocks if at == self._foreign_end else [Block("note", told, gap=True), *blocks])
        self._foreign_end = at + len(blocks) + (at != self._foreign_end)

    @property
    def _end(self) -> int:
        """Behind the last message: an answer that is coming is none yet."""
        return self._growing.first if self._growing is not None else self.block_count

    def _insert(self, at: int, blocks: Sequence[Block]) -> None:
        if self._growing is not None and at <= self._growing.first:
            self._growing.first += len(blocks)
        self.replace(at, 0, blocks)

    async def note(self, text: str, kind: Literal["note", "error"] = "note") -> None:
        """Says something that is no message."""
        self.add([Block(kind, text, gap=True)])

    async def show_table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Shows a table."""
        self.add([Block("table", "", rows=[header, *rows], gap=True)])

    async def begin_answer(self, model: str) -> GrowingAnswer:
        """Adds an answer that is still coming."""
        self.add([Block("who", one_line(model), gap=True)])
        self._growing = GrowingAnswer(self)
        return self._growing

    def end_answer(self) -> None:
        """What is said from now on stands behind the answer that was coming."""
        self._growing = None

    # What is folded

    def unfold(self, unfolded: bool, message_id: int | None = None) -> int:
        """Shows, or hides again, what is folded of a message, or of all; returns how many folds that changed."""
        blocks = list(self._column.blocks)
        chosen = [
            at
            for at, block in enumerate(blocks)
            if block.kind == "fold" and block.detail and message_id in (None, block.message_id)
        ]
        changed = [at for at in chosen if blocks[at].unfolded != unfolded]
        if changed:
            for at in changed:
                blocks[at] = replace(blocks[at], unfolded=unfolded)
            # What a person asked to see is shown from its beginning.
            self.following = self.following and message_id is None
            self.replace_all(blocks)
        if message_id is not None and chosen and not self.is_in_view(chosen[0]):
            self.jump(message_id)
        return len(changed)

    def on_click(self, event: events.Click) -> None:
        at = self.block_at(event.y)
        block = self._column.blocks[at] if at is not None else None
        if at is not None and block is not None and block.kind == "fold" and block.detail:
            self.following = False
            self.replace(at, 1, [replace(block, unfolded=not block.unfolded)])
