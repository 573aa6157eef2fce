"""What calls cost in a running process, with homes of several sizes, in turn."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

from bench.append import TEXT, Times, timed
from bench.sql_rival import SQLStore
from hfs.persistence import NewMessage, SessionStore, open_repository
from hfs.persistence.files.events import FolderEvents
from tests.support.engines import files_of

Homes = Mapping[int, Path]
"""Each home by how many sessions it has."""


def list_recent(homes: Homes, rival: SQLStore, rounds: int) -> Times:
    """Seconds of ``list_recent(20)``: of each home, by its size, and of the rival, as ``rival``."""
    return asyncio.run(_list_recent(homes, rival, rounds))


async def _list_recent(homes: Homes, rival: SQLStore, rounds: int) -> Times:
    times: Times = {}
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(rival.close)
        repositories = {size: await stack.enter_async_context(open_repository(home)) for size, home in homes.items()}
        for repository in repositories.values():
            await repository.list_recent(limit=20)
        await rival.list_recent(20)
        for _ in range(rounds):
            for size, repository in repositories.items():
                await timed(times, str(size), lambda asked=repository: asked.list_recent(limit=20))  # type: ignore[misc]
            await timed(times, "rival", lambda: rival.list_recent(20))
    return times


def create(homes: Homes, rounds: int) -> Times:
    """Seconds of ``create``, of each home, by its size; what is made is removed again."""
    times: Times = {str(size): [] for size in homes}
    made = []
    with contextlib.ExitStack() as stack:
        stores = {size: stack.enter_context(SessionStore(home)) for size, home in homes.items()}
        for turn in range(rounds + 1):
            for size, store in stores.items():
                began = time.perf_counter()
                session = store.create("made by the bench")
                if turn:
                    times[str(size)].append(time.perf_counter() - began)
                made.append(file_of(homes[size], session.id))
    for path in made:
        path.unlink()
    return times


def append(homes: Homes, messages: int, at_once: int, rounds: int) -> Times:
    """Seconds of an ``add_message`` to a session of so many messages, of each home.

    By its size, with all that the index costs, and by its size and ``waited``, as long as the caller waits; by its size
    and ``alone``, without an index. One process does all of it, in turn.

    Args:
        homes: The homes.
        messages: How many messages the session has.
        at_once: How many messages come in one after the other, before the index must be up to date.
        rounds: How often that is done.
    """
    times: Times = {}
    said = [NewMessage("user", TEXT)] * messages
    with contextlib.ExitStack() as stack:
        contenders = []
        for size, home in homes.items():
            indexed, alone = (stack.enter_context(SessionStore(home)) for _ in range(2))
            files_of(alone).documents.events = FolderEvents()
            contenders += [(str(size), indexed), (f"{size} alone", alone)]
        at = {name: store.create(messages=said).id for name, store in contenders}
        made = [file_of(homes[int(name.split()[0])], session_id) for name, session_id in at.items()]
        for turn in range(rounds + 3):
            # Who comes first has what the other left behind in the disk's queue.
            for name, store in contenders if turn % 2 else contenders[::-1]:
                began = time.perf_counter()
                for _ in range(at_once):
                    store.add_message(at[name], "assistant", TEXT)
                waited = time.perf_counter() - began
                files_of(store).index._notes.flush()
                taken = time.perf_counter() - began
                if turn >= 3:
                    times.setdefault(name, []).append(taken / at_once)
                    times.setdefault(f"{name} waited", []).append(waited / at_once)
    for path in made:
        path.unlink()
    return times


def file_of(home: Path, session_id: int) -> Path:
    """Where a session is."""
    return home / "sessions" / f"{session_id}.json"
