"""Session documents as rows, and rows as documents again. No input, no output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from hfs.persistence._format import Document, render_head, render_item
from hfs.persistence._json import encode, exact, loads
from hfs.persistence._time import format_time, parse_time
from hfs.persistence.index.rows import Activity, Row, count_activity, from_microseconds, row_outside_files, storable
from hfs.persistence.index.text import fold
from hfs.persistence.models import MessageModel
from hfs.persistence.session_document.layout import SESSION_LAYOUT
from hfs.persistence.session_document.models import to_session
from hfs.persistence.sql.rows import MessageRow, SessionRow

Columns = dict[str, Any]

_KNOWN: Final = ("format", "id", "uid", "name", "name_source", "created_at", "updated_at", "messages")
_KEYS: Final = {"changed_at": "updated_at"}
"""What a document calls what a column has, where that is another name."""
_MESSAGE: Final = ("number", "role", "content", "created_at", "model", "status", "extra")
_HEADER: Final = ("uid", "format", "name", "name_source", "created_at", "changed_at", "extra")
HIGHEST_NUMBER: Final = (1 << 63) - 1
"""The highest number that a column holds."""
_LOWEST: Final = -(1 << 63)
_HIGHEST_FORMAT: Final = (1 << 31) - 1


def session_columns(doc_id: int, document: Document) -> Columns:
    """The columns of a session, but for those that tell of its writes.

    Args:
        doc_id: Its id.
        document: A whole document, completed.
    """
    header = {key: value for key, value in document.items() if key != "messages" or not isinstance(value, list)}
    row = row_outside_files(doc_id, document)
    session = to_session(doc_id, {**header, "messages": []})
    changed = parse_time(document.get("updated_at"))
    version = document.get("format")
    extra = {key: value for key, value in header.items() if key not in _KNOWN}
    columns: Columns = {
        "id": doc_id,
        "uid": text_column(row.uid),
        "format": version if type(version) is int and 0 < version <= _HIGHEST_FORMAT else 1,
        "name": text_column(row.name),
        "name_source": session.name_source,
        "created_at": from_microseconds(row.created),
        "changed_at": changed,
        "extra": extra if _comes_back(extra) else {},
        "exact": None,
        **_listed(row),
    }
    try:
        same = columns["extra"] == extra and _head(header_of(columns)) == _head(header)
    except (TypeError, ValueError):
        same = False
    if not same:
        columns["exact"] = encode(header)
    return columns


def listed_after(row: SessionRow, items: Sequence[Document]) -> Columns:
    """The columns that lists need, once messages came in behind those that a session has.

    Args:
        row: The session.
        items: The messages.
    """
    activity: Activity = {(hour, role, model): counts for hour, role, model, *counts in orjson.loads(row.activity)}
    count_activity(activity, list(items), row.created_at)
    activity = _storable(activity)
    newest = parse_time(items[-1].get("created_at"))
    updated = max(filter(None, (row.changed_at, newest)), default=row.updated_at)
    models = _models(activity)
    return {
        "message_count": row.message_count + len(items),
        "updated_at": updated,
        "active_at": max(row.created_at, updated or row.created_at),
        "models": models,
        "spoken_by": _spoken_by(models),
        "activity": _encoded(activity),
    }


def _listed(row: Row) -> Columns:
    created = from_microseconds(row.created)
    updated = None if row.updated is None else from_microseconds(row.updated)
    tags = list(map(text_column, row.tags))
    activity = _storable(row.activity)
    models = _models(activity)
    return {
        "message_count": row.messages,
        "updated_at": updated,
        "active_at": max(created, updated or created),
        "tags": tags,
        "models": models,
        "pinned": row.pinned,
        "archived": row.archived,
        "folded_name": text_column(fold(row.name)),
        "folded_tags": _between_lines(tag.casefold() for tag in tags),
        "spoken_by": _spoken_by(models),
        "activity": _encoded(activity),
    }


def _storable(activity: Activity) -> Activity:
    """The same, its roles and models as every database can hold them."""
    found: Activity = {}
    for (hour, role, model), (messages, characters) in activity.items():
        counts = found.setdefault((hour, text_column(role), text_column(model)), [0, 0])
        counts[0] += messages
        counts[1] += characters
    return found


def _models(activity: Activity) -> list[str]:
    return sorted({model for _, _, model in activity if model})


def _encoded(activity: Activity) -> str:
    return orjson.dumps([[*key, *value] for key, value in activity.items()]).decode()


def _spoken_by(models: Iterable[str]) -> str:
    return _between_lines(name for model in models for name in dict.fromkeys((model, model.rsplit("/", 1)[-1])))


def _between_lines(texts: Iterable[str]) -> str:
    found = "\n".join(text.replace("\n", " ") for text in texts)
    return f"\n{found}\n" if found else ""


def message_columns(session_id: int, items: Sequence[Any], created_at: datetime) -> list[Columns]:
    """The columns of messages, in order, but for their position and what their write is known by.

    Args:
        session_id: The session.
        items: All its messages as they stand in the document, or those that come in, which have their ids.
        created_at: When the session was begun.
    """
    document = {"created_at": format_time(created_at), "messages": list(items)}
    models = to_session(session_id, document).messages
    return [_message(model, item) for model, item in zip(models, items, strict=True)]


def _message(model: MessageModel, item: Any) -> Columns:
    extra = model.extra
    plain = _comes_back(extra)
    columns: Columns = {
        "number": min(max(model.id, _LOWEST), HIGHEST_NUMBER),
        "role": text_column(model.role),
        "content": text_column(model.content),
        "created_at": model.created_at,
        "model": None if model.model is None else text_column(model.model),
        "status": None if model.status is None else text_column(model.status),
        "extra": extra if plain else {},
        "exact": None,
    }
    if not plain or item_bytes(item_of(columns)) != item_bytes(item):
        columns["exact"] = encode(item)
    return columns


def item_bytes(item: Any) -> bytes:
    """A message as its file has it: two that are the same there are the same."""
    return render_item(item, SESSION_LAYOUT)


def _head(header: Document) -> bytes:
    return render_head(header, SESSION_LAYOUT)


def header_of(columns: Columns) -> Document:
    """The header of a document as the columns of a session say it."""
    changed = columns["changed_at"]
    return {
        "format": columns["format"],
        "id": columns["id"],
        "uid": columns["uid"],
        "name": columns["name"],
        "name_source": columns["name_source"],
        "created_at": format_time(columns["created_at"]),
        "updated_at": None if changed is None else format_time(changed),
        **columns["extra"],
    }


def item_of(columns: Columns) -> Document:
    """A message as its columns say it."""
    item: Document = {
        "id": columns["number"],
        "role": columns["role"],
        "created_at": format_time(columns["created_at"]),
    }
    if columns["model"] is not None:
        item["model"] = columns["model"]
    if columns["status"] is not None:
        item["status"] = columns["status"]
    return {**item, **columns["extra"], "content": columns["content"]}


def header_from(row: SessionRow) -> Document:
    """The header of the document that a row holds."""
    columns = {name: getattr(row, name) for name in ("id", *_HEADER)}
    header = None if row.exact is None else _decoded(row.exact)
    if not isinstance(header, dict):
        return header_of(columns)
    header["id"] = row.id
    before = session_columns(row.id, {"messages": [], **header})
    changed = _changed(header, before, columns, _HEADER)
    return _overlaid(header, changed, header_of(columns), {*before["extra"], *columns["extra"]})


def item_from(row: MessageRow) -> Any:
    """The message that a row holds, as it stands in the document."""
    columns = {name: getattr(row, name) for name in _MESSAGE}
    if row.exact is None:
        return item_of(columns)
    item = _decoded(row.exact)
    (before,) = message_columns(row.session_id, [item], row.created_at)
    # Of two that have the same id in the document one has another number.
    changed = _changed(item, before, columns, [name for name in _MESSAGE if name != "number"])
    if not isinstance(item, dict):
        return item_of(columns) if changed else item
    return _overlaid(item, changed, item_of(columns), {*before["extra"], *columns["extra"]})


def _changed(document: Any, before: Columns, columns: Columns, names: Iterable[str]) -> list[str]:
    """The columns that another program changed: who did means what stands there now."""
    is_dated = isinstance(document, dict) and parse_time(document.get("created_at")) is not None
    # What has no moment of its own was given one.
    return [name for name in names if before[name] != columns[name] and (is_dated or name != "created_at")]


def _overlaid(document: Document, changed: Sequence[str], plain: Document, extra: set[str]) -> Document:
    """A document with what columns say that were changed.

    Args:
        document: As it was written.
        changed: The columns.
        plain: The document as all columns say it.
        extra: The keys that stand, or stood, in the column of those that have none of their own.
    """
    for name in changed:
        for key in extra if name == "extra" else (_KEYS.get(name, name),):
            if key in plain:
                document[key] = plain[key]
            else:
                document.pop(key, None)
    return document


def document_from(row: SessionRow) -> Document:
    """The document that a session and its messages make."""
    header = header_from(row)
    header.setdefault("messages", [item_from(message) for message in row.messages])
    return header


def _decoded(data: bytes) -> Any:
    return exact(data, loads(data))


def text_column(text: str) -> str:
    """A text as every database can hold it: NUL as its picture, halves of surrogate pairs spelled out."""
    return storable(text).replace("\0", "\u2400")


def _comes_back(value: object) -> bool:
    """Whether every database gives a value back as it was: PostgreSQL puts keys in order, and rewrites numbers."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        return "\0" not in value and storable(value) == value
    if type(value) is int:
        return _LOWEST <= value <= HIGHEST_NUMBER
    if isinstance(value, list):
        return all(map(_comes_back, value))
    if not isinstance(value, dict) or not all(type(key) is str and _comes_back(key) for key in value):
        return False
    keys = [(len(key.encode()), key.encode()) for key in value]
    return keys == sorted(keys) and all(map(_comes_back, value.values()))
