"""The sessions of one home folder, for asyncio: every call runs on a thread, none blocks the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from hfs import paths
from hfs.errors import StoreError
from hfs.persistence._opening import open_store
from hfs.persistence._store import SessionStore
from hfs.persistence.models import Notice

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
    from tinydb import TinyDB

    from hfs.persistence._engine import Engine
    from hfs.persistence.sessions.draft_files import DraftFile
    from hfs.persistence.sessions.importing import SessionImport
    from hfs.persistence.sql.portal import CallersLoop

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_THREADS = 8
_ASKING_THREADS = 4


class StreamingDraft:
    """An answer in progress, kept on the disk at least once a second. ``SessionRepository.streaming_draft`` makes it.

    Args:
        draft: The file.
        run: Runs a call on a thread.

    Example:
        >>> import asyncio
        >>> from hfs.persistence import open_repository
        >>> async def main() -> None:
        ...     async with open_repository("chats") as repo:
        ...         session = await repo.create("Bread")
        ...         async with repo.streaming_draft(session.id, model="local/x") as draft:
        ...             for piece in ("Twelve", " hours."):
        ...                 await draft.write(piece)
        ...             said = await repo.add_message(
        ...                 session.id, "assistant", "Twelve hours.", model="local/x", created_at=draft.created_at
        ...             )
        ...         print(said.content, await repo.list_drafts())
        >>> asyncio.run(main())
        Twelve hours. []
    """

    def __init__(self, draft: DraftFile, run: Callable[[Callable[[], None]], Any]) -> None:
        self._draft = draft
        self._run = run

    @property
    def created_at(self) -> datetime:
        """When it was begun. The message that it becomes must have the same moment: it tells that they are one."""
        return self._draft.created_at

    async def write(self, text: str) -> None:
        """Adds text to the draft. It is on the disk at the latest with the first call a second later.

        Args:
            text: The next piece of the answer.

        Raises:
            StoreIOError: It could not be put on the disk; the text is still pending.
        """
        await self._run(functools.partial(self._draft.write, text))


def _on_a_thread(
    method: Callable[Concatenate[SessionStore, _Parameters], _Result], *, by_the_index: bool = False
) -> Callable[Concatenate[SessionRepository, _Parameters], Coroutine[Any, Any, _Result]]:
    """A method of the store as one of the repository, with its signature and its docstring.

    Args:
        method: The method.
        by_the_index: Whether it needs the index, and so may wait until many sessions are read into it.
    """

    @functools.wraps(method)
    async def call(self: SessionRepository, /, *args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        work: Callable[_Parameters, _Result] = getattr(self._store, method.__name__)
        return await (self._ask if by_the_index else self._run)(work, *args, **kwargs)

    call.__module__, call.__qualname__ = __name__, f"SessionRepository.{method.__name__}"
    return call


class SessionRepository:
    """Sessions for asyncio, whichever engine stores them. Safe from many tasks and many processes at once.

    Every method does what its namesake of ``SessionStore`` does, and raises the same errors; none blocks the event
    loop. ``open_repository`` is the usual way to one. An async context manager: leaving it closes the repository, and
    whatever is called after that raises a ``StoreError``.

    Args:
        store: Where the sessions are: a store; or what opens sessions of SQLAlchemy on a database of the caller's, see
            ``get_session_factory``, which is used on the event loop that it was made for; or a TinyDB database, such
            as ``TinyDB(storage=MemoryStorage)``. What is the caller's is not closed.
        home: The home folder, for what is kept on this computer beside a database; ``$HFS_HOME``, else ``~/.hfs``,
            where it is None. A store has its own.

    Raises:
        StoreIOError: The home folder is no folder.

    Example:
        >>> import asyncio
        >>> from tinydb import TinyDB
        >>> from tinydb.storages import MemoryStorage
        >>> from hfs.persistence import SessionRepository
        >>> async def main() -> None:
        ...     async with SessionRepository(TinyDB(storage=MemoryStorage)) as repo:
        ...         session = await repo.create("Bread")
        ...         print(await repo.rename(session.id, "Rye bread") is not None, await repo.get(2))
        >>> asyncio.run(main())
        True None
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
        return await self._on(self._threads, functools.partial(work, *args, **kwargs))

    async def _ask(
        self, work: Callable[_Parameters, _Result], *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> _Result:
        """The same, of what needs the index."""
        return await self._on(self._asking, functools.partial(work, *args, **kwargs))

    async def _on(self, threads: ThreadPoolExecutor, work: Callable[[], _Result]) -> _Result:
        loop = self._running_loop()
        try:
            result = loop.run_in_executor(threads, work)
        except RuntimeError as error:
            if not self._closed:
                raise
            raise StoreError(f"The sessions in {self.place} were closed before.") from error
        return await result

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is not None:
            self._loop.enter()
        return asyncio.get_running_loop()

    # Sessions

    create = _on_a_thread(SessionStore.create)
    ensure_session = _on_a_thread(SessionStore.ensure_session)
    get = _on_a_thread(SessionStore.get)
    refresh = _on_a_thread(SessionStore.refresh)
    rescue = _on_a_thread(SessionStore.rescue)
    resolve = _on_a_thread(SessionStore.resolve, by_the_index=True)
    path = _on_a_thread(SessionStore.path)
    revision = _on_a_thread(SessionStore.revision)
    rename = _on_a_thread(SessionStore.rename)
    fork = _on_a_thread(SessionStore.fork)

    # Messages

    add_message = _on_a_thread(SessionStore.add_message)
    append_message = _on_a_thread(SessionStore.append_message)
    ensure_message = _on_a_thread(SessionStore.ensure_message)
    edit_message = _on_a_thread(SessionStore.edit_message)
    remove_messages = _on_a_thread(SessionStore.remove_messages)
    editable = _on_a_thread(SessionStore.editable)
    merge_edited = _on_a_thread(SessionStore.merge_edited)

    # Lists and searches

    list_recent = _on_a_thread(SessionStore.list_recent, by_the_index=True)
    list_sessions = _on_a_thread(SessionStore.list_sessions, by_the_index=True)
    statistics = _on_a_thread(SessionStore.statistics, by_the_index=True)
    search = _on_a_thread(SessionStore.search, by_the_index=True)
    require_readable = _on_a_thread(SessionStore.require_readable)

    # Order

    tag = _on_a_thread(SessionStore.tag)
    pin = _on_a_thread(SessionStore.pin)
    archive = _on_a_thread(SessionStore.archive)
    tags = _on_a_thread(SessionStore.tags, by_the_index=True)

    # The trash

    delete = _on_a_thread(SessionStore.delete)
    delete_unchanged = _on_a_thread(SessionStore.delete_unchanged)
    list_trash = _on_a_thread(SessionStore.list_trash)
    list_taken_out = _on_a_thread(SessionStore.list_taken_out, by_the_index=True)
    restore = _on_a_thread(SessionStore.restore)
    keep_aside = _on_a_thread(SessionStore.keep_aside)
    empty_trash = _on_a_thread(SessionStore.empty_trash)

    # Upkeep

    check = _on_a_thread(SessionStore.check)
    conflict_copies = _on_a_thread(SessionStore.conflict_copies)
    merge_copy = _on_a_thread(SessionStore.merge_copy, by_the_index=True)
    import_document = _on_a_thread(SessionStore.import_document, by_the_index=True)

    async def run_import(self, work: Callable[[SessionImport], _Result], *, dry_run: bool = False) -> _Result:
        """Lets ``work`` bring many sessions in, on a thread.

        Args:
            work: Called once with the open import.
            dry_run: Check everything, write nothing.

        Returns:
            What ``work`` returned.

        Raises:
            StoreIOError: Another import is open, or the sessions can't be listed.
        """

        def run() -> _Result:
            with self._store.begin_import(dry_run=dry_run) as open_import:
                return work(open_import)

        return await self._ask(run)

    # Words that are not in a session yet

    keep_draft = _on_a_thread(SessionStore.keep_draft)
    list_drafts = _on_a_thread(SessionStore.list_drafts)
    save_drafts = _on_a_thread(SessionStore.save_drafts)
    unsent = _on_a_thread(SessionStore.unsent)
    keep_unsent = _on_a_thread(SessionStore.keep_unsent)

    @contextlib.asynccontextmanager
    async def streaming_draft(
        self, session_id: int, role: str = "assistant", *, model: str | None = None
    ) -> AsyncIterator[StreamingDraft]:
        """An answer in progress. Save the message inside the block: leaving it without an error removes the draft.

        Args:
            session_id: The session.
            role: Who speaks.
            model: Which model speaks.

        Yields:
            What the pieces of the answer are written to.

        Raises:
            StoreIOError: The draft can't be made, or written.
        """
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
    *,
    on_notice: Callable[[Notice], None] | None = None,
    on_indexing: Callable[[int, int], None] | None = None,
    store: str | None = None,
) -> SessionRepository:
    """The sessions of a home folder, or of a database, for asyncio. An async context manager.

    Args:
        home: The folder; ``$HFS_HOME``, else ``~/.hfs``, where it is None. Made by the first write.
        on_notice: Called, from any thread, with what a person should be told.
        on_indexing: Told, from any thread, how many of how many sessions are read into the index, where those are many;
            the last time when all are. What it raises ends the reading, and reaches whoever waits for it.
        store: Which store, see ``open_store``. A database is opened before this returns.

    Returns:
        The repository.

    Raises:
        ConfigError: There is no such store.
        StoreIOError: It can't be opened, or needs the extra ``hfs-chat[sql]``.

    Example:
        >>> import asyncio
        >>> from hfs.persistence import open_repository
        >>> async def main() -> None:
        ...     async with open_repository("chats") as repo:
        ...         session = await repo.create()
        ...         message = await repo.add_message(session.id, "user", "How long does the dough rest?")
        ...         print((await repo.get(session.id)).messages[0].content)
        >>> asyncio.run(main())
        How long does the dough rest?
    """
    return SessionRepository(open_store(home, on_notice=on_notice, on_indexing=on_indexing, store=store))
