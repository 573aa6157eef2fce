"""Ids of messages, each once in its session."""

from __future__ import annotations

from collections.abc import Iterable

from hfs.persistence._format import Document


def number_messages(items: Iterable[Document]) -> None:
    """Gives a new id, in place, to each message that has none or that of one before it."""
    items = list(items)
    numbers = [item["id"] for item in items if type(item.get("id")) is int]
    highest = max([0, *numbers])
    used: set[int] = set()
    for item in items:
        number = item.get("id")
        if type(number) is not int or number < 1 or number in used:
            highest += 1
            item["id"] = number = highest
        used.add(number)
