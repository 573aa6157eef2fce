"""Many sessions brought in at once, from several threads, each whole or not at all.

What makes it quick: ids are reserved in blocks, the sessions that are here are looked through once, and nothing that
was written is remembered.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from hfs.errors import SessionNotFoundError, StoreError, StoreIOError
from hfs.persistence._engine import Engine, Imports
from hfs.persistence._format import Document, render
from hfs.persistence._time import now, parse_time
from hfs.persistence.index.rows import storable
from hfs.persistence.session_document.editing import REMOVED
from hfs.persistence.session_document.layout import SESSION_LAYOUT, complete
from hfs.persistence.session_document.naming import name_after, placeholder_name
from hfs.persistence.session_document.uids import new_uid

_LARGEST_BLOCK: Final = 256
_RANDOM_PART: Final = 15
"""Where the part of a UUIDv7 begins that tells two apart; the time before it may be told differently."""


class SessionImport:
    """Brings sessions in. A context manager; only one at a time can be open on one place.

    ``SessionStore.begin_import`` and ``SessionRepository.run_import`` make it. ``add`` and ``change`` may be called
    from any thread, everything else from one.

    Args:
        engine: Where to.
        dry_run: Check everything, write nothing.
        by_whole_uid: Two sessions are the same only if all of their uids is: these are of hfs, and not derived.

    Example:
        >>> from hfs.persistence import SessionImport, open_store
        >>> chats = [{"id": "a7", "messages": [{"role": "user", "content": "Twelve hours?"}]}]
        >>> def bring(chats: list, target: SessionImport) -> list[int]:
        ...     added = []
        ...     for chat in chats:
        ...         uid = target.derived_uid(None, f"my old program {chat['id']}")
        ...         if target.find(uid) is None:
        ...             document = {"uid": uid, "messages": chat["messages"]}
        ...             target.give_name(document)
        ...             added.append(target.reserve(uid))
        ...             target.add(added[-1], document)
        ...     return added
        >>> with open_store("chats") as store:
        ...     for attempt in range(2):
        ...         with store.begin_import() as target:
        ...             print(bring(chats, target))
        [1]
        []
    """

    def __init__(self, engine: Engine, *, dry_run: bool = False, by_whole_uid: bool = False) -> None:
        self._documents = engine.documents
        self._index = engine.index
        self._trash = engine.trash
        self._imports = engine.imports
        self._dry_run = dry_run
        self._by_whole_uid = by_whole_uid
        self._ids = _IdBlocks(engine.imports)
        self._present: dict[str, int] = {}
        self._deleted: dict[str, int] | None = None
        self._claimed: list[range] = []
        self._claimed_earlier: list[range] = []
        self._is_away = False
        self._held = contextlib.ExitStack()

    def __enter__(self) -> SessionImport:
        with contextlib.ExitStack() as held:
            if not self._dry_run:
                # Two imports of one export at a time would both find that nothing is here yet.
                held.enter_context(self._imports.exclusively())
            self._present = {self.key(uid): number for uid, number in self._index.uids().items()}
            self._held = held.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        # Ids that stay reserved are lost, and nothing else: what came in is in, and must be told.
        with self._held, contextlib.suppress(StoreError):
            self._ids.give_back()

    @property
    def by_a_process(self) -> Path | None:
        """The home folder, where a process of its own can write what comes in; None where only threads of this can."""
        return self._imports.by_a_process

    @staticmethod
    def derived_uid(moment: datetime | None, seed: str) -> str:
        """A uid for a session of another program, the same each time.

        Args:
            moment: When the session was begun; 1970 where it is None. It only tells the uid's place among others.
            seed: What tells the session from others, such as the program's name and its own id.

        Returns:
            The uid.
        """
        return new_uid(moment.timestamp() if moment else 0.0, seed.encode("utf-8", "surrogatepass"))

    def key(self, uid: str) -> str:
        """What tells a uid from others, whichever moment it was given. For the importers of hfs.

        Args:
            uid: The uid.

        Returns:
            The part that is compared.
        """
        if len(uid) == 36 and not self._by_whole_uid:
            return uid[_RANDOM_PART:]
        # No database has a form for NUL.
        return storable(uid).replace("\0", "\u2400")

    @staticmethod
    def give_name(document: Document) -> None:
        """Names a session after its first user message, if it has no name yet, in place.

        Args:
            document: The session, with its messages.
        """
        if not document.get("name"):
            moment = parse_time(document.get("created_at")) or now()
            document.update(name=placeholder_name(moment), name_source="auto")
        name_after(document, [item for item in document["messages"] if isinstance(item, dict)])

    def find(self, uid: str) -> int | None:
        """The session of that uid that was here before, or came in meanwhile.

        Args:
            uid: The session's.

        Returns:
            Its id; 0 for one that came in in a dry run; None if there is none.
        """
        return self._present.get(self.key(uid))

    def find_deleted(self, uid: str) -> int | None:
        """The session of that uid in the trash.

        Args:
            uid: The session's.

        Returns:
            The id that it had; None if there is none.

        Raises:
            StoreIOError: The trash can't be read.
        """
        return self._in_trash().get(self.key(uid))

    def _in_trash(self) -> dict[str, int]:
        if self._deleted is None:
            self._deleted = {self.key(found): number for found, number in self._trash.uids().items()}
        return self._deleted

    def document(self, session_id: int) -> Document | None:
        """A session's document as it is now, texts as plain strings.

        Args:
            session_id: The session.

        Returns:
            The document; None if there is none.

        Raises:
            CorruptSessionError, StoreIOError: It can't be read.
        """
        reading = self._documents.read(session_id)
        return reading.document if reading is not None else None

    def taken_out(self, session_id: int, document: Document) -> list[Document]:
        """Messages that were taken out of a session, as far as it, or the trash, still knows.

        Args:
            session_id: The session.
            document: Its document.

        Returns:
            For each its ``id`` and ``created_at`` at the least.

        Raises:
            StoreIOError: The trash can't be read.
        """
        noted = document.get(REMOVED)
        notes = [note for note in noted if isinstance(note, dict)] if isinstance(noted, list) else []
        return notes + [item for kept in self._trash.kept(session_id) for item in kept.messages]

    def claim(self, highest: int, earlier: Iterable[range] = ()) -> list[range]:
        """Takes every id up to that one that no session has or had, for ``reserve`` to give to those who want them.

        Args:
            highest: The highest id that is wanted.
            earlier: What an import had claimed that ended too soon: what no session got of it can be had too.

        Returns:
            What was claimed; nothing in a dry run.

        Raises:
            StoreIOError, LockTimeoutError: No ids could be reserved.
        """
        claimed = [] if self._dry_run else self._ids.claim(highest)
        self._claimed = claimed
        self._claimed_earlier = list(earlier)
        return claimed

    def reserve(self, uid: str, wanted: int | None = None) -> int:
        """An id for a session that is about to be added. Call it from one thread.

        Args:
            uid: The session's.
            wanted: The id that it had elsewhere. It is given that one if it was claimed.

        Returns:
            The id; 0 in a dry run.

        Raises:
            StoreIOError, LockTimeoutError: No id could be reserved.
        """
        number = 0
        if not self._dry_run:
            number = wanted if wanted is not None and self._can_have(wanted) else self._ids.take()
        self._present[self.key(uid)] = number
        return number

    def _can_have(self, wanted: int) -> bool:
        if any(wanted in ids for ids in self._claimed):
            return True
        if not any(wanted in ids for ids in self._claimed_earlier):
            return False
        return not self._documents.exists(wanted) and wanted not in self._in_trash().values()

    def forget(self, uid: str) -> None:
        """Says that a session that was about to be added could not be, or that nobody knows whether it was.

        Args:
            uid: The session's.
        """
        number = self._present.pop(self.key(uid), None)
        if not number or self._is_away:
            return
        # An error does not mean that it is absent: then it would come in twice.
        with contextlib.suppress(StoreError):
            try:
                document = self.document(number)
            except StoreIOError:
                # A server that is away is waited for, and not once for each session.
                self._is_away = True
                raise
            if document is not None and document.get("uid") == uid:
                self._present[self.key(uid)] = number

    def add(self, session_id: int, document: Document) -> None:
        """Adds a session under a reserved id. It is whole and durable when this returns. Call it from any thread.

        Args:
            session_id: What ``reserve`` gave.
            document: The session.

        Raises:
            StoreIOError: It could not be made durable.
            TypeError, ValueError: A value that JSON has no form for, or nested too deep; nothing was written.
        """
        if self._dry_run:
            checked = dict(document)
            complete(1, checked)
            render(checked, SESSION_LAYOUT)
        else:
            self._imports.place(session_id, document)

    def change(self, session_id: int, work: Callable[[Document], None]) -> Document | None:
        """Changes a session that is here, as it is now, and writes it whole. Call it from any thread.

        Args:
            session_id: The session.
            work: Changes its document in place. Where it raises, nothing is written.

        Returns:
            Its document as it was stored; None in a dry run.

        Raises:
            SessionNotFoundError: It was removed meanwhile.
            CorruptSessionError, UnsupportedFormatError, StoreIOError, LockTimeoutError: It was not changed.
            TypeError, ValueError: A value that JSON has no form for, or nested too deep.
        """
        if self._dry_run:
            found = self.document(session_id)
            if found is not None:
                work(found)
                render(found, SESSION_LAYOUT)
            return None
        changed = self._documents.modify(session_id, work)
        if changed is None:
            raise SessionNotFoundError(f"Session {session_id} was just removed.", session=str(session_id))
        return changed


class _IdBlocks:
    """Ids in blocks that grow, so that little is written to reserve many."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports
        self._lock = threading.Lock()
        self._next = 1
        self._end = 1
        self._size = 1

    def take(self) -> int:
        """The next id."""
        with self._lock:
            if self._next == self._end:
                # Not before they are reserved: others would be given them too.
                first = self._imports.reserve(self._size)
                self._next, self._end = first, first + self._size
                self._size = min(self._size * 2, _LARGEST_BLOCK)
            self._next += 1
            return self._next - 1

    def claim(self, highest: int) -> list[range]:
        """Every id up to that one that was never given out."""
        with self._lock:
            first = self._imports.reserve(1)
            if first > highest:
                self._imports.give_back(first, first + 1)
                return []
            more = highest - first
            start = self._imports.reserve(more) if more else first + 1
            # Somebody else may have taken ids between the two.
            return [range(first, first + 1), range(start, start + more)]

    def give_back(self) -> None:
        """Lets the ids that were not taken be given out again, if nobody reserved more meanwhile."""
        with self._lock:
            if self._next < self._end:
                self._imports.give_back(self._next, self._end)
                self._end = self._next
