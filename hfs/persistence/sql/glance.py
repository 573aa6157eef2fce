"""The sessions of a database at a glance, by one question, and without SQLAlchemy: that takes longer than the answer.

No table is made, and none brought up to date: where there are others than expected, the question fails.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from hfs.persistence._read_only import read_only

_MOST: Final = 5000
"""So many sessions are asked for, the newest."""
_PATIENCE: Final = 0.7
"""How long a server is waited for, in seconds."""
_PRESENT: Final = (
    "SELECT id, name, CAST(tags AS text), CAST(models AS text) FROM sessions WHERE deleted_at IS NULL "
    f"ORDER BY created_at DESC, id DESC LIMIT {_MOST + 1}"
)
_DELETED: Final = (
    "SELECT id, name FROM (SELECT id, name, deleted_at AS moment FROM sessions WHERE deleted_at IS NOT NULL "
    "UNION ALL SELECT sessions.id, sessions.name, kept_at FROM kept_messages JOIN sessions "
    "ON sessions.id = kept_messages.session_id WHERE deleted_at IS NULL) AS trash "
    f"ORDER BY moment DESC LIMIT {_MOST}"
)


def present_sessions(url: str, path: Path | None) -> tuple[list[tuple[Any, ...]], bool]:
    """The id, name, tags and models of sessions, the newest first, and whether these are all.

    Args:
        url: The address of the database, with its password.
        path: Its file, if it is one.
    """
    rows = _ask(_PRESENT, url, path)
    return rows[:_MOST], len(rows) <= _MOST


def deleted_sessions(url: str, path: Path | None) -> list[tuple[Any, ...]]:
    """The id and name of sessions in the trash, and of those that messages were taken out of, the latest first.

    Args:
        url: The address of the database, with its password.
        path: Its file, if it is one.
    """
    return _ask(_DELETED, url, path)


def _ask(statement: str, url: str, path: Path | None) -> list[tuple[Any, ...]]:
    if path is not None:
        return _ask_file(statement, path)
    driver, _, rest = url.partition("://")
    address = f"postgresql://{rest}"
    return _ask_psycopg(statement, address) if driver.endswith("psycopg") else _ask_asyncpg(statement, address)


def _ask_file(statement: str, path: Path) -> list[tuple[Any, ...]]:
    with read_only(path) as connection:
        return [tuple(row) for row in connection.execute(statement).fetchall()]


def _ask_asyncpg(statement: str, address: str) -> list[tuple[Any, ...]]:
    import asyncio
    import re

    import asyncpg

    async def ask() -> list[tuple[Any, ...]]:
        settings = {"default_transaction_read_only": "on", "application_name": "hfs"}
        # The driver has another name for the same in addresses.
        dsn = re.sub(r"([?&])ssl=", r"\1sslmode=", address)
        connection = await asyncpg.connect(dsn, timeout=_PATIENCE, server_settings=settings)
        try:
            return [tuple(row) for row in await connection.fetch(statement, timeout=_PATIENCE)]
        finally:
            connection.terminate()

    return asyncio.run(ask())


def _ask_psycopg(statement: str, address: str) -> list[tuple[Any, ...]]:
    import psycopg

    options = f"-c default_transaction_read_only=on -c statement_timeout={int(_PATIENCE * 1000)}"
    # Two seconds are the shortest that libpq knows.
    with psycopg.connect(address, options=options, connect_timeout=2, application_name="hfs") as connection:
        return [tuple(row) for row in connection.execute(statement).fetchall()]
