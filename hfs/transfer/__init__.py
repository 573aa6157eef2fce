"""Conversations out to files and in from files; a module per format, this one holds them together."""

from __future__ import annotations

import sys
from typing import Any

from hfs.errors import TransferError
from hfs.persistence import SessionModel, SessionStore
from hfs.transfer import json_format

__all__ = ["import_bytes", "import_documents", "read_import"]


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
