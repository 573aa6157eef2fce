"""The files in a ZIP archive. Nothing is unpacked to the disk by a name that the archive gives."""

from __future__ import annotations

import contextlib
import functools
import io
import posixpath
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Final, cast

from hfs.errors import TransferError
from hfs.transfer.files.source import HEAD, Source, Unusable
from hfs.transfer.files.unpacking import Bounded, copied, reason

ZIP_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
SIDECAR_LIMIT: Final = 16 << 20
"""The largest file that is read because it lies beside another, in bytes."""
_MOST_ENTRIES: Final = 1_000_000
_MOST_COPIES: Final = 100
_LEFT_OUT: Final = frozenset(("__MACOSX", ".git", ".DS_Store", "node_modules"))


def is_left_out(name: str) -> bool:
    """Whether a file or folder of that name never holds conversations."""
    return name in _LEFT_OUT or name.startswith("._")


class Shelf:
    """The archive that is open, one at a time, and copies of archives that lie in others. A context manager."""

    def __init__(self) -> None:
        self._source: Source | None = None
        self._open = contextlib.ExitStack()
        self._copies = contextlib.ExitStack()
        self._copied = 0

    def __enter__(self) -> Shelf:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
        self._copies.close()

    def open(self, source: Source) -> zipfile.ZipFile:
        """The archive that a file is.

        Raises:
            OSError, zipfile.BadZipFile, NotImplementedError, ValueError: It can't be read.
        """
        # Told by the source itself: nothing keeps two archives in another from having one name.
        if self._source is not source:
            self._source = None
            self._open.close()
            file = self._open.enter_context(source.opener())
            self._archive = self._open.enter_context(zipfile.ZipFile(file))
            self._source = source
        return self._archive

    def copy(self, source: Source) -> Source | None:
        """A file whose bytes can be read in any order; None where there were too many already."""
        self._copied += 1
        if self._copied > _MOST_COPIES:
            return None
        with source.opener() as file:
            copy = copied(file, self._copies)
        return Source(source.name, source.size, source.modified, lambda: open(copy, "rb"), chosen=False)


def archived(source: Source, shelf: Shelf, depth: int = 0) -> Iterator[Source | Unusable]:
    """The files in an archive; those of archives in it too.

    Args:
        source: The archive.
        shelf: Holds what is open.
        depth: How many archives it is in.
    """
    try:
        entries = shelf.open(source).infolist()
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        # What zipfile says of an archive that is cut off: that it is none.
        is_cut = isinstance(error, zipfile.BadZipFile) and "not a zip file" in str(error)
        detail = "its end is missing; was it downloaded whole?" if is_cut else reason(error)
        yield Unusable(source.name, f"the ZIP archive is damaged: {detail}")
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
        opener = functools.partial(_open_entry, source, shelf, entry, shown)
        sibling = functools.partial(_read_beside, source, shelf, by_name, entry)
        found = Source(shown, entry.file_size, _entry_time(entry), opener, sibling, chosen=False)
        yield from _entry(found, shelf, depth)


def _entry(found: Source, shelf: Shelf, depth: int) -> Iterator[Source | Unusable]:
    try:
        with found.opener() as file:
            magic = file.read(4)
        if magic not in ZIP_MAGIC:
            yield found
        elif depth:
            yield Unusable(found.name, "an archive in an archive in an archive is not looked into")
        else:
            # An archive is read from its end, so one inside another is copied out first.
            inner = shelf.copy(found)
            if inner is None:
                yield Unusable(found.name, f"more than {_MOST_COPIES} archives lie in archives; unpack them yourself")
            else:
                yield from archived(inner, shelf, depth + 1)
    except TransferError as error:
        yield Unusable(found.name, str(error).removeprefix(f"{found.name}: ").rstrip("."))
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        yield Unusable(found.name, reason(error))


def _open_entry(source: Source, shelf: Shelf, entry: zipfile.ZipInfo, name: str) -> IO[bytes]:
    bounded = Bounded(shelf.open(source).open(entry), entry.compress_size, name)
    return cast(IO[bytes], io.BufferedReader(bounded, HEAD))


def _entry_time(entry: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*entry.date_time).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _read_beside(
    source: Source, shelf: Shelf, by_name: dict[str, zipfile.ZipInfo], entry: zipfile.ZipInfo, relative: str
) -> bytes | None:
    other = by_name.get(posixpath.normpath(posixpath.join(posixpath.dirname(entry.filename), relative)))
    if other is None or other.file_size > SIDECAR_LIMIT or other.flag_bits & 1:
        return None
    try:
        with _open_entry(source, shelf, other, other.filename) as file:
            return file.read(SIDECAR_LIMIT)
    except (OSError, TransferError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return None
