"""Exclusion between processes and threads, by a bounded number of lock files that are never removed.

Documents share a few lock files by their number. A lock file is kept open for the life of the store: taking
the lock is then one system call. Removing a lock file that is in use would let two writers in, so nothing
here removes one, and a holder looks whether its file is still the one at the path.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from hfs.errors import LockTimeoutError
from hfs.persistence._file_ops import FILE_MODE, FileOps, explained, io_error
from hfs.persistence._files import make_folder

STRIPES: Final = 16
"""How many lock files the documents of one table share."""
TIMEOUT: Final = 10.0
"""How long a lock is waited for, in seconds. It is held for milliseconds."""
INDEXING_TIMEOUT: Final = 3600.0
"""The same for another process that reads every document for an index."""
_POLL: Final = 0.001
_OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


class FileLock:
    """One lock file: exclusive between processes, and between the threads of this one. Re-entrant."""

    def __init__(self, path: str, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._thread_lock = threading.RLock()
        self._depth = 0
        self._fd = -1
        self._process = 0

    def acquire(self, waiting: Callable[[], None] | None = None) -> None:
        """Takes the lock.

        Args:
            waiting: Called again and again while another process holds it. What it raises ends the waiting.

        Raises:
            LockTimeoutError: Somebody else holds it for too long.
            StoreIOError: The lock file can't be opened.
        """
        deadline = time.monotonic() + self._timeout
        if not self._thread_lock.acquire(timeout=self._timeout):
            raise self._timed_out()
        try:
            if self._depth == 0:
                self._lock_file(deadline, waiting)
            self._depth += 1
        except BaseException:
            self._thread_lock.release()
            raise

    def release(self) -> None:
        """Gives the lock back."""
        from filelock import unlock_descriptor

        self._depth -= 1
        try:
            if self._depth == 0:
                unlock_descriptor(self._fd)
        finally:
            self._thread_lock.release()

    def close(self) -> None:
        """Closes the lock file, which stays where it is."""
        with self._thread_lock:
            if self._fd >= 0 and self._depth == 0:
                self._close()

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        os.close(fd)

    def _lock_file(self, deadline: float, waiting: Callable[[], None] | None) -> None:
        from filelock import lock_descriptor

        try:
            while True:
                # A forked child shares its parent's open file, and so its lock: it needs a file of its own.
                if self._fd >= 0 and self._process != os.getpid():
                    self._close()
                if self._fd < 0:
                    self._fd = os.open(self._path, _OPEN, FILE_MODE)
                    self._process = os.getpid()
                while not lock_descriptor(self._fd, blocking=False):
                    if time.monotonic() > deadline:
                        raise self._timed_out()
                    if waiting is not None:
                        waiting()
                    time.sleep(_POLL)
                if self._is_current():
                    return
                self._close()
        except OSError as error:
            if isinstance(error, LockTimeoutError):
                raise
            raise io_error(error, self._path, "lock") from error

    def _is_current(self) -> bool:
        """Whether the locked file is still the one that others would open."""
        mine = os.fstat(self._fd)
        try:
            theirs = os.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return (mine.st_dev, mine.st_ino) == (theirs.st_dev, theirs.st_ino)

    def _timed_out(self) -> LockTimeoutError:
        return LockTimeoutError(
            f"Another program kept {self._path} locked for {self._timeout:g} seconds. Nothing was written; "
            "try again, and close other copies of hfs if that doesn't help.",
            path=Path(self._path),
            timeout=self._timeout,
        )


class TableLocks:
    """The locks of one table: one for its set of documents, a few for the documents themselves.

    Order, which keeps two holders from waiting for each other: the lock of imports first, then the table's, then
    documents' locks by number.

    Args:
        ops: Makes the folder.
        folder: Where the lock files are.
        table: The table's name.
        timeout: In seconds.
    """

    def __init__(self, ops: FileOps, folder: str, table: str, timeout: float = TIMEOUT) -> None:
        self._ops = ops
        self._folder = folder
        self._table = FileLock(os.path.join(folder, f"{table}.lock"), timeout)
        self._imports = FileLock(os.path.join(folder, f"{table}-import.lock"), timeout)
        self._indexing = FileLock(os.path.join(folder, f"{table}-index.lock"), INDEXING_TIMEOUT)
        self._index_files = FileLock(os.path.join(folder, f"{table}-index-files.lock"), timeout)
        self._stripes = [FileLock(os.path.join(folder, f"{table}-{n:02}.lock"), timeout) for n in range(STRIPES)]
        self._made = False

    @contextlib.contextmanager
    def table(self) -> Iterator[None]:
        """Keeps others from adding and removing documents."""
        with self._held([self._table]):
            yield

    @contextlib.contextmanager
    def imports(self) -> Iterator[None]:
        """Keeps others from importing; they may add and change documents all the same."""
        with self._held([self._imports]):
            yield

    @contextlib.contextmanager
    def indexing(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Keeps others from reading every document for an index at the same time.

        Args:
            waiting: Called again and again while another process does. What it raises ends the waiting.
        """
        self._prepare()
        self._indexing.acquire(waiting)
        try:
            yield
        finally:
            self._indexing.release()

    @contextlib.contextmanager
    def index_files(self) -> Iterator[None]:
        """Keeps others from making the files of an index, and from removing them."""
        with self._held([self._index_files]):
            yield

    @contextlib.contextmanager
    def document(self, doc_id: int) -> Iterator[None]:
        """Keeps others from writing a document."""
        lock = self._stripes[doc_id % STRIPES]
        self._prepare()
        lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def everything(self) -> Iterator[None]:
        """Keeps others from writing anything in the table."""
        with self._held([self._table, *self._stripes]):
            yield

    @contextlib.contextmanager
    def _held(self, locks: list[FileLock]) -> Iterator[None]:
        self._prepare()
        with contextlib.ExitStack() as stack:
            for lock in locks:
                lock.acquire()
                stack.callback(lock.release)
            yield

    def _prepare(self) -> None:
        if not self._made or not os.path.isdir(self._folder):
            with explained(self._folder, "make the folder"):
                make_folder(self._ops, self._folder)
            self._made = True

    def close(self) -> None:
        """Closes the lock files."""
        for lock in [self._table, self._imports, self._indexing, self._index_files, *self._stripes]:
            lock.close()
