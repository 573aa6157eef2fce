"""Who writes sessions while the next ones are read: threads, or for much a process of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol

from hfs.errors import StoreIOError
from hfs.persistence import open_store

_THREADS: Final = 4

Document = dict[str, Any]


class Writer(Protocol):
    """Writes sessions under ids that were reserved for them. A context manager."""

    def submit(self, session_id: int, document: Document) -> Future[None]:
        """Begins to write one. The future is done once it is whole and durable."""
        ...

    def __enter__(self) -> Writer: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ThreadWriter:
    """Writes by threads, which wait for the disk while others work.

    Args:
        add: Writes one session.
    """

    def __init__(self, add: Callable[[int, Document], None]) -> None:
        self._add = add
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="hfs-import")

    def __enter__(self) -> ThreadWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)

    def submit(self, session_id: int, document: Document) -> Future[None]:
        """Begins to write one."""
        return self._pool.submit(self._add, session_id, document)


class ProcessWriter:
    """Writes by a process of its own, so that reading and writing have a processor each.

    It ends with this process, however that ends: then nobody is left at the other end of its pipe.

    Args:
        home: The folder that holds the sessions.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._futures: dict[int, Future[None]] = {}
        self._lock = threading.Lock()
        self._lost = False

    def __enter__(self) -> ProcessWriter:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_write_all, args=(str(self._home), theirs), daemon=True)
        with _undisturbed():
            self._process.start()
        theirs.close()
        self._listener = threading.Thread(target=self._listen, name="hfs-import", daemon=True)
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError, BrokenPipeError):
            self._pipe.send(None)
        self._listener.join()
        self._process.join()
        self._pipe.close()

    def submit(self, session_id: int, document: Document) -> Future[None]:
        """Begins to write one."""
        future: Future[None] = Future()
        with self._lock:
            self._futures[session_id] = future
        try:
            self._pipe.send((session_id, document))
        except OSError:
            self._end(session_id, self._gone())
        except RecursionError:
            # Nothing was sent of it.
            self._end(session_id, ValueError("lists and objects are nested too deep"))
        if self._lost:
            self._give_up()
        return future

    def _listen(self) -> None:
        try:
            while (answer := self._pipe.recv()) is not None:
                self._end(*answer)
        except Exception:
            # Whatever it is that comes, no more answers do, and none may be waited for in vain.
            self._lost = True
            self._give_up()

    def _end(self, session_id: int, error: Exception | None) -> None:
        with self._lock:
            future = self._futures.pop(session_id, None)
        if future is None:
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

    def _give_up(self) -> None:
        with self._lock:
            futures, self._futures = self._futures, {}
        for future in futures.values():
            future.set_exception(self._gone())

    def _gone(self) -> StoreIOError:
        return StoreIOError("The process that writes ended early; run the import again.", path=self._home)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Lets a process be started that Ctrl-C, which reaches every process of a terminal, does not end as it begins."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # It would let signals through again when it is started.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _write_all(home: str, pipe: Connection) -> None:
    """Writes what comes through a pipe, until that ends."""
    # Where it could not be kept from this process: what is on its way is written all the same.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answering = threading.Lock()

    def write(session_id: int, document: Document) -> None:
        error: Exception | None = None
        try:
            store.add_reserved(session_id, document)
        except Exception as caught:
            error = caught
        with answering, contextlib.suppress(OSError):
            pipe.send((session_id, error))

    # What waits is bounded by the other side, which waits for the oldest.
    with open_store(home, store="documents") as store, ThreadPoolExecutor(_THREADS) as pool:
        try:
            while (work := pipe.recv()) is not None:
                pool.submit(write, *work)
        except (EOFError, OSError):
            # Who reads was killed, and keeps others from importing no longer: they must not miss what comes in late.
            pool.shutdown(cancel_futures=True)
    with contextlib.suppress(OSError):
        pipe.send(None)
