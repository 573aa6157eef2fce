"""Deleted sessions, kept until the user empties the trash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from hfs.errors import StoreIOError
from hfs.persistence._files import FileOps, NotRegularError, io_error, make_folder, read_file, replace_file
from hfs.persistence._format import Document, parse, render
from hfs.persistence._json import JSONError
from hfs.persistence._session_document import SESSION_LAYOUT
from hfs.persistence._time import now
from hfs.persistence.models import TrashedSession

_MOMENT: Final = "%Y%m%dT%H%M%S%fZ"
_SESSION: Final = re.compile(r"^([1-9][0-9]{0,17})-(\d{8}T\d{12}Z)\.json$")
_COPY: Final = re.compile(r"^([1-9][0-9]{0,17})-copy-(\d{8}T\d{12}Z)\.json$")
_MESSAGES: Final = re.compile(r"^([1-9][0-9]{0,17})-messages-(\d{8}T\d{12}Z)\.json$")


class Trash:
    """The folder that deleted sessions, and messages that were taken out of one, are kept in."""

    def __init__(self, ops: FileOps, folder: Path) -> None:
        self._ops = ops
        self.folder = folder

    def place_for(self, session_id: int) -> Path:
        """Where a session goes that is deleted now."""
        return self.folder / f"{session_id}-{now().strftime(_MOMENT)}.json"

    def place_for_copy(self, session_id: int) -> Path:
        """Where a conflict copy goes whose words are in a session now."""
        return self.folder / f"{session_id}-copy-{now().strftime(_MOMENT)}.json"

    def keep_messages(self, session_id: int, messages: list[Document]) -> Path:
        """Keeps messages that were taken out of a session that is still there."""
        path = self.folder / f"{session_id}-messages-{now().strftime(_MOMENT)}.json"
        try:
            make_folder(self._ops, str(self.folder))
            replace_file(self._ops, str(path), render({"messages": messages}, SESSION_LAYOUT), expected=None)
        except OSError as error:
            raise error if isinstance(error, StoreIOError) else io_error(error, path, "keep messages in") from error
        return path

    def messages_in(self, path: Path) -> list[Document]:
        """The messages that a file in the trash holds."""
        messages = self.read(path).get("messages")
        return [item for item in messages if isinstance(item, dict)] if isinstance(messages, list) else []

    def discard(self, path: Path) -> None:
        """Removes a file whose messages are in their session again.

        Raises:
            StoreIOError: It can't be removed.
        """
        try:
            self._ops.unlink(str(path))
        except OSError as error:
            raise io_error(error, path, "remove") from error

    def _found(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, datetime, Path]]:
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                match = pattern.match(path.name)
                if match:
                    yield int(match[1]), datetime.strptime(match[2], _MOMENT).replace(tzinfo=UTC), path

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

    def taken_out(self) -> list[tuple[int, datetime, Path]]:
        """Files of messages that were taken out of sessions, the latest first: of which one, and when."""
        return sorted(self._found(_MESSAGES), key=lambda found: found[1], reverse=True)

    def uids(self) -> dict[str, int]:
        """The session of each uid that was deleted."""
        found = ((self.read(path).get("uid"), number) for number, _, path in self._found(_SESSION))
        return {uid: number for uid, number in found if isinstance(uid, str) and uid}

    def latest(self, session_id: int) -> Path | None:
        """The file of the session of that id that was deleted last."""
        found = [(moment, path) for number, moment, path in self._found(_SESSION) if number == session_id]
        return max(found)[1] if found else None

    def messages_of(self, session_id: int) -> list[Path]:
        """Files of messages that were taken out of a session, oldest first."""
        return [path for number, _, path in sorted(self._found(_MESSAGES)) if number == session_id]

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
