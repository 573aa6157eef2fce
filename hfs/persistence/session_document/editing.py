"""Changes of what was said: a fork, another text, messages taken out. Pure functions on session documents."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from hfs.errors import InvalidDocumentError
from hfs.persistence._format import Document
from hfs.persistence._time import format_time, parse_time
from hfs.persistence.models import NAME_LIMIT
from hfs.persistence.session_document.layout import SESSION_LAYOUT
from hfs.persistence.session_document.texts import require_text
from hfs.persistence.session_document.uids import new_uid

REMOVED: Final = SESSION_LAYOUT.removed_key or ""
_MEMORY: Final = timedelta(minutes=10)
"""How long such a note stays: longer than another hfs would put a message of its own back."""
_SUFFIX: Final = " (fork)"
_OWN: Final = frozenset(
    ("id", "uid", "name", "name_source", "created_at", "updated_at", "messages", "pinned", "archived", REMOVED)
)


def forked(document: Document, before: int | None, name: str | None, moment: datetime) -> Document:
    """A session that goes its own way from a message on.

    The origin is named by its uid, which stays the same where a session is given another number.

    Args:
        document: The session.
        before: The id of the first message that is left out; None takes all.
        name: Its name; the session's own and a mark, where it is None.
        moment: When this happens.

    Raises:
        InvalidDocumentError: There is no such message.
    """
    items = document["messages"]
    end = len(items) if before is None else _place(items, before)
    origin: Document = {"uid": document["uid"]}
    if before is not None:
        origin["before_message"] = before
    kept = str(document["name"]).removesuffix(_SUFFIX)[: NAME_LIMIT - len(_SUFFIX)]
    return {
        "uid": new_uid(moment.timestamp()),
        "name": name or kept + _SUFFIX,
        "name_source": "user",
        "created_at": format_time(moment),
        "forked_from": origin,
        **{key: value for key, value in document.items() if key not in _OWN and key != "forked_from"},
        "messages": [dict(item) for item in items[:end]],
    }


def reworded(document: Document, message_id: int, content: str, moment: datetime) -> Document:
    """Gives a message another text, in place; returns the message.

    Raises:
        InvalidDocumentError: There is no such message, or the text can't be stored.
    """
    require_text(content, "The message")
    items = document["messages"]
    item: Document = items[_place(items, message_id)]
    item["content"] = content
    item["edited_at"] = document["updated_at"] = format_time(moment)
    return item


def taken_out(document: Document, message_ids: set[int], moment: datetime) -> int:
    """Takes messages out, in place; returns how many.

    A note of them stays for a while, so that no other hfs takes them for lost and puts them back.
    """
    items = document["messages"]
    gone = [item for item in items if isinstance(item, dict) and item.get("id") in message_ids]
    document["messages"] = [item for item in items if not (isinstance(item, dict) and item.get("id") in message_ids)]
    noted = document.get(REMOVED)
    notes = [note for note in noted if _is_fresh(note, moment)] if isinstance(noted, list) else []
    stamp = format_time(moment)
    notes += [{"id": item["id"], "created_at": item.get("created_at"), "removed_at": stamp} for item in gone]
    if notes:
        document[REMOVED] = notes
    document["updated_at"] = stamp
    return len(gone)


def missing(messages: Iterable[Document], present: Iterable[Any]) -> list[Document]:
    """The messages that are not among the present ones: neither by id and moment, nor by moment and words."""
    known = [item for item in present if isinstance(item, dict)]
    marks = {_identity(item) for item in known} | {_words(item) for item in known}
    return [item for item in messages if not marks & {_identity(item), _words(item)}]


def put_back(document: Document, lost: Iterable[Document]) -> int:
    """Puts messages back that were taken out, in place, each once; returns how many.

    One whose id was given to another meanwhile gets a new one, at the end.
    """
    items = document["messages"]
    used = {item.get("id") for item in items if isinstance(item, dict)}
    numbers = [number for number in used if type(number) is int]
    count = 0
    for item in lost:
        if not missing([item], items):
            continue
        number = item.get("id")
        if type(number) is not int or number in used:
            number = max(numbers, default=0) + 1
        following = (at for at, other in enumerate(items) if isinstance(other, dict) and _follows(other, number))
        items.insert(next(following, len(items)), {**item, "id": number})
        used.add(number)
        numbers.append(number)
        count += 1
    document.pop(REMOVED, None)
    return count


def _identity(item: Document) -> tuple[Any, ...]:
    return (item.get("id"), item.get("created_at"))


def _words(item: Document) -> tuple[Any, ...]:
    return (str(item.get("created_at")), str(item.get("role")), str(item.get("content")))


def _follows(item: Document, number: int) -> bool:
    other = item.get("id")
    return type(other) is int and other > number


def _place(items: list[Any], message_id: int) -> int:
    places = (at for at, item in enumerate(items) if isinstance(item, dict) and item.get("id") == message_id)
    place = next(places, None)
    if place is None:
        raise InvalidDocumentError(f"There is no message {message_id} in this session.")
    return place


def _is_fresh(note: Any, moment: datetime) -> bool:
    at = parse_time(note.get("removed_at")) if isinstance(note, dict) else None
    return at is not None and abs(moment - at) < _MEMORY
