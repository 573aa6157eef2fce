"""What keeps sessions, as the rules of the store see it: files, a database, a TinyDB in memory.

An engine knows how documents are kept and found. What a session is, how it is named, forked, tagged and merged, it does
not know: the store above it does, for every engine alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hfs.persistence._format import Amend, Document
from hfs.persistence.models import SearchResult, SessionSummary, TrashedSession

if TYPE_CHECKING:
    from hfs.persistence.check import CheckReport
    from hfs.persistence.index.listing import ListQuery, SessionFilter, SessionPage
    from hfs.persistence.index.searching import SearchOptions
    from hfs.persistence.index.statistics import Statistics
    from hfs.persistence.models import MergedCopy


class Reading(Protocol):
    """A document as it was read."""

    @property
    def document(self) -> Document:
        """The document, texts as plain strings."""

    @property
    def salvaged(self) -> bool:
        """Whether an interrupted write was seen, and this is what was saved before it."""


class Documents(Protocol):
    """The documents of sessions. Safe from many threads and processes at once."""

    def read(self, doc_id: int) -> Reading | None:
        """A document as it is now, or None if there is none."""

    def refresh(self, doc_id: int) -> Reading | None:
        """The same, after putting back what a stale copy took away a moment ago."""

    def read_bytes(self, doc_id: int) -> bytes:
        """The bytes of a document, whatever they are; empty if there is none."""

    def exists(self, doc_id: int) -> bool:
        """Whether there is a document of that id."""

    def revision(self, doc_id: int) -> str | None:
        """A mark that changes whenever the document does; None if it is gone. Cheap."""

    def read_only_reason(self, doc_id: int, document: Document) -> str | None:
        """Why a document can't be written by this hfs, or None."""

    def require_writable(self, doc_id: int, document: Document) -> None:
        """Raises UnsupportedFormatError for a document of a newer format."""

    def create(self, document: Document) -> int:
        """Adds a document under an id that no other has or had, durably; returns the id."""

    def append(self, doc_id: int, items: list[Document], amend: Amend | None = None) -> list[Document] | None:
        """Appends messages durably. Those without an id get one; ``amend`` may change the header.

        Returns:
            The messages as they were stored, or None if there is no such document.
        """

    def modify(self, doc_id: int, change: Callable[[Document], None]) -> Document | None:
        """Changes a document as it is now, durably; None if there is none.

        Args:
            doc_id: The document.
            change: Changes it in place. Called again where somebody else changed it meanwhile.
        """

    def mend(self, doc_id: int, recover: Callable[[bytes], Document | None]) -> object | None:
        """Replaces a damaged document by what can be made of its bytes; None where nothing was done."""

    def settle(self) -> None:
        """Puts back what stale copies took away of what was appended in the last minute."""


class Index(Protocol):
    """What lists and searches are answered from. Every answer is of the documents as they are."""

    def page(self, query: ListQuery) -> SessionPage:
        """The sessions that a list shows, and how many it doesn't."""

    def recent(self, limit: int | None) -> list[SessionSummary]:
        """Summaries, newest first; all, where the limit is None."""

    def sessions(self, query: ListQuery) -> list[SessionSummary]:
        """The sessions that a list shows."""

    def last_active(self) -> int | None:
        """The session in which something happened last."""

    def called(self, part: str) -> list[tuple[int, str, str]]:
        """The id, name and uid of sessions, newest first: of every one that has that in its name, in any case, or that
        begins its uid with it. There may be others among them.

        Args:
            part: The part, with its case folded.
        """

    def uids(self) -> dict[str, int]:
        """The session of each uid."""

    def tags(self) -> dict[str, int]:
        """Every tag and how many sessions have it, the most used first."""

    def count(self) -> int:
        """How many sessions there are."""

    def statistics(self, wanted: SessionFilter) -> Statistics:
        """What the sessions that fit a filter say together."""

    def search(self, words: str, limit: int | None, options: SearchOptions) -> SearchResult:
        """What a search shows, see ``SessionStore.search``."""


