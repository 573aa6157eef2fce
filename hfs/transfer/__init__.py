"""Conversations out to files and in from files; a module per format, this one holds them together."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from hfs.errors import TransferError
from hfs.persistence import SessionModel, SessionStore
from hfs.transfer import json_format, markdown

_EXPORTERS: Final[dict[str, Callable[[SessionModel], bytes]]] = {
    "json": json_format.export,
    "md": markdown.export,
}

__all__ = ["export_session", "formats", "import_bytes", "import_documents", "read_import", "write_export"]


def formats() -> list[str]:
    """The names of the export formats."""
    return list(_EXPORTERS)


def export_session(session: SessionModel, format_name: str) -> bytes:
    """A session in a format.

    Raises:
        TransferError: There is no such format.
    """
    if format_name not in _EXPORTERS:
        raise TransferError(f"There is no format {format_name!r}: expected one of {', '.join(formats())}.")
    return _EXPORTERS[format_name](session)


def import_bytes(store: SessionStore, data: bytes, source: str) -> list[tuple[SessionModel, bool]]:
    """Adds the sessions that an export of hfs holds.

    Args:
        store: Where to.
        data: JSON: a session document, or a list of them.
        source: What errors name.

    Returns:
        Each session, and whether it was added or was here already.

    Raises:
        CorruptSessionError: Not JSON.
        InvalidDocumentError: No session document.
    """
    return [store.import_document(document) for document in import_documents(data, source)]


def import_documents(data: bytes, source: str) -> list[dict[str, Any]]:
    """The session documents that an export of hfs holds, not checked yet.

    Raises:
        CorruptSessionError: Not JSON.
    """
    return json_format.documents(data, source)


def read_import(name: str, limit: int) -> bytes:
    """The bytes of a file to import; ``-`` is stdin.

    Args:
        name: The file.
        limit: The largest size that is taken, in bytes.

    Raises:
        TransferError: It can't be read, or is larger.
    """
    try:
        if name == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with open(name, "rb") as file:
                data = file.read(limit + 1)
    except OSError as error:
        raise TransferError(f"Could not read {name}: {error.strerror or error}.") from error
    if len(data) > limit:
        raise TransferError(f"{name} is larger than {limit >> 20} MiB; `--max-size` takes more.")
    return data


def write_export(path: Path, data: bytes, *, force: bool = False) -> None:
    """Writes an export to a new file that only its owner can read.

    Raises:
        TransferError: There is such a file already and ``force`` is not given, or it can't be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    flags |= os.O_TRUNC if force else os.O_EXCL
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(data)
    except FileExistsError as error:
        raise TransferError(f"{path} exists already; nothing was written. `--force` replaces it.") from error
    except OSError as error:
        raise TransferError(f"Could not write {path}: {error.strerror or error}.") from error
