"""An answer that is still coming: drawn as it grows, and never so often that typing suffers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from textual.timer import Timer

from hfs.tui.transcript.message_blocks import content_blocks, message_blocks

if TYPE_CHECKING:
    from hfs.persistence import MessageModel
    from hfs.tui.widgets.transcript import Transcript

_FRAME: Final = 1 / 20
"""The shortest time between two drawings of an answer that grows, in seconds."""
_SHARE: Final = 5
"""An answer that grows takes at most one part in so many of the time; keys come first."""


class GrowingAnswer:
    """An answer that is still coming.

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
        """Draws what came last; nothing comes any more. Where nothing came, nobody has spoken."""
        if not self._done:
            self._draw()
            if not self._tail:
                self._transcript.replace(self.first, 1, [])
        self._transcript.end_answer()

    def become(self, message: MessageModel) -> None:
        """Shows the answer as it was saved."""
        self._done = True
        if self._timer is not None:
            self._timer.stop()
        self._transcript.replace(self.first, self._count + 1, message_blocks(message))
        self._transcript.end_answer()