@dataclass(frozen=True, slots=True)
class KeptMessages:
    """Messages that were taken out of a session, in the trash."""

    session_id: int
    moment: datetime
    """When they were taken out."""
    place: str
    """Where they are: the path of a file, or a row's number."""
    messages: list[Document]


class Trash(Protocol):
    """What was deleted, and messages that were taken out of sessions, until the user empties it."""

    def take(self, session_id: int) -> bool:
        """Moves a session into the trash; says whether it was there."""

    def take_unchanged(self, shown: SessionSummary) -> bool:
        """The same, if nothing happened in it since it was shown; says whether it did."""

    def restore(self, session_id: int) -> bool:
        """Brings back the session of that id that was deleted last; says whether there was one.

        Raises:
            StoreError: Another session has taken its place.
        """

    def sessions(self) -> list[TrashedSession]:
        """What was deleted, the latest first."""

    def uids(self) -> dict[str, int]:
        """The session of each uid that was deleted."""

    def keep_messages(self, session_id: int, messages: list[Document]) -> str:
        """Keeps messages that were taken out of a session that is still there; returns where."""

    def kept(self, session_id: int | None = None) -> list[KeptMessages]:
        """Messages that were taken out of a session, or of any, in the order of time."""

    def discard(self, kept: KeptMessages) -> None:
        """Removes messages that are in their session again."""

    def empty(self, before: datetime | None) -> int:
        """Removes for good what was deleted before a moment, or everything; returns how many pieces that were."""


class Imports(Protocol):
    """Many sessions brought in at once."""

    @property
    def by_a_process(self) -> Path | None:
        """The home folder, where a process of its own can write what comes in; None where only threads of this can."""

    def exclusively(self) -> AbstractContextManager[None]:
        """Keeps others from importing; they may add and change documents all the same."""

    def reserve(self, count: int) -> int:
        """Takes so many ids in a row that no document has or had; returns the first."""

    def claim(self, doc_id: int) -> bool:
        """Takes this very id, if no session has or had it, or a higher one; says whether it did."""

    def give_back(self, first: int, end: int) -> None:
        """Lets ids from the first to before the end be given out again, if nobody reserved more meanwhile."""

    def place(self, doc_id: int, document: Document) -> None:
        """Adds a document under an id that was reserved for it, durably. Called from any thread.

        Raises:
            TypeError, ValueError: It can't be stored; nothing was written.
        """

    def add_once(self, document: Document) -> tuple[int, bool]:
        """Adds a document unless there is one with its uid; returns its id, and whether it was added."""


class Engine(Protocol):
    """Sessions in one place, and everything that is asked of them."""

    @property
    def documents(self) -> Documents:
        """The documents of the sessions."""

    @property
    def index(self) -> Index:
        """What lists and searches are answered from."""

    @property
    def imports(self) -> Imports:
        """Many sessions brought in at once."""

    @property
    def trash(self) -> Trash:
        """What was deleted."""

    @property
    def place(self) -> str:
        """Where the sessions are, for messages; never with a password."""

    @property
    def drafts(self) -> Path:
        """The folder on this computer for words that could not be saved."""

    def require_readable(self) -> None:
        """Looks whether the sessions can be listed, and reads none.

        Raises:
            StoreIOError: They can't be.
        """

    def path(self, session_id: int) -> Path | None:
        """The session's file; None where there is none."""

    def check(self, session_ids: Sequence[int] | None, *, repair: bool) -> CheckReport:
        """Reads everything and says what is wrong with it."""

    def conflict_copies(self) -> list[tuple[int, Path]]:
        """What sync programs left beside the sessions: each session's id, and the copy."""

    def merge_copy(self, session_id: int, path: Path) -> MergedCopy:
        """Brings a conflict copy into its session; the copy goes to the trash."""

    def close(self) -> None:
        """Waits for what is being written, and lets go of everything."""


def is_as_before(before: SessionSummary, present: SessionSummary) -> bool:
    """Whether nothing happened in a session since it was shown."""

    def marks(summary: SessionSummary) -> tuple[object, ...]:
        return summary.uid, summary.message_count, summary.tags, summary.pinned, summary.archived

    is_later = present.last_activity > before.last_activity
    return present.problem is None and not is_later and marks(present) == marks(before)
