"""Durable bytes: whole files replaced atomically, tails written in place. Knows no JSON.

Every call to the operating system goes through a ``FileOps``, which tests record and make fail. When a
function here returns, what it wrote survives a power cut; when it raises, the old file is as it was, or the
error says otherwise.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from hfs.persistence._file_ops import FILE_MODE, WINDOWS, FileOps, Identity, identity_of, io_error, look

SIZE_LIMIT: Final = 1 << 30
"""The largest file that is read, in bytes."""
TEMPORARY_SUFFIX: Final = ".tmp"

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _NOFOLLOW | _NONBLOCK | _BINARY
_UPDATE = os.O_RDWR | _NOFOLLOW | _NONBLOCK | _BINARY
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _BINARY
_REPLACE_PATIENCE = 2.5

Around = Callable[[], AbstractContextManager[object]]
"""What is entered around something that is done."""


class ChangedMeanwhile(Exception):
    """The file on the disk is not the one that was expected. Nothing was written to it."""


class NotRegularError(Exception):
    """There is something at the path that is no regular file."""


def real_path(ops: FileOps, path: str) -> str:
    """The file that a path leads to, through links that the same user may trust.

    Raises:
        NotRegularError: The link leads to something that is no regular ``.json`` file of the same user.
    """
    try:
        status = ops.stat(path)
    except FileNotFoundError:
        return path
    if not stat.S_ISLNK(status.st_mode):
        if not stat.S_ISREG(status.st_mode):
            raise NotRegularError("it is no regular file")
        return path
    target = os.path.realpath(path)
    try:
        found = ops.stat(target)
    except FileNotFoundError as error:
        raise NotRegularError("it is a link to a file that doesn't exist") from error
    owned = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
    if not (stat.S_ISREG(found.st_mode) and owned and target.endswith(".json")):
        raise NotRegularError("it is a link to something that is no session file of yours")
    return target


def read_file(ops: FileOps, path: str) -> tuple[bytes, os.stat_result]:
    """The bytes of a regular file, and what the system says of it.

    Raises:
        FileNotFoundError: There is none.
        NotRegularError: A folder, a pipe, a device, or a file larger than ``SIZE_LIMIT``.
        OSError: Any other refusal.
    """
    fd = ops.open(path, _READ)
    try:
        status = ops.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise NotRegularError("it is no regular file")
        if status.st_size > SIZE_LIMIT:
            raise NotRegularError(f"it is larger than {SIZE_LIMIT >> 20} MiB")
        chunks = []
        while chunk := ops.read(fd, max(status.st_size + 1, 1 << 16)):
            chunks.append(chunk)
        return b"".join(chunks), status
    finally:
        ops.close(fd)


def make_folder(ops: FileOps, path: str) -> None:
    """Makes a folder that only its owner can enter, and the folders above it where they are missing."""
    if os.path.isdir(path):
        return
    above = os.path.dirname(path)
    if above and above != path:
        make_folder(ops, above)
    try:
        try:
            ops.mkdir(path)
        except FileExistsError:
            return
        ops.fsync_folder(above or ".")
    except OSError as error:
        raise io_error(error, path, "make the folder") from error


def _temporary_name(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{os.getpid()}.{os.urandom(4).hex()}{TEMPORARY_SUFFIX}")


class PreparedFile:
    """New content, durable under a temporary name, that takes its place by one rename.

    Args:
        ops: The calls to make.
        path: Where it will be.
        data: The whole content.
        mode: The permissions; those of the file that it replaces are kept.
        around: Entered around each call that changes the folder.

    Raises:
        OSError: It could not be written; nothing is left behind.
    """

    def __init__(
        self, ops: FileOps, path: str, data: bytes, mode: int = FILE_MODE, around: Around = contextlib.nullcontext
    ) -> None:
        self._ops = ops
        self._path = path
        self._around = around
        self._temporary = _temporary_name(path)
        with around():
            self._fd = ops.open(self._temporary, _CREATE, FILE_MODE)
        try:
            _write_all(ops, self._fd, data)
            if mode != FILE_MODE:
                ops.chmod(self._fd, mode)
            ops.fsync(self._fd)
        except BaseException:
            self.discard()
            raise

    def replace(self, expected: Identity | None) -> Identity:
        """Takes the place of the file at the path.

        Args:
            expected: The file that may be replaced; None if there must be none.

        Raises:
            ChangedMeanwhile: Another file is there.
            OSError: It could not be done, or not be made durable.
        """
        try:
            if expected is None:
                self._create()
            else:
                if look(self._ops, self._path) != expected:
                    raise ChangedMeanwhile
                self._close_on_windows()
                with self._around():
                    _replace(self._ops, self._temporary, self._path)
        except BaseException:
            self.discard()
            raise
        try:
            self._ops.fsync_folder(os.path.dirname(self._path))
            return identity_of(self._ops.stat(self._path) if self._fd < 0 else self._ops.fstat(self._fd))
        finally:
            self._close()

    def _create(self) -> None:
        try:
            with self._around():
                self._ops.link(self._temporary, self._path)
        except FileExistsError as error:
            raise ChangedMeanwhile from error
        except OSError:
            # A file system without hard links: the lock alone keeps others out.
            if look(self._ops, self._path) is not None:
                raise ChangedMeanwhile from None
            self._close_on_windows()
            with self._around():
                _replace(self._ops, self._temporary, self._path)
            return
        self._close_on_windows()
        with self._around():
            self._ops.unlink(self._temporary)

    def discard(self) -> None:
        """Removes the temporary file."""
        self._close()
        with contextlib.suppress(OSError):
            self._ops.unlink(self._temporary)

    def _close(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            self._ops.close(fd)

    def _close_on_windows(self) -> None:
        if WINDOWS:
            self._close()


def _write_all(ops: FileOps, fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        written = ops.write(fd, view)
        if written <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        view = view[written:]


def _replace(ops: FileOps, source: str, target: str) -> None:
    """Renames. On Windows another program may have the target open for a moment: tried again, bounded."""
    deadline = time.monotonic() + _REPLACE_PATIENCE
    while True:
        try:
            ops.replace(source, target)
            return
        except PermissionError:
            if not WINDOWS or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def replace_file(ops: FileOps, path: str, data: bytes, *, expected: Identity | None, mode: int = FILE_MODE) -> Identity:
    """Puts new content in the place of a file, durably and atomically.

    Args:
        ops: The calls to make.
        path: The file.
        data: Its whole new content.
        expected: The file that may be replaced; None if there must be none.
        mode: Its permissions.

    Returns:
        The identity of the new file.

    Raises:
        ChangedMeanwhile: Another file is there than the expected one.
        OSError: The old file is as it was, or the new one is there and its durability is unknown.
    """
    return PreparedFile(ops, path, data, mode).replace(expected)


def append_tail(ops: FileOps, path: str, tail: bytes, replacement: bytes, expected: Identity) -> Identity:
    """Replaces the last bytes of a file by longer ones, with one positional write and one fdatasync.

    Args:
        ops: The calls to make.
        path: The file.
        tail: The bytes that it must end in.
        replacement: What stands there afterwards.
        expected: The file that may be written to.

    Returns:
        The identity of the file afterwards.

    Raises:
        ChangedMeanwhile: The file is another one, is linked elsewhere, or was replaced during the write.
            What was written may be lost with the replaced file.
        OSError: The write failed. The old tail was put back where that was possible.
    """
    try:
        fd = ops.open(path, _UPDATE)
    except FileNotFoundError as error:
        raise ChangedMeanwhile from error
    try:
        status = ops.fstat(fd)
        # A second name would see the change too: backups by hard link must keep what they had.
        if identity_of(status) != expected or status.st_nlink != 1:
            raise ChangedMeanwhile
        _write_tail(ops, fd, status.st_size, tail, replacement)
        after = ops.fstat(fd)
        found = look(ops, path)
        if found is None or (found.device, found.inode) != (after.st_dev, after.st_ino):
            raise ChangedMeanwhile
        return identity_of(after)
    finally:
        ops.close(fd)


def _write_tail(ops: FileOps, fd: int, size: int, tail: bytes, replacement: bytes) -> None:
    """Writes durably over the tail of a file of that size; the old tail is put back where that fails."""
    position = size - len(tail)
    if ops.pread(fd, len(tail), position) != tail:
        raise ChangedMeanwhile
    try:
        if ops.pwrite(fd, replacement, position) != len(replacement):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        ops.fdatasync(fd)
    except BaseException:
        with contextlib.suppress(OSError):
            ops.truncate(fd, size)
            ops.pwrite(fd, tail, position)
        raise
