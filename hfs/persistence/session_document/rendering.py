"""Session documents to bytes and back, for exports and imports."""

from __future__ import annotations

from pathlib import Path

from hfs.errors import CorruptSessionError
from hfs.persistence._format import Document, parse, render
from hfs.persistence._json import JSONError, encode
from hfs.persistence.session_document.layout import SESSION_LAYOUT, complete


def render_document(session_id: int, document: Document) -> bytes:
    """The canonical bytes of a session document, as its file has them.

    Args:
        session_id: The id that it gets.
        document: The document, texts as strings.

    Returns:
        UTF-8 JSON.

    Raises:
        TypeError: A value that JSON has no form for.
        ValueError: Nested too deep, or in a circle.

    Example:
        >>> from hfs.persistence import parse_document, render_document
        >>> document = parse_document(b'{"messages": [{"role": "user", "content": ["two", "lines"]}]}', "export.json")
        >>> print(render_document(12, document).decode())
        {
          "format": 1,
          "id": 12,
          ...
          "messages": [
            {"role": "user", "content": [
              "two",
              "lines"
            ]}
          ]
        }
        <BLANKLINE>
    """
    completed = dict(document)
    complete(session_id, completed)
    return render(completed, SESSION_LAYOUT)


def parse_document(data: bytes, source: str) -> Document:
    """The document that bytes hold, texts as strings.

    Args:
        data: UTF-8 JSON in any layout.
        source: What the error names, such as the name of a file.

    Returns:
        The document.

    Raises:
        CorruptSessionError: Not JSON, or no object.

    Example:
        >>> from hfs.persistence import parse_document
        >>> parse_document(b'{"messages": [{"role": "user", "content": ["two", "lines"]}]}', "export.json")
        {'messages': [{'role': 'user', 'content': 'two\\nlines'}]}
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

    Args:
        value: What JSON has a form for.

    Returns:
        UTF-8 JSON that ends with a line break.

    Raises:
        TypeError: A value that JSON has no form for.
        ValueError: Nested too deep, or in a circle.

    Example:
        >>> from hfs.persistence import render_json
        >>> render_json({"text": "red: \\x1b[31m, é: é"})
        b'{"text": "red: \\\\u001b[31m, \\xc3\\xa9: \\xc3\\xa9"}\\n'
    """
    return encode(value) + b"\n"


def merge_files(base: bytes, ours: bytes, theirs: bytes, name: str) -> tuple[bytes | None, bytes | None]:
    """Two versions of a session file brought together, as a merge driver does.

    Args:
        base: What both come from; empty if there is nothing.
        ours: Our version.
        theirs: The other version.
        name: The name of the file without its ending: the session's id.

    Returns:
        The merged file, or None if a side is no session document; and their file, where it is another session
        that happens to have the same id.

    Example:
        >>> from pathlib import Path
        >>> from hfs.persistence import merge_files, open_store, parse_document
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread")
        ...     base = Path("chats/sessions/1.json").read_bytes()
        ...     message = store.add_message(session.id, "user", "Twelve hours?")
        ...     ours = Path("chats/sessions/1.json").read_bytes()
        >>> merged, other = merge_files(base, ours, base.replace(b"Bread", b"Rye bread"), "1")
        >>> document = parse_document(merged, "1.json")
        >>> document["name"], len(document["messages"]), other
        ('Rye bread', 1, None)
    """
    from hfs.persistence.session_document.merge import merge

    try:
        mine, other = parse(ours, SESSION_LAYOUT), parse(theirs, SESSION_LAYOUT)
        was = parse(base, SESSION_LAYOUT) if base.strip() else None
    except JSONError:
        return None, None
    if not all(isinstance(version.get("messages"), list) for version in (mine, other)):
        return None, None
    if mine.get("uid") and other.get("uid") and mine["uid"] != other["uid"]:
        return ours, theirs
    merged = merge(mine, other, was)
    if name.isascii() and name.isdigit():
        complete(int(name), merged)
    return render(merged, SESSION_LAYOUT), None
