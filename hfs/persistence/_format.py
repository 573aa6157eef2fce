"""Bytes to document and back. Pure functions: no input, no output.

A document is a JSON object. A table may declare a ``Layout``: which list is the one that grows, and which
texts are written as lists of their lines. In memory such a text is always its joined text.

The canonical layout of a document with a growing list::

    {
      "key": value,
      "messages": [
        {"id": 1, "content": "one line"},
        {"id": 2, "content": [
          "two",
          "lines"
        ]}
      ]
    }

An item starts a line of its own, with four spaces before its brace, and behind the list's key no other line
starts like that; a string never holds a raw line break. That is what the tail append and its recovery stand on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

import orjson

from hfs.persistence._json import JSONError, encode, encode_key, encode_scalar, escape, exact, loads

TAIL: Final = b"\n  ]\n}\n"
"""How a canonical document with a non-empty growing list ends: what an append replaces."""
ITEM_START: Final = b"\n    {"
_PLAIN_TYPES: Final = frozenset((str, int, bool, type(None)))
_INLINE_LIMIT: Final = 100
"""How many bytes a nested header value may take on its line before it is spread over several."""

Document = dict[str, Any]
Amend = Callable[[Document, list[Document]], bool]
"""Changes the fields of a document beside its growing list when items come in; says whether it did."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the documents of a table are written. The default declares nothing: what is put in is given back as it was.

    Example:
        >>> from pathlib import Path
        >>> from hfs.persistence import DocumentDB, Layout
        >>> with DocumentDB("desk", layouts={"notes": Layout(text_fields=frozenset({"text"}))}) as db:
        ...     number = db.table("notes").insert({"text": "two\\nlines"})
        >>> print(Path("desk/notes/1.json").read_text())
        {
          "text": [
            "two",
            "lines"
          ]
        }
    """

    append_field: str | None = None
    """The list that grows, written last, an item a line. ``append()`` to it costs one item."""
    item_text_fields: frozenset[str] = frozenset()
    """Fields of the list's items that are texts: one line as a string, more as a list of lines."""
    text_fields: frozenset[str] = frozenset()
    """The same for fields of the document itself."""
    first_keys: tuple[str, ...] = ()
    """Keys of the document that come first, in this order. Others follow as they came."""
    first_item_keys: tuple[str, ...] = ()
    """Keys of an item that come first, in this order."""
    last_item_keys: tuple[str, ...] = ()
    """Keys of an item that come last, in this order."""
    item_id: str | None = None
    """A key of the items that holds an integer, unique in its list; given by ``append()`` where it is missing."""
    item_stamp: str | None = None
    """A key of the items that tells two items with one id apart: when each was made."""
    removed_key: str | None = None
    """A key of the document that lists, by ``item_id`` and ``item_stamp``, items that were removed on purpose."""
    version_key: str | None = None
    """A key of the document that holds the version of its format."""
    version: int = 1
    """The newest value of ``version_key`` that can be written."""
    complete: Callable[[int, Document], None] | None = None
    """Called with the id and the document before it is written whole: fills in what is missing."""


PLAIN: Final = Layout()


def newer_version(what: str, document: Mapping[str, Any], layout: Layout) -> str | None:
    """Why a document can't be written by this hfs, or None.

    Args:
        what: Which it is, and where, for the message.
        document: The document.
        layout: How it would be written.
    """
    key = layout.version_key
    if key is None or key not in document:
        return None
    version = document[key]
    if type(version) is int and 1 <= version <= layout.version:
        return None
    return (
        f"{what} has {key} {version!r}; this hfs writes {key} {layout.version}. "
        "It opens read-only: install a newer hfs to write to it."
    )


def parse(data: bytes, layout: Layout = PLAIN) -> Document:
    """The document that a file holds, in whatever layout.

    Raises:
        JSONError: Not JSON, or no object.
    """
    value = loads(data)
    if not isinstance(value, dict):
        raise JSONError(f"expected an object in braces, found {_kind(value)}", 1, 1)
    document: Document = value
    if layout.append_field is None:
        document = exact(data, document)
    else:
        items = document.get(layout.append_field)
        rest = {key: value for key, value in document.items() if key != layout.append_field}
        exact_rest = exact(data, rest)
        if exact_rest is not rest or not _plain_items(items, layout):
            document = exact(data, document)
    _join_texts(document, layout.text_fields)
    for item in _items(document, layout):
        _join_texts(item, layout.item_text_fields)
    return document


def _plain_items(items: object, layout: Layout) -> bool:
    """Whether the items hold nothing but strings, integers, booleans, null and declared texts."""
    if not isinstance(items, list):
        return False
    texts = layout.item_text_fields
    plain = {str, int, bool, type(None)}
    for item in items:
        if type(item) is not dict:
            return False
        if plain.issuperset(map(type, item.values())):
            continue
        for key, value in item.items():
            if type(value) not in plain and not (key in texts and _is_lines(value)):
                return False
    return True


def _is_lines(value: object) -> TypeGuard[list[str]]:
    return type(value) is list and {*map(type, value)} <= {str}


def _items(document: Document, layout: Layout) -> list[Any]:
    items = document.get(layout.append_field) if layout.append_field else None
    return items if isinstance(items, list) else []


def _join_texts(mapping: object, fields: frozenset[str]) -> None:
    if isinstance(mapping, dict):
        for name in fields:
            value = mapping.get(name)
            if type(value) is list and _is_lines(value):
                mapping[name] = "\n".join(value)


