"""Recovery of a document whose last append was interrupted. Pure functions.

An append replaces the last bytes of a canonical document, and a crash may leave any mix of old bytes, new
bytes and zeros there. What stands before is untouched, so every acknowledged item is whole. An item counts
only if rendering it again gives exactly the bytes that stand in the file: that rejects every mix.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import orjson

from hfs.persistence._format import ITEM_START, TAIL, Document, Layout, parse, render_head, render_item
from hfs.persistence._json import JSONError, encode_key

_DECODER = json.JSONDecoder()


def salvage(data: bytes, layout: Layout) -> Document | None:
    """The document before the interrupted append, or with its item if that arrived whole.

    Args:
        data: A file that doesn't parse.
        layout: The layout of its table.

    Returns:
        The document, or None if this is no interrupted append: then it is somebody's edit in progress,
        and nothing may be taken from it for granted.
    """
    if layout.append_field is None:
        return None
    opening = b"\n  " + encode_key(layout.append_field) + b": [" + ITEM_START
    start = data.find(opening)
    if start < 0:
        return None
    document = _header(data[:start], layout)
    if document is None:
        return None
    first, *rest = data[start + len(opening) - 1 :].split(b"," + ITEM_START)
    segments = [first, *(b"{" + segment for segment in rest)]
    items = []
    for segment in segments[:-1]:
        item = _whole(segment, layout)
        if item is None:
            return None
        items.append(item)
    item, length = _leading(segments[-1], layout)
    remainder = segments[-1][length:]
    if item is not None:
        items.append(item)
    elif len(segments) > 1:
        remainder = b"," + ITEM_START[:-1] + remainder
    else:
        return None
    if not _is_torn(remainder):
        return None
    document[layout.append_field] = items
    return document


def _header(head: bytes, layout: Layout) -> Document | None:
    try:
        document = parse(head.removesuffix(b",") + b"\n}\n", layout)
    except JSONError:
        return None
    rendered = render_head({**document, layout.append_field or "": []}, layout)
    return document if rendered == head else None


def _whole(segment: bytes, layout: Layout) -> Any:
    try:
        item = orjson.loads(segment)
    except orjson.JSONDecodeError:
        return None
    return _verified(item, segment, layout)


def _verified(item: Any, segment: bytes, layout: Layout) -> Any:
    """The item with its texts joined, if it is an object that renders to exactly these bytes."""
    if not isinstance(item, dict):
        return None
    wrapped = parse(b'{"items":[' + segment + b"]}", replace(layout, append_field="items"))
    joined = wrapped["items"][0]
    return joined if render_item(joined, layout) == segment else None


def _leading(segment: bytes, layout: Layout) -> tuple[Any, int]:
    """The item at the start of what may go on with rubbish, and its length in bytes; (None, 0) if none is whole."""
    text = segment.decode("utf-8", "surrogateescape")
    try:
        _, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None, 0
    length = len(text[:end].encode("utf-8", "surrogateescape"))
    try:
        item = _verified(_DECODER.decode(text[:end]), segment[:length], layout)
    except (JSONError, ValueError):
        return None, 0
    return (item, length) if item is not None else (None, 0)


def _is_torn(remainder: bytes) -> bool:
    """Whether what follows the last whole item can be what a crash leaves.

    A person who breaks the last item leaves a comma before it, the end of the document after it, and no zeros.
    """
    edited = remainder.startswith(b"," + ITEM_START) and remainder.endswith(TAIL) and b"\0" not in remainder
    return not edited
