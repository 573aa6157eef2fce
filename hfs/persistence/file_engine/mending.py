"""What a repair makes of the bytes of a session file: the document that takes its place, or None if there is none.

Pure functions without any I/O; ``DocumentFolder.mend`` keeps the original and writes.
"""

from __future__ import annotations

from collections import Counter

from hfs.persistence._format import Document, parse
from hfs.persistence._json import JSONError
from hfs.persistence.files.salvage import salvage
from hfs.persistence.session_document.layout import SESSION_LAYOUT
from hfs.persistence.session_document.numbering import number_messages
from hfs.persistence.session_document.rescue import rescue
from hfs.persistence.session_document.uids import new_uid


def doubled_ids(document: Document) -> int:
    """How many messages of a document have no id, or one that another has too."""
    messages = document.get("messages")
    items = [item for item in messages if isinstance(item, dict)] if isinstance(messages, list) else []
    numbers = [item.get("id") for item in items]
    whole = Counter(number for number in numbers if type(number) is int)
    return len(numbers) - len(whole)


def as_it_is(data: bytes) -> Document | None:
    """What the file holds, for a repair that only writes it again."""
    try:
        return parse(data, SESSION_LAYOUT)
    except JSONError:
        return None


def salvaged(data: bytes) -> Document | None:
    """What an interrupted append left whole."""
    return salvage(data, SESSION_LAYOUT)


def rescued(data: bytes) -> Document | None:
    """Every message that is whole, where the file doesn't parse."""
    found = rescue(data) if as_it_is(data) is None else None
    return found.document if found else None


def renumbered(data: bytes) -> Document | None:
    """The same messages, each with an id of its own; None where they have that already."""
    document = as_it_is(data)
    if document is None or not doubled_ids(document):
        return None
    number_messages(item for item in document["messages"] if isinstance(item, dict))
    return document


def with_own_uid(data: bytes) -> Document | None:
    """The same session under another uid."""
    document = as_it_is(data)
    return {**document, "uid": new_uid()} if document is not None else None
