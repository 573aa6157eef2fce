"""How a session differs from its copy in another store, and how the copy gets what is new. Pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from hfs.persistence import parse_time, render_document, render_json

Document = dict[str, Any]

_NO_FIELDS: Final = frozenset(("id", "format", "uid", "messages", "removed"))
"""What is no field that a person gave a session: ``removed`` is a note of a few minutes."""
_NAMING: Final = ("name", "name_source", "updated_at")
_DIGEST: Final = 16


@dataclass(frozen=True, slots=True)
class Differences:
    """How a copy differs from its session."""

    fields: tuple[str, ...] = ()
    """Keys of the header that are not the same, or on one side only."""
    changed: int = 0
    """Messages that have other words or keys in the copy."""
    more: int = 0
    """Messages that only the copy has."""
    fewer: int = 0
    """Messages that the copy has not and does not get: they were taken out of it."""


SAME: Final = Differences()
"""None."""


def digest(document: Document) -> bytes:
    """What two documents have in common that are the same to the letter, whatever their ids.

    Args:
        document: A whole document.
    """
    return hashlib.blake2b(render_document(1, document), digest_size=_DIGEST).digest()


def count(document: Document) -> int:
    """How many messages a document has."""
    messages = document.get("messages")
    return len(messages) if isinstance(messages, list) else 0


def additions(document: Document, copy: Document, gone: Iterable[Document] = ()) -> list[Document]:
    """The messages that are new to a copy, wherever they stand in the session.

    Args:
        document: The session.
        copy: The copy.
        gone: Messages that were taken out of the copy.
    """
    theirs, ours = _items(document), _items(copy)
    if theirs is None or ours is None:
        return []
    known = {identity for item in (*ours, *gone) for identity in _identities(item)}
    return [item for item in theirs if known.isdisjoint(_identities(item))]


def differences(document: Document, copy: Document) -> Differences:
    """How a copy differs, once it has the messages that are new to it.

    Args:
        document: The session.
        copy: The copy.
    """
    fields = tuple(key for key in _keys(document, copy) if _bytes_of(document, key) != _bytes_of(copy, key))
    theirs, ours = _items(document), _items(copy)
    if theirs is None or ours is None:
        same = render_json(document.get("messages")) == render_json(copy.get("messages"))
        return Differences(fields if same else (*fields, "messages"))
    known = {identity: item for item in ours for identity in _identities(item)}
    twins = [(item, next((known[one] for one in _identities(item) if one in known), None)) for item in theirs]
    changed = sum(twin is not None and _said(item) != _said(twin) for item, twin in twins)
    found = {id(twin) for _, twin in twins if twin is not None}
    more = sum(id(item) not in found for item in ours)
    fewer = sum(twin is None for _, twin in twins)
    if not (fields or changed or more or fewer) and digest(document) != digest(copy):
        fields = ("order",)
    return Differences(fields, changed, more, fewer)


def _keys(document: Document, copy: Document) -> list[str]:
    """The keys that are compared. When a session was changed is no difference beside what was."""
    keys = [key for key in {**document, **copy} if key not in _NO_FIELDS and key != "updated_at"]
    if all(_bytes_of(document, key) == _bytes_of(copy, key) for key in keys):
        keys.append("updated_at")
    return [key for key in keys if key != "name_source" or _bytes_of(document, "name") == _bytes_of(copy, "name")]


def _bytes_of(document: Document, key: str) -> bytes | None:
    return render_json(document[key]) if key in document else None


def _items(document: Document) -> list[Any] | None:
    items = document.get("messages")
    return items if isinstance(items, list) else None


def _identities(item: Any) -> list[tuple[Any, ...]]:
    """What tells a message from others: its moment and words, and its number and moment."""
    if not isinstance(item, dict):
        return [(render_json(item),)]
    moment = item.get("created_at")
    words = (str(moment), str(item.get("role")), str(item.get("content")))
    return [words, (str(item["id"]), moment)] if "id" in item and isinstance(moment, str) else [words]


def _said(item: Any) -> bytes:
    """A message without its number: it may have got another one."""
    return render_json({key: value for key, value in item.items() if key != "id"} if isinstance(item, dict) else item)


def bring_in(copy: Document, document: Document, items: list[Document]) -> None:
    """Adds messages to a copy, in place: behind the one that they follow in the session.

    What was said in the copy alone after that one stays, and both are put in the order in which they were said.

    Args:
        copy: The copy.
        document: The session.
        items: Its messages that are new to the copy; one whose number is taken gets another.
    """
    present: list[Any] = copy["messages"]
    places = {identity: at for at, item in enumerate(present) for identity in _identities(item)}
    new = {id(item) for item in items}
    coming: dict[int, list[Any]] = {}
    numbers = _Numbers(present)
    common, last = set(), -1
    for item in document["messages"]:
        place = next((places[one] for one in _identities(item) if one in places), None)
        if place is not None:
            last = place
            common.add(place)
        elif id(item) in new:
            coming.setdefault(last, []).append(numbers.give(item))
    joined: list[Any] = []
    waiting = coming.get(-1, [])
    for at, item in enumerate(present):
        if at in common:
            joined += [*waiting, item]
            waiting = coming.get(at, [])
        else:
            earlier = next((n for n, other in enumerate(waiting) if _moment(other) >= _moment(item)), len(waiting))
            joined += [*waiting[:earlier], item]
            waiting = waiting[earlier:]
    copy["messages"] = [*joined, *waiting]


class _Numbers:
    """The numbers of a session's messages."""

    def __init__(self, items: list[Any]) -> None:
        self._taken = {n for item in items if isinstance(item, dict) and type(n := item.get("id")) is int}
        self._highest = max(self._taken, default=0)

    def give(self, item: Any) -> Any:
        """A message that comes in, with another number if its own is taken."""
        number = item.get("id") if isinstance(item, dict) else None
        if type(number) is not int:
            return item
        if number in self._taken:
            number = self._highest + 1
        self._taken.add(number)
        self._highest = max(self._highest, number)
        return {**item, "id": number}


def _moment(item: Any) -> float:
    moment = parse_time(item.get("created_at")) if isinstance(item, dict) else None
    return moment.timestamp() if moment is not None else 0.0


def take_over(copy: Document, document: Document) -> None:
    """Gives a copy the name, tags and other fields of the session, in place.

    What only the copy has stays: its fields and tags, and its name, if that was changed later.

    Args:
        copy: The copy.
        document: The session.
    """
    renamed, changed = parse_time(copy.get("updated_at")), parse_time(document.get("updated_at"))
    keeps_name = renamed is not None and (changed is None or renamed > changed)
    for key, value in document.items():
        if key in _NO_FIELDS or key == "created_at" or (keeps_name and key in _NAMING):
            continue
        copy[key] = _united(copy.get("tags"), value) if key == "tags" else value


def _united(ours: object, theirs: object) -> object:
    """The tags of both."""
    if not (isinstance(ours, list) and isinstance(theirs, list)):
        return theirs
    known = {_folded(tag) for tag in theirs}
    return [*theirs, *(tag for tag in ours if _folded(tag) not in known)]


def _folded(tag: object) -> str:
    return tag.casefold() if isinstance(tag, str) else repr(tag)
