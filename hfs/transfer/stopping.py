"""Ctrl-C between two conversations: what is being written comes in whole, and is told."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


class Stopping:
    """Lets the conversation that comes in be finished at the first Ctrl-C; the second stops at once.

    What is being written by then is waited for all the same, so that a report is true. A context manager.
    """

    def __init__(self) -> None:
        self.wanted = False
        """Whether Ctrl-C was pressed."""
        self.finishing = False
        """Whether nothing more comes in: then Ctrl-C has nothing to stop."""
        self._before: object = None

    def __enter__(self) -> Stopping:
        # Only the first thread is told of signals.
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if callable(self._before) or isinstance(self._before, int):
            signal.signal(signal.SIGINT, self._before)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.finishing:
            return
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True
