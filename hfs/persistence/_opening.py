"""Which store a name opens: files, a SQLite database, a PostgreSQL server. What a database needs is imported then."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hfs import paths
from hfs.errors import StoreIOError
from hfs.extras import install_command
from hfs.persistence._store import SessionStore
from hfs.persistence.file_engine.engine import require_folder
from hfs.persistence.models import Notice

if TYPE_CHECKING:
    from hfs.persistence._engine import Engine
    from hfs.persistence.store_location import StoreLocation

STORE_VARIABLE: Final = "HFS_STORE"
"""The environment variable that names the store."""
PASSWORD_VARIABLE: Final = "HFS_STORE_PASSWORD"
"""The one that holds the password of a server, where the name of the store has none."""
DOCUMENTS: Final = "documents"
"""The store of files."""


def open_store(
    home: str | os.PathLike[str] | None = None,
    *,
    on_notice: Callable[[Notice], None] | None = None,
    on_indexing: Callable[[int, int], None] | None = None,
    store: str | None = None,
) -> SessionStore:
    """The sessions of a home folder, or of a database, for scripts: each call blocks. A context manager.

    Args:
        home: The folder; ``$HFS_HOME``, else ``~/.hfs``, where it is None. Made by the first write.
        on_notice: Called, from any thread, with what a person should be told.
        on_indexing: Told, from any thread, how many of how many sessions are read into the index, where those are many;
            the last time when all are. What it raises ends the reading, and reaches whoever waits for it.
        store: Which store: ``documents``, ``sqlite``, ``sqlite:///FILE`` or ``postgresql://USER@HOST/DATABASE``;
            ``$HFS_STORE``, else ``documents``, where it is None. ``$HFS_STORE_PASSWORD`` may hold its password.

    Returns:
        The store.

    Raises:
        ConfigError: There is no such store.
        StoreIOError: It can't be opened, or needs the extra ``hfs-chat[sql]``.

    Example:
        >>> from hfs.persistence import open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread")
        ...     [summary.name for summary in store.list_recent()]
        ['Bread']
    """
    name = store or os.environ.get(STORE_VARIABLE) or DOCUMENTS
    if name.strip() == DOCUMENTS:
        return SessionStore(home, on_notice=on_notice, on_indexing=on_indexing)
    folder = paths.home_folder(home)
    require_folder(folder)
    return SessionStore(home, on_notice=on_notice, engine=_open_engine(name, folder))


def store_exists(store: str, home: str | os.PathLike[str] | None = None) -> bool:
    """Whether a store was ever used: opening it would make no file and no table. Nothing is made here.

    Args:
        store: Which, as ``open_store`` takes it.
        home: The home folder; ``$HFS_HOME``, else ``~/.hfs``, where it is None.

    Returns:
        Whether it was; always, for the store of files.

    Raises:
        ConfigError: There is no such store.
        StoreIOError: It can't be reached, or needs the extra ``hfs-chat[sql]``.

    Example:
        >>> from hfs.persistence import store_exists
        >>> store_exists("sqlite", home="chats")
        False
    """
    from hfs.persistence.store_location import parse_store

    location = parse_store(store, paths.home_folder(home), os.environ.get(PASSWORD_VARIABLE))
    if location.url is None:
        return True
    # Also where there is no file yet: what can't be made can't be copied to.
    with _extra_for(location):
        from hfs.persistence.sql.database import has_tables
    return (location.path is None or location.path.exists()) and has_tables(location.url)


def _open_engine(name: str, home: Path) -> Engine:
    from hfs.persistence.store_location import parse_store

    location = parse_store(name, home, os.environ.get(PASSWORD_VARIABLE))
    with _extra_for(location):
        from hfs.persistence.sql.engine import open_engine
    return open_engine(location, home)


@contextlib.contextmanager
def _extra_for(location: StoreLocation) -> Iterator[None]:
    """Says what to install, where the packages for databases are missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "hfs":
            raise
        raise StoreIOError(
            f"The store {location.shown} needs more packages: {install_command('sql')}.",
            path=Path(location.shown),
        ) from error
