"""What a database refused, as errors of hfs. No message of a driver is passed on that could hold a password."""

from __future__ import annotations

import errno
import os
import re
import socket
import stat
from pathlib import Path
from typing import Final

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hfs.errors import HfsError, LockTimeoutError, StoreError, StoreIOError

_AWAY: Final = frozenset(
    # Connection failures, shutting down, crashing, starting up, idle for too long.
    ("08000", "08001", "08003", "08004", "08006", "57P01", "57P02", "57P03", "57P05")
)
_PASSING: Final = _AWAY | {"40001", "40P01", "53300"}
"""Serialization failure, deadlock, too many clients, too."""
_WRONG_PASSWORD: Final = "28P01"
_NO_RIGHT: Final = "42501"
_OTHERS_TABLES: Final = "it has another program's tables, of the same names: give hfs a database of its own"
_REFUSED: Final = {
    _WRONG_PASSWORD: "the password is wrong, or missing. $HFS_STORE_PASSWORD, ~/.pgpass or the keyring can hold it",
    "28000": "the server does not let this user in",
    "3D000": "there is no such database on the server: create it first (createdb)",
    _NO_RIGHT: "this user needs the right to write these tables, and whoever opens the database first, to create them",
    "3F000": "there is no schema in which this user may create tables",
    "25006": "it takes no writes now: it is a replica, or set to be read-only",
    "42P07": _OTHERS_TABLES,
}
_SAID_BY_PSYCOPG: Final = (
    (re.compile("password authentication failed|no password supplied"), _WRONG_PASSWORD),
    (re.compile(r'database ".*" does not exist'), "3D000"),
)
"""What it says where it couldn't connect: it doesn't pass the server's code on."""
_SAID_BY_SQLITE: Final = (
    (
        re.compile("readonly database|unable to open"),
        "this user may not write it, or its folder, or the -wal and -shm beside it",
    ),
    (re.compile("table .* already exists"), _OTHERS_TABLES),
)
_NO_WAY: Final = frozenset((errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ETIMEDOUT))
_LOST: Final = re.compile(r"connection_lost\(\)|connection (is|was) closed")
_LONGEST: Final = 200


def code_of(error: BaseException) -> str | None:
    """The SQLSTATE of PostgreSQL's answer, or None."""
    seen: BaseException | None = error
    while seen is not None:
        code = getattr(seen, "sqlstate", None) or _said_by(seen, "psycopg", _SAID_BY_PSYCOPG)
        if isinstance(code, str):
            return code
        seen = getattr(seen, "orig", None) or seen.__cause__
    return None


def _said_by(error: BaseException, package: str, known: tuple[tuple[re.Pattern[str], str], ...]) -> str | None:
    if type(error).__module__.partition(".")[0] != package:
        return None
    return next((meaning for said, meaning in known if said.search(str(error))), None)


def is_passing(error: BaseException) -> bool:
    """Whether the same may succeed a moment later: the server is away, starts, or took another's side."""
    return is_away(error) or isinstance(error, PoolTimeoutError) or code_of(error) in _PASSING


def is_away(error: BaseException) -> bool:
    """Whether the server can't be reached, or was lost while it was asked."""
    if isinstance(error, HfsError):
        return False
    if code_of(error) in _AWAY:
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        return isinstance(error, (InterfaceError, OperationalError)) and _is_connection(error)
    # A connection that can't be made: the driver's own error, which SQLAlchemy doesn't wrap. A name that can't be
    # looked up now can be once there is a network again.
    if _is_drivers(error):
        return _LOST.search(str(error)) is not None
    no_way = isinstance(error, OSError) and error.errno in _NO_WAY
    return no_way or isinstance(error, (ConnectionError, TimeoutError, socket.gaierror))


def is_of_database(error: BaseException) -> bool:
    """Whether SQLAlchemy, a driver, or the network raised it, and not the work that was done."""
    if isinstance(error, HfsError):
        return False
    return isinstance(error, (SQLAlchemyError, OSError)) or code_of(error) is not None or _is_drivers(error)


def _is_drivers(error: BaseException) -> bool:
    """Whether it is a driver's own, which came past SQLAlchemy."""
    return type(error).__module__.partition(".")[0] in ("asyncpg", "psycopg")


def _is_connection(error: DBAPIError) -> bool:
    text = str(error.orig).lower()
    return "connection" in text and "sqlite" not in type(error.orig).__module__


def is_busy(error: BaseException) -> bool:
    """Whether another process kept a SQLite database locked for too long."""
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


def shown(address: URL) -> str:
    """A database's address for people: without its driver and its password."""
    socket = {name: value for name, value in address.query.items() if name == "host"}
    # set() leaves a password as it is where None is given.
    plain = address.set(drivername=address.get_backend_name(), query=socket)._replace(password=None)
    return plain.render_as_string(hide_password=True)


def told(error: BaseException, place: str) -> StoreError:
    """The error that people are shown.

    Args:
        error: What SQLAlchemy or a driver raised.
        place: The database, without a password.
    """
    if is_busy(error):
        return LockTimeoutError(
            f"Another program kept {place} locked. Nothing was written; try again, and close other copies of hfs if "
            "that doesn't help.",
            path=Path(place),
            timeout=30.0,
        )
    code = code_of(error)
    if code in _REFUSED:
        reason = _REFUSED[code]
        if code == _WRONG_PASSWORD:
            reason += _unread_passwords()
        elif code == _NO_RIGHT:
            reason = f"{_reason(error)}: {reason}"
    elif is_passing(error) or isinstance(error, OSError):
        reason = f"it can't be reached ({_reason(error)}). Is the server running, and the address right?"
        return StoreIOError(f"{place}: {reason}", path=Path(place))
    else:
        orig = getattr(error, "orig", None) or error
        reason = _said_by(orig, "sqlite3", _SAID_BY_SQLITE) or _reason(error)
    return StoreIOError(f"{place}: {reason}.", path=Path(place))


def _unread_passwords() -> str:
    """Why a file of passwords is not read by the drivers, as a sentence; empty where there is none, or it is read."""
    path = Path(os.environ.get("PGPASSFILE") or "~/.pgpass").expanduser()
    try:
        is_open = stat.S_IMODE(path.stat().st_mode) & 0o077
    except OSError:
        return ""
    return f". {path} is not read while others may read it: chmod 600 {path}" if is_open else ""


def _reason(error: BaseException) -> str:
    """The first line of what was said, without statements and values: these hold what people wrote."""
    orig = getattr(error, "orig", None) or error
    if isinstance(orig, SQLAlchemyError):
        return type(orig).__name__
    text = str(orig).split("\n", 1)[0].strip()
    # asyncpg's errors come wrapped: "<class '…'>: reason".
    text = re.sub(r"^<class '[^']*'>:\s*", "", text)
    if isinstance(orig, TimeoutError):
        return "it does not answer"
    if isinstance(orig, socket.gaierror) and orig.strerror:
        return orig.strerror.lower()
    if isinstance(orig, ConnectionError) and orig.errno:
        return os.strerror(orig.errno).lower()
    if _LOST.search(text):
        return "the connection was lost"
    return text[:_LONGEST].rstrip(".") or type(orig).__name__
