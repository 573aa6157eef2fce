"""A session that was in an editor, brought into the session as it is now. Pure functions on session documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from hfs.errors import InvalidDocumentError
from hfs.persistence._format import Document
from hfs.persistence._time import format_time, parse_time
from hfs.persistence.models import ROLES, SessionModel
from hfs.persistence.session_document.editing import taken_out
from hfs.persistence.session_document.layout import complete
from hfs.persistence.session_document.merge import merge
from hfs.persistence.session_document.naming import checked_name, name_after
from hfs.persistence.session_document.texts import require_text

_FIXED: Final = ("format", "id", "uid")
_OWN: Final = (*_FIXED, "name", "name_source", "created_at", "updated_at")
_NAMING: Final = frozenset(("name", "name_source", "updated_at", "messages"))


@dataclass(slots=True)
class EditCounts:
    """What an edit did to a session.

    Example:
        >>> from hfs.persistence import open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread")
        ...     before = store.editable(session.id)
        ...     said = [{"role": "user", "content": "Twelve hours?"}]
        ...     edit = store.merge_edited(session.id, before, {**before, "name": "Rye bread", "messages": said})
        >>> edit.counts.renamed, edit.counts.added, edit.counts.changed
        (True, 1, 0)
    """

    changed: int = 0
    """Messages with other words or keys."""
    added: int = 0
    """Messages that are new."""
    taken_out: int = 0
    """Messages that went to the trash."""
    contested: int = 0
    """Messages that were edited here and changed by another program as well: both versions stay."""
    kept: int = 0
    """Messages that were taken out here and changed by another program meanwhile: they stay."""
    reordered: bool = False
    """Whether messages stand in another order."""
    renamed: bool = False
    """Whether the session has another name."""
    header: bool = False
    """Whether the session has other keys, or other values in them."""


@dataclass(frozen=True, slots=True)
class MergedEdit:
    """What became of an edit.

    Example:
        >>> from hfs.persistence import open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread")
        ...     before = store.editable(session.id)
        ...     message = store.add_message(session.id, "user", "Said meanwhile")
        ...     edit = store.merge_edited(session.id, before, {**before, "name": "Rye bread"})
        >>> edit.session.name, edit.session.message_count
        ('Rye bread', 1)
    """

    session: SessionModel
    """As it is now."""
    counts: EditCounts
    """What the edit changed."""


@dataclass(slots=True)
class Edit:
    """An edit on its way into a session."""

    document: Document
    """The session as it becomes."""
    counts: EditCounts
    lost: list[Document] = field(default_factory=list)
    """The messages that it takes out."""


def editable(session_id: int, document: Document, base: Document | None = None) -> Document:
    """A copy in which everything is filled in that readers fill in, so that each message is told by id and moment.

    Args:
        session_id: The session.
        document: As it stands in the file.
        base: What this gave before: when a message was said is the same again, where the file doesn't say it.

    Raises:
        InvalidDocumentError: Its messages are no list.
    """
    found = dict(document)
    complete(session_id, found)
    known = {item["id"]: item["created_at"] for item in base["messages"]} if base is not None else {}
    if not isinstance(found["messages"], list):
        raise InvalidDocumentError(f'The "messages" of session {session_id} are no list.', at="messages")
    moment = found["created_at"]
    used: set[int] = set()
    items = []
    for item in found["messages"]:
        item = dict(item) if isinstance(item, dict) else {"role": "system", "content": item}
        if type(item.get("id")) is not int or item["id"] in used:
            item = {**item, "id": max(used, default=0) + 1}
        used.add(item["id"])
        if not isinstance(item.get("created_at"), str):
            item["created_at"] = known.get(item["id"], moment)
        moment = item["created_at"]
        items.append({**item, "content": item.get("content", "")})
    return {**found, "messages": items}


def bring_in(ours: Document, base: Document, edited: Document, moment: datetime) -> Edit:
    """An edit, and what others did meanwhile, in one document; nothing that either side said is lost.

    Args:
        ours: The session as it is now, ``editable`` as the base.
        base: As it was when it went into the editor.
        edited: As it came out of it. Messages without an id are new.
        moment: When this happens.

    Raises:
        InvalidDocumentError: It can't be stored; ``at`` says where the mistake is.
    """
    theirs = _checked(base, edited, ours, moment)
    was, now, new = _by_id(base), _by_id(ours), _by_id(theirs)
    counts = EditCounts(
        changed=sum(new[number] != item for number, item in was.items() if number in new),
        added=len(new.keys() - was.keys()),
        renamed=theirs["name"] != base["name"],
        header=_other_keys(base) != _other_keys(theirs),
    )
    for number in new.keys() & was.keys():
        if new[number] not in (was[number], now.get(number)):
            counts.contested += number in now and now[number] != was[number]
            new[number]["edited_at"] = format_time(moment)
    gone = {number for number in was.keys() - new.keys() if number in now}
    lost = [item for number, item in now.items() if number in gone and item == was[number]]
    counts.taken_out, counts.kept = len(lost), len(gone) - len(lost)
    document = {**ours}
    if lost:
        taken_out(document, {item["id"] for item in lost}, moment)
    order = [number for number in new if number in was]
    if order != [number for number in was if number in new]:
        counts.reordered = True
        document["messages"] = _in_order(document["messages"], order)
    document = merge(document, theirs, base)
    # One side took them out, and the other left them as they were.
    gone_keys = base.keys() - (theirs.keys() & ours.keys())
    document = {key: value for key, value in document.items() if key not in gone_keys or value != base[key]}
    name_after(document, document["messages"])
    return Edit(document, counts, lost)


def _by_id(document: Document) -> dict[int, Document]:
    return {item["id"]: item for item in document["messages"]}


def _other_keys(document: Document) -> Document:
    return {key: value for key, value in document.items() if key not in _NAMING}


def _in_order(items: list[Document], wanted: list[int]) -> list[Document]:
    """The items, with those that are named in the order in which they are; others keep their places."""
    rank = {number: at for at, number in enumerate(wanted)}
    sorted_items = iter(sorted((item for item in items if item["id"] in rank), key=lambda item: rank[item["id"]]))
    return [next(sorted_items) if item["id"] in rank else item for item in items]


# What may be stored


def _checked(base: Document, edited: Document, ours: Document, moment: datetime) -> Document:
    """The edited document, complete, its new messages with ids that nothing else has."""
    header: Document = {key: base[key] for key in _OWN if key in base} | edited
    for key in _FIXED:
        if header[key] != base[key]:
            raise InvalidDocumentError(f'"{key}" can\'t be changed: expected {base[key]!r}.', at=key)
    if header["name"] != base["name"]:
        header["name"] = _named(header["name"])
        header["name_source"] = "user"
    if header["name_source"] not in ("auto", "user", base["name_source"]):
        raise InvalidDocumentError('"name_source" is "auto" or "user".', at="name_source")
    _require_time(header["created_at"], base["created_at"], "created_at")
    header["updated_at"] = format_time(moment)
    items = edited.get("messages")
    if not isinstance(items, list):
        raise InvalidDocumentError('There is no list of "messages".', at="messages")
    return {**header, "messages": _checked_items(items, base, ours, moment)}


def _named(name: object) -> str:
    try:
        return checked_name(name)
    except InvalidDocumentError as error:
        raise InvalidDocumentError(str(error), at="name") from error


def _checked_items(items: list[Any], base: Document, ours: Document, moment: datetime) -> list[Document]:
    was = _by_id(base)
    used: set[int] = set()
    checked = []
    for at, item in enumerate(items):
        if not isinstance(item, dict):
            raise InvalidDocumentError("This is no message: expected an object in braces.", at=at)
        number = item.get("id")
        if number is not None and (type(number) is not int or (number < 1 and number not in was) or number in used):
            raise InvalidDocumentError(
                f"The id {number!r} is no whole number, or another message has it: a new one has none.", at=at
            )
        before = was.get(number) if number is not None else None
        if item != before:
            _require_message(at, item, before)
        used |= {number} if number is not None else set()
        stamp = before["created_at"] if before is not None else format_time(moment)
        checked.append({**item, "created_at": item.get("created_at", stamp)})
    highest = max([0, *used, *was, *_by_id(ours)])
    for item in checked:
        if item.get("id") is None:
            highest += 1
            item["id"] = highest
    return checked


def _require_message(at: int, item: Document, before: Document | None) -> None:
    role, content = item.get("role"), item.get("content")
    if role not in ROLES and (before is None or role != before.get("role")):
        raise InvalidDocumentError(f"{role!r} is no role: expected one of {', '.join(ROLES)}.", at=at)
    if before is None or content != before["content"]:
        try:
            require_text(content, "The text")
        except InvalidDocumentError as error:
            raise InvalidDocumentError(str(error), at=at) from error
    if "created_at" in item:
        _require_time(item["created_at"], before["created_at"] if before is not None else None, at)


def _require_time(value: object, before: object, at: int | str) -> None:
    if value != before and parse_time(value) is None:
        raise InvalidDocumentError(f"{value!r} is no time: expected one such as 2026-11-24T01:55:12Z.", at=at)
