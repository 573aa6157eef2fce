"""Session documents to bytes and back, for exports and imports."""

from __future__ import annotations

from pathlib import Path

from hfs.errors import CorruptSessionError
from hfs.persistence._format import Document, parse, render
from hfs.persistence._json import JSONError, encode
from hfs.persistence._session_document import SESSION_LAYOUT, complete


def render_document(session_id: int, document: Document) -> bytes:
    """The canonical bytes of a session document.

    Args:
        session_id: The id that it gets.
        document: The document, texts as strings.

    Raises:
        TypeError: A value that JSON has no form for.
    """
    completed = dict(document)
    complete(session_id, completed)
    return render(completed, SESSION_LAYOUT)


def parse_document(data: bytes, source: str) -> Document:
    """The document that bytes hold, texts as strings.

    Args:
        data: UTF-8 JSON in any layout.
        source: What the error names.

    Raises:
        CorruptSessionError: Not JSON, or no object.
    """
    try:
        return parse(data, SESSION_LAYOUT)
    except JSONError as error:
        place = f", line {error.line}, column {error.column}" if error.line else ""
        raise CorruptSessionError(
            f"{source}{place}: {error.reason}.",
            path=Path(source),
            reason=error.reason,
            line=error.line,
            column=error.column,
        ) from error


def render_json(value: object) -> bytes:
    """A value as one line of JSON in which nothing can hurt a terminal.

    Raises:
        TypeError: A value that JSON has no form for.
    """
    return encode(value) + b"\n"
