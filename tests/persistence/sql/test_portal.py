"""Coroutines that threads wait for."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from hfs.errors import StoreError, StoreIOError
from hfs.persistence.sql.portal import CallersLoop, OwnLoop


async def thread_name() -> str:
    return threading.current_thread().name


def test_a_loop_of_our_own_runs_on_its_thread_and_begins_again_after_it_was_closed() -> None:
    loop = OwnLoop()
    assert loop.run(thread_name()) == "hfs-sql"
    loop.close()
    loop.close()
    assert loop.run(thread_name()) == "hfs-sql"
    loop.close()
    assert "hfs-sql" not in {thread.name for thread in threading.enumerate()}


def test_what_still_runs_when_the_loop_is_closed_is_said_to_have_failed() -> None:
    loop, started = OwnLoop(), threading.Event()
    failures: list[BaseException] = []

    async def wait() -> None:
        started.set()
        await asyncio.Event().wait()

    def work() -> None:
        try:
            loop.run(wait())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    loop.close()
    thread.join(10)
    assert [type(error) for error in failures] == [StoreIOError]


def test_what_waits_again_once_it_was_cancelled_keeps_no_loop_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hfs.persistence.sql.portal._ROUND", 0.05)
    loop, started = OwnLoop(), threading.Event()

    async def wait() -> None:
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.Event().wait()

    def work() -> None:
        with pytest.raises(StoreIOError):
            loop.run(wait())

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    closing = threading.Thread(target=loop.close, daemon=True)
    closing.start()
    closing.join(10)
    assert not closing.is_alive()
    thread.join(10)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_in_a_forked_process_it_is_said_that_the_database_must_be_opened_again() -> None:
    loop = OwnLoop()
    loop.run(thread_name())
    child = os.fork()
    if child == 0:
        try:
            loop.run(thread_name())
        except StoreError:
            loop.close()
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert loop.run(thread_name()) == "hfs-sql"
    loop.close()


async def test_the_callers_loop_runs_what_its_threads_wait_for() -> None:
    loop = CallersLoop()
    loop.enter()
    assert await asyncio.to_thread(loop.run, thread_name()) == threading.current_thread().name


def test_without_a_loop_it_is_said_how_to_have_one() -> None:
    with pytest.raises(RuntimeError, match="use SessionRepository"):
        CallersLoop().run(thread_name())
