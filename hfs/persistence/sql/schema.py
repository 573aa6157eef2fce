"""Which tables a database has, and how it gets those of this hfs: by Alembic's migrations."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from hfs.errors import UnsupportedFormatError
from hfs.persistence.sql.failures import shown

HEAD: Final = "0001"
"""The migration whose tables this hfs reads and writes."""
VERSIONS: Final = "hfs_version"
"""The table that notes the migration. A program that has tables of its own beside ours notes its own elsewhere."""
_KNOWN: Final = frozenset((HEAD,))
_LOCK: Final = 0x68667331
"""Which of PostgreSQL's advisory locks keeps two processes from making the tables at once."""


def is_made(connection: Connection) -> bool:
    """Whether some hfs made its tables. Writes nothing."""
    return _version(connection) is not None


def is_up_to_date(connection: Connection) -> bool:
    """Whether the tables are those of this hfs. Writes nothing.

    Raises:
        UnsupportedFormatError: A newer hfs made them.
    """
    version = _version(connection)
    if version is not None and version not in _KNOWN:
        raise UnsupportedFormatError(
            f"The tables of {shown(connection.engine.url)} are of version {version}; this hfs knows up to {HEAD}. "
            "Install a newer hfs.",
            path=Path(connection.engine.url.database or ""),
            version=version,
        )
    return version == HEAD


def bring_up_to_date(connection: Connection) -> None:
    """Makes the tables, or changes older ones. The caller commits.

    Raises:
        UnsupportedFormatError: A newer hfs made them.
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


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSIONS):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSIONS}")).scalar_one_or_none()
    return None if found is None else str(found)
