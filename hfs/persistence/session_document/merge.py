"""Two versions of one session brought together, so that nothing that either side said is lost. Pure functions."""

from __future__ import annotations

import difflib
from typing import Any, Final

from hfs.persistence._format import Document
from hfs.persistence._time import parse_time
from hfs.persistence.session_document.layout import SESSION_LAYOUT
from hfs.persistence.session_document.numbering import number_messages

CONFLICT: Final = "conflict"
"""The status of a message that is the other version of the one before it."""
_NEEDED: Final = frozenset(SESSION_LAYOUT.first_keys)
_Key = tuple[Any, ...]


def merge(ours: Document, theirs: Document, base: Document | None = None) -> Document:
    """One session out of two versions of it.

    A message is told by its id and the moment when it was said. Where both sides have it with other words and no
    base tells who changed them, both versions stay, the second with ``"status": "conflict"``.

    Args:
        ours: The version whose id and message ids are kept.
        theirs: The other version.
        base: The version that both come from, if it is known: what one side took out of it stays out.

    Returns:
        A document with unique message ids, in which each side's messages keep their order.
    """
    was = {_key(item): item for item in _items(base)} if base is not None else {}
    mine = {_key(item): item for item in _items(ours)}
    other = _by_our_keys(mine, _items(theirs), was)
    merged: list[Document] = []
    for key in _order(list(mine), list(other), mine, other):
        merged += _versions(mine.get(key), other.get(key), was.get(key))
    messages = _once(merged)
    number_messages(messages)
    return {**_header(ours, theirs, base), "messages": messages}


def _items(document: Document | None) -> list[Document]:
    messages = document.get("messages") if document else None
    items = messages if isinstance(messages, list) else []
    return [dict(item) if isinstance(item, dict) else {"role": "system", "content": item} for item in items]


def _key(item: Document) -> _Key:
    number, moment = item.get("id"), item.get("created_at")
    if not isinstance(number, (int, str)) or not isinstance(moment, str):
        return (repr(number), repr(sorted(item.items(), key=repr)))
    return (number, moment, item["content"]) if item.get("status") == CONFLICT else (number, moment)


def _by_our_keys(mine: dict[_Key, Document], items: list[Document], was: dict[_Key, Document]) -> dict[_Key, Document]:
    """Their messages by key; one that an earlier merge gave another id here is told by its moment and words."""
    said = {_words(item): key for key, item in mine.items()}
    theirs = {_key(item): item for item in items}
    found: dict[_Key, Document] = {}
    for key, item in theirs.items():
        twin = said.get(_words(item))
        if key not in mine and twin is not None and twin not in theirs and twin not in found:
            is_changed = item != was.get(key, was.get(twin, item))
            found[twin] = {**item, "id": mine[twin].get("id")} if is_changed else mine[twin]
        else:
            found[key] = item
    return found


def _words(item: Document) -> tuple[str, str, str]:
    return (str(item.get("created_at")), str(item.get("role")), str(item.get("content")))


def _order(mine: list[_Key], other: list[_Key], ours: dict[_Key, Document], theirs: dict[_Key, Document]) -> list[_Key]:
    """Every key once: what both have keeps its place, between those the earlier said comes first."""
    matcher = difflib.SequenceMatcher(None, mine, other, autojunk=False)
    ordered: list[_Key] = []
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            ordered += mine[i:j]
            continue
        # What both have at different places keeps ours.
        left, right = mine[i:j], [key for key in other[k:m] if key not in ours]
        while left and right:
            ordered.append(right.pop(0) if _said(theirs[right[0]]) < _said(ours[left[0]]) else left.pop(0))
        ordered += left + right
    return ordered


def _said(item: Document) -> float:
    moment = parse_time(item.get("created_at"))
    return moment.timestamp() if moment else 0.0


def _versions(mine: Document | None, other: Document | None, was: Document | None) -> list[Document]:
    if mine is None or other is None:
        only = mine if mine is not None else other
        assert only is not None
        # It stood in the base, and the other side took it out; unless it was changed here, it stays out.
        return [] if only == was else [only]
    if mine == other or other == was:
        return [mine]
    if mine == was:
        return [other]
    return [mine, {**other, "status": CONFLICT}]


def _once(items: list[Document]) -> list[Document]:
    """Without a second copy of a conflicting version, which a second merge of the same copies would bring."""
    kept: list[Document] = []
    seen: set[str] = set()
    for item in items:
        if item.get("status") == CONFLICT:
            mark = repr(sorted((key, value) for key, value in item.items() if key != "id"))
            if mark in seen:
                continue
            seen.add(mark)
        kept.append(item)
    return kept


def _header(ours: Document, theirs: Document, base: Document | None) -> Document:
    def changed(document: Document) -> float:
        return _said({"created_at": document.get("updated_at")})

    winner, loser = (theirs, ours) if changed(theirs) > changed(ours) else (ours, theirs)
    header: Document = {}
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        if key == "messages" or _is_taken_out(key, ours, theirs, base):
            continue
        chosen = winner if key in winner else loser
        if base is not None and key in base and key in ours and key in theirs:
            chosen = theirs if ours[key] == base[key] else ours if theirs[key] == base[key] else winner
        header[key] = chosen[key]
    mine, other = ours.get("tags", []), theirs.get("tags", [])
    if isinstance(mine, list) and isinstance(other, list) and mine != other:
        header["tags"] = _tags(mine, other, base)
        if not header["tags"]:
            del header["tags"]
    if "id" in ours:
        header["id"] = ours["id"]
    return header


def _is_taken_out(key: str, ours: Document, theirs: Document, base: Document | None) -> bool:
    """Whether one side took a field out that the other left as it was: a pin, for one."""
    if base is None or key not in base or key in _NEEDED or (key in ours and key in theirs):
        return False
    return bool((ours if key in ours else theirs)[key] == base[key])


def _tags(ours: list[Any], theirs: list[Any], base: Document | None) -> list[Any]:
    """The tags of both sides, without those that either took away."""
    was = base.get("tags") if base is not None else None
    before = was if isinstance(was, list) else []
    kept = [tag for tag in ours if tag in theirs or tag not in before]
    return [*kept, *(tag for tag in theirs if tag not in ours and tag not in before)]
