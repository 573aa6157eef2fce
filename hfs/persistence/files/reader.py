"""A folder of documents, one file each, read without a lock.

Other programs write these files too, some of them in place: what doesn't parse is looked at again for a
moment before it counts as broken.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hfs.errors import CorruptSessionError, StoreIOError
from hfs.persistence._file_ops import FileOps, Identity, identity_of, io_error, look
from hfs.persistence._files import TEMPORARY_SUFFIX, NotRegularError, read_file, real_path
from hfs.persistence._format import Document, Layout, parse
from hfs.persistence._ids import ID_PATTERN
from hfs.persistence._json import JSONError
from hfs.persistence._locks import TableLocks
from hfs.persistence.files.salvage import salvage

APPEND_THRESHOLD: Final = 1 << 20
"""From this size on, in bytes, an append replaces the file's tail instead of the whole file."""
DOCUMENT_NAME: Final = re.compile(rf"^({ID_PATTERN})\.json$")
_LADDER: Final = (0.005, 0.01, 0.02, 0.04, 0.08)
_SETTLING: Final = 2.0
_STALE_TEMPORARY: Final = 3600.0


@dataclass(slots=True)
class Snapshot:
    """A document as it was read."""

    document: Document
    data: bytes
    status: os.stat_result
    salvaged: bool = False
    """Whether the file holds an interrupted append, and the document is what was saved before it."""

    @property
    def identity(self) -> Identity:
        """Which file that was."""
        return identity_of(self.status)


