"""How a session document is laid out, and what every session has, also where its file lacks it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from hfs.persistence._format import Document, Layout
from hfs.persistence._time import format_time, now, parse_time
from hfs.persistence.session_document.uids import new_uid

FORMAT: Final = 1
"""The newest format that this hfs writes."""
UNKNOWN_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a session was begun of which nothing tells it."""


def complete(doc_id: int, document: Document) -> None:
    """Fills in what a session document must have. The file's name wins over an id in it."""
    document.setdefault("format", FORMAT)
    document["id"] = doc_id
    if not is_text(document.get("uid")):
        # Before anything else is filled in: it must be the one that readers were given.
        document["uid"] = derived_uid(doc_id, document)
    if parse_time(document.get("created_at")) is None:
        document["created_at"] = format_time(creation_of(document) or now())
    if not is_text(document.get("name")):
        document["name"] = f"Session {doc_id}"
        document["name_source"] = "auto"
    document.setdefault("name_source", "user")
    document.setdefault("updated_at", None)
    document.setdefault("messages", [])


def fill_in(doc_id: int, document: Document) -> None:
    """The same, as readers see it: one of which nothing tells when it was begun says so each time."""
    if creation_of(document) is None:
        document["created_at"] = format_time(UNKNOWN_TIME)
    complete(doc_id, document)


def derived_uid(doc_id: int, document: Document) -> str:
    """The uid of a session that has none: the same each time, until it is written."""
    created = creation_of(document) or UNKNOWN_TIME
    return new_uid(max(created.timestamp(), 0), f"{doc_id} {format_time(created)}".encode())


SESSION_LAYOUT: Final = Layout(
    append_field="messages",
    item_text_fields=frozenset(("content",)),
    first_keys=("format", "id", "uid", "name", "name_source", "created_at", "updated_at"),
    first_item_keys=("id", "role", "created_at", "model", "status"),
    last_item_keys=("content",),
    item_id="id",
    item_stamp="created_at",
    removed_key="removed",
    version_key="format",
    version=FORMAT,
    complete=complete,
)


def creation_of(document: Document) -> datetime | None:
    """When a session was begun: the moment in its header, else its first message's; None where neither is known."""
    created = parse_time(document.get("created_at"))
    if created is None:
        times = (parse_time(m.get("created_at")) for m in items_of(document) if isinstance(m, dict))
        created = next((moment for moment in times if moment is not None), None)
    return created


def is_text(value: object) -> bool:
    """Whether a field holds a text that is not empty."""
    return isinstance(value, str) and value != ""


def items_of(document: Document) -> list[Any]:
    """The messages of a document as they stand there; none where they are no list."""
    messages = document.get("messages")
    return messages if isinstance(messages, list) else []