def _kind(value: object) -> str:
    names = {list: "a list", str: "a string", int: "a number", float: "a number", bool: "a boolean"}
    return names.get(type(value), "null")


def render(document: Mapping[str, Any], layout: Layout = PLAIN) -> bytes:
    """The canonical bytes of a document.

    Raises:
        TypeError: A value that JSON has no form for.
        ValueError: Nested too deep.
    """
    return render_head(document, layout) + render_list(document, layout)


def render_head(document: Mapping[str, Any], layout: Layout = PLAIN) -> bytes:
    """Everything before the growing list; the whole document where there is none."""
    lines = []
    for key in _ordered(document, layout.first_keys, ()):
        value = document[key]
        if key == layout.append_field and isinstance(value, (list, tuple)):
            continue
        lines.append(b"\n  " + escape(encode_key(key)) + b": " + _header_value(key, value, layout))
    body = b",".join(lines)
    if _has_list(document, layout):
        return b"{" + body + (b"," if lines else b"")
    return b"{" + body + (b"\n}\n" if lines else b"}\n")


def render_list(document: Mapping[str, Any], layout: Layout) -> bytes:
    """The growing list and the end of the document; nothing where it has none."""
    if not _has_list(document, layout):
        return b""
    assert layout.append_field is not None
    start = b"\n  " + encode_key(layout.append_field) + b": ["
    items = [b"\n    " + render_item(item, layout) for item in document[layout.append_field]]
    return start + b",".join(items) + TAIL if items else start + b"]\n}\n"


def _has_list(document: Mapping[str, Any], layout: Layout) -> bool:
    return layout.append_field is not None and isinstance(document.get(layout.append_field), (list, tuple))


def render_item(item: object, layout: Layout) -> bytes:
    """One item of the growing list, without what stands around it."""
    if not isinstance(item, Mapping):
        return encode(item)
    plain: dict[str, Any] = {}
    parts: list[bytes] = []
    for key in _ordered(item, layout.first_item_keys, layout.last_item_keys):
        value = item[key]
        is_text = key in layout.item_text_fields and _is_text(value)
        if type(value) in _PLAIN_TYPES and type(key) is str and not is_text:
            plain[key] = value
            continue
        parts += _plain_members(plain)
        plain.clear()
        if is_text:
            encoded = _text(value, b"    ")
        elif isinstance(value, (dict, list, tuple)):
            encoded = encode(value)
        else:
            encoded = encode_scalar(value)
        parts.append(encode_key(key) + b": " + encoded)
    parts += _plain_members(plain)
    return escape(b"{" + b", ".join(parts) + b"}")


def _plain_members(members: dict[str, Any]) -> list[bytes]:
    """Members with scalar values, as one piece of JSON; none where there are none."""
    if not members:
        return []
    try:
        # Laid out over several lines, since a line break can't stand in a string: each is a place between members.
        return [orjson.dumps(members, option=orjson.OPT_INDENT_2)[4:-2].replace(b",\n  ", b", ")]
    except orjson.JSONEncodeError:
        return [encode_key(key) + b": " + encode_scalar(value) for key, value in members.items()]


def _header_value(key: str, value: object, layout: Layout) -> bytes:
    if key in layout.text_fields and _is_text(value):
        return escape(_text(value, b"  "))
    encoded = encode(value)
    if len(encoded) <= _INLINE_LIMIT or not isinstance(value, (dict, list, tuple)):
        return encoded
    return _spread(value, b"\n  ")


def _spread(value: Any, margin: bytes) -> bytes:
    """A nested value over several lines, each part on one line where it fits."""
    inner = margin + b"  "
    if isinstance(value, dict):
        parts = [escape(encode_key(key)) + b": " + _fit(item, inner) for key, item in value.items()]
        return b"{" + inner + (b"," + inner).join(parts) + margin + b"}"
    return b"[" + inner + (b"," + inner).join([_fit(item, inner) for item in value]) + margin + b"]"


def _fit(value: object, margin: bytes) -> bytes:
    encoded = encode(value)
    if len(encoded) <= _INLINE_LIMIT or not isinstance(value, (dict, list, tuple)):
        return encoded
    return _spread(value, margin)


def _is_text(value: object) -> TypeGuard[str | list[str]]:
    return type(value) is str or _is_lines(value)


def _text(text: str | list[str], margin: bytes) -> bytes:
    """A text: a string where it has one line, else a list of its lines. Joined by a line feed they are the text."""
    if not isinstance(text, str):
        text = "\n".join(text)
    if "\n" not in text:
        return encode_scalar(text)
    lines = text.split("\n")
    inner = b"\n" + margin + b"  "
    try:
        encoded = orjson.dumps(lines, option=orjson.OPT_INDENT_2)[1:-2].replace(b"\n  ", inner)
    except orjson.JSONEncodeError:
        encoded = inner + (b"," + inner).join(map(encode_scalar, lines))
    return b"[" + encoded + b"\n" + margin + b"]"


def _ordered(mapping: Mapping[str, Any], first: tuple[str, ...], last: tuple[str, ...]) -> list[str]:
    if not first and not last:
        return list(mapping)
    keys = [key for key in first if key in mapping]
    keys += [key for key in mapping if key not in first and key not in last]
    keys += [key for key in last if key in mapping]
    return keys
