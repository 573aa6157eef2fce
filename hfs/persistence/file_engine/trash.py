"""Deleted sessions, kept until the user empties the trash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from hfs.errors import StoreError
from hfs.persistence._engine import KeptMessages, is_as_before
from hfs.persistence._file_ops import FileOps, explained, io_error
from hfs.persistence._files import NotRegularError, make_folder, read_file, replace_file
from hfs.persistence._format import Document, parse, render
from hfs.persistence._ids import ID_PATTERN
from hfs.persistence._json import JSONError
from hfs.persistence._time import STAMP_PATTERN, file_stamp, now, parse_stamp
from hfs.persistence.files.folder import DocumentFolder
from hfs.persistence.models import SessionSummary, TrashedSession
from hfs.persistence.session_document.layout import SESSION_LAYOUT

_SESSION: Final = re.compile(rf"^({ID_PATTERN})-({STAMP_PATTERN})\.json$")
_COPY: Final = re.compile(rf"^({ID_PATTERN})-copy-({STAMP_PATTERN})\.json$")
_MESSAGES: Final = re.compile(rf"^({ID_PATTERN})-messages-({STAMP_PATTERN})\.json$")


class Trash:
    """The folder that deleted sessions, and messages that were taken out of one, are kept in.

    Args:
        ops: The operating system's calls.
        folder: The folder.
        documents: The sessions that are deleted, and come back.
    """

    def __init__(self, ops: FileOps, folder: Path, documents: DocumentFolder) -> None:
        self._ops = ops
        self.folder = folder
        self._documents = documents

    def take(self, session_id: int) -> bool:
        """Moves a session into the trash; says whether it was there."""
        if not self._documents.exists(session_id):
            return False
        with self._documents.locks.table():
            # A file that was copied in has an id that hfs never gave out: it must not come back either.
            self._documents.reserve(session_id)
            return self._documents.move(session_id, self.folder / f"{session_id}-{file_stamp(now())}.json")

    def take_unchanged(self, shown: SessionSummary) -> bool:
        """The same, if nothing happened in it since it was shown; says whether it did."""
        from hfs.persistence.index.reading import read_summary

        with self._documents.locks.table(), self._documents.locks.document(shown.id):
            present = read_summary(self._documents, shown.id)
            return present is not None and is_as_before(shown, present) and self.take(shown.id)

    def restore(self, session_id: int) -> bool:
        """Brings back the session of that id that was deleted last; says whether there was one.

        Raises:
            StoreError: There is a session of that id.
            StoreIOError, LockTimeoutError: It could not be done.
        """
        trashed = self._latest(session_id)
        if trashed is None:
            return False
        target = self._documents.file(session_id)
        with self._documents.locks.table(), self._documents.locks.document(session_id):
            try:
                self._ops.link(str(trashed), target)
                self._ops.fsync_folder(str(self._documents.path))
                self._ops.unlink(str(trashed))
            except FileExistsError as error:
                raise StoreError(f"There is a session {session_id} already; nothing was restored.") from error
            except OSError as error:
                raise io_error(error, target, "restore") from error
        return True

    def place_for_copy(self, session_id: int) -> Path:
        """Where a conflict copy goes whose words are in a session now."""
        return self.folder / f"{session_id}-copy-{file_stamp(now())}.json"

    def keep_messages(self, session_id: int, messages: list[Document]) -> str:
        """Keeps messages that were taken out of a session that is still there; returns the path of their file."""
        path = self.folder / f"{session_id}-messages-{file_stamp(now())}.json"
        with explained(path, "keep messages in"):
            make_folder(self._ops, str(self.folder))
            replace_file(self._ops, str(path), render({"messages": messages}, SESSION_LAYOUT), expected=None)
        return str(path)

    def kept(self, session_id: int | None = None) -> list[KeptMessages]:
        """Messages that were taken out of a session, or of any, in the order of time."""
        found = sorted(self._found(_MESSAGES), key=lambda found: found[1:])
        return [
            KeptMessages(number, moment, str(path), self._messages_in(path))
            for number, moment, path in found
            if session_id in (None, number)
        ]

    def _messages_in(self, path: Path) -> list[Document]:
        messages = self.read(path).get("messages")
        return [item for item in messages if isinstance(item, dict)] if isinstance(messages, list) else []

    def discard(self, kept: KeptMessages) -> None:
        """Removes a file whose messages are in their session again.

        Raises:
            StoreIOError: It can't be removed.
        """
        try:
            self._ops.unlink(kept.place)
        except OSError as error:
            raise io_error(error, kept.place, "remove") from error

    def _found(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, datetime, Path]]:
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                match = pattern.match(path.name)
                if match:
                    yield int(match[1]), parse_stamp(match[2]), path

    def sessions(self) -> list[TrashedSession]:
        """What was deleted, the latest first."""
        sessions = []
        for session_id, moment, path in sorted(self._found(_SESSION), key=lambda found: found[1], reverse=True):
            document = self.read(path)
            messages = document.get("messages")
            name = str(document.get("name") or f"Session {session_id}")
            count = len(messages) if isinstance(messages, list) else 0
            sessions.append(TrashedSession(session_id, name, moment, count, str(path)))
        return sessions

    def uids(self) -> dict[str, int]:
        """The session of each uid that was deleted."""
        found = ((self.read(path).get("uid"), number) for number, _, path in self._found(_SESSION))
        return {uid: number for uid, number in found if isinstance(uid, str) and uid}

    def _latest(self, session_id: int) -> Path | None:
        found = [(moment, path) for number, moment, path in self._found(_SESSION) if number == session_id]
        return max(found)[1] if found else None

    def empty(self, before: datetime | None) -> int:
        """Removes for good what was deleted before a moment, or everything; returns how many files that were."""
        found = [
            path
            for pattern in (_SESSION, _MESSAGES, _COPY)
            for _, moment, path in self._found(pattern)
            if before is None or moment < before
        ]
        path = self.folder
        try:
            for path in found:
                self._ops.unlink(str(path))
            if found:
                path = self.folder
                self._ops.fsync_folder(str(path))
        except OSError as error:
            raise io_error(error, path, "empty the trash of") from error
        return len(found)

    def read(self, path: Path) -> Document:
        """A document in the trash; empty if it can't be read."""
        try:
            return parse(read_file(self._ops, str(path))[0], SESSION_LAYOUT)
        except (OSError, JSONError, NotRegularError):
            return {}
