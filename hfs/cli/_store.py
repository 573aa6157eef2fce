"""The store as commands open it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator

from hfs import persistence
from hfs.cli._progress import indexing_bar
from hfs.errors import HfsError
from hfs.paths import home_folder
from hfs.stores import has_files, named_store, text_to_open


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
