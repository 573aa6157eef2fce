"""The operating system's calls that the store makes, what they say of a file, and their errors in words.

Tests record the calls of a ``FileOps``, and make them fail.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from hfs.errors import HfsError, StoreIOError

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
WINDOWS: Final = sys.platform == "win32"

_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space and try again",
    errno.EDQUOT: "your disk quota is used up: free some space and try again",
    errno.EACCES: "permission denied: check who owns it and its mode",
    errno.EPERM: "the operation is not permitted: check who owns it and its mode",
    errno.EROFS: "the file system is read-only",
    errno.EIO: "the disk reported an input/output error: copy your files to another disk",
    errno.EMFILE: "too many files are open in this program",
    errno.ENFILE: "too many files are open on this machine",
    errno.EFBIG: "the file would be larger than this system allows",
}


class FileOps:
    """The operating system's calls that the store makes."""

    def open(self, path: str, flags: int, mode: int = FILE_MODE) -> int:
        return os.open(path, flags, mode)

    def close(self, fd: int) -> None:
        os.close(fd)

    def read(self, fd: int, size: int) -> bytes:
        return os.read(fd, size)

    def pread(self, fd: int, size: int, offset: int) -> bytes:
        if not WINDOWS:
            return os.pread(fd, size, offset)
        os.lseek(fd, offset, os.SEEK_SET)
        return os.read(fd, size)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        return os.write(fd, data)

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        if not WINDOWS:
            return os.pwrite(fd, data, offset)
        os.lseek(fd, offset, os.SEEK_SET)
        return os.write(fd, data)

    def truncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def fsync(self, fd: int) -> None:
        if sys.platform == "darwin":
            import fcntl

            # On macOS fsync leaves the data in the drive's cache.
            with contextlib.suppress(OSError):
                fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
                return
        os.fsync(fd)

    def fdatasync(self, fd: int) -> None:
        if hasattr(os, "fdatasync") and sys.platform != "darwin":
            os.fdatasync(fd)
        else:
            self.fsync(fd)

    def fsync_folder(self, path: str) -> None:
        if WINDOWS:
            return
        fd = os.open(path, os.O_RDONLY)
        try:
            self.fsync(fd)
        finally:
            os.close(fd)

    def stat(self, path: str) -> os.stat_result:
        return os.stat(path, follow_symlinks=False)

    def fstat(self, fd: int) -> os.stat_result:
        return os.fstat(fd)

    def chmod(self, fd: int, mode: int) -> None:
        if hasattr(os, "fchmod"):
            os.fchmod(fd, mode)

    def replace(self, source: str, target: str) -> None:
        os.replace(source, target)

    def link(self, source: str, target: str) -> None:
        os.link(source, target)

    def unlink(self, path: str) -> None:
        os.unlink(path)

    def mkdir(self, path: str, mode: int = FOLDER_MODE) -> None:
        os.mkdir(path, mode)


class Identity(NamedTuple):
    """What tells whether a file is still the one that was last seen."""

    device: int
    inode: int
    size: int
    modified: int
    """mtime, in nanoseconds."""
    changed: int
    """ctime, in nanoseconds."""


def identity_of(status: os.stat_result) -> Identity:
    """The identity of the file that a stat speaks of."""
    return Identity(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def look(ops: FileOps, path: str) -> Identity | None:
    """The identity of the file at a path, or None if there is none."""
    try:
        return identity_of(ops.stat(path))
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def explained(path: str | os.PathLike[str], doing: str) -> Iterator[None]:
    """Raises ``io_error`` where the operating system refuses what is done inside; what hfs itself raises stays."""
    try:
        yield
    except HfsError:
        raise
    except OSError as error:
        raise io_error(error, path, doing) from error


def io_error(error: OSError, path: str | os.PathLike[str], doing: str) -> StoreIOError:
    """The operating system's error as a sentence that names the file and what to do."""
    advice = _ADVICE.get(error.errno or 0, error.strerror or type(error).__name__)
    return StoreIOError(f"Could not {doing} {path}: {advice}.", path=Path(path), errno=error.errno)
