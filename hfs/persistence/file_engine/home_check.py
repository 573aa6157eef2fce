"""Reads a whole home folder, says what is wrong in it, and mends what can be mended.

Nothing is removed: before a session file is changed its original is copied to ``damaged/``.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from hfs import paths
from hfs.display import counted
from hfs.errors import CorruptSessionError, HfsError, StoreIOError
from hfs.persistence._files import TEMPORARY_SUFFIX
from hfs.persistence._format import Document
from hfs.persistence.check import CheckReport, Finding
from hfs.persistence.file_engine.conflicts import COPY_NAME
from hfs.persistence.file_engine.mending import as_it_is, doubled_ids, renumbered, rescued, salvaged, with_own_uid
from hfs.persistence.files.folder import DocumentFolder
from hfs.persistence.files.ids import NEXT_ID
from hfs.persistence.files.reader import DOCUMENT_NAME, Snapshot
from hfs.persistence.session_document.rescue import Rescued, rescue

_FOLDERS: Final = ("", paths.SESSIONS, paths.TRASH, paths.DRAFTS, paths.DAMAGED, paths.LOCKS, paths.MODELS)
_FOREIGN: Final = 0o077
_NETWORK: Final = re.compile(r"^(nfs\d?|cifs|smb\w*|afs|ceph|9p|fuse\.(sshfs|rclone|glusterfs|s3fs))$")
_KEEPS: Final = "`hfs check --repair` mends it, and keeps the original"
_NOTHING: Final = "nothing in it can be read: bring it back from a backup, or move it away"
_MOVE: Final = "move it elsewhere if you don't need it here"


class HomeCheck:
    """Checks one home folder.

    Args:
        home: The folder.
        folder: Its sessions.
        repair: Whether to mend what can be mended.
    """

    def __init__(self, home: Path, folder: DocumentFolder, *, repair: bool = False) -> None:
        self._home = home
        self._folder = folder
        self._repair = repair
        self._report = CheckReport(str(home))
        self._uids: dict[str, int] = {}

    def run(self, session_ids: Iterable[int] | None = None) -> CheckReport:
        """Reads the sessions, and, where none are named, everything around them.

        Args:
            session_ids: The sessions to read; all, where it is None.
        """
        if session_ids is None:
            self._check_folders()
            self._check_other_files()
        for session_id in self._folder.ids() if session_ids is None else session_ids:
            self._check_session(session_id)
        return self._report

    def _found(self, finding: Finding, mend: Callable[[], bool] | None = None) -> None:
        self._report.findings.append(finding)
        if self._repair and mend is not None:
            try:
                finding.mended = mend()
            except (HfsError, OSError) as error:
                finding.remedy = f"not mended: {error}"

    # Sessions

    def _check_session(self, session_id: int) -> None:
        path = self._folder.file(session_id)
        try:
            snapshot = self._folder.read(session_id)
        except CorruptSessionError as error:
            self._report_damage(session_id, error)
            return
        except StoreIOError as error:
            self._report.add_session()
            self._found(Finding("unreadable", "damage", str(error), path, session_id))
            return
        if snapshot is None:
            self._report.add_session()
            return
        messages = snapshot.document.get("messages")
        count = len(messages) if isinstance(messages, list) else 0
        self._report.add_session(count, snapshot.document.get("created_at"), snapshot.status.st_size)
        self._check_mode(Path(path), session_id)
        if snapshot.salvaged:
            text = "a write was interrupted: every message that was saved is there"
            finding = Finding("interrupted-write", "problem", text, path, session_id, remedy=_KEEPS)
            self._found(finding, lambda: self._mend(session_id, finding, salvaged))
            return
        self._check_document(session_id, path, snapshot)

    def _report_damage(self, session_id: int, error: CorruptSessionError) -> None:
        found: Rescued | None = None
        if error.line or error.column:
            found = rescue(self._folder.read_bytes(session_id))
        finding = Finding(
            "damaged", "damage", error.reason, str(error.path), session_id, error.line, error.column, _NOTHING
        )
        size = _size(error.path)
        if found is None:
            self._report.add_session(size=size)
            self._found(finding)
            return
        count = len(found.document["messages"])
        self._report.add_session(count, found.document.get("created_at"), size)
        gaps = f", {counted(found.gaps, 'place')} can't" if found.gaps else ""
        finding.text += f"; {counted(count, 'message')} can be read{gaps}"
        finding.remedy = _KEEPS
        self._found(finding, lambda: self._mend(session_id, finding, rescued))

    def _mend(self, session_id: int, finding: Finding, recover: Callable[[bytes], Document | None]) -> bool:
        original = self._folder.mend(session_id, recover)
        if original is not None:
            finding.remedy = f"the original is kept as {original}"
        return original is not None

    def _check_document(self, session_id: int, path: str, snapshot: Snapshot) -> None:
        document = snapshot.document
        reason = self._folder.read_only_reason(session_id, document)
        if reason:
            self._found(Finding("newer-format", "remark", reason, path, session_id))
            return
        if document.get("id", session_id) != session_id:
            text = f"the file says that it is session {document['id']!r}; its name counts"
            finding = Finding("wrong-id", "remark", text, path, session_id, remedy=_KEEPS)
            self._found(finding, lambda at=finding: self._mend(session_id, at, as_it_is))  # type: ignore[misc]
        doubled = doubled_ids(document)
        if doubled:
            text = f"ids of messages that are missing or used twice: {doubled}"
            finding = Finding("message-ids", "problem", text, path, session_id, remedy=_KEEPS)
            self._found(finding, lambda at=finding: self._mend(session_id, at, renumbered))  # type: ignore[misc]
        uid = document.get("uid")
        if isinstance(uid, str) and uid:
            other = self._uids.setdefault(uid, session_id)
            if other != session_id:
                text = f"it has the uid of session {other}: one is a copy of the other"
                remedy = "a repair gives it a uid of its own; the original is kept"
                finding = Finding("same-uid", "problem", text, path, session_id, remedy=remedy)
                self._found(finding, lambda at=finding: self._mend(session_id, at, with_own_uid))  # type: ignore[misc]

    # What is around them

    def _check_folders(self) -> None:
        for name in _FOLDERS:
            folder = self._home / name
            if folder.is_dir():
                self._check_mode(folder)
        if (self._home / paths.CONFIG).is_file():
            self._check_mode(self._home / paths.CONFIG)
        kind = file_system_of(self._home)
        if kind and _NETWORK.match(kind):
            text = f"it is on a network file system ({kind}), where locks between machines may not hold"
            remedy = "use one hfs at a time on it"
            self._found(Finding("network-file-system", "problem", text, str(self._home), remedy=remedy))

    def _check_mode(self, path: Path, session_id: int | None = None) -> None:
        if os.name != "posix" or path.is_symlink():
            return
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            return
        if not mode & _FOREIGN:
            return
        # Where nobody else can enter the home folder, a looser file in it is no danger: git and editors make them.
        shut = path != self._home and not stat.S_IMODE(self._home.stat().st_mode) & _FOREIGN
        finding = Finding(
            "mode",
            "remark" if shut else "problem",
            f"others on this machine may use it: its mode is {mode:04o}",
            str(path),
            session_id,
            remedy="`hfs check --repair` makes it yours alone",
        )

        def tighten() -> bool:
            path.chmod(mode & ~_FOREIGN)
            return True

        self._found(finding, tighten)

    def _check_other_files(self) -> None:
        for entry in self._entries(paths.SESSIONS):
            name = entry.name
            if DOCUMENT_NAME.match(name) and not os.path.isfile(entry.path):
                self._found(Finding("stray-file", "problem", "it is no regular file", entry.path, remedy=_MOVE))
            elif DOCUMENT_NAME.match(name) or name == NEXT_ID or name.startswith(".git"):
                continue
            elif name.startswith(".") and name.endswith(TEMPORARY_SUFFIX):
                age = time.time() - entry.stat(follow_symlinks=False).st_mtime
                text = f"a write that was never finished, {age / 60:.0f} minutes old"
                remedy = "swept an hour after it was made"
                self._found(Finding("leftover", "remark", text, entry.path, remedy=remedy))
            elif COPY_NAME.match(name):
                text = "a copy that a sync program made because two machines wrote to one session"
                remedy = "`hfs merge` brings both together"
                self._found(Finding("conflict-copy", "problem", text, entry.path, remedy=remedy))
            elif not name.startswith("."):
                text = "it is no session: a session's file is named by its number, as in 12.json"
                self._found(Finding("stray-file", "remark", text, entry.path, remedy=_MOVE))
        originals = sum(1 for _ in self._entries(paths.DAMAGED))
        if originals:
            text = f"{counted(originals, 'original')} of mended files, kept until you remove them"
            self._found(Finding("leftover", "remark", text, str(self._home / paths.DAMAGED)))

    def _entries(self, folder: str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(self._home / folder) as entries:
                yield from sorted(entries, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return


def file_system_of(path: Path) -> str | None:
    """The type of the file system that a path is on, where the system tells it (Linux)."""
    try:
        lines = Path("/proc/self/mounts").read_text("utf-8", "replace").split("\n")
    except OSError:
        return None
    real = os.path.realpath(path)
    best, kind = "", None
    for line in lines:
        parts = line.split(" ")
        if len(parts) > 2:
            point = parts[1].replace("\\040", " ")
            inside = real == point or real.startswith(point.rstrip("/") + "/")
            if inside and len(point) >= len(best):
                best, kind = point, parts[2]
    return kind


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
