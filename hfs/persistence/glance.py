"""Sessions at a glance: what can be known of them at once, for who is in the middle of typing a command.

Nothing is written, no lock is taken and nobody is waited for: no folder is made, and no index, nor is one brought up to
date. What is not known quickly is left out.
"""

from __future__ import annotations

import os
import re
import sqlite3
import stat
from dataclasses import dataclass
from heapq import nlargest
from itertools import starmap
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from hfs import paths
from hfs.persistence._file_ops import identity_of
from hfs.persistence._ids import ID_PATTERN
from hfs.persistence._read_only import read_only
from hfs.persistence._time import STAMP_PATTERN, parse_time
from hfs.persistence.index.database import IndexDatabase
from hfs.persistence.index.rows import identity_number, microseconds
from hfs.persistence.store_location import StoreLocation

_DOCUMENT: Final = re.compile(rf"({ID_PATTERN})\.json")
_TRASHED: Final = re.compile(rf"({ID_PATTERN})-(messages-)?({STAMP_PATTERN})\.json")
_COLUMNS: Final = "identity, created, id, name, tags, models"
_HEAD: Final = 16 << 10
"""So many bytes of a file are read: the header stands first."""
_MESSAGES: Final = re.compile(rb',?\s*"messages"\s*:')
_MOST_READ: Final = 500
"""So many files are read, those of the highest ids: 20 ms."""
_MOST_LOOKED_AT: Final = 2000
"""Up to so many files are looked at for changes that the index doesn't know: a few milliseconds."""


class Glimpse(NamedTuple):
    """What is known of a session. There may be very many: lists are read when they are asked for."""

    id: int
    name: str
    """Empty where it isn't known."""
    tags_json: str = "[]"
    models_json: str = "[]"

    @property
    def tags(self) -> list[str]:
        """Its tags."""
        return _texts(self.tags_json)

    @property
    def models(self) -> list[str]:
        """The models that spoke in it."""
        return _texts(self.models_json)


class _Row(NamedTuple):
    identity: int
    """Of the file that it was read from, as a number."""
    created: int
    """Microseconds since 1970."""
    glimpse: Glimpse


@dataclass(frozen=True, slots=True)
class Glance:
    """What is known of the sessions of a store."""

    sessions: list[Glimpse]
    """The newest first."""
    complete: bool
    """Whether these are all of them, each with its name."""


def glance(location: StoreLocation, home: Path) -> Glance:
    """The sessions of a store, as far as they are known at once.

    Args:
        location: The store, with its password where it needs one.
        home: The home folder.

    Raises:
        OSError, sqlite3.Error, ImportError: They can't be read now. And what the drivers of servers raise.
    """
    if location.url is None:
        return _FolderGlance(home).sessions()
    from hfs.persistence.sql.glance import present_sessions

    rows, complete = present_sessions(location.url, location.path)
    return Glance(list(starmap(Glimpse, rows)), complete)


def glance_at_trash(location: StoreLocation, home: Path) -> list[Glimpse]:
    """What can be brought back from the trash: sessions, and messages taken out of one; the latest first.

    Args:
        location: The store, with its password where it needs one.
        home: The home folder.

    Raises:
        OSError, sqlite3.Error, ImportError: As from ``glance``.
    """
    if location.url is None:
        found = _FolderGlance(home).trashed()
    else:
        from hfs.persistence.sql.glance import deleted_sessions

        found = list(starmap(Glimpse, deleted_sessions(location.url, location.path)))
    return list({glimpse.id: glimpse for glimpse in reversed(found)}.values())[::-1]


class _FolderGlance:
    """Looks at the files of a home folder, and at its index as it is.

    Args:
        home: The folder.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / paths.SESSIONS
        self._trash = home / paths.TRASH
        self._index = IndexDatabase(home / paths.INDEX).path

    def sessions(self) -> Glance:
        """The sessions, the newest first."""
        folder, rows = self._indexed()
        present = rows.keys() if folder == _modified(self._folder) else self._ids()
        if present == rows.keys() and len(rows) > _MOST_LOOKED_AT:
            return Glance([row.glimpse for row in rows.values()], True)
        known = {number: row for number, row in rows.items() if number in present}
        if len(present) <= _MOST_LOOKED_AT:
            known = {number: row for number, row in known.items() if self._identity(number) == row.identity}
        unknown = present - known.keys()
        read = map(self._read, nlargest(_MOST_READ, unknown))
        found = sorted((*known.values(), *read), key=lambda row: (row.created, row.glimpse.id), reverse=True)
        return Glance([row.glimpse for row in found], len(unknown) <= _MOST_READ)

    def trashed(self) -> list[Glimpse]:
        """What is in the trash, the latest first."""
        matches = filter(None, map(_TRASHED.fullmatch, _names(self._trash)))
        latest = sorted(matches, key=lambda match: match[3], reverse=True)[:_MOST_READ]
        found = []
        for match in latest:
            # Messages come back into the session that they were taken out of, if that is still there.
            path = self._folder / f"{match[1]}.json" if match[2] else self._trash / match[0]
            header = _header(path)
            if header or not match[2]:
                found.append(_glimpse(int(match[1]), header))
        return found

    def _indexed(self) -> tuple[int, dict[int, _Row]]:
        """When the folder was last seen to change, and what the index has of each session, the newest first."""
        try:
            with read_only(self._index) as connection:
                (folder,) = connection.execute("SELECT folder FROM state").fetchone()
                # In the order of an index each row would have to be looked up.
                statement = f"SELECT {_COLUMNS} FROM sessions ORDER BY +created DESC, id DESC"
                rows = connection.execute(statement).fetchall()
        except (sqlite3.Error, TypeError):
            # None yet, of another version, or unsound.
            return -1, {}
        return folder, {row[2]: _Row(row[0], row[1], Glimpse(*row[2:])) for row in rows}

    def _ids(self) -> set[int]:
        return {int(match[1]) for match in map(_DOCUMENT.fullmatch, _names(self._folder)) if match}

    def _identity(self, number: int) -> int | None:
        try:
            return identity_number(identity_of(os.stat(self._folder / f"{number}.json")))
        except OSError:
            return None

    def _read(self, number: int) -> _Row:
        path = self._folder / f"{number}.json"
        header = _header(path)
        begun = parse_time(header.get("created_at"))
        return _Row(0, microseconds(begun) if begun else _modified(path) // 1000, _glimpse(number, header))


def _header(path: Path) -> dict[str, Any]:
    """What a session's file says before its messages; nothing, where that can't be read."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return {}
        with open(path, "rb") as file:
            data = file.read(_HEAD)
    except OSError:
        return {}
    messages = _MESSAGES.search(data)
    # A whole file says more; of a long one, or one that is damaged further down, this is what its header says.
    return _parsed(data) or (_parsed(data[: messages.start()] + b"}") if messages else {})


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(data)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _glimpse(number: int, header: dict[str, Any]) -> Glimpse:
    name, messages = header.get("name"), header.get("messages")
    said = [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []
    models = list(dict.fromkeys(_texts_in([message.get("model") for message in said])))
    # What else stands there may be nested more deeply than can be written.
    lists = (orjson.dumps(one).decode() for one in (_texts_in(header.get("tags")), models))
    return Glimpse(number, name if isinstance(name, str) else "", *lists)


def _texts(json: str) -> list[str]:
    """The texts of a list."""
    if json == "[]":
        return []
    try:
        return _texts_in(orjson.loads(json))
    except ValueError:
        return []


def _texts_in(values: object) -> list[str]:
    return [one for one in values if isinstance(one, str) and one] if isinstance(values, list) else []


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _modified(path: Path) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0
