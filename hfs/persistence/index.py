"""Summaries of sessions for lists. Derived from the files, trusted only for a file of the same identity."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hfs.errors import CorruptSessionError, StoreIOError
from hfs.persistence._files import Identity, identity_of
from hfs.persistence._folder import DocumentFolder
from hfs.persistence._reader import Snapshot
from hfs.persistence._session_document import derived_uid, updated_at
from hfs.persistence._time import parse_time
from hfs.persistence.models import NAME_LIMIT, SessionSummary

_HEAD: Final = 4096
_CREATED = re.compile(rb'\n  "created_at": "([^"\\]{10,40})"')
_UID = re.compile(rb'\n  "uid": "([^"\\]{1,100})"')


@dataclass(slots=True)
class _Entry:
    identity: Identity
    created_at: datetime
    uid: str
    summary: SessionSummary | None = None


class SummaryIndex:
    """What a list shows of each session, kept as long as its file is the same."""

    def __init__(self, folder: DocumentFolder) -> None:
        self._folder = folder
        self._entries: dict[int, _Entry] = {}

    def recent(self, limit: int | None) -> list[SessionSummary]:
        """Summaries, newest first.

        Args:
            limit: How many at the most; all, where it is None.
        """
        self._update()
        ordered = sorted(self._entries, key=lambda doc_id: (self._entries[doc_id].created_at, doc_id), reverse=True)
        found = (self._summary(doc_id) for doc_id in (ordered if limit is None else ordered[:limit]))
        return [summary for summary in found if summary is not None]

    def with_uid(self, uid: str) -> int | None:
        """The session of that uid."""
        self._update()
        return next((doc_id for doc_id, entry in self._entries.items() if entry.uid == uid), None)

    def uids(self) -> dict[str, int]:
        """The session of each uid."""
        self._update()
        return {entry.uid: doc_id for doc_id, entry in self._entries.items() if entry.uid}

    def count(self) -> int:
        """How many sessions there are."""
        return sum(1 for _ in self._folder.scan())

    def _update(self) -> None:
        seen = set()
        for file in self._folder.scan():
            doc_id = int(file.name[:-5])
            identity = _identity(file)
            if identity is None:
                continue
            seen.add(doc_id)
            known = self._entries.get(doc_id)
            if known is None or known.identity != identity:
                self._entries[doc_id] = self._header(doc_id, file, identity)
        for doc_id in self._entries.keys() - seen:
            del self._entries[doc_id]

    def _header(self, doc_id: int, file: os.DirEntry[str], identity: Identity) -> _Entry:
        """Reads the first page; canonical files have everything that sorts there."""
        head = _head(file.path)
        header, found, _ = head.partition(b'\n  "messages": [')
        created, uid = _CREATED.search(header), _UID.search(header)
        moment = parse_time(created[1].decode("ascii", "replace")) if created else None
        if found and moment is not None and uid is not None:
            return _Entry(identity, moment, uid[1].decode("utf-8", "replace"))
        summary = self._read(doc_id, identity)
        return _Entry(identity, summary.created_at, summary.uid, summary)

    def _summary(self, doc_id: int) -> SessionSummary | None:
        entry = self._entries[doc_id]
        if entry.summary is None:
            entry.summary = self._read(doc_id, entry.identity)
        return entry.summary

    def _read(self, doc_id: int, identity: Identity) -> SessionSummary:
        problem = "it is gone"
        try:
            snapshot = self._folder.read(doc_id)
            if snapshot is not None:
                return summarise(doc_id, snapshot)
        except CorruptSessionError as error:
            place = f"line {error.line}, column {error.column}: " if error.line else ""
            problem = f"{place}{error.reason}"
        except StoreIOError as error:
            problem = str(error)
        moment = datetime.fromtimestamp(identity.modified / 1e9, UTC)
        return SessionSummary(doc_id, "", f"Session {doc_id}", moment, moment, 0, problem)


def _identity(file: os.DirEntry[str]) -> Identity | None:
    try:
        return identity_of(file.stat())
    except OSError:
        # A link that leads nowhere is listed as damaged, and not hidden.
        with contextlib.suppress(OSError):
            return identity_of(file.stat(follow_symlinks=False))
    return None


def _head(path: str) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return b""
    try:
        return os.read(fd, _HEAD)
    except OSError:
        return b""
    finally:
        os.close(fd)


def summarise(doc_id: int, snapshot: Snapshot) -> SessionSummary:
    """The line of a list for a session that was read."""
    document = snapshot.document
    messages = document.get("messages")
    items = messages if isinstance(messages, list) else []
    newest = parse_time(items[-1].get("created_at")) if items and isinstance(items[-1], dict) else None
    created = parse_time(document.get("created_at")) or datetime.fromtimestamp(snapshot.status.st_mtime, UTC)
    name, uid = document.get("name"), document.get("uid")
    return SessionSummary(
        id=doc_id,
        uid=uid if isinstance(uid, str) and uid else derived_uid(doc_id, document),
        name=name[:NAME_LIMIT] if isinstance(name, str) and name else f"Session {doc_id}",
        created_at=created,
        updated_at=updated_at(document, newest),
        message_count=len(items),
        problem="an interrupted write: what was saved before it can be read" if snapshot.salvaged else None,
    )
