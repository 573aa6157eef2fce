"""Where sessions are kept, as a person names it: ``documents``, ``sqlite``, ``postgresql://user@host/database``.

No engine is imported here, nothing is opened, and no message holds a password or a part of one: what can't be read as
an address is not repeated.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from hfs.display import one_line
from hfs.errors import ConfigError

Kind = Literal["documents", "sqlite", "postgresql"]

SQLITE_FILE: Final = "sessions.db"
"""The file of the store ``sqlite``, in the home folder."""
_SCHEMES: Final = {
    "sqlite": ("sqlite", "aiosqlite"),
    "sqlite+aiosqlite": ("sqlite", "aiosqlite"),
    "postgresql": ("postgresql", "asyncpg"),
    "postgres": ("postgresql", "asyncpg"),
    "postgresql+asyncpg": ("postgresql", "asyncpg"),
    "postgresql+psycopg": ("postgresql", "psycopg"),
}
_POSSIBLE: Final = (
    "documents (JSON files, the default), sqlite, sqlite:///FILE, or postgresql://USER@HOST/DATABASE (also with "
    "+asyncpg or +psycopg)"
)
_ENCODING: Final = "In names and passwords, signs such as @ : / ? # % are percent-encoded: %40 for @."
_NEAREST: Final = 0.75
_DIGEST: Final = 8


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """A store: of which kind, and where."""

    kind: Kind
    path: Path | None
    """The file of a SQLite database, absolute."""
    url: str | None = field(repr=False)
    """What SQLAlchemy opens, with the password where one is known; None for documents."""
    shown: str
    """What people are shown, and what names the same store again: never with a password."""
    label: str
    """The same, short, for a status bar: ``postgresql db.example.org/team``."""
    folder_name: str
    """The folder in ``~/.hfs/stores`` for what belongs to this store and is kept on this machine."""
    host: str = "/"
    """The server; the folder of a socket for one on this machine, empty where the driver chooses."""

    @property
    def password(self) -> str | None:
        """The password that the url holds, as it is typed."""
        from urllib.parse import unquote

        match = re.match(r"[^:/@]+://[^:/@]*:([^@/]*)@", self.url or "")
        return unquote(match[1]) if match else None


def parse_store(text: str, home: Path, password: str | None = None) -> StoreLocation:
    """The store that a text names.

    Args:
        text: ``documents``, ``sqlite``, ``sqlite:///FILE`` (four slashes before an absolute path; another one is in the
            home folder), or ``postgresql://USER@HOST/DATABASE``, also ``postgres``, ``+aiosqlite``, ``+asyncpg`` and
            ``+psycopg``.
        home: The home folder.
        password: The password of a server, for a text that has none.

    Raises:
        ConfigError: It names none.
    """
    text = text.strip()
    if re.search("[\ud800-\udfff]", text):
        raise ConfigError("The name of the store is no Unicode text: write it in UTF-8.")
    if text == "documents":
        return StoreLocation("documents", None, None, "documents", "documents", "documents")
    if text == "sqlite":
        return sqlite_store(home / SQLITE_FILE, home)
    scheme, found, rest = text.partition("://")
    if not found or scheme.lower() not in _SCHEMES:
        raise ConfigError(_unknown(text, scheme if found else None))
    kind, driver = _SCHEMES[scheme.lower()]
    if kind == "sqlite":
        return sqlite_store(_sqlite_path(rest, home), home)
    from hfs.persistence._server_address import parse_address

    address = parse_address(rest, driver, _ENCODING)
    if address.password is None:
        address = address.with_password(password)
    place = f"{address.host}/{address.database}"
    return StoreLocation(
        "postgresql",
        None,
        f"postgresql+{driver}://{address.rendered(with_password=True)}",
        f"postgresql{'' if driver == 'asyncpg' else f'+{driver}'}://{address.rendered(with_password=False)}",
        f"postgresql {one_line(place, 40)}",
        _folder_name("postgresql", place, address.identity),
        address.host,
    )


def _sqlite_path(rest: str, home: Path) -> Path:
    """The file that stands after ``sqlite://``."""
    from urllib.parse import unquote

    name = unquote(rest.removeprefix("/"))
    if not rest.startswith("/"):
        raise ConfigError(
            "A SQLite store is named sqlite:///FILE, with three slashes, and four before /: sqlite:////x."
        )
    if "?" in rest or "\0" in name or name.startswith("file:"):
        raise ConfigError("A SQLite store is a file and nothing else: sqlite:///FILE, a ? in its name as %3F.")
    if name in ("", ":memory:") or name.endswith("/"):
        raise ConfigError(
            "A SQLite store needs a file: sqlite:///FILE. (`hfs --no-save` is a chat that is kept nowhere.)"
        )
    path = Path(name)
    if name.startswith("~"):
        return Path(os.path.expanduser(name)).absolute()
    outside = Path("/", name)
    if not path.is_absolute() and outside.parent != Path("/") and _is_only_there(outside.parent, home / path.parent):
        raise ConfigError(
            f"sqlite:///{one_line(name, 200)} would be in {home}. For {one_line(str(outside), 200)} there are four "
            f"slashes: sqlite:///{one_line(str(outside), 200)}."
        )
    # As it is: links are followed when it is opened.
    return (home / path).absolute()


def _is_only_there(folder: Path, other: Path) -> bool:
    return os.path.isdir(folder) and not os.path.isdir(other)


def sqlite_store(path: Path, home: Path) -> StoreLocation:
    """The store in a file of SQLite.

    Args:
        path: The file, absolute.
        home: The home folder.
    """
    from urllib.parse import quote

    # Space at the end would be lost where the name is read again.
    written = re.sub(r"[%?]|\s+$", lambda match: quote(match[0]), path.as_posix())
    # In the home folder it is told from others by its place in there: that folder may move.
    identity = path.relative_to(home).as_posix() if path.is_relative_to(home) else path.as_posix()
    return StoreLocation(
        "sqlite",
        path,
        f"sqlite+aiosqlite:///{written}",
        f"sqlite:///{written}",
        f"sqlite {one_line(path.name, 40)}",
        _folder_name("sqlite", path.stem, identity),
    )


def _folder_name(kind: str, name: str, identity: str) -> str:
    """A name that every file system takes: readable, and another one for every store."""
    import hashlib

    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:60]
    digest = hashlib.sha256(f"{kind} {identity}".encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return "-".join(part for part in (kind, readable, digest) if part)


def _unknown(text: str, scheme: str | None) -> str:
    """What to say of a text that names no store; it may hold a password, so that little of it is repeated."""
    import difflib

    known = list(_SCHEMES) if scheme is not None else ["documents", "sqlite", "postgresql"]
    wanted = text if scheme is None else scheme
    near = difflib.get_close_matches(wanted.lower(), known, 1, _NEAREST)
    is_path = scheme is None and (text.endswith((".db", ".sqlite", ".sqlite3")) or text.startswith(("/", "~")))
    hint = ""
    if is_path and "@" not in text:
        hint = f" Is it a file of SQLite? sqlite:///{one_line(text, 200)}"
    elif near:
        ending = "://…" if scheme is not None or near[0] == "postgresql" else ""
        hint = f" Did you mean {near[0]}{ending}?"
    shown = f"{one_line(wanted, 40)!r}" if wanted and not set(wanted) & set("@:") else "This"
    return f"{shown if wanted else 'An empty text'} names no store. There are: {_POSSIBLE}.{hint}"
