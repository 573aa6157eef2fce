"""Conflict copies: what a sync program leaves beside a session when two machines wrote to it.

Each is brought into the session it belongs to, or, where it is another session that got the same number on
another machine, gets a number of its own. The copy is then kept in the trash.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

from hfs.errors import HfsError, SessionNotFoundError
from hfs.persistence._file_ops import FileOps, io_error
from hfs.persistence._files import NotRegularError, make_folder, read_file
from hfs.persistence._format import Document, parse
from hfs.persistence._ids import ID_PATTERN
from hfs.persistence._json import JSONError
from hfs.persistence.files.folder import DocumentFolder
from hfs.persistence.models import MergedCopy
from hfs.persistence.session_document.foreign import checked_import
from hfs.persistence.session_document.layout import SESSION_LAYOUT
from hfs.persistence.session_document.merge import merge

COPY_NAME: Final = re.compile(rf"^({ID_PATTERN})(?:\.sync-conflict-[^/]*| \([^/]*\)| [0-9]+|-[^/]+)\.json$")
"""As Syncthing (``12.sync-conflict-…``), Dropbox (``12 (… conflicted copy …)``), OneDrive (``12-HOST``) and iCloud
(``12 2``) name them."""


def find_copies(folder: Path) -> Iterator[tuple[int, Path]]:
    """The conflict copies in a folder of sessions: the session's number, and the file."""
    try:
        # Few names are no session's: only those are looked at closely.
        names = sorted(name for name in os.listdir(folder) if not name[:-5].isdecimal())
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        match = COPY_NAME.match(name)
        if match:
            yield int(match[1]), folder / name


class ConflictMerger:
    """Brings conflict copies home.

    Args:
        folder: The sessions.
        ops: The operating system's calls.
        keep: Says where a copy goes whose words are in a session now.
        find: The session of a uid, or None.
    """

    def __init__(
        self,
        folder: DocumentFolder,
        ops: FileOps,
        keep: Callable[[int], Path],
        find: Callable[[str], int | None],
    ) -> None:
        self._folder = folder
        self._ops = ops
        self._keep = keep
        self._find = find

    def merge(self, session_id: int, path: Path) -> MergedCopy:
        """Merges one copy. What can't be read or written stays where it is."""
        try:
            data, _ = read_file(self._ops, str(path))
            theirs = parse(data, SESSION_LAYOUT)
            checked_import({"messages": [], **theirs})
            target, outcome, text = self._bring_in(session_id, theirs)
            self._put_away(session_id, path)
        except JSONError as error:
            place = f"line {error.line}, column {error.column}: " if error.line else ""
            return self._failed(session_id, path, f"{place}{error.reason}")
        except (OSError, NotRegularError, HfsError, TypeError, ValueError) as error:
            # The last two: a value that JSON has no form for, or a file that appeared under its number meanwhile.
            return self._failed(session_id, path, str(error))
        return MergedCopy(str(path), target, outcome, text)

    def _failed(self, session_id: int, path: Path, reason: str) -> MergedCopy:
        return MergedCopy(
            str(path), session_id, "failed", f"{path.name} was not merged, and is left as it is: {reason}"
        )

    def _bring_in(self, session_id: int, theirs: Document) -> tuple[int, Literal["merged", "renumbered"], str]:
        snapshot = self._folder.read(session_id)
        uid = theirs.get("uid")
        if snapshot is None:
            with self._folder.locks.table():
                self._folder.create(theirs, session_id)
            return session_id, "merged", f"Session {session_id} was missing; its copy takes its place."
        home = session_id if uid in (None, "", snapshot.document.get("uid")) else self._find(str(uid))
        if home is None:
            number = self._folder.create({key: value for key, value in theirs.items() if key != "id"})
            return number, "renumbered", f"Another machine made a session {session_id} too; it is session {number} now."
        added = 0

        def change(document: Document) -> None:
            nonlocal added
            before = len(document.get("messages") or [])
            merged = merge(dict(document), theirs)
            document.clear()
            document.update(merged)
            added = len(merged["messages"]) - before

        if self._folder.modify(home, change) is None:
            raise SessionNotFoundError(f"session {home} was just removed", session=str(home))
        more = f"messages that it had and the session had not: {added}" if added else "it had nothing new"
        return home, "merged", f"Session {home} holds the words of its copy; {more}."

    def _put_away(self, session_id: int, path: Path) -> None:
        kept = self._keep(session_id)
        try:
            make_folder(self._ops, str(kept.parent))
            self._ops.replace(str(path), str(kept))
            self._ops.fsync_folder(str(kept.parent))
            self._ops.fsync_folder(str(path.parent))
        except OSError as error:
            raise io_error(error, path, "move to the trash") from error
