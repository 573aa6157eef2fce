"""Deleted sessions in a TinyDB database, and messages that were taken out of others, until the trash is emptied."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tinydb.table import Document as TableDocument
from tinydb.table import Table

from hfs.errors import StoreError
from hfs.persistence._engine import KeptMessages, is_as_before
from hfs.persistence._format import Document
from hfs.persistence._time import format_time, now, parse_time
from hfs.persistence.index.rows import row_outside_files
from hfs.persistence.models import SessionSummary, TrashedSession
from hfs.persistence.session_document.layout import items_of
from hfs.persistence.tinydb_engine.documents import Tables, checked, copied


class TinyDBTrash:
    """What was deleted.

    Args:
        tables: The database.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def take(self, session_id: int) -> bool:
        """Moves a session into the trash; says whether it was there."""
        with self._tables.lock:
            document = self._tables.stored(session_id)
            if document is None:
                return False
            self._tables.trash.insert(
                {"session_id": session_id, "deleted_at": format_time(now()), "document": document}
            )
            # One that somebody put in has an id that hfs never gave out: it must not come back either.
            self._tables.note(next_id=self._tables.next_id())
            self._tables.sessions.remove(doc_ids=[session_id])
            return True

    def take_unchanged(self, shown: SessionSummary) -> bool:
        """The same, if nothing happened in it since it was shown; says whether it did."""
        with self._tables.lock:
            document = self._tables.stored(shown.id)
            if document is None:
                return False
            present = row_outside_files(shown.id, document).summary()
            return is_as_before(shown, present) and self.take(shown.id)

    def restore(self, session_id: int) -> bool:
        """Brings back the session of that id that was deleted last; says whether there was one.

        Raises:
            StoreError: A session of its id or uid is here.
        """
        with self._tables.lock:
            trashed = [one for one in self._deleted() if one["session_id"] == session_id]
            if not trashed:
                return False
            document = trashed[0]["document"]
            if self._tables.stored(session_id) is not None:
                raise StoreError(f"There is a session {session_id} already; nothing was restored.")
            uids = ((number, other.get("uid")) for number, other in self._tables.snapshot())
            twin = next((number for number, uid in uids if uid == document.get("uid")), None)
            if twin is not None:
                raise StoreError(f"Session {session_id} is here again as session {twin}; nothing was restored.")
            self._tables.put(session_id, document)
            self._tables.trash.remove(doc_ids=[trashed[0].doc_id])
            return True

    def _deleted(self) -> list[TableDocument]:
        """What was deleted, the latest first."""
        with self._tables.lock:
            return sorted(self._tables.trash, key=lambda one: (one["deleted_at"], one.doc_id), reverse=True)

    def sessions(self) -> list[TrashedSession]:
        """What was deleted, the latest first."""
        found = []
        for one in self._deleted():
            number, document = one["session_id"], one["document"]
            name = str(document.get("name") or f"Session {number}")
            found.append(TrashedSession(number, name, _moment(one["deleted_at"]), len(items_of(document)), ""))
        return found

    def uids(self) -> dict[str, int]:
        """The session of each uid that was deleted."""
        found = ((one["document"].get("uid"), one["session_id"]) for one in self._deleted())
        return {uid: number for uid, number in found if isinstance(uid, str) and uid}

    def keep_messages(self, session_id: int, messages: list[Document]) -> str:
        """Keeps messages that were taken out of a session that is still there; returns the number of their row."""
        kept = checked({"messages": messages})
        with self._tables.lock:
            row = {"session_id": session_id, "kept_at": format_time(now()), **kept}
            return str(self._tables.kept.insert(row))

    def kept(self, session_id: int | None = None) -> list[KeptMessages]:
        """Messages that were taken out of a session, or of any, in the order of time."""
        with self._tables.lock:
            rows = sorted(self._tables.kept, key=lambda row: (row["kept_at"], row.doc_id))
        return [
            KeptMessages(row["session_id"], _moment(row["kept_at"]), str(row.doc_id), copied(row["messages"]))
            for row in rows
            if session_id in (None, row["session_id"])
        ]

    def discard(self, kept: KeptMessages) -> None:
        """Removes messages that are in their session again."""
        with self._tables.lock:
            self._tables.kept.remove(doc_ids=[int(kept.place)])

    def empty(self, before: datetime | None) -> int:
        """Removes for good what was deleted before a moment, or everything; returns how many pieces that were."""
        with self._tables.lock:
            gone = _older(self._tables.trash, "deleted_at", before)
            kept = _older(self._tables.kept, "kept_at", before)
            self._tables.marks.remove(doc_ids=[one["session_id"] for one in gone])
            self._tables.trash.remove(doc_ids=[one.doc_id for one in gone])
            self._tables.kept.remove(doc_ids=[one.doc_id for one in kept])
            return len(gone) + len(kept)


def _older(table: Table, stamp: str, before: datetime | None) -> list[TableDocument]:
    return [row for row in table if before is None or _moment(row[stamp]) < before]


def _moment(written: Any) -> datetime:
    moment = parse_time(written)
    assert moment is not None
    return moment
