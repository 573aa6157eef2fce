"""Words kept outside a session until they can be saved into it.

A draft is a file of JSON lines under ``drafts/``: a header, then pieces of text. It only ever grows, so a
program that is killed loses no piece that was flushed. Its writer holds a lock on it; a draft that nobody
holds was left behind, and the next hfs saves it.
"""

from __future__ import annotations

import contextlib
import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from hfs.errors import StoreIOError
from hfs.persistence._file_ops import FILE_MODE, FileOps, io_error
from hfs.persistence._files import NotRegularError, make_folder, read_file
from hfs.persistence._json import encode
from hfs.persistence._time import format_time, now, parse_time
from hfs.persistence.models import Draft, NewMessage
from hfs.persistence.session_document.uids import new_uid

FLUSH_INTERVAL: Final = 1.0
"""In seconds: how much of an answer a kill may cost at the most."""
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)


class DraftFile:
    """An answer in progress, in a file that is locked until it is closed. ``SessionStore.streaming_draft`` makes it.

    Args:
        ops: The operating system's calls.
        folder: Where drafts are.
        session_id: The session that it belongs to.
        message: Its role, model and status, and the moment when it was said; now, where it has none.

    Raises:
        StoreIOError: It can't be made.

    Example:
        >>> from hfs.persistence import open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread")
        ...     with store.streaming_draft(session.id, model="local/x") as draft:
        ...         pieces = ["Twelve", " hours", "."]
        ...         for piece in pieces:
        ...             draft.write(piece)
        ...         said = store.add_message(
        ...             session.id, "assistant", "".join(pieces), model="local/x", created_at=draft.created_at
        ...         )
        >>> said.content
        'Twelve hours.'
    """

    def __init__(self, ops: FileOps, folder: Path, session_id: int, message: NewMessage) -> None:
        from filelock import lock_descriptor

        make_folder(ops, str(folder))
        self._ops = ops
        self._pending: list[str] = []
        self._flushed_at = 0.0
        self.is_empty = True
        """Whether no text was written."""
        self.path = folder / f"{session_id}-{new_uid()}.jsonl"
        """The file."""
        self.created_at = message.created_at or now()
        """When it was begun. The message that it becomes must have the same moment: it tells that they are one."""
        header = {"session_id": session_id, "role": message.role, "created_at": format_time(self.created_at)}
        optional = (("model", message.model), ("status", message.status))
        header |= {key: value for key, value in optional if value is not None}
        try:
            self._fd = ops.open(str(self.path), _FLAGS, FILE_MODE)
            lock_descriptor(self._fd, blocking=False)
            self._append(header)
            ops.fsync_folder(str(folder))
        except OSError as error:
            raise io_error(error, self.path, "keep a draft in") from error

    def write(self, text: str) -> None:
        """Adds text. It is on the disk at the latest with the first call a second later.

        Args:
            text: The next piece of the answer.

        Raises:
            StoreIOError: It could not be put on the disk; the text is still pending.
        """
        self._pending.append(text)
        self.is_empty = self.is_empty and not text
        if time.monotonic() - self._flushed_at >= FLUSH_INTERVAL:
            self.flush()

    def flush(self) -> None:
        """Puts on the disk what was written.

        Raises:
            StoreIOError: It could not be done; the text is still pending.
        """
        if self._pending:
            try:
                self._append("".join(self._pending).encode("utf-8", "replace").decode())
            except OSError as error:
                raise io_error(error, self.path, "keep a draft in") from error
            self._pending.clear()
        self._flushed_at = time.monotonic()

    def _append(self, value: Any) -> None:
        line = encode(value) + b"\n"
        if self._ops.write(self._fd, line) != len(line):
            raise OSError(28, os.strerror(28))
        self._ops.fdatasync(self._fd)

    def close(self) -> None:
        """Gives up the lock. The draft stays."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            self._ops.close(fd)

    def discard(self) -> None:
        """Removes the draft: what it held is saved elsewhere."""
        with contextlib.suppress(OSError):
            self._ops.unlink(str(self.path))
        self.close()


def list_drafts(ops: FileOps, folder: Path, session_id: int | None = None) -> list[Draft]:
    """The drafts of a session, or of all, oldest first. What is no draft is passed over."""
    drafts = []
    for path in sorted(folder.glob("*.jsonl")):
        draft = _read(ops, path)
        if draft is not None and session_id in (None, draft.session_id):
            drafts.append(draft)
    return sorted(drafts, key=lambda draft: draft.created_at)


def _read(ops: FileOps, path: Path) -> Draft | None:
    try:
        data, _ = read_file(ops, str(path))
    except (OSError, NotRegularError):
        return None
    values = []
    for line in data.split(b"\n"):
        try:
            values.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            break
    if not values or not isinstance(values[0], dict):
        return None
    header = values[0]
    created: datetime | None = parse_time(header.get("created_at"))
    if created is None or type(header.get("session_id")) is not int:
        return None
    return Draft(
        path=str(path),
        session_id=header["session_id"],
        role=str(header.get("role")),
        content="".join(value for value in values[1:] if isinstance(value, str)),
        created_at=created,
        model=header.get("model"),
        status=header.get("status"),
    )


class LeftDraft:
    """A draft that nobody is writing, taken over. A context manager; falsy if its writer is alive."""

    def __init__(self, ops: FileOps, draft: Draft) -> None:
        self._ops = ops
        self._draft = draft
        self._fd = -1

    def __enter__(self) -> LeftDraft:
        from filelock import lock_descriptor

        try:
            fd = self._ops.open(self._draft.path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        except OSError:
            return self
        if lock_descriptor(fd, blocking=False) and os.path.exists(self._draft.path):
            self._fd = fd
        else:
            self._ops.close(fd)
        return self

    def __bool__(self) -> bool:
        return self._fd >= 0

    def discard(self) -> None:
        """Removes it: what it held is saved."""
        try:
            self._ops.unlink(self._draft.path)
        except OSError as error:
            raise StoreIOError(f"Could not remove {self._draft.path}.", path=Path(self._draft.path)) from error

    def __exit__(self, *_: object) -> None:
        if self._fd >= 0:
            self._ops.close(self._fd)
