"""The session document: how it is laid out, and the way to ``SessionModel`` and back. No input, no output."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

from hfs.display import local_time
from hfs.errors import InvalidDocumentError
from hfs.persistence._format import Document, Layout
from hfs.persistence._time import format_time, now, parse_time
from hfs.persistence.models import NAME_LIMIT, ROLES, MessageModel, NewMessage, SessionModel

FORMAT: Final = 1
AUTO_NAME_LENGTH: Final = 30
PLACEHOLDER: Final = "New session"
_MESSAGE_KEYS: Final = frozenset(("id", "role", "created_at", "model", "status", "content"))
_SESSION_KEYS: Final = frozenset(("format", "id", "uid", "name", "name_source", "created_at", "updated_at", "messages"))
_UNKNOWN_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


def new_uid(moment: float | None = None, seed: bytes | None = None) -> str:
    """A UUIDv7 (RFC 9562, 5.7).

    Args:
        moment: Seconds since 1970; now, where it is None.
        seed: What its random part is made of, for one that must come out the same again.
    """
    if seed is not None:
        import hashlib

        seed = hashlib.sha256(seed).digest()[:10]
    milliseconds = int((time.time() if moment is None else moment) * 1000) & ((1 << 48) - 1)
    random = int.from_bytes(seed or os.urandom(10), "big")
    high = milliseconds << 16 | 0x7000 | random >> 68 & 0xFFF
    low = 0b10 << 62 | random & ((1 << 62) - 1)
    digits = f"{high << 64 | low:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def placeholder_name(moment: datetime) -> str:
    """The name of a session in which nobody has spoken yet."""
    return f"{PLACEHOLDER} - {local_time(moment):%Y-%m-%d_%H-%M}"


def auto_name(text: str, moment: datetime) -> str:
    """The beginning of the first user message, on one line, and the local time."""
    start = " ".join(text[: AUTO_NAME_LENGTH * 20].split())[:AUTO_NAME_LENGTH].strip()
    return f"{start or PLACEHOLDER} - {local_time(moment):%Y-%m-%d_%H-%M}"


def name_after(header: Document, messages: Iterable[Document]) -> bool:
    """Names a session after its first user message, if it still has its placeholder; says whether it did."""
    placeholder = str(header.get("name", "")).startswith(f"{PLACEHOLDER} - ")
    if header.get("name_source") != "auto" or not placeholder:
        return False
    first = next((message for message in messages if message.get("role") == "user" and not message.get("hidden")), None)
    if first is None:
        return False
    header["name"] = auto_name(_text(first.get("content")), parse_time(first.get("created_at")) or now())
    return True


def complete(doc_id: int, document: Document) -> None:
    """Fills in what a session document must have. The file's name wins over an id in it."""
    document.setdefault("format", FORMAT)
    document["id"] = doc_id
    if not _is_text(document.get("uid")):
        # Before anything else is filled in: it must be the one that readers were given.
        document["uid"] = derived_uid(doc_id, document)
    if parse_time(document.get("created_at")) is None:
        document["created_at"] = format_time(creation_of(document) or now())
    if not _is_text(document.get("name")):
        document["name"] = f"Session {doc_id}"
        document["name_source"] = "auto"
    document.setdefault("name_source", "user")
    document.setdefault("updated_at", None)
    document.setdefault("messages", [])


def fill_in(doc_id: int, document: Document) -> None:
    """The same, as readers see it: one of which nothing tells when it was begun says so each time."""
    if creation_of(document) is None:
        document["created_at"] = format_time(_UNKNOWN_TIME)
    complete(doc_id, document)


def derived_uid(doc_id: int, document: Document) -> str:
    """The uid of a session that has none: the same each time, until it is written."""
    created = creation_of(document) or _UNKNOWN_TIME
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


def newer_format(session: str, document: Document) -> str | None:
    """Why a document can't be written by this hfs, or None.

    Args:
        session: Which it is, and where, for the message.
        document: The document.
    """
    version = document.get("format", FORMAT)
    if type(version) is int and 1 <= version <= FORMAT:
        return None
    return (
        f"{session} has format {version!r}; this hfs writes format {FORMAT}. "
        "It opens read-only: install a newer hfs to write to it."
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _text(content: object) -> str:
    """A content as text, also where another program wrote blocks."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [block.get("text", "") if isinstance(block, dict) else block for block in content]
        return "\n".join(part for part in parts if isinstance(part, str) and part)
    return "" if content is None else str(content)


def _messages(document: Document) -> list[Any]:
    messages = document.get("messages")
    return messages if isinstance(messages, list) else []


def creation_of(document: Document) -> datetime | None:
    """When a session was begun: the moment in its header, else its first message's; None where neither is known."""
    created = parse_time(document.get("created_at"))
    if created is None:
        times = (parse_time(m.get("created_at")) for m in _messages(document) if isinstance(m, dict))
        created = next((moment for moment in times if moment is not None), None)
    return created


def to_session(
    doc_id: int, document: Document, *, read_only: str | None = None, recovered: bool = False
) -> SessionModel:
    """The session that a document holds. What it lacks is filled in; what hfs doesn't know goes to ``extra``."""
    created = creation_of(document) or _UNKNOWN_TIME
    messages = _to_messages(doc_id, _messages(document), created)
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
    return _to_messages(session_id, [item], _UNKNOWN_TIME)[0]


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
        get = item.get
        number, role, content, model, status = get("id"), get("role"), get("content"), get("model"), get("status")
        if type(number) is not int or number in used:
            number = highest + 1
        used.add(number)
        highest = max(highest, number)
        try:
            moment = parse(item["created_at"])
            if moment.tzinfo is not UTC:
                moment = parse_time(item["created_at"]) or fallback
        except (KeyError, TypeError, ValueError, OverflowError):
            moment = fallback
        fallback = moment
        # Four keys are in nearly every message: counting them is cheaper than comparing sets.
        known = 4 + (model is not None) + (status is not None)
        whole = role is not None and content is not None and "id" in item and "created_at" in item
        extra = {} if whole and len(item) == known else {k: v for k, v in item.items() if k not in _MESSAGE_KEYS}
        messages.append(
            MessageModel(
                number,
                session_id,
                role if isinstance(role, str) else "system",
                content if isinstance(content, str) else _text(content),
                moment,
                model if isinstance(model, str) else None,
                status if isinstance(status, str) else None,
                extra,
            )
        )
    return messages


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


def checked_name(name: object) -> str:
    """A name as it is stored: on one line, 1 to 255 characters.

    Raises:
        InvalidDocumentError: It is empty or longer.
    """
    require_text(name, "The name")
    line = " ".join(str(name).split())
    if not 1 <= len(line) <= NAME_LIMIT:
        raise InvalidDocumentError(f"A name has 1 to {NAME_LIMIT} characters; this one has {len(line)}.")
    return line


def checked_import(document: object) -> Document:
    """A foreign document as a new session's, its ids made unique.

    Raises:
        InvalidDocumentError: It is no session document of a format that this hfs knows.
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
    used: set[int] = set()
    highest = 0
    for item in checked["messages"]:
        number = item.get("id")
        if type(number) is not int or number < 1 or number in used:
            item["id"] = highest + 1
        used.add(item["id"])
        highest = max(highest, item["id"])
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
