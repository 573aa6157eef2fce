"""Files to import: single ones, folders of them, ZIP archives, and what is piped in.

Nothing is unpacked to the disk by a name that an archive gives, no link is followed, and what inflates far beyond
its size is given up while it inflates.
"""

from __future__ import annotations

import io
import os
import posixpath
import shutil
import stat
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from hfs.errors import TransferError

HEAD: Final = 1 << 16
"""How much of a file is looked at to tell what it is, in bytes."""
_SIDECAR_LIMIT: Final = 16 << 20
_ABOVE: Final = 5
_INFLATION: Final = 200
"""How many times its size a packed file may become."""
_ALWAYS_ALLOWED: Final = 64 << 20
_MOST_ENTRIES: Final = 1_000_000
_ZIP_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_GZIP_MAGIC: Final = b"\x1f\x8b"
_LEFT_OUT: Final = frozenset(("__MACOSX", ".git", ".DS_Store", "node_modules"))

Progress = Callable[[int], None]
"""Called with how many more bytes of the sources were read."""


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
            counted = _Counted(raw, progress)
            buffered = io.BufferedReader(counted, HEAD)
            magic = buffered.peek(4)[:4]
        except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
            raise TransferError(f"{self.name}: it can't be read: {_reason(error)}.") from error
        if magic == _ZSTD_MAGIC:
            return self._inflated(_zstd(cast(IO[bytes], buffered)))
        if magic.startswith(_GZIP_MAGIC):
            import gzip

            return self._inflated(cast(BinaryIO, gzip.GzipFile(fileobj=buffered)))
        return cast(BinaryIO, buffered)

    def _inflated(self, file: BinaryIO) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Bounded(file, self.size, self.name), HEAD))

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
        return Path(name)


class _Counted(io.RawIOBase):
    """A file that says how much of it was read."""

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


class _Bounded(io.RawIOBase):
    """An unpacked file that may not grow beyond reason."""

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
            raise TransferError(f"{self._name}: it is damaged: {_reason(error)}.") from error
        except Exception as error:
            # zlib and zstd have errors of their own that are under nothing else.
            raise TransferError(f"{self._name}: it is damaged: {_reason(error)}.") from error
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


def _zstd(file: IO[bytes]) -> BinaryIO:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return cast(BinaryIO, zstd.ZstdFile(cast(BinaryIO, file)))


def find_sources(arguments: list[str]) -> Iterator[Source | Unusable]:
    """The files that arguments stand for; folders and ZIP archives are looked into.

    Args:
        arguments: Paths; ``-`` is what is piped in.
    """
    for argument in arguments:
        if argument == "-":
            yield from _piped()
            continue
        path = Path(argument)
        try:
            status = path.stat()
        except OSError as error:
            yield Unusable(argument, _reason(error))
            continue
        if stat.S_ISDIR(status.st_mode):
            yield from _folder(path)
        elif stat.S_ISREG(status.st_mode):
            yield from _file(path, status, chosen=True)
        else:
            yield Unusable(argument, "it is no file and no folder")


def _piped() -> Iterator[Source | Unusable]:
    if sys.stdin.isatty():
        yield Unusable("-", "nothing is piped in; name a file, or pipe one in: hfs import - < FILE")
        return
    copy = tempfile.NamedTemporaryFile(prefix="hfs-import-")
    shutil.copyfileobj(sys.stdin.buffer, copy, 1 << 20)
    copy.flush()
    path = Path(copy.name)
    for found in _file(path, path.stat(), chosen=True, name="stdin"):
        if isinstance(found, Source):
            found.sibling = _holding(copy)
        yield found


def _holding(file: object) -> Callable[[str], bytes | None]:
    """Says that nothing lies beside a file, and keeps the file from being removed."""

    def nothing(relative: str, file: object = file) -> bytes | None:
        return None

    return nothing


def _folder(folder: Path) -> Iterator[Source | Unusable]:
    for above, folders, names in os.walk(folder, onerror=None):
        folders[:] = sorted(name for name in folders if not _is_left_out(name))
        for name in sorted(names):
            path = Path(above) / name
            try:
                status = path.lstat()
            except OSError as error:
                yield Unusable(str(path), _reason(error))
                continue
            if stat.S_ISREG(status.st_mode) and not _is_left_out(name):
                yield from _file(path, status, chosen=False)


