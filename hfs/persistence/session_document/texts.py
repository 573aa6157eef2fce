"""Texts in a session document: read whatever another program wrote, refused where they can't be stored."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from hfs.errors import HfsError, InvalidDocumentError


def text_of(content: object) -> str:
    """A content as text: a text, its lines, or the blocks that another program wrote."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        if all(isinstance(line, str) for line in content):
            return "\n".join(content)
        parts = [block.get("text", "") if isinstance(block, dict) else block for block in content]
        return "\n".join(part for part in parts if isinstance(part, str) and part)
    return "" if content is None else str(content)


def require_text(text: object, what: str) -> None:
    """Raises InvalidDocumentError for what is no text, or holds half of a surrogate pair, which UTF-8 can't hold."""
    if not isinstance(text, str):
        raise InvalidDocumentError(f"{what} is {type(text).__name__}: expected text.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidDocumentError(
            f"{what} holds a lone surrogate (U+{ord(text[error.start]):04X}) at character {error.start + 1}, which "
            "is no text. Nothing was saved; replace it and try again."
        ) from error


@contextlib.contextmanager
def refusal() -> Iterator[None]:
    """Raises InvalidDocumentError where a value has no form in a document, or is nested too deep."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if isinstance(error, HfsError):
            raise
        raise InvalidDocumentError(f"This can't be stored: {error}. Nothing was written.") from error
