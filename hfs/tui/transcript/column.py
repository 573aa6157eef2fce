"""A column of blocks of which only those near the window are drawn. Knows heights, no widget."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from hfs.tui.transcript.block import Block, Lines


class Column:
    """Blocks one below the other. Heights are guesses until a block is drawn.

    Args:
        draw: Draws a block; called once for each that comes near the window.
    """

    def __init__(self, draw: Callable[[Block, int], Lines]) -> None:
        self._draw = draw
        self._heights: list[int] = []
        self._tops: list[int] = [0]
        self._lines: dict[int, Lines] = {}
        self.blocks: list[Block] = []
        self.width = 0

    @property
    def height(self) -> int:
        """In lines, as far as it is known."""
        return self._tops[-1]

    @property
    def drawn(self) -> int:
        """How many blocks are held as drawn."""
        return len(self._lines)

    def clear(self) -> None:
        """Empties it."""
        self.cut(0)

    def resize(self, width: int) -> None:
        """Takes another width: everything is drawn anew."""
        self.width = width
        self._lines.clear()
        self._heights = [block.guess(width) for block in self.blocks]
        self._sum(0)

    def redraw(self) -> None:
        """Draws anew what is drawn, where colours have changed."""
        self._lines.clear()

    def extend(self, blocks: Sequence[Block]) -> None:
        """Adds blocks at the end."""
        start = len(self.blocks)
        self.blocks.extend(blocks)
        self._heights.extend(block.guess(self.width) for block in blocks)
        self._sum(start)

    def cut(self, start: int) -> None:
        """Takes away the blocks from a place on."""
        del self.blocks[start:], self._heights[start:], self._tops[start + 1 :]
        for at in [at for at in self._lines if at >= start]:
            del self._lines[at]

    def _sum(self, start: int) -> None:
        self._tops[start:] = accumulate(self._heights[start:], initial=self._tops[start])

    def top(self, at: int) -> int:
        """The first line of a block."""
        return self._tops[at]

    def at(self, y: int) -> int:
        """The block that a line is in."""
        return max(0, min(bisect_right(self._tops, y) - 1, len(self.blocks) - 1))

    def line(self, y: int) -> Lines | None:
        """One line, as a list of one; None below the end."""
        if not 0 <= y < self.height:
            return None
        at = self.at(y)
        lines = self._drawn(at)
        inside = y - self._tops[at]
        return [lines[inside]] if inside < len(lines) else [[]]

    def _drawn(self, at: int) -> Lines:
        if at not in self._lines:
            self._lines[at] = self._draw(self.blocks[at], self.width)
        return self._lines[at]

    def settle(self, y: int, size: int) -> int:
        """Draws what is in a window and a window's height around it, so that its lines are known.

        Args:
            y: The first line of the window. What stands there stays there.
            size: Its height.

        Returns:
            Where the window begins now: what is above it may have turned out to be longer or shorter.
        """
        if not self.blocks:
            return 0
        first = self.at(y)
        inside = y - self._tops[first]
        above = self._measure_upwards(first, size)
        below = self._measure_downwards(first, inside + 2 * size)
        self._sum(above)
        for at in [at for at in self._lines if not above - 20 <= at <= below + 20]:
            del self._lines[at]
        return self._tops[first] + min(inside, self._heights[first] - 1)

    def settle_end(self, size: int) -> int:
        """Draws the end, so that the last lines are known; returns where the last window begins."""
        if not self.blocks:
            return 0
        above = self._measure_upwards(len(self.blocks), 2 * size)
        self._sum(above)
        for at in [at for at in self._lines if at < above - 20]:
            del self._lines[at]
        return max(0, self.height - size)

    def _measure_upwards(self, before: int, lines: int) -> int:
        at = before
        while at > 0 and lines > 0:
            at -= 1
            lines -= self._measure(at)
        return at

    def _measure_downwards(self, start: int, lines: int) -> int:
        at = start
        while at < len(self.blocks) and lines > 0:
            lines -= self._measure(at)
            at += 1
        return at

    def _measure(self, at: int) -> int:
        self._heights[at] = len(self._drawn(at))
        return self._heights[at]

    def find(self, message_id: int) -> int | None:
        """The first block of a message."""
        return next((at for at, block in enumerate(self.blocks) if block.message_id == message_id), None)

    def text(self, first: int, last: int) -> list[str]:
        """Lines as text, from the first to the last, both included."""
        lines = (self.line(y) for y in range(max(0, first), min(last, self.height - 1) + 1))
        return ["".join(segment.text for segment in line[0]).rstrip() if line else "" for line in lines]
