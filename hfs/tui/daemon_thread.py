"""Work that blocks, on a thread that the end of the program does not wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

_Result = TypeVar("_Result")


async def on_daemon_thread(work: Callable[[], _Result]) -> _Result:
    """What a function returns, or raises; whoever leaves meanwhile need not wait for it.

    Args:
        work: It may take as long as a server that does not answer.
    """
    future: Future[_Result] = Future()
    # From now on it can't be cancelled, only left.
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="hfs-open", daemon=True).start()
    return await asyncio.wrap_future(future)
