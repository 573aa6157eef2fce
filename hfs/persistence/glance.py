"""Sessions at a glance: what can be known of them at once, for who is in the middle of typing a command.

Nothing is written, no lock is taken and nobody is waited for: no folder is made, and no index, nor is one brought up to
date. What is not known quickly is left out.
"""

from __future__ import annotations

import os
import re
import sqlite3
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from hfs import paths
from hfs.persistence._read_only import read_only
from hfs.persistence._time import parse_time
from hfs.persistence.index.database import IndexDatabase
from hfs.persistence.index.rows import microseconds
from hfs.persistence.store_location import StoreLocation

_DOCUMENT: Final = re.compile(r"([1-9][0-9]{0,17})\.json")
_TRASHED: Final = re.compile(r"([1-9][0-9]{0,17})-(messages-)?(\d{8}T\d{12}Z)\.json")
_HEAD: Final = 16 << 10
"""So many bytes of a file are read: the header stands first."""
_MESSAGES: Final = re.compile(rb',?\s*"messages"\s*:')
_MOST_READ: Final = 500
"""So many files are read, those of the highest ids: 20 ms."""
_MOST_LOOKED_AT: Final = 2000
"""Up to so many files are looked at for changes that the index doesn't know: a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is known of a session."""

    id: int
    name: str
    """Empty where it isn't known."""
    tags: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


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
    return Glance([_glimpse(*row) for row in rows], complete)


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

        found = [Glimpse(number, name) for number, name in deleted_sessions(location.url, location.path)]
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
        changed = folder != _modified(self._folder)
        present = self._ids() if changed else rows.keys()
        known = {number: row for number, row in rows.items() if number in present}
        if len(present) <= _MOST_LOOKED_AT:
            known = {number: row for number, row in known.items() if self._is_as_read(number, row[0])}
        unknown = sorted((number for number in present if number not in known), reverse=True)
        found = [(created, number, _glimpse(number, *row)) for number, (_, created, *row) in known.items()]
        for number in unknown[:_MOST_READ]:
            created, glimpse = self._read(number)
            found.append((created, number, glimpse))
        found.sort(key=lambda one: one[:2], reverse=True)
        return Glance([glimpse for _, _, glimpse in found], len(unknown) <= _MOST_READ)

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
                found.append(_named(int(match[1]), header))
        return found

    def _indexed(self) -> tuple[int, dict[int, tuple[Any, ...]]]:
        """When the folder was last seen to change, and what the index has of each session."""
        try:
            with read_only(self._index) as connection:
                (folder,) = connection.execute("SELECT folder FROM state").fetchone()
                rows = connection.execute("SELECT id, identity, created, name, tags, models FROM sessions")
                return folder, {number: tuple(row) for number, *row in rows}
        except (sqlite3.Error, TypeError):
            # None yet, of another version, or unsound.
            return -1, {}

    def _ids(self) -> set[int]:
        return {int(match[1]) for match in map(_DOCUMENT.fullmatch, _names(self._folder)) if match}

    def _is_as_read(self, number: int, identity: int) -> bool:
        from hfs.persistence.index.sweep import number_of

        try:
            return number_of(os.stat(self._folder / f"{number}.json")) == identity
        except OSError:
            return False

    def _read(self, number: int) -> tuple[int, Glimpse]:
        """When a session was begun, in microseconds since 1970, and what its file says first."""
        path = self._folder / f"{number}.json"
        header = _header(path)
        begun = parse_time(str(header.get("created_at")))
        return microseconds(begun) if begun else _modified(path) // 1000, _named(number, header)


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


def _named(number: int, header: dict[str, Any]) -> Glimpse:
    name, tags, messages = header.get("name"), header.get("tags"), header.get("messages")
    said = messages if isinstance(messages, list) else []
    models = [message.get("model") for message in said if isinstance(message, dict)]
    return Glimpse(number, name if isinstance(name, str) else "", _texts(tags), _texts(dict.fromkeys(models)))


def _glimpse(number: int, name: str, tags: str, models: str) -> Glimpse:
    return Glimpse(number, name, _loaded(tags), _loaded(models))


def _loaded(text: str) -> tuple[str, ...]:
    """The texts of a list in JSON."""
    if text == "[]":
        return ()
    try:
        return _texts(orjson.loads(text))
    except ValueError:
        return ()


def _texts(values: object) -> tuple[str, ...]:
    return tuple(one for one in values if isinstance(one, str)) if isinstance(values, Iterable) else ()


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
