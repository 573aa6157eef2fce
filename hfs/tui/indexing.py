"""How far the reading of many sessions into the index is, as a person is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

_PATIENCE: Final = 0.5
"""How long a person waits without being told why, in seconds."""
_PAUSE: Final = 0.1
"""How long the numbers stand still at the least, in seconds."""
SILENCE: Final = 10.0
"""After how long without news nothing is being read any more, in seconds."""


@runtime_checkable
class ShowsIndexing(Protocol):
    """A screen that says how far the reading is."""

    def show_indexing(self, text: str) -> None:
        """Says it, or nothing."""
        ...


class Indexing:
    """Told by the store how far it is, and tells it on, not too often.

    Args:
        show: Called, from any thread, with what to say; with nothing, when all sessions are read.
    """

    def __init__(self, show: Callable[[str], object]) -> None:
        self._show = show
        self._due: float | None = None
        self._told = float("-inf")

    def told(self, done: int, total: int) -> None:
        """Takes how far it is.

        Args:
            done: How many sessions were read.
            total: How many there are to read.
        """
        now = time.monotonic()
        if done >= total:
            self._due = None
            self._show("")
            return
        if self._due is None or now - self._told > SILENCE:
            self._due = now + _PATIENCE
        self._told = now
        if now >= self._due:
            self._due = now + _PAUSE
            self._show(f"Indexing {done:,} of {total:,} …")
