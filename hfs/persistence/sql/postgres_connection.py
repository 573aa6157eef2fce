"""Connections of asyncpg that end soon, also those to a server that answers nothing any more."""

from __future__ import annotations

import asyncpg

_GOODBYE = 1.0
"""How long a server may take to hear that a connection ends, in seconds."""


class PostgresConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that is cut where the server doesn't take part in ending it."""

    async def close(self, *, timeout: float | None = None) -> None:
        """Ends the connection.

        Args:
            timeout: How long the server may take, in seconds; a second, where it is None.
        """
        try:
            await super().close(timeout=timeout or _GOODBYE)
        except TimeoutError:
            # It was cut. An error here would be printed by SQLAlchemy, and nobody can do anything about it.
            return
