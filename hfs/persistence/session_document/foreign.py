"""Session documents of which nobody knows who wrote them: checked, their messages numbered, before they come in."""

from __future__ import annotations

from collections.abc import Mapping

from hfs.errors import InvalidDocumentError
from hfs.persistence._format import Document
from hfs.persistence.session_document.layout import FORMAT
from hfs.persistence.session_document.naming import checked_name
from hfs.persistence.session_document.numbering import number_messages


def checked_import(document: object) -> Document:
    """A foreign document as a new session's, its ids made unique.

    Args:
        document: What a file or another program gave.

    Returns:
        A document that ``SessionImport.add`` takes, texts as strings.

    Raises:
        InvalidDocumentError: It is no session document of a format that this hfs knows.

    Example:
        >>> from hfs.persistence import checked_import
        >>> checked_import({"messages": [{"role": "user", "content": ["two", "lines"]}]})["messages"]
        [{'role': 'user', 'content': 'two\\nlines', 'id': 1}]
    """
    if not isinstance(document, Mapping):
        raise InvalidDocumentError("This is no session document: expected an object in braces.")
    version = document.get("format", FORMAT)
    if type(version) is not int or not 1 <= version <= FORMAT:
        raise InvalidDocumentError(f"This document has format {version!r}; this hfs reads up to {FORMAT}.")
    messages = document.get("messages")
    if not isinstance(messages, list):
        raise InvalidDocumentError('This is no session document: it has no list of "messages".')
    checked = {
        **document,
        "messages": [_checked_message(at, message) for at, message in enumerate(messages, 1)],
    }
    number_messages(checked["messages"])
    if "name" in checked:
        checked["name"] = checked_name(checked["name"])
    return checked


def _checked_message(at: int, message: object) -> Document:
    if not isinstance(message, Mapping) or not isinstance(message.get("role"), str):
        raise InvalidDocumentError(f'Message {at} is no message: expected an object with a "role" and a "content".')
    content = message.get("content")
    lines = isinstance(content, list) and all(isinstance(line, str) for line in content)
    if not (lines or isinstance(content, str)):
        raise InvalidDocumentError(f'The "content" of message {at} is no text and no list of lines.')
    return {**message, "content": "\n".join(content) if isinstance(content, list) else content}
