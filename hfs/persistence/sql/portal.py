"""Coroutines run for threads that wait for them: on an event loop of our own, or on the caller's."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hfs.errors import StoreError, StoreIOError

_Result = TypeVar("_Result")
_ROUND = 0.5
"""How long tasks have to end once they were cancelled, in seconds."""
_ROUNDS = 10
"""How often they are."""


class Portal(Protocol):
    """Runs coroutines on an event loop."""

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """What a coroutine returns. Called from any thread but the loop's own, and blocks it.

        Raises:
            StoreIOError: The loop ended before.
        """

    def close(self) -> None:
        """Ends the loop, if it is our own."""


class OwnLoop:
    """An event loop on a thread of its own, which begins with the first coroutine."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = 0

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """What a coroutine returns.

        Raises:
            StoreError: This process was forked from the one that has the loop.
        """
        if self._is_anothers():
            work.close()
            raise StoreError("The database was opened before this process was forked: open it again in here.")
        return _wait(work, self._started())

    def _is_anothers(self) -> bool:
        # The thread stayed there: nobody would ever answer, and two processes would talk on one connection.
        return self._loop is not None and self._process != os.getpid()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._process = os.getpid()
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="hfs-sql", daemon=True)
                self._thread.start()
            return self._loop

    def close(self) -> None:
        """Ends the loop, once what runs on it was cancelled."""
        if self._is_anothers():
            return
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        # All on its own thread: on this one another loop may be running, as in a notebook.
        asyncio.run_coroutine_threadsafe(_finish(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _finish() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    # What was cancelled may wait again, to end a connection whose thread has ended, and would wait for ever.
    for _ in range(_ROUNDS):
        if not others:
            break
        for task in others:
            task.cancel()
        _, others = await asyncio.wait(others, timeout=_ROUND)
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()


class CallersLoop:
    """The event loop of whoever uses the repository: connections belong to the loop that opened them."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def enter(self) -> None:
        """Notes the running loop. Called on it before any thread waits."""
        self._loop = asyncio.get_running_loop()

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """What a coroutine returns.

        Raises:
            RuntimeError: No loop is known yet.
        """
        if self._loop is None:
            work.close()
            raise RuntimeError("A session factory works on its caller's event loop: use SessionRepository with it.")
        return _wait(work, self._loop)

    def close(self) -> None:
        """Nothing: the loop is the caller's."""


def _wait(work: Coroutine[Any, Any, _Result], loop: asyncio.AbstractEventLoop) -> _Result:
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return future.result()
    except CancelledError as error:
        # To a task that waits for this thread it would mean that the task itself was cancelled.
        raise StoreIOError("The database was closed meanwhile; nothing was acknowledged.", path=Path()) from error
    except BaseException:
        # Ctrl-C reaches who waits, and not the loop.
        future.cancel()
        raise
