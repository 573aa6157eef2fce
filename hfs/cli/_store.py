"""The store as commands open it: where they must wait for many sessions to be read into the index, a bar says so."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Final

from hfs import persistence
from hfs.errors import HfsError
from hfs.paths import home_folder
from hfs.stores import has_files, named_store, text_to_open

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

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
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (TextColumn("Reading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            console = Console(stderr=True, no_color="NO_COLOR" in os.environ)
            # Moved by hand: a thread of its own would make this process one that must not be copied.
            self._bar = Progress(*columns, console=console, transient=True, auto_refresh=False)
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


@contextlib.contextmanager
def open_store(on_notice: Callable[[persistence.Notice], None] | None = None) -> Iterator[persistence.SessionStore]:
    """The sessions of the store that is chosen.

    Args:
        on_notice: Called with what a person should be told.

    Raises:
        ConfigError: What is set names no store.
    """
    home = home_folder()
    chosen = text_to_open(home)
    with (
        indexing_bar() as bar,
        persistence.open_store(home, on_notice=on_notice, on_indexing=bar, store=chosen) as store,
    ):
        yield store


@contextlib.asynccontextmanager
async def open_repository(
    on_notice: Callable[[persistence.Notice], None] | None = None,
) -> AsyncIterator[persistence.SessionRepository]:
    """The same, for asyncio."""
    home = home_folder()
    chosen = text_to_open(home)
    with indexing_bar() as bar:
        async with persistence.open_repository(home, on_notice=on_notice, on_indexing=bar, store=chosen) as repo:
            yield repo


def require_files(command: str, instead: str) -> None:
    """Ends a command that works on the files of sessions where there are none.

    Args:
        command: Its name.
        instead: What to do instead, as a sentence.

    Raises:
        HfsError: The sessions are in a database.
    """
    home = home_folder()
    if not has_files(home):
        location, _ = named_store(home)
        raise HfsError(f"`hfs {command}` works on files, and your sessions are in {location.shown}. {instead}")
