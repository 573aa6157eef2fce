"""What this process appended, so that a stale copy saved over a file can't take it away. No input, no output.

An editor's old buffer, or a script that reads and moves, may put a file back to what it was a moment ago.
What was appended less than ``RECENT`` seconds ago and is missing then is put back. What is older was taken
out by a person, and stays out.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from hfs.persistence._format import Document, Layout

RECENT: Final = 60.0
"""In seconds: how long a missing item counts as lost rather than as taken out."""


@dataclass(slots=True)
class _Entry:
    item: Document
    saved_at: float


class Ledger:
    """The items that this process appended to one document, in order."""

    def __init__(self, layout: Layout) -> None:
        assert layout.item_id is not None
        self._key = layout.item_id
        self._stamp = layout.item_stamp
        self._entries: list[_Entry] = []
        self.last_id = 0
        """The largest id that was given out, or 0."""

    def __bool__(self) -> bool:
        return bool(self._entries)

    @property
    def is_recent(self) -> bool:
        """Whether something was appended so lately that a stale copy may still take it away."""
        return bool(self._entries) and time.monotonic() - self._entries[-1].saved_at < RECENT

    def record(self, items: Iterable[Document]) -> None:
        """Notes items that are durable now."""
        now = time.monotonic()
        for item in items:
            self._entries.append(_Entry(item, now))
            self.last_id = max(self.last_id, self._number(item))

    def keep_only(self, items: Iterable[Any]) -> None:
        """Forgets what this process itself has just removed."""
        present = {self._identity(item) for item in items if isinstance(item, dict)}
        self._entries = [entry for entry in self._entries if self._identity(entry.item) in present]

    def reconcile(self, items: list[Any], removed: Iterable[Any] = ()) -> tuple[list[Document], list[Document]]:
        """Compares a file that somebody else saved with what was appended here.

        Args:
            items: The document's list. Items that were lost are put back into it, in their order; one whose id
                was given to another meanwhile gets a new one, at the end.
            removed: What the document says was removed on purpose; it is forgotten.

        Returns:
            What was put back, and what was taken out, which is forgotten.
        """
        now = time.monotonic()
        gone = {self._identity(item) for item in removed if isinstance(item, dict)}
        self._entries = [entry for entry in self._entries if self._identity(entry.item) not in gone]
        places = {self._identity(item): at for at, item in enumerate(items) if isinstance(item, dict)}
        used = {item.get(self._key) for item in items if isinstance(item, dict)}
        put_back: list[Document] = []
        taken_out: list[Document] = []
        kept: list[_Entry] = []
        insertions: list[tuple[int, Document]] = []
        cursor = -1
        for entry in self._entries:
            place = self._place(entry.item, places, items)
            if place is not None:
                cursor = max(cursor, place)
            elif now - entry.saved_at >= RECENT:
                taken_out.append(entry.item)
                continue
            else:
                cursor = self._insert(entry.item, items, used, insertions, cursor)
                put_back.append(entry.item)
            kept.append(entry)
        self._entries = kept
        for shift, (at, item) in enumerate(sorted(insertions, key=lambda pair: pair[0])):
            items.insert(at + shift, item)
        return put_back, taken_out

    def _insert(
        self,
        item: Document,
        items: list[Any],
        used: set[Any],
        insertions: list[tuple[int, Document]],
        cursor: int,
    ) -> int:
        """Notes where a lost item goes: behind its predecessor, before the first item with a larger id."""
        end = len(items)
        if item[self._key] in used:
            item[self._key] = max(number for number in used | {0} if isinstance(number, int)) + 1
            self.last_id = max(self.last_id, item[self._key])
            at = end
        else:
            at = next((at for at in range(cursor + 1, end) if self._number(items[at]) > item[self._key]), end)
        used.add(item[self._key])
        insertions.append((at, item))
        # The next one may stand at the same place: insertions keep their order.
        return max(cursor, at - 1)

    def _number(self, item: Any) -> int:
        number = item.get(self._key) if isinstance(item, dict) else None
        return number if isinstance(number, int) else 0

    def _identity(self, item: Document) -> tuple[Any, Any]:
        return (item.get(self._key), item.get(self._stamp) if self._stamp else None)

    def _place(self, item: Document, places: dict[tuple[Any, Any], int], items: list[Any]) -> int | None:
        """Where the item stands now, also if a person changed its text or it was given another id."""
        place = places.get(self._identity(item))
        if place is not None or self._stamp is None:
            return place
        number, stamp = self._identity(item)
        place = places.get((number, None))
        if place is not None:
            return place
        same = (at for (_, other), at in places.items() if other == stamp)
        return next((at for at in same if _texts(items[at]) == _texts(item)), None)


def _texts(item: Document) -> tuple[Any, Any]:
    return (item.get("role"), item.get("content"))
