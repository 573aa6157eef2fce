"""Which tables a database has, and how it gets those of this hfs: by Alembic's migrations."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from hfs.errors import StoreError, UnsupportedFormatError
from hfs.persistence.sql.failures import shown

HEAD: Final = "0001"
"""The migration whose tables this hfs reads and writes."""
_KNOWN: Final = frozenset((HEAD,))
_LOCK: Final = 0x68667331
"""Which of PostgreSQL's advisory locks keeps two processes from making the tables at once."""


def is_made(connection: Connection) -> bool:
    """Whether some hfs made its tables. Writes nothing."""
    return _version(connection) is not None and _has_hfs_tables(connection)


def is_up_to_date(connection: Connection) -> bool:
    """Whether the tables are those of this hfs. Writes nothing.

    Raises:
        UnsupportedFormatError: A newer hfs made them.
        StoreError: Another program did.
    """
    version = _version(connection)
    if version is not None and version not in _KNOWN:
        place = shown(connection.engine.url)
        if not _has_hfs_tables(connection):
            raise StoreError(
                f"Another program has its tables in {place}, and notes their version where hfs would: give hfs a "
                "database of its own."
            )
        raise UnsupportedFormatError(
            f"The tables of {place} are of version {version}; this hfs knows up to {HEAD}. Install a newer hfs.",
            path=Path(connection.engine.url.database or ""),
            version=version,
        )
    return version == HEAD


def bring_up_to_date(connection: Connection) -> None:
    """Makes the tables, or changes older ones. The caller commits.

    Raises:
        UnsupportedFormatError: A newer hfs made them.
        StoreError: Another program did.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    # Another process may have done it while this one waited.
    if is_up_to_date(connection):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _has_hfs_tables(connection: Connection) -> bool:
    """Whether there is a table that only hfs has: others note their version under the same name."""
    return inspect(connection).has_table("kept_messages")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)
