"""hfs's own JSON: the session document itself, nothing lost."""

from __future__ import annotations

from typing import Any

from hfs.persistence import parse_document


def documents(data: bytes, source: str) -> list[dict[str, Any]]:
    """The documents that an export holds: one, or a list of them.

    Raises:
        CorruptSessionError: Not JSON.
    """
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        listed = parse_document(b'{"documents":' + data.removeprefix(b"\xef\xbb\xbf") + b"}", source)["documents"]
        return list(listed)
    return [parse_document(data, source)]
