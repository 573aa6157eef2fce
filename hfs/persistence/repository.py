"""The sessions of one home folder, for asyncio: every call runs on a thread, none blocks the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from hfs import paths
from hfs.persistence._opening import open_store
from hfs.persistence._store import SessionStore
from hfs.persistence.models import (
    Draft,
    MessageModel,
    NewMessage,
    Notice,
    SearchResult,
    SessionModel,
    SessionSummary,
    TrashedSession,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
    from tinydb import TinyDB

    from hfs.persistence._engine import Engine
    from hfs.persistence.check import CheckReport
    from hfs.persistence.index.listing import ListQuery, SessionFilter, SessionPage
    from hfs.persistence.index.searching import SearchOptions
    from hfs.persistence.index.statistics import Statistics
    from hfs.persistence.models import MergedCopy
    from hfs.persistence.session_document.edited import MergedEdit
    from hfs.persistence.sessions.draft_files import DraftFile
    from hfs.persistence.sessions.importing import SessionImport
    from hfs.persistence.sql.portal import CallersLoop

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_THREADS = 8
_ASKING_THREADS = 4


class StreamingDraft:
    """An answer in progress, kept on the disk at least once a second."""

    def __init__(self, draft: DraftFile, run: Callable[[Callable[[], None]], Any]) -> None:
        self._draft = draft
        self._run = run

    @property
    def created_at(self) -> datetime:
        """When it was begun. The message that it becomes must have the same moment: it tells that they are one."""
        return self._draft.created_at

    async def write(self, text: str) -> None:
        """Adds text to the draft."""
        await self._run(functools.partial(self._draft.write, text))


class SessionRepository:
    """Sessions, whichever engine stores them. Safe from many tasks and many processes at once.

    Every method does what its namesake of ``SessionStore`` does, and raises the same errors.

    Args:
        store: Where the sessions are: a store; or what opens sessions of SQLAlchemy on a database of the caller's, see
            ``hfs.persistence.sql.get_session_factory``, which is used on the event loop that it was made for; or a
            TinyDB database, such as ``TinyDB(storage=MemoryStorage)``. What is the caller's is not closed.
        home: The home folder, for what is kept on this computer beside a database; ``$HFS_HOME``, else ``~/.hfs``,
            where it is None. A store has its own.
    """

    def __init__(
        self,
        store: SessionStore | async_sessionmaker[AsyncSession] | TinyDB,
        home: str | os.PathLike[str] | None = None,
    ) -> None:
        self._loop: CallersLoop | None = None
        if not isinstance(store, SessionStore):
            folder = paths.home_folder(home)
            engine, self._loop = _engine_of(store, folder)
            store = SessionStore(folder, engine=engine)
        self._store = store
        self._closed = False
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="hfs-store")
        # Threads of their own: what waits until many sessions are indexed must not keep anything from being saved.
        self._asking = ThreadPoolExecutor(_ASKING_THREADS, thread_name_prefix="hfs-ask")

    @property
    def home(self) -> Path:
        """The home folder."""
        return self._store.home

    @property
    def place(self) -> str:
        """Where the sessions are: a folder, or a database by its address without a password."""
        return self._store.place

    async def __aenter__(self) -> SessionRepository:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Waits for what is being written, and closes the store. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._asking.shutdown(wait=False, cancel_futures=True)
        await self._run(self._store.close)
        # Not here: a thread may wait for this loop.
        await asyncio.to_thread(self._asking.shutdown)
        await asyncio.to_thread(self._threads.shutdown)

    async def _run(
        self, work: Callable[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        return await self._running_loop().run_in_executor(self._threads, functools.partial(work, *args, **kwargs))

    async def _ask(
        self, work: Callable[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        """The same, of what needs the index."""
        return await self._running_loop().run_in_executor(self._asking, functools.partial(work, *args, **kwargs))

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is not None:
            self._loop.enter()
        return asyncio.get_running_loop()

    async def create(
        self, name: str | None = None, *, messages: Sequence[NewMessage] = (), uid: str | None = None
    ) -> SessionModel:
        """A new session, with its first messages, in one atomic write."""
        return await self._run(self._store.create, name, messages=messages, uid=uid)

    async def ensure_session(self, uid: str, messages: Sequence[NewMessage]) -> SessionModel:
        """A new session, unless an earlier attempt made it."""
        return await self._run(self._store.ensure_session, uid, messages)

    async def add_message(
        self,
        session_id: int,
        role: str,
        content: str,
        *,
        model: str | None = None,
        status: str | None = None,
        created_at: datetime | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> MessageModel:
        """Appends a message. It is durable when this returns."""
        return await self._run(
            self._store.add_message,
            session_id,
            role,
            content,
            model=model,
            status=status,
            created_at=created_at,
            extra=extra,
        )

    async def append_message(self, session_id: int, message: NewMessage) -> MessageModel:
        """The same, of a message as a value."""
        return await self._run(self._store.append_message, session_id, message)

    async def get(self, session_id: int) -> SessionModel | None:
        """A session as its file has it now, or None if there is none."""
        return await self._run(self._store.get, session_id)

    async def refresh(self, session_id: int) -> SessionModel | None:
        """The same, after putting back what a stale copy took away a moment ago."""
        return await self._run(self._store.refresh, session_id)

    async def list_recent(self, limit: int | None = 20) -> list[SessionSummary]:
        """Summaries of sessions, newest first."""
        return await self._ask(self._store.list_recent, limit)

    async def statistics(self, wanted: SessionFilter | None = None) -> Statistics:
        """How much was said, when and by whom, in the sessions that fit a filter."""
        return await self._ask(self._store.statistics, wanted)

    async def list_sessions(self, query: ListQuery) -> SessionPage:
        """The sessions that fit a filter, in an order, and how many others there are."""
        return await self._ask(self._store.list_sessions, query)

    async def require_readable(self) -> None:
        """Raises an error where the sessions can't be listed. Reads none of them."""
        await self._run(self._store.require_readable)

    async def search(self, words: str, limit: int | None = 50, options: SearchOptions | None = None) -> SearchResult:
        """Messages and names in which all the words are, the best first."""
        return await self._ask(self._store.search, words, limit, options)

    async def unsent(self, session_id: int | None) -> str:
        """What was typed into a session, or a new one, and not sent."""
        return await self._run(self._store.unsent, session_id)

    async def keep_unsent(self, session_id: int | None, text: str) -> None:
        """Keeps what is typed and not sent yet; an empty text removes it."""
        await self._run(self._store.keep_unsent, session_id, text)

    async def rename(self, session_id: int, name: str) -> SessionModel | None:
        """Gives a session a name, which hfs never replaces. None if there is no such session."""
        return await self._run(self._store.rename, session_id, name)

    async def tag(self, session_id: int, add: Iterable[str] = (), remove: Iterable[str] = ()) -> SessionModel | None:
        """Gives a session tags, and takes others away. None if there is no such session."""
        return await self._run(self._store.tag, session_id, add, remove)

    async def pin(self, session_id: int, pinned: bool = True) -> SessionModel | None:
        """Keeps a session at the top of lists, or no longer. None if there is no such session."""
        return await self._run(self._store.pin, session_id, pinned)

    async def archive(self, session_id: int, archived: bool = True) -> SessionModel | None:
        """Takes a session out of lists that don't ask for it, or brings it back. None if there is no such session."""
        return await self._run(self._store.archive, session_id, archived)

    async def tags(self) -> dict[str, int]:
        """Every tag and how many sessions have it, the most used first."""
        return await self._ask(self._store.tags)

    async def fork(self, session_id: int, *, before: int | None = None, name: str | None = None) -> SessionModel:
        """A new session that begins as another does, up to a message."""
        return await self._run(self._store.fork, session_id, before=before, name=name)

    async def edit_message(self, session_id: int, message_id: int, content: str) -> MessageModel | None:
        """Gives a message another text. None if there is no such session."""
        return await self._run(self._store.edit_message, session_id, message_id, content)

    async def remove_messages(self, session_id: int, message_ids: Collection[int]) -> int:
        """Takes messages out for good; returns how many."""
        return await self._run(self._store.remove_messages, session_id, message_ids)

    async def editable(self, session_id: int) -> dict[str, Any] | None:
        """A session's document as it goes into an editor, or None."""
        return await self._run(self._store.editable, session_id)

    async def merge_edited(self, session_id: int, base: dict[str, Any], edited: dict[str, Any]) -> MergedEdit:
        """Brings an edit into a session, with what others did to it meanwhile; says what changed."""
        return await self._run(self._store.merge_edited, session_id, base, edited)

    async def delete(self, session_id: int) -> bool:
        """Moves a session to the trash; says whether it was there."""
        return await self._run(self._store.delete, session_id)

    async def delete_unchanged(self, shown: SessionSummary) -> bool:
        """Moves a session to the trash, if nothing happened in it since it was shown; says whether it did."""
        return await self._run(self._store.delete_unchanged, shown)

    async def list_trash(self) -> list[TrashedSession]:
        """What was deleted, the latest first."""
        return await self._run(self._store.list_trash)

    async def list_taken_out(self) -> list[TrashedSession]:
        """Messages in the trash that were taken out of a session which is still there, the latest first."""
        return await self._ask(self._store.list_taken_out)

    async def restore(self, session_id: int) -> SessionModel | None:
        """Brings back what the trash has of a session, or None."""
        return await self._run(self._store.restore, session_id)

    async def empty_trash(self, before: datetime | None = None) -> int:
        """Removes deleted sessions for good; returns how many files that were."""
        return await self._run(self._store.empty_trash, before)

    async def rescue(self, session_id: int) -> SessionModel | None:
        """A session whose file is damaged, read-only, with what can be read of it."""
        return await self._run(self._store.rescue, session_id)

    async def check(self, session_ids: Sequence[int] | None = None, *, repair: bool = False) -> CheckReport:
        """Reads everything, says what is wrong with it, and mends what can be mended."""
        return await self._run(self._store.check, session_ids, repair=repair)

    async def conflict_copies(self) -> list[tuple[int, Path]]:
        """What sync programs left beside the sessions: each session's id, and the copy."""
        return await self._run(self._store.conflict_copies)

    async def merge_copy(self, session_id: int, path: Path) -> MergedCopy:
        """Brings a conflict copy into its session; the copy goes to the trash."""
        return await self._ask(self._store.merge_copy, session_id, path)

    async def import_document(self, document: object) -> tuple[SessionModel, bool]:
        """Adds a session from a document; says whether it was added or was here already."""
        return await self._ask(self._store.import_document, document)

    async def run_import(self, work: Callable[[SessionImport], _Result], *, dry_run: bool = False) -> _Result:
        """Lets ``work`` bring many sessions in, on a thread.

        Args:
            work: Called once with the open import.
            dry_run: Check everything, write nothing.
        """

        def run() -> _Result:
            with self._store.begin_import(dry_run=dry_run) as open_import:
                return work(open_import)

        return await self._ask(run)

    async def resolve(self, text: str) -> int:
        """The session that a person means: an id, ``last``, a part of the name, the start of a uid."""
        return await self._ask(self._store.resolve, text)

    async def path(self, session_id: int) -> Path | None:
        """The session's file."""
        return await self._run(self._store.path, session_id)

    async def revision(self, session_id: int) -> str | None:
        """A mark that changes whenever the file does; None if it is gone."""
        return await self._run(self._store.revision, session_id)

    async def ensure_message(self, session_id: int, message: NewMessage) -> MessageModel:
        """Appends a message, unless an earlier attempt brought it in. It is durable when this returns."""
        return await self._run(self._store.ensure_message, session_id, message)

    async def keep_aside(self, session_id: int, messages: Sequence[MessageModel]) -> int:
        """Keeps messages in the trash that another program took out of a session; returns how many."""
        return await self._run(self._store.keep_aside, session_id, messages)

    async def keep_draft(self, session_id: int, message: NewMessage) -> Draft:
        """Keeps a message that could not be saved into its session."""
        return await self._run(self._store.keep_draft, session_id, message)

    async def list_drafts(self) -> list[Draft]:
        """Words that are not in their session yet, oldest first."""
        return await self._run(self._store.list_drafts)

    async def save_drafts(self, session_id: int | None = None) -> list[MessageModel]:
        """Saves what was kept, where its session can be written now."""
        return await self._run(self._store.save_drafts, session_id)

    @contextlib.asynccontextmanager
    async def streaming_draft(
        self, session_id: int, role: str = "assistant", *, model: str | None = None
    ) -> AsyncIterator[StreamingDraft]:
        """An answer in progress. Save the message inside the block: leaving it without an error removes the draft."""
        block = self._store.streaming_draft(session_id, role, model=model)
        draft = await self._run(block.__enter__)
        try:
            yield StreamingDraft(draft, self._run)
        except BaseException as error:
            block.__exit__(type(error), error, error.__traceback__)
            raise
        else:
            await self._run(block.__exit__, None, None, None)


