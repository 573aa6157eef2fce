"""From a session document to the values that callers get, and from a new message to an item of a document."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, Literal

from hfs.errors import InvalidDocumentError
from hfs.persistence._format import Document
from hfs.persistence._time import format_time, now, parse_time
from hfs.persistence.models import NAME_LIMIT, ROLES, MessageModel, NewMessage, SessionModel
from hfs.persistence.session_document.layout import UNKNOWN_TIME, creation_of, derived_uid, items_of
from hfs.persistence.session_document.texts import require_text, text_of

_MESSAGE_KEYS: Final = frozenset(("id", "role", "created_at", "model", "status", "content"))
_SESSION_KEYS: Final = frozenset(("format", "id", "uid", "name", "name_source", "created_at", "updated_at", "messages"))


def to_session(
    doc_id: int, document: Document, *, read_only: str | None = None, recovered: bool = False
) -> SessionModel:
    """The session that a document holds. What it lacks is filled in; what hfs doesn't know goes to ``extra``."""
    created = creation_of(document) or UNKNOWN_TIME
    messages = _to_messages(doc_id, items_of(document), created)
    name = document.get("name")
    source: Literal["auto", "user"] = "auto" if document.get("name_source") == "auto" else "user"
    uid = document.get("uid")
    return SessionModel(
        id=doc_id,
        uid=uid if isinstance(uid, str) and uid else derived_uid(doc_id, document),
        name=name[:NAME_LIMIT] if isinstance(name, str) and name else f"Session {doc_id}",
        name_source=source,
        created_at=created,
        updated_at=updated_at(document, messages[-1].created_at if messages else None),
        messages=messages,
        extra={key: value for key, value in document.items() if key not in _SESSION_KEYS},
        read_only=read_only,
        recovered=recovered,
    )


def to_message(session_id: int, item: Document) -> MessageModel:
    """The message that an item of a document holds."""
    return _to_messages(session_id, [item], UNKNOWN_TIME)[0]


def updated_at(document: Document, newest: datetime | None) -> datetime | None:
    """The later of the header's time and the newest message's."""
    times = [moment for moment in (parse_time(document.get("updated_at")), newest) if moment is not None]
    return max(times, default=None)


def _to_messages(session_id: int, items: list[Any], fallback: datetime) -> list[MessageModel]:
    messages: list[MessageModel] = []
    used: set[int] = set()
    highest = 0
    parse: Callable[[str], datetime] = datetime.fromisoformat
    for item in items:
        if type(item) is dict and len(item) == 4:
            # Nearly every message has these four fields and no other: no need to ask for each.
            try:
                number, role, content, moment = item["id"], item["role"], item["content"], parse(item["created_at"])
            except (KeyError, TypeError, ValueError):
                pass
            else:
                kinds = type(number) is int and type(role) is str and type(content) is str
                if kinds and moment.tzinfo is UTC and number not in used:
                    used.add(number)
                    if number > highest:
                        highest = number
                    fallback = moment
                    messages.append(MessageModel(number, session_id, role, content, moment, None, None, {}))
                    continue
        if not isinstance(item, dict):
            item = {"role": "system", "content": item}
        number = item.get("id")
        if type(number) is not int or number in used:
            number = highest + 1
        used.add(number)
        highest = max(highest, number)
        fallback = parse_time(item.get("created_at")) or fallback
        messages.append(_to_message(session_id, item, number, fallback))
    return messages


def _to_message(session_id: int, item: Document, number: int, moment: datetime) -> MessageModel:
    """The message that an item holds, whatever it lacks, under a number and with a moment that are known."""
    get = item.get
    role, content, model, status = get("role"), get("content"), get("model"), get("status")
    # Four keys are in nearly every message: counting them is cheaper than comparing sets.
    known = 4 + (model is not None) + (status is not None)
    whole = role is not None and content is not None and "id" in item and "created_at" in item
    return MessageModel(
        number,
        session_id,
        role if isinstance(role, str) else "system",
        content if isinstance(content, str) else text_of(content),
        moment,
        model if isinstance(model, str) else None,
        status if isinstance(status, str) else None,
        {} if whole and len(item) == known else {k: v for k, v in item.items() if k not in _MESSAGE_KEYS},
    )


def to_item(message: NewMessage) -> Document:
    """A new message as it is stored, without its id.

    Raises:
        InvalidDocumentError: An unknown role, or a text that can't be stored.
    """
    if message.role not in ROLES:
        raise InvalidDocumentError(f"{message.role!r} is no role: expected one of {', '.join(ROLES)}.")
    clash = _MESSAGE_KEYS & message.extra.keys()
    if clash:
        raise InvalidDocumentError(f"extra can't hold {sorted(clash)}: these are the message's own fields.")
    require_text(message.content, "The message")
    item: Document = {"role": message.role, "created_at": format_time(message.created_at or now())}
    if message.model is not None:
        item["model"] = message.model
    if message.status is not None:
        item["status"] = message.status
    return {**item, **message.extra, "content": message.content}
