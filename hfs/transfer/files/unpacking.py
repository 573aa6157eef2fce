"""Bytes of packed files, given up once they inflate beyond reason, and copies of what can't be read as it is."""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from hfs.errors import TransferError

_INFLATION: Final = 200
"""How many times its size a packed file may become."""
_ALWAYS_ALLOWED: Final = 64 << 20

Progress = Callable[[int], None]
"""Called with how many more bytes of the sources were read."""


class Counted(io.RawIOBase):
    """A file that says how much of it was read.

    Args:
        file: The file.
        progress: Told of it.
    """

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._file = file
        self._progress = progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        chunk = self._file.read(len(buffer))
        buffer[: len(chunk)] = chunk
        self._progress(len(chunk))
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


class Bounded(io.RawIOBase):
    """An unpacked file that may not grow beyond reason.

    Args:
        file: What is unpacked.
        packed: Its size as it is packed, in bytes.
        name: What errors name.
    """

    def __init__(self, file: IO[bytes], packed: int, name: str) -> None:
        self._file = file
        self._left = packed * _INFLATION + _ALWAYS_ALLOWED
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            chunk = self._file.read(len(buffer))
        except (OSError, EOFError, zipfile.BadZipFile, ValueError, RuntimeError) as error:
            raise TransferError(f"{self._name}: it is damaged: {reason(error)}.") from error
        except Exception as error:
            # zlib and zstd have errors of their own that are under nothing else.
            raise TransferError(f"{self._name}: it is damaged: {reason(error)}.") from error
        self._left -= len(chunk)
        if self._left < 0:
            raise TransferError(
                f"{self._name}: it inflates to more than {_INFLATION} times its size, and is given up. "
                "Unpack it yourself if you trust it, and import what comes out."
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def zstd_file(file: IO[bytes]) -> BinaryIO:
    """What a file packed with zstd holds."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return cast(BinaryIO, zstd.ZstdFile(cast(BinaryIO, file)))


def copied(file: IO[bytes], copies: contextlib.ExitStack) -> Path:
    """A copy on the disk of what can't be read in any order, or only once.

    Args:
        file: Its bytes.
        copies: Removes the copy.

    Raises:
        OSError: There is no room for it.
    """
    # In a folder of its own: not every system lets a file be opened again that is removed when it is closed.
    folder = copies.enter_context(tempfile.TemporaryDirectory(prefix="hfs-import-", ignore_cleanup_errors=True))
    path = Path(folder) / "copy"
    with open(path, "wb") as copy:
        shutil.copyfileobj(file, copy, 1 << 20)
    return path


def reason(error: BaseException) -> str:
    """Why something could not be read, as the end of a sentence."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return str(error) or type(error).__name__
