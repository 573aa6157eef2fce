"""Bars on stderr that say how far a command is, and are gone once it is done."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

_PATIENCE: Final = 0.5
"""How long a person waits without being told why, in seconds."""
_PAUSE: Final = 0.1
"""How long the bar stands still at the least, in seconds."""


class IndexingBar:
    """A bar on stderr that is gone once all sessions are read."""

    def __init__(self) -> None:
        self._due = time.monotonic() + _PATIENCE
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, total: int) -> None:
        """Moves it.

        Args:
            done: How many sessions were read.
            total: How many there are to read.
        """
        if done >= total:
            self.close()
        elif time.monotonic() >= self._due:
            self._due = time.monotonic() + _PAUSE
            self._show(done, total)

    def _show(self, done: int, total: int) -> None:
        if self._bar is None or self._task is None:
            from rich.progress import TextColumn

            # Moved by hand: a thread of its own would make this process one that must not be copied.
            self._bar = _counting_bar(TextColumn("Reading"), auto_refresh=False)
            self._task = self._bar.add_task("index", total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total, refresh=True)

    def close(self) -> None:
        """Clears its line."""
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.stop()


@contextlib.contextmanager
def indexing_bar() -> Iterator[Callable[[int, int], None] | None]:
    """What is told how far the reading is; None where stderr is no terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    with contextlib.closing(IndexingBar()) as bar:
        yield bar


def make_bar(*columns: ProgressColumn, auto_refresh: bool = True) -> Progress:
    """A bar on stderr; without colours where the user wants none.

    Args:
        columns: What stands in it; Rich's usual ones, where none is given.
        auto_refresh: Whether a thread of its own moves it.
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True, no_color="NO_COLOR" in os.environ)
    return Progress(*columns, console=console, transient=True, auto_refresh=auto_refresh)


def _counting_bar(title: ProgressColumn, *, auto_refresh: bool = True) -> Progress:
    from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn

    return make_bar(title, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), auto_refresh=auto_refresh)


class CopyBar:
    """How far a copy is, on a bar for each part of it, where stderr is a terminal."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        """Moves it.

        Args:
            what: What is done, as a word.
            done: With how many sessions it was.
            total: How many there are.
        """
        # While a bar stands, an older Rich has something in the place of stderr that says it is no terminal.
        if self._bar is None and (sys.stderr is None or not sys.stderr.isatty()):
            return
        if self._bar is None:
            from rich.progress import TextColumn

            self._bar = _counting_bar(TextColumn("{task.description}"))
            self._bar.start()
        bar = self._bar
        if what not in self._tasks:
            self._tasks[what] = bar.add_task(what, total=total)
            # Also what is done before the bar moves by itself is shown.
            bar.refresh()
        bar.update(self._tasks[what], completed=done)

    def close(self) -> None:
        """Clears its lines."""
        if self._bar is not None:
            self._bar.stop()
