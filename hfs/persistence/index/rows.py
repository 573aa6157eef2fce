"""A session as a row of the index: made of its document, and made a summary again."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from hfs.persistence._file_ops import Identity
from hfs.persistence._format import Document
from hfs.persistence._time import parse_time
from hfs.persistence.models import NAME_LIMIT, SessionSummary, tags_of
from hfs.persistence.session_document.layout import creation_of, derived_uid, items_of
from hfs.persistence.session_document.models import updated_at
from hfs.persistence.session_document.texts import text_of

COLUMNS: Final = (
    "id, identity, uid, name, created, updated, active, messages, models, tags, pinned, archived, problem, "
    "activity, seal"
)
SUMMARY: Final = (
    "id, uid, name, created, updated, messages, models, tags, pinned, archived, problem, activity, seal, identity"
)
"""What a list needs of a row."""
NAME: Final = 0
ROLES: Final = {"name": NAME, "user": 1, "assistant": 2, "system": 3, "tool": 4}
"""The numbers of who spoke; every other role has ``OTHER``."""
OTHER: Final = 5
HIGHEST: Final = (1 << 63) - 1
"""The highest number that the database has."""
_ROLE_BITS: Final = 3
_NEVER: Final = -1
"""A number that no identity has: Python's hashes are never this."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_HOUR: Final = len("2026-01-01T00")
_CANONICAL_TIME: Final = len("2026-01-01T00:00:00.000000Z")


def identity_number(identity: Identity) -> int:
    """The identity of a file as one number. Devices are numbered anew at each start, and left out."""
    return hash(identity[1:])


def rowid_of(place: int, role: int) -> int:
    """The row of ``text`` for a place and who spoke there."""
    return place << _ROLE_BITS | role


def from_rowid(rowid: int) -> tuple[int, int]:
    """The place and the role of a row of ``text``."""
    return rowid >> _ROLE_BITS, rowid & (1 << _ROLE_BITS) - 1


def microseconds(moment: datetime) -> int:
    """A moment as microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(number: int) -> datetime:
    """The moment of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=number)


Activity = dict[tuple[str, str, str], list[int]]


@dataclass(slots=True)
class Row:
    """A session as the index has it."""

    id: int
    identity: int
    uid: str
    name: str
    created: int
    """Microseconds since 1970, as are the next two."""
    updated: int | None
    messages: int
    tags: list[str]
    pinned: bool
    archived: bool
    problem: str | None
    activity: Activity
    """By hour (``2026-01-01T00``, UTC), role and model: how many messages, and their characters together."""

    @property
    def models(self) -> list[str]:
        """The models that spoke."""
        return sorted({model for _, _, model in self.activity if model})

    def values(self) -> tuple[Any, ...]:
        """The row's columns."""
        active = max(self.created, self.updated or self.created)
        models, tags = orjson.dumps(self.models).decode(), orjson.dumps(self.tags).decode()
        activity = orjson.dumps([[*key, *value] for key, value in self.activity.items()]).decode()
        shown = (
            *(self.id, self.uid, self.name, self.created, self.updated, self.messages, models, tags),
            *(int(self.pinned), int(self.archived), self.problem, activity),
        )
        return (
            *(self.id, self.identity, self.uid, self.name, self.created, self.updated, active),
            *(self.messages, models, tags, int(self.pinned), int(self.archived), self.problem),
            *(activity, seal(shown)),
        )

    def summary(self) -> SessionSummary:
        """The row as a line of a list."""
        return SessionSummary(
            id=self.id,
            uid=self.uid,
            name=self.name,
            created_at=from_microseconds(self.created),
            updated_at=None if self.updated is None else from_microseconds(self.updated),
            message_count=self.messages,
            problem=self.problem,
            tags=tuple(self.tags),
            models=tuple(self.models),
            pinned=self.pinned,
            archived=self.archived,
        )


def seal(shown: tuple[Any, ...]) -> int:
    """A checksum of what a list shows of a row, and what is counted: a disk, or a person, may have changed it."""
    return zlib.crc32(repr(shown).encode("utf-8", "backslashreplace"))


