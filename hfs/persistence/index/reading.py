"""Sessions read for the index: their rows, and what was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hfs.errors import CorruptSessionError, StoreIOError
from hfs.persistence._file_ops import identity_of
from hfs.persistence._files import NotRegularError, read_file
from hfs.persistence._json import JSONError, is_too_deep, loads
from hfs.persistence.files.folder import DocumentFolder
from hfs.persistence.index.rows import Row, Said, damaged_row, row_of
from hfs.persistence.index.sweep import stat_of
from hfs.persistence.models import SessionSummary


def read_rows(folder: DocumentFolder, doc_ids: Iterable[int]) -> Iterator[tuple[Row, list[Said]]]:
    """The rows of sessions, and what was said in them, in order; those that are gone are passed over."""
    for doc_id in doc_ids:
        found = _read_quickly(folder, doc_id) or _read_patiently(folder, doc_id)
        if found is not None:
            yield found


def read_summary(folder: DocumentFolder, doc_id: int) -> SessionSummary | None:
    """The summary of a session as its file is now; None if it is gone."""
    for row, _ in read_rows(folder, [doc_id]):
        return row.summary()
    return None


def _read_quickly(folder: DocumentFolder, doc_id: int) -> tuple[Row, list[Said]] | None:
    """A file that is whole, and no link; numbers may lose digits that no list shows."""
    try:
        data, status = read_file(folder.ops, folder.file(doc_id))
        document = loads(data)
    except (OSError, NotRegularError, JSONError):
        return None
    if not isinstance(document, dict) or is_too_deep(data, document):
        return None
    return row_of(doc_id, identity_of(status), document)


def _read_patiently(folder: DocumentFolder, doc_id: int) -> tuple[Row, list[Said]] | None:
    # Taken before the reading: a file that is mended meanwhile is another one.
    status = stat_of(folder, doc_id)
    problem, passing = "it can't be read", True
    try:
        snapshot = folder.read(doc_id)
        if snapshot is not None:
            return row_of(doc_id, snapshot.identity, snapshot.document, salvaged=snapshot.salvaged)
    except CorruptSessionError as error:
        place = f"line {error.line}, column {error.column}: " if error.line else ""
        problem, passing = f"{place}{error.reason}", False
    except StoreIOError as error:
        problem = str(error)
    return (damaged_row(doc_id, identity_of(status), problem, passing=passing), []) if status else None