class FolderReader:
    """Reads the documents of one table.

    Args:
        path: The folder. It need not exist.
        layout: How its documents are written.
        locks: The table's locks: a file that doesn't parse is looked at once more under one.
        ops: The operating system's calls.
        threshold: From this size on a file may hold an interrupted append.
    """

    def __init__(
        self, path: Path, layout: Layout, locks: TableLocks, *, ops: FileOps | None = None, threshold: float
    ) -> None:
        self.path = path
        self.layout = layout
        self.locks = locks
        self.ops = ops or FileOps()
        self._threshold = threshold
        self._folder = str(path)
        self._seen: set[int] = set()

    def file(self, doc_id: int) -> str:
        """The path of a document's file."""
        return f"{self._folder}/{doc_id}.json"

    def scan(self) -> Iterator[os.DirEntry[str]]:
        """The files of documents, in no order. Temporary files that a killed process left are swept."""
        try:
            entries = os.scandir(self._folder)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise io_error(error, self._folder, "list") from error
        with entries:
            for entry in entries:
                if DOCUMENT_NAME.match(entry.name):
                    yield entry
                elif entry.name.startswith(".") and entry.name.endswith(TEMPORARY_SUFFIX):
                    self._sweep(entry.path)

    def _sweep(self, path: str) -> None:
        try:
            if time.time() - os.stat(path, follow_symlinks=False).st_mtime > _STALE_TEMPORARY:
                self.ops.unlink(path)
        except OSError:
            return

    def ids(self) -> list[int]:
        """The ids of the documents, ascending. Temporary files that a killed process left are swept."""
        return sorted(self.ids_ending_in("0123456789"))

    def ids_ending_in(self, digits: str) -> list[int]:
        """The ids of the documents that end in one of these digits, in no order: a share of all of them."""
        try:
            names = os.listdir(self._folder)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise io_error(error, self._folder, "list") from error
        doc_ids = []
        for name in names:
            if name[-6:-5] in digits and DOCUMENT_NAME.match(name):
                doc_ids.append(int(name[:-5]))
            elif name[0] == "." and name.endswith(TEMPORARY_SUFFIX):
                self._sweep(f"{self._folder}/{name}")
        return doc_ids

    def folder_time(self) -> int:
        """When a file was added to the folder, taken out, or replaced, last, in nanoseconds; 0 where it isn't known."""
        try:
            return os.stat(self._folder).st_mtime_ns
        except OSError:
            return 0

    def exists(self, doc_id: int) -> bool:
        """Whether there is a file of that id."""
        try:
            return look(self.ops, self.file(doc_id)) is not None
        except NotADirectoryError:
            return False
        except OSError as error:
            raise io_error(error, self.file(doc_id), "look at") from error

    def identity(self, doc_id: int) -> Identity | None:
        """The identity of a document's file, by one stat; None if there is none."""
        try:
            return look(self.ops, real_path(self.ops, self.file(doc_id)))
        except (OSError, NotRegularError):
            return None

    def revision(self, doc_id: int) -> str | None:
        """A mark that changes whenever the file does, by one stat; None if there is none."""
        identity = self.identity(doc_id)
        return "-".join(map(str, identity)) if identity else None

    def read(self, doc_id: int) -> Snapshot | None:
        """A document as it is now, without a lock.

        Another program may be in the middle of writing it: what doesn't parse, or is missing though it was
        there, is looked at again for a moment.

        Returns:
            The document, or None if there is none.

        Raises:
            CorruptSessionError: It doesn't parse.
            StoreIOError: It can't be read.
        """
        try:
            return self._read_patiently(doc_id)
        except CorruptSessionError as error:
            torn = self._read_torn(doc_id)
            if torn is None:
                raise error
            return torn

    def stream(self) -> Iterator[tuple[int, Snapshot]]:
        """Every document with its id, ascending, one in memory at a time; one that is gone meanwhile is passed over.

        Raises:
            CorruptSessionError, StoreIOError: As from ``read``.
        """
        for doc_id in array("q", self.ids()):
            known = doc_id in self._seen
            snapshot = self.read(doc_id)
            if not known:
                self._seen.discard(doc_id)
            if snapshot is not None:
                yield doc_id, snapshot

    def digest(self) -> int:
        """A number that is another one whenever a file was added, removed or changed."""
        total = 0
        for entry in self.scan():
            with contextlib.suppress(FileNotFoundError):
                total += hash((entry.name, identity_of(entry.stat())))
        return total

    def _read_torn(self, doc_id: int) -> Snapshot | None:
        try:
            with self.locks.document(doc_id):
                return self._read_salvaged(doc_id)
        except (StoreIOError, TimeoutError):
            return self._read_salvaged(doc_id)

    def _read_patiently(self, doc_id: int) -> Snapshot | None:
        for delay in _LADDER:
            try:
                snapshot = self._read_once(doc_id)
            except CorruptSessionError:
                if not self._is_settling(doc_id):
                    raise
            else:
                if snapshot is not None or doc_id not in self._seen:
                    return snapshot
            time.sleep(delay)
        return self._read_once(doc_id)

    def _is_settling(self, doc_id: int) -> bool:
        identity = self.identity(doc_id)
        return identity is None or abs(time.time() - identity.modified / 1e9) < _SETTLING

    def _read_once(self, doc_id: int) -> Snapshot | None:
        data, status = self._read_bytes(doc_id)
        if status is None:
            return None
        try:
            document = parse(data, self.layout)
        except JSONError as error:
            raise self._corrupt(doc_id, error) from error
        self._seen.add(doc_id)
        return Snapshot(document, data, status)

    def read_bytes(self, doc_id: int) -> bytes:
        """The bytes of a document's file, whatever they are; empty if there is none.

        Raises:
            CorruptSessionError: It is no regular file.
            StoreIOError: It can't be read.
        """
        return self._read_bytes(doc_id)[0]

    def _read_bytes(self, doc_id: int) -> tuple[bytes, os.stat_result | None]:
        path = self.file(doc_id)
        try:
            return read_file(self.ops, real_path(self.ops, path))
        except FileNotFoundError:
            return b"", None
        except NotADirectoryError:
            return b"", None
        except NotRegularError as error:
            raise CorruptSessionError(f"{path} can't be used: {error}.", path=Path(path), reason=str(error)) from error
        except OSError as error:
            raise io_error(error, path, "read") from error

    def _read_salvaged(self, doc_id: int) -> Snapshot | None:
        """The document, by salvage if it is an interrupted append; None if it is neither."""
        data, status = self._read_bytes(doc_id)
        if status is None:
            return None
        try:
            return Snapshot(parse(data, self.layout), data, status)
        except JSONError:
            document = salvage(data, self.layout) if len(data) >= self._threshold else None
        return Snapshot(document, data, status, salvaged=True) if document is not None else None

    def _corrupt(self, doc_id: int, error: JSONError) -> CorruptSessionError:
        path = self.file(doc_id)
        place = f", line {error.line}, column {error.column}" if error.line else ""
        return CorruptSessionError(
            f"{path}{place}: {error.reason}. Nothing is written to this file until it is mended.",
            path=Path(path),
            reason=error.reason,
            line=error.line,
            column=error.column,
        )
