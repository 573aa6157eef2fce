"""Files that appear under their name only once they are whole and on the disk.

No other file is replaced unless that is forced, and no link at the place is followed; only the owner can read what is
made here.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final

from hfs.errors import FileTakenError, TransferError

FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class NewFile:
    """A file in the making: it takes its name when the block that writes it ends well, and is gone if it doesn't.

    Args:
        path: Its name.
        force: Replace a file of that name.
    """

    def __init__(self, path: Path, *, force: bool = False) -> None:
        self._path = path
        self._force = force
        self._temporary = path.with_name(f".hfs-{os.getpid()}-{os.urandom(4).hex()}.tmp")
        self._is_wanted = True
        require_free([path], force=force)
        with writing_to(path):
            self.file: BinaryIO = os.fdopen(os.open(self._temporary, _CREATE, FILE_MODE), "wb")
            """What writes it."""

    def __enter__(self) -> NewFile:
        return self

    def write(self, data: bytes) -> None:
        """Writes bytes.

        Raises:
            TransferError: They can't be written.
        """
        with writing_to(self._path):
            self.file.write(data)

    def discard(self) -> None:
        """Lets the file be gone when the block ends."""
        self._is_wanted = False

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is None and self._is_wanted:
                with writing_to(self._path):
                    self._finish()
        finally:
            with contextlib.suppress(OSError):
                self.file.close()
            with contextlib.suppress(OSError):
                self._temporary.unlink()

    def _finish(self) -> None:
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        # What is there now may have come while the file was written.
        require_free([self._path], force=self._force)
        if self._force:
            os.replace(self._temporary, self._path)
        else:
            self._take_free_name()
        with contextlib.suppress(OSError):
            _sync_folder(self._path.parent)

    def _take_free_name(self) -> None:
        try:
            os.link(self._temporary, self._path)
        except FileExistsError:
            raise
        except OSError:
            # A file system without hard links. On Windows a rename replaces nothing; elsewhere this asks first.
            require_free([self._path], force=False)
            os.rename(self._temporary, self._path)


def require_free(paths: Iterable[Path], *, force: bool = False) -> None:
    """Checks that files can be made.

    Args:
        paths: The files.
        force: Files may be there, and be replaced. Links, folders and devices never are.

    Raises:
        TransferError: Something is there.
    """
    taken = [path for path in paths if os.path.lexists(path)]
    for path in taken:
        if not _is_regular(path):
            raise TransferError(f"{path} is no regular file; nothing was written.")
    if taken and not force:
        them = f"{taken[0]} exists" if len(taken) == 1 else f"{taken[0]} and {len(taken) - 1} more exist"
        raise FileTakenError(f"{them} already; nothing was written.")


def _is_regular(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return stat.S_ISREG(path.lstat().st_mode)
    return True


@contextlib.contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turns the operating system's errors into TransferError, which names the file."""
    try:
        yield
    except FileExistsError as error:
        raise FileTakenError(f"{path} exists already; nothing was written.") from error
    except OSError as error:
        raise TransferError(f"Could not write {path}: {error.strerror or error}.") from error
    except ValueError as error:
        # A NUL in the name.
        raise TransferError(f"Could not write {path}: {error}.") from error


def make_folder(folder: Path) -> None:
    """Makes a folder that only its owner can enter, and the folders above it where they are missing.

    Raises:
        TransferError: It can't be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with writing_to(folder):
        try:
            folder.mkdir(_FOLDER_MODE)
        except FileExistsError as error:
            if not folder.is_dir():
                raise TransferError(f"{folder} is no folder; nothing was written.") from error


def _sync_folder(folder: Path) -> None:
    if os.name != "nt":
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
