"""The address of a PostgreSQL server and of a database on it, read and written again.

What is wrong is said without repeating any of it: a password that is not encoded can be anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

from hfs.errors import ConfigError

_ANY: Final = frozenset({"host", "port", "user", "password", "dbname", "passfile", "sslmode", "target_session_attrs"})
_PARAMETERS: Final = {
    "asyncpg": _ANY | {"ssl"},
    "psycopg": _ANY | {"channel_binding", "connect_timeout", "gssencmode", "sslcert", "sslkey", "sslrootcert"},
}
_PARTS: Final = frozenset({"host", "port", "user", "password", "dbname"})
_SIGNS: Final = re.compile(r"[\x00-\x20\x7f]")
_HOST: Final = re.compile(r"/.*|[0-9a-f.]*:[0-9a-f:.]+|[^\x00-\x20\x7f/:@?#%,\[\]]*", re.DOTALL)
"""The folder of a socket, an IPv6 address, or a name."""
_QUOTED: Final = re.compile(r"[\x00-\x20\x7f%?#@/:\s]")
"""What is encoded in a database's name; no more, because SQLAlchemy 2.0 takes the name as it is written."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A database on a server."""

    user: str
    """Empty: the driver's own choice."""
    password: str | None = field(repr=False)
    host: str
    """A name or number, the folder of a unix socket, or empty: the driver's own choice."""
    port: str
    """Empty: the driver's own choice."""
    database: str
    parameters: tuple[tuple[str, str], ...]
    """What else the driver is told; nothing of it is secret."""

    def with_password(self, password: str | None) -> ServerAddress:
        """The same address with a password; an empty one is none."""
        return replace(self, password=password or None)

    def rendered(self, *, with_password: bool) -> str:
        """What stands after ``://``, as every reader of such addresses takes it."""
        user = quote(self.user, safe="")
        if with_password and self.password is not None:
            user += f":{quote(self.password, safe='')}"
        socket = self.host.startswith("/")
        host = "" if socket else f"[{self.host}]" if ":" in self.host else self.host
        parameters = [("host", self.host)] * socket + list(self.parameters)
        query = "&".join(f"{name}={quote(value, safe='/')}" for name, value in parameters)
        where = f"{user}@{host}" if user else host
        port = f":{self.port}" if self.port else ""
        database = _QUOTED.sub(lambda match: quote(match[0], safe=""), self.database)
        return f"{where}{port}/{database}{'?' if query else ''}{query}"

    @property
    def identity(self) -> str:
        """What tells this database from others, however one comes to it."""
        return replace(self, password=None, parameters=()).rendered(with_password=False)


def parse_address(rest: str, driver: str, encoding: str) -> ServerAddress:
    """The address that stands after ``postgresql://``.

    Args:
        rest: What stands there.
        driver: ``asyncpg`` or ``psycopg``.
        encoding: What to say about encoding where something can't be read.

    Raises:
        ConfigError: It is none; nothing of it is repeated.
    """
    place, _, query = rest.partition("?")
    # Up to the last @, so that a password with one in it is not taken for a part of the host, and shown.
    credentials, at, server = place.rpartition("@")
    if _SIGNS.search(rest) or "#" in rest or "@" in query or (at and re.search("[@/]", credentials)):
        raise ConfigError(f"The address of the PostgreSQL store can't be read. {encoding}")
    given = _parameters(query, driver)
    user, colon, password = credentials.partition(":")
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:/,]*)(?::(\d*))?(?:/([^/]*))?", server)
    if match is None or ":" in password:
        raise ConfigError(f"The address of the PostgreSQL store has the form USER@HOST:PORT/DATABASE. {encoding}")
    address = ServerAddress(
        user=given.get("user") or unquote(user),
        password=given.get("password") or (unquote(password) if colon and password else None),
        host=given.get("host") or unquote(match[1].strip("[]")),
        port=given.get("port") or match[2] or "",
        database=given.get("dbname") or unquote(match[3] or ""),
        parameters=tuple(sorted((name, value) for name, value in given.items() if name not in _PARTS)),
    )
    if not address.host.startswith("/"):
        address = replace(address, host=address.host.lower())
    if not address.database:
        raise ConfigError("The PostgreSQL store needs a database: postgresql://USER@HOST/DATABASE.")
    written = unquote(address.rendered(with_password=True))
    if not _HOST.fullmatch(address.host) or "\0" in written or not re.fullmatch("[0-9]*", address.port):
        raise ConfigError(f"The PostgreSQL store is one server: postgresql://USER@HOST:PORT/DATABASE. {encoding}")
    return address


def _parameters(query: str, driver: str) -> dict[str, str]:
    known = _PARAMETERS[driver]
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        pairs = [("", "")]
    given = dict(pairs)
    if len(given) < len(pairs) or not known.issuperset(given):
        raise ConfigError(
            f"After the ? of a PostgreSQL store's address there can be, once and with a value each: "
            f"{', '.join(sorted(known))}. Certificates are named by $PGSSLROOTCERT, $PGSSLCERT and $PGSSLKEY."
        )
    if driver == "asyncpg" and "sslmode" in given:
        # It has another name for the same.
        given["ssl"] = given.pop("sslmode")
    return given