def to_summary(row: tuple[Any, ...]) -> SessionSummary | None:
    """The summary of a row as ``SUMMARY`` names its columns; None where it isn't what was written."""
    number, uid, name, created, updated, messages, models, tags, pinned, archived, problem, _, sealed, _ = row
    if seal(row[:12]) != sealed:
        return None
    return SessionSummary(
        id=number,
        uid=uid,
        name=name,
        created_at=from_microseconds(created),
        updated_at=None if updated is None else from_microseconds(updated),
        message_count=messages,
        problem=problem,
        tags=tuple(orjson.loads(tags)),
        models=tuple(orjson.loads(models)),
        pinned=bool(pinned),
        archived=bool(archived),
    )


Said = tuple[int, str]
"""Who spoke, as a number, and what was said."""


def row_of(doc_id: int, identity: Identity, document: Document, *, salvaged: bool = False) -> tuple[Row, list[Said]]:
    """The row of a session that was read, and what was said in it."""
    items = items_of(document)
    newest = parse_time(items[-1].get("created_at")) if items and isinstance(items[-1], dict) else None
    created = creation_of(document) or from_microseconds(_modified(identity))
    updated = updated_at(document, newest)
    name, uid, tags = document.get("name"), document.get("uid"), document.get("tags")
    activity: Activity = {}
    said = count_activity(activity, items, created)
    row = Row(
        id=doc_id,
        identity=identity_number(identity),
        uid=storable(uid) if isinstance(uid, str) and uid else derived_uid(doc_id, document),
        name=storable(name[:NAME_LIMIT]) if isinstance(name, str) and name else f"Session {doc_id}",
        created=microseconds(created),
        updated=None if updated is None else microseconds(updated),
        messages=len(items),
        tags=[storable(tag) for tag in tags_of(tags)] if tags else [],
        pinned=document.get("pinned") is True,
        archived=document.get("archived") is True,
        problem="an interrupted write: what was saved before it can be read" if salvaged else None,
        activity=activity,
    )
    return row, said


def row_outside_files(doc_id: int, document: Document) -> Row:
    """The row of a session that is in no file: without any moment it counts as begun now, as one just written would."""
    return row_of(doc_id, Identity(0, 0, 0, time.time_ns(), 0), document)[0]


def damaged_row(doc_id: int, identity: Identity, problem: str, *, passing: bool = False) -> Row:
    """The row of a session whose file can't be read: what can be told of it.

    Args:
        doc_id: The session.
        identity: Its file.
        problem: Why it can't be read.
        passing: It may be read the next time, though the file stays the same.
    """
    moment, number = _modified(identity), _NEVER if passing else identity_number(identity)
    return Row(doc_id, number, "", f"Session {doc_id}", moment, moment, 0, [], False, False, storable(problem), {})


def _modified(identity: Identity) -> int:
    """When a file was written, in microseconds: a file system may say a year that a calendar doesn't have."""
    return min(max(identity.modified // 1000, microseconds(_FIRST)), microseconds(_LAST))


def count_activity(activity: Activity, items: list[Any], fallback: datetime) -> list[Said]:
    """Counts messages into an activity; returns what each of them says.

    Args:
        activity: What is counted into.
        items: The messages.
        fallback: When those without a moment of their own were said.
    """
    said: list[Said] = []
    hour = fallback.isoformat()[:_HOUR]
    for item in items:
        if type(item) is not dict:
            said.append((OTHER, ""))
            continue
        get = item.get
        moment, model, role, text = get("created_at"), get("model"), get("role"), get("content")
        if type(text) is not str:
            text = text_of(text)
        if type(moment) is str and len(moment) == _CANONICAL_TIME and moment[10::16] == "TZ" and moment.isascii():
            hour = moment[:_HOUR]
        else:
            hour = _hour(moment) or hour
        if type(role) is not str or not role.isascii():
            role = storable(role) if isinstance(role, str) else ""
        if model is None or type(model) is not str or not model.isascii():
            model = storable(model) if isinstance(model, str) else ""
        said.append((ROLES.get(role, OTHER), text))
        counts = activity.get((hour, role, model))
        if counts is None:
            activity[hour, role, model] = [1, len(text)]
        else:
            counts[0] += 1
            counts[1] += len(text)
    return said


def _hour(moment: object) -> str | None:
    parsed = parse_time(moment)
    return parsed.isoformat()[:_HOUR] if parsed else None


def storable(text: str) -> str:
    """The text, with halves of surrogate pairs, which a database can't hold, spelled out."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
