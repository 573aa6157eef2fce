"""A long reading for the index: what is told of it, how it is ended, and what doesn't wait for it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hfs.persistence import SessionStore, open_repository, open_store
from tests.support.large_home import COUNT, indexing_elsewhere, write_large_sessions

MANY = 600
"""More than are read at once."""


class GaveUpError(Exception):
    pass


def children() -> set[str]:
    """The processes that this one has started, as far as the system tells."""
    return {pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()}


def write_small_sessions(home: Path) -> None:
    folder = home / "sessions"
    folder.mkdir(parents=True)
    for number in range(1, MANY + 1):
        document = {"uid": f"u{number}", "name": f"s{number}", "created_at": "2026-01-01T00:00:00Z", "messages": []}
        (folder / f"{number}.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("write", "count"),
    [
        pytest.param(write_small_sessions, MANY, id="in this process"),
        pytest.param(write_large_sessions, COUNT, id="in others"),
    ],
)
def test_how_far_it_is_is_told_up_to_the_end(home: Path, write: Callable[[Path], None], count: int) -> None:
    write(home)
    told: list[tuple[int, int]] = []
    with open_store(home, on_indexing=lambda done, total: told.append((done, total))) as store:
        assert store.count() == count
        assert told[-1] == (count, count)
        assert sorted(told) == told
        assert {total for _, total in told} == {count}
        told.clear()
        assert len(store.list_recent(None)) == count
        assert told == []


@pytest.mark.parametrize(
    ("write", "count"),
    [
        pytest.param(write_small_sessions, MANY, id="in this process"),
        pytest.param(write_large_sessions, COUNT, id="in others"),
    ],
)
def test_what_is_raised_ends_it_and_the_next_list_is_right(
    home: Path, write: Callable[[Path], None], count: int
) -> None:
    write(home)
    gave_up: list[int] = []

    def give_up(done: int, total: int) -> None:
        if not gave_up:
            gave_up.append(done)
            raise GaveUpError

    before = children()
    with open_store(home, on_indexing=give_up) as store:
        with pytest.raises(GaveUpError):
            store.list_recent()
        assert not list((home / "index").glob("words-*"))
        assert children() <= before
        assert len(store.list_recent(None)) == count


def test_what_is_raised_ends_the_waiting_for_another_process_too(home: Path) -> None:
    write_large_sessions(home)

    def give_up(done: int, total: int) -> None:
        raise GaveUpError

    with indexing_elsewhere(home), open_store(home, on_indexing=give_up) as store, pytest.raises(GaveUpError):
        store.list_recent()


def test_a_session_is_begun_and_gone_on_with_meanwhile(home: Path) -> None:
    write_small_sessions(home)
    began: list[int] = []

    def begin(store: SessionStore) -> int:
        session = store.create("meanwhile")
        store.add_message(session.id, "user", "said meanwhile")
        return session.id

    def told(done: int, total: int) -> None:
        if not began:
            with ThreadPoolExecutor(1) as thread:
                began.append(thread.submit(begin, store).result(timeout=30))

    with open_store(home, on_indexing=told) as store:
        store.list_recent()
        assert began == [MANY + 1]
        assert [(one.name, one.message_count) for one in store.list_recent(1)] == [("meanwhile", 1)]


async def test_what_waits_for_it_keeps_nothing_from_being_saved(home: Path) -> None:
    write_small_sessions(home)
    reading, go_on = threading.Event(), threading.Event()

    def told(done: int, total: int) -> None:
        reading.set()
        assert go_on.wait(30)

    async with open_repository(home, on_indexing=told) as repo:
        waiting = [asyncio.ensure_future(repo.list_recent(1)) for _ in range(20)]
        while not reading.is_set():
            await asyncio.sleep(0.01)
        session = await repo.create("meanwhile")
        await repo.add_message(session.id, "user", "said meanwhile")
        assert not any(one.done() for one in waiting)
        go_on.set()
        for one in waiting:
            assert len(await one) == 1


async def test_closing_ends_it(home: Path) -> None:
    write_large_sessions(home)
    reading = threading.Event()
    with indexing_elsewhere(home):
        async with open_repository(home, on_indexing=lambda done, total: reading.set()) as repo:
            waiting = [asyncio.ensure_future(repo.list_recent(1)) for _ in range(20)]
            while not reading.is_set():
                await asyncio.sleep(0.01)
        ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(one, BaseException) for one in ended)
