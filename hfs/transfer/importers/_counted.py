"""What of foreign data must not get lost in silence: kinds that hfs doesn't know, and values of another type, count."""

from __future__ import annotations

from typing import Any, Final

from hfs.display import one_line
from hfs.transfer.conversation import Tally
from hfs.transfer.fields import as_name

_LONGEST: Final = 40
"""How much of a kind's name is told: it is untrusted, and there may be many."""


def count_unknown(tally: Tally, what: str, key: str, kind: object) -> None:
    """Counts something of a kind that hfs doesn't know.

    Args:
        tally: Counts it.
        what: What it is: ``message``, ``record``, ``content``.
        key: What its kind is called: ``role``, ``type``.
        kind: Its kind, as the source spells it.
    """
    name = one_line(as_name(kind) or "", _LONGEST)
    tally.unknown[f'{what} of {key} "{name}"' if name else f"{what} without a {key}"] += 1


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