def _engine_of(database: async_sessionmaker[AsyncSession] | TinyDB, home: Path) -> tuple[Engine, CallersLoop | None]:
    from tinydb import TinyDB

    if isinstance(database, TinyDB):
        from hfs.persistence.tinydb_engine.engine import TinyDBEngine

        return TinyDBEngine(database, home), None
    from hfs.persistence.sql.engine import engine_of

    return engine_of(database, home)


def open_repository(
    home: str | os.PathLike[str] | None = None,
    on_notice: Callable[[Notice], None] | None = None,
    on_indexing: Callable[[int, int], None] | None = None,
    *,
    store: str | None = None,
) -> SessionRepository:
    """The sessions of a home folder, or of a database. An async context manager.

    Args:
        home: The folder; ``$HFS_HOME``, else ``~/.hfs``, where it is None. Made by the first write.
        on_notice: Called, from any thread, with what a person should be told.
        on_indexing: Told, from any thread, how many of how many sessions are read into the index, where those are many;
            the last time when all are. What it raises ends the reading, and reaches whoever waits for it.
        store: Which store, see ``open_store``. A database is opened before this returns.

    Raises:
        ConfigError: There is no such store.
        StoreIOError: It can't be opened, or needs the extra ``hfs-chat[sql]``.
    """
    return SessionRepository(open_store(home, on_notice, on_indexing, store=store))
