"""The files in a ZIP archive. Nothing is unpacked to the disk by a name that the archive gives."""

from __future__ import annotations

import io
import posixpath
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import IO, Final, cast

from hfs.errors import TransferError
from hfs.transfer.source import HEAD, Source, Unusable
from hfs.transfer.unpacking import Bounded, reason

ZIP_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
SIDECAR_LIMIT: Final = 16 << 20
"""The largest file that is read because it lies beside another, in bytes."""
_MOST_ENTRIES: Final = 1_000_000
_LEFT_OUT: Final = frozenset(("__MACOSX", ".git", ".DS_Store", "node_modules"))


def is_left_out(name: str) -> bool:
    """Whether a file or folder of that name never holds conversations."""
    return name in _LEFT_OUT or name.startswith("._")


def archived(source: Source, depth: int = 0) -> Iterator[Source | Unusable]:
    """The files in an archive; those of archives in it too.

    Args:
        source: The archive.
        depth: How many archives it is in.
    """
    try:
        archive = zipfile.ZipFile(source.opener())
        entries = archive.infolist()
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        yield Unusable(source.name, f"the ZIP archive is damaged: {reason(error)}")
        return
    if len(entries) > _MOST_ENTRIES:
        yield Unusable(source.name, f"the ZIP archive has more than {_MOST_ENTRIES:,} entries")
        return
    by_name = {entry.filename: entry for entry in entries}
    for entry in sorted(entries, key=lambda entry: entry.filename):
        if entry.is_dir() or any(is_left_out(part) for part in entry.filename.split("/")):
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
        if magic not in ZIP_MAGIC:
            yield found
        elif depth:
            yield Unusable(found.name, "an archive in an archive in an archive is not looked into")
        else:
            # An archive is read from its end, so one inside another is copied out first.
            copy = tempfile.TemporaryFile(prefix="hfs-import-")
            with found.opener() as file:
                shutil.copyfileobj(file, copy, 1 << 20)
            inner = Source(found.name, found.size, found.modified, _again(copy), chosen=False)
            yield from archived(inner, depth + 1)
    except TransferError as error:
        yield Unusable(found.name, str(error).removeprefix(f"{found.name}: ").rstrip("."))
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        yield Unusable(found.name, reason(error))


def _again(file: IO[bytes]) -> Callable[[], IO[bytes]]:
    def opener() -> IO[bytes]:
        file.seek(0)
        return file

    return opener


def _entry_opener(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Callable[[], IO[bytes]]:
    def opener() -> IO[bytes]:
        bounded = Bounded(archive.open(entry), entry.compress_size, name)
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
        if other is None or other.file_size > SIDECAR_LIMIT or other.flag_bits & 1:
            return None
        try:
            with _entry_opener(archive, other, other.filename)() as file:
                return file.read(SIDECAR_LIMIT)
        except (OSError, TransferError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
            return None

    return read
