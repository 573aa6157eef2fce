"""Fields of foreign JSON that must not get lost in silence: what has another type than expected is counted."""

from __future__ import annotations

from typing import Any

from hfs.transfer.conversation import Tally


def counted_text(value: object, what: str, tally: Tally) -> str:
    """The text; an empty one for null, and, counted, for what is none."""
    if isinstance(value, str):
        return value
    if value is not None:
        tally.unknown[f"{what} that is no text"] += 1
    return ""


def counted_objects(value: object, what: str, tally: Tally) -> list[dict[str, Any]]:
    """The objects of a list; none for null. What is no list, and what in it is no object, is counted."""
    if value is None:
        return []
    items = value if isinstance(value, list) else [value]
    found = [item for item in items if isinstance(item, dict)] if isinstance(value, list) else []
    if len(items) > len(found):
        tally.unknown[f"{what} of an unknown form"] += len(items) - len(found)
    return found
