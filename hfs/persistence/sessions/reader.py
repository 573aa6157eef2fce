"""Sessions read: found, listed, opened, also where a file is damaged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hfs.display import counted
from hfs.errors import AmbiguousSessionError, CorruptSessionError, SessionNotFoundError
from hfs.persistence._file_ops import FileOps
from hfs.persistence._format import Document
from hfs.persistence._ids import is_id
from hfs.persistence.index.listing import ListQuery, SessionFilter, SessionPage
from hfs.persistence.models import SearchResult, SessionModel, SessionSummary
from hfs.persistence.session_document.layout import fill_in
from hfs.persistence.session_document.models import to_session

if TYPE_CHECKING:
    from hfs.persistence._engine import Engine, Reading, Trash
    from hfs.persistence.index.searching import SearchOptions
    from hfs.persistence.index.statistics import Statistics

_UID_PREFIX = 4


class SessionReader:
    """Reads sessions; what every part of ``SessionStore`` stands on.

    Args:
        home: The home folder, for what is kept on this computer whatever keeps the sessions.
        engine: What keeps the sessions.
        ops: The operating system's calls.
    """

    def __init__(self, home: Path, engine: Engine, ops: FileOps) -> None:
        self.home = home
        """The home folder."""
        self._engine = engine
        self._documents = engine.documents
        self._index = engine.index
        self._ops = ops

    @property
    def place(self) -> str:
        """Where the sessions are: a folder, or a database by its address without a password."""
        return self._engine.place

    def close(self) -> None:
        """Waits for what is being written, and lets go of everything."""
        self._engine.close()

    def require_readable(self) -> None:
        """Looks whether the sessions can be listed, and reads none. A folder that is not there yet is no obstacle.

        Raises:
            StoreIOError: They can't be.
        """
        self._engine.require_readable()

    @property
    def _trash(self) -> Trash:
        return self._engine.trash

    def get(self, session_id: int) -> SessionModel | None:
        """A session as its file has it now.

        Args:
            session_id: The session.

        Returns:
            The session, or None if there is none.

        Raises:
            CorruptSessionError: The file is broken.
            StoreIOError: It can't be read.
        """
        return self._model(session_id, self._documents.read(session_id) if is_id(session_id) else None)

    def refresh(self, session_id: int) -> SessionModel | None:
        """The same, after putting back what a stale copy saved over the file took away a moment ago.

        Args:
            session_id: The session.

        Returns:
            The session, or None if there is none.

        Raises:
            CorruptSessionError: The file is broken.
            StoreIOError: It can't be read.
        """
        return self._model(session_id, self._documents.refresh(session_id) if is_id(session_id) else None)

    def _model(self, session_id: int, reading: Reading | None) -> SessionModel | None:
        if reading is None:
            return None
        reason = self._documents.read_only_reason(session_id, reading.document)
        return to_session(session_id, reading.document, read_only=reason, recovered=reading.salvaged)

    def document(self, session_id: int) -> Document | None:
        """The session's JSON document, unknown keys included, texts as plain strings.

        Args:
            session_id: The session.

        Returns:
            The document, or None if there is none.

        Raises:
            CorruptSessionError: The file is broken.
            StoreIOError: It can't be read.
        """
        snapshot = self._documents.read(session_id)
        return snapshot.document if snapshot else None

    def whole_document(self, session_id: int) -> Document | None:
        """The same with everything that each session has, also where the file lacks it: as it is written elsewhere.

        Args:
            session_id: The session.

        Returns:
            The document, or None if there is none.

        Raises:
            UnsupportedFormatError: Its format is newer than this hfs.
            CorruptSessionError, StoreIOError: It can't be read.
        """
        reading = self._documents.read(session_id) if is_id(session_id) else None
        if reading is None:
            return None
        self._documents.require_writable(session_id, reading.document)
        fill_in(session_id, reading.document)
        return reading.document

    def list_recent(self, limit: int | None = 20) -> list[SessionSummary]:
        """Summaries of sessions, newest first; damaged ones say what is wrong with them.

        Args:
            limit: How many at the most; all, where it is None.

        Returns:
            The summaries.

        Raises:
            StoreIOError: The sessions can't be listed.
        """
        return self._index.recent(limit)

    def list_sessions(self, query: ListQuery) -> SessionPage:
        """The sessions that fit a filter, in an order, and how many others there are.

        Args:
            query: Which, how many, and in which order.

        Returns:
            The summaries, and the numbers.

        Raises:
            StoreIOError: The sessions can't be listed.
        """
        return self._index.page(query)

    def count(self) -> int:
        """How many sessions there are.

        Raises:
            StoreIOError: The sessions can't be listed.
        """
        return self._index.count()

    def statistics(self, wanted: SessionFilter | None = None) -> Statistics:
        """How much was said, when and by whom, in the sessions that fit a filter.

        Args:
            wanted: Which sessions, all where it is None. Its time is that of what was said, to the hour.

        Returns:
            The numbers.

        Raises:
            StoreIOError: The sessions can't be listed.
        """
        return self._index.statistics(wanted or SessionFilter())

    def rescue(self, session_id: int) -> SessionModel | None:
        """A session whose file is damaged, read-only, with what can be read of it.

        Args:
            session_id: The session.

        Returns:
            What ``get`` returns, where the file is whole; None if there is none, or nothing could be read.

        Raises:
            StoreIOError: The file can't be read.
        """
        try:
            return self.get(session_id)
        except CorruptSessionError as error:
            from hfs.persistence.session_document.rescue import rescue

            rescued = rescue(self._documents.read_bytes(session_id))
            if rescued is None:
                return None
            count = counted(len(rescued.document["messages"]), "message")
            reason = f"{error} It opens read-only; {count} recovered. `hfs check --repair` mends it."
            return to_session(session_id, rescued.document, read_only=reason)

    def search(self, words: str, limit: int | None = 50, options: SearchOptions | None = None) -> SearchResult:
        """Messages and names in which all the words are: whole words, in any case, with accents or without.

        Args:
            words: Words, ``"exact phrases"``, ``beginnings*``, and ``-words`` that must not be there. Where no text
                has the whole words, those are found that begin with them. Or a regular expression, see the options.
            limit: How many places at the most; all, where it is None.
            options: Where they are looked for, and how; everywhere, where it is None.

        Returns:
            The places, session by session. First those sessions with the words in their name, then those where they
            stand side by side, then those that have them more often, then those in which something happened last.

        Raises:
            BadQueryError: There is no word to look for, or the pattern is none.
            StoreIOError: The sessions can't be listed.

        Example:
            >>> from hfs.persistence import NewMessage, open_store
            >>> with open_store("chats") as store:
            ...     session = store.create("Git", messages=[NewMessage("user", "How do I undo a rebase?")])
            ...     [(hit.session_id, hit.message_id) for hit in store.search("undo reb* -merge")]
            [(1, 1)]
        """
        from hfs.persistence.index.searching import SearchOptions

        return self._index.search(words, limit, options or SearchOptions())

    def resolve(self, text: str) -> int:
        """The session that a person means: an id, ``last``, a unique part of the name, the start of a uid.

        Args:
            text: What the person typed.

        Returns:
            The session's id.

        Raises:
            SessionNotFoundError: None fits.
            AmbiguousSessionError: Several fit.
            StoreIOError: The sessions can't be listed.

        Example:
            >>> from hfs.persistence import open_store
            >>> with open_store("chats") as store:
            ...     bread, soup = store.create("Bread"), store.create("Soup of leeks")
            ...     store.resolve("leeks"), store.resolve("1"), store.resolve("last")
            (2, 1, 2)
        """
        wanted = text.strip()
        if wanted.isascii() and wanted.isdigit() and is_id(int(wanted)) and self._documents.exists(int(wanted)):
            return int(wanted)
        last = self._index.last_active() if wanted == "last" else None
        if last is not None:
            return last
        folded = wanted.casefold()
        names = self._index.called(folded)
        exact = [(number, name) for number, name, _ in names if name.casefold() == folded]
        found = exact or [
            (number, name)
            for number, name, uid in names
            if (folded and folded in name.casefold()) or (len(folded) >= _UID_PREFIX and uid.startswith(folded))
        ]
        if not found:
            raise self._missing(wanted)
        if len(found) > 1:
            candidates = tuple(found)
            raise AmbiguousSessionError(
                f"{wanted!r} fits {len(found)} sessions: {', '.join(str(number) for number, _ in candidates[:10])}. "
                "Give more of the name, or the id.",
                session=wanted,
                candidates=candidates,
            )
        return found[0][0]

    def path(self, session_id: int) -> Path | None:
        """The session's file.

        Args:
            session_id: The session.

        Returns:
            The path; None where there is none, as in a database.
        """
        return self._engine.path(session_id)

    def revision(self, session_id: int) -> str | None:
        """A mark that changes whenever the session does. Costs one stat, or one question to the database.

        Args:
            session_id: The session.

        Returns:
            The mark, to be compared and nothing else; None if the session is gone.

        Raises:
            StoreIOError: It can't be told.
        """
        return self._documents.revision(session_id)

    def _stored(self, session_id: int) -> SessionModel:
        """The session that was just stored."""
        session = self.get(session_id)
        if session is None:
            raise SessionNotFoundError(
                f"Session {session_id} was removed as soon as it was made.", session=str(session_id)
            )
        return session

    def _missing(self, wanted: str) -> SessionNotFoundError:
        return SessionNotFoundError(
            f"There is no session {wanted!r} in {self.place}. `hfs list` shows those that are there.",
            session=wanted,
        )
