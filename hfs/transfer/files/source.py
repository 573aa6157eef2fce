"""A file to import, on the disk or in an archive, and what lies beside it."""

from __future__ import annotations

import io
import os
import posixpath
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from hfs.errors import TransferError
from hfs.transfer.files.unpacking import Bounded, Counted, Progress, reason, zstd_file

HEAD: Final = 1 << 16
"""How much of a file is looked at to tell what it is, in bytes."""
LOGS: Final = ("-wal", "-journal")
"""How the names end of what SQLite keeps beside a database: without it, what was written last is not there."""
_ABOVE: Final = 5
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_GZIP_MAGIC: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Unusable:
    """Something that can't be read at all."""

    name: str
    reason: str


@dataclass(slots=True)
class Source:
    """A file to import."""

    name: str
    """Its path, for people; in an archive, the archive's and its own."""
    size: int
    """How many bytes there are to read, as far as its folder or archive says."""
    modified: datetime | None
    opener: Callable[[], IO[bytes]]
    sibling: Callable[[str], bytes | None] = field(default=lambda relative: None)
    """The bytes of a file by its path relative to this one's folder."""
    path: Path | None = None
    """Where it is a file of its own on the disk."""
    chosen: bool = True
    """Whether a person named it, or it was found in a folder or archive."""

    def open(self, progress: Progress = lambda count: None) -> BinaryIO:
        """Its bytes; unpacked, if it is packed with zstd or gzip.

        Raises:
            TransferError: It can't be opened, or inflates beyond reason while it is read.
        """
        try:
            raw = self.opener()
            counted = Counted(raw, progress)
            buffered = io.BufferedReader(counted, HEAD)
            magic = buffered.peek(4)[:4]
        except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
            raise TransferError(f"{self.name}: it can't be read: {reason(error)}.") from error
        if magic == _ZSTD_MAGIC:
            return self._inflated(zstd_file(cast(IO[bytes], buffered)))
        if magic.startswith(_GZIP_MAGIC):
            import gzip

            return self._inflated(cast(BinaryIO, gzip.GzipFile(fileobj=buffered)))
        return cast(BinaryIO, buffered)

    def _inflated(self, file: BinaryIO) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(Bounded(file, self.size, self.name), HEAD))

    def head(self) -> bytes:
        """Its first bytes."""
        with self.open() as file:
            return file.read(HEAD)

    def beside(self, name: str) -> bytes | None:
        """A small file in the same folder or archive; None where there is none."""
        return self.sibling(name)

    def above(self, name: str) -> bytes | None:
        """A small file of that name in the nearest folder above; None where there is none."""
        tries = (self.sibling(posixpath.join(*[".."] * up, name)) for up in range(1, _ABOVE + 1))
        return next((found for found in tries if found is not None), None)

    def on_disk(self, folder: str) -> Path:
        """A file on the disk that has its bytes: itself, or a copy in a folder."""
        if self.path is not None:
            return self.path
        fd, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(fd, "wb") as copy, self.open() as file:
            shutil.copyfileobj(file, copy, 1 << 20)
        for ending in LOGS:
            log = self.beside(posixpath.basename(self.name) + ending)
            if log:
                Path(name + ending).write_bytes(log)
        return Path(name)