def _is_left_out(name: str) -> bool:
    return name in _LEFT_OUT or name.startswith("._")


def _file(path: Path, status: os.stat_result, *, chosen: bool, name: str | None = None) -> Iterator[Source | Unusable]:
    shown = name or str(path)

    def opener() -> IO[bytes]:
        return open(path, "rb")

    try:
        with opener() as file:
            magic = file.read(4)
    except OSError as error:
        yield Unusable(shown, _reason(error))
        return
    modified = datetime.fromtimestamp(min(max(status.st_mtime, 0), 32503680000), UTC)
    source = Source(shown, status.st_size, modified, opener, _beside(path), path, chosen)
    if magic in _ZIP_MAGIC:
        yield from _archive(source, depth=0)
    else:
        yield source


def _beside(path: Path) -> Callable[[str], bytes | None]:
    def read(relative: str) -> bytes | None:
        other = path.parent / relative
        try:
            if not stat.S_ISREG(other.lstat().st_mode) or other.stat().st_size > _SIDECAR_LIMIT:
                return None
            return other.read_bytes()
        except OSError:
            return None

    return read


def _archive(source: Source, depth: int) -> Iterator[Source | Unusable]:
    try:
        archive = zipfile.ZipFile(source.opener())
        entries = archive.infolist()
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        yield Unusable(source.name, f"the ZIP archive is damaged: {_reason(error)}")
        return
    if len(entries) > _MOST_ENTRIES:
        yield Unusable(source.name, f"the ZIP archive has more than {_MOST_ENTRIES:,} entries")
        return
    by_name = {entry.filename: entry for entry in entries}
    for entry in sorted(entries, key=lambda entry: entry.filename):
        if entry.is_dir() or any(_is_left_out(part) for part in entry.filename.split("/")):
            continue
        shown = f"{source.name}/{entry.filename}"
        if entry.flag_bits & 1:
            yield Unusable(shown, "it is encrypted; unpack the archive with its password and import the folder")
            continue
        found = Source(
            shown, entry.file_size, _entry_time(entry), _entry_opener(archive, entry, shown),
            _entry_sibling(archive, by_name, entry), chosen=False,
        )  # fmt: skip
        yield from _entry(found, depth)


def _entry(found: Source, depth: int) -> Iterator[Source | Unusable]:
    try:
        with found.opener() as file:
            magic = file.read(4)
        if magic not in _ZIP_MAGIC:
            yield found
        elif depth:
            yield Unusable(found.name, "an archive in an archive in an archive is not looked into")
        else:
            # An archive is read from its end, so one inside another is copied out first.
            copy = tempfile.TemporaryFile(prefix="hfs-import-")
            with found.opener() as file:
                shutil.copyfileobj(file, copy, 1 << 20)
            inner = Source(found.name, found.size, found.modified, _again(copy), chosen=False)
            yield from _archive(inner, depth + 1)
    except TransferError as error:
        yield Unusable(found.name, str(error).removeprefix(f"{found.name}: ").rstrip("."))
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        yield Unusable(found.name, _reason(error))


def _again(file: IO[bytes]) -> Callable[[], IO[bytes]]:
    def opener() -> IO[bytes]:
        file.seek(0)
        return file

    return opener


def _entry_opener(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Callable[[], IO[bytes]]:
    def opener() -> IO[bytes]:
        bounded = _Bounded(archive.open(entry), entry.compress_size, name)
        return cast(IO[bytes], io.BufferedReader(bounded, HEAD))

    return opener


def _entry_time(entry: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*entry.date_time).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _entry_sibling(
    archive: zipfile.ZipFile, by_name: dict[str, zipfile.ZipInfo], entry: zipfile.ZipInfo
) -> Callable[[str], bytes | None]:
    def read(relative: str) -> bytes | None:
        other = by_name.get(posixpath.normpath(posixpath.join(posixpath.dirname(entry.filename), relative)))
        if other is None or other.file_size > _SIDECAR_LIMIT or other.flag_bits & 1:
            return None
        try:
            with _entry_opener(archive, other, other.filename)() as file:
                return file.read(_SIDECAR_LIMIT)
        except (OSError, TransferError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
            return None

    return read


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return str(error) or type(error).__name__
