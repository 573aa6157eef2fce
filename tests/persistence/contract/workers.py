"""What processes of their own do in a place of sessions, all at one moment."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, Final

from hfs.errors import SessionNotFoundError
from hfs.persistence import SessionStore, open_store
from tests.persistence.contract.places import Place, users

PROCESSES: Final = 4
Work = Callable[[SessionStore, int, int], list[Any]]
"""Takes the store, a session, and the number of the process among those that work together."""
_TIMEOUT: Final = 60
_barriers: dict[int, Barrier] = {}


class Workers:
    """Processes that wait for work.

    Args:
        pool: Runs them.
    """

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def together(self, place: Place, session_id: int, *works: Work) -> list[list[Any]]:
        """Does each work in a process of its own, all of them at once; returns what each of them returns."""
        password = os.environ.get("PGPASSWORD", "")
        jobs = [
            self._pool.submit(_work, work, place.home, place.name, password, len(works), session_id, me)
            for me, work in enumerate(works)
        ]
        return [job.result(timeout=_TIMEOUT) for job in jobs]


@contextmanager
def running_workers() -> Iterator[Workers]:
    """As many processes as are needed at a time. Each is a copy of one that has the library imported."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        multiprocessing.set_forkserver_preload([__name__, "hfs.persistence.sql.engine", "pytest"])
    barriers = {parties: context.Barrier(parties) for parties in range(1, PROCESSES + 1)}
    with ProcessPoolExecutor(PROCESSES, context, _begin, (barriers,)) as pool:
        yield Workers(pool)


def _begin(barriers: dict[int, Barrier]) -> None:
    _barriers.update(barriers)


def _work(work: Work, home: Path, name: str, password: str, parties: int, session_id: int, me: int) -> list[Any]:
    # These processes were started before the test began that they work for.
    os.environ["PGPASSWORD"] = password
    with open_store(home, store=name) as store:
        store.list_recent()
        _barriers[parties].wait(_TIMEOUT)
        return work(store, session_id, me)


def append_fifty(store: SessionStore, session_id: int, me: int) -> list[int]:
    """Appends 50 messages; returns their ids."""
    return [store.add_message(session_id, "user", f"{me} {number}").id for number in range(50)]


def append_while_it_is_there(store: SessionStore, session_id: int, me: int) -> list[tuple[int, str]]:
    """Appends messages until the session is gone; returns the id and the text of each that was saved."""
    saved = []
    for number in range(200):
        try:
            saved.append((store.add_message(session_id, "user", f"{me} {number}").id, f"{me} {number}"))
        except SessionNotFoundError:
            break
    return saved


def delete_soon(store: SessionStore, session_id: int, me: int) -> list[bool]:
    """Deletes the session once something was said in it."""
    while not store.list_recent()[0].message_count:
        pass
    return [store.delete(session_id)]


def create_eight(store: SessionStore, session_id: int, me: int) -> list[int]:
    """Creates sessions; returns their ids."""
    return [store.create(f"{me} {number}", messages=users("x")).id for number in range(8)]


def tag(store: SessionStore, session_id: int, me: int) -> list[Any]:
    """Adds eight tags, one by one."""
    return [store.tag(session_id, [f"tag {number}"]) for number in range(8)]


def edit(store: SessionStore, session_id: int, me: int) -> list[Any]:
    """Gives the first four messages other texts, twice."""
    return [store.edit_message(session_id, 1 + number % 4, f"edited {number}") for number in range(8)]


def rename(store: SessionStore, session_id: int, me: int) -> list[Any]:
    """Gives the session eight names, one after the other."""
    return [store.rename(session_id, f"name {number}") for number in range(8)]


def append_eight(store: SessionStore, session_id: int, me: int) -> list[Any]:
    """Appends eight messages."""
    return [store.add_message(session_id, "user", f"added {number}") for number in range(8)]


def bring_in(store: SessionStore, session_id: int, me: int) -> list[bool]:
    """Imports six sessions; says which of them came in."""
    documents = [
        {"uid": f"u{number}", "name": f"{number}", "messages": [{"role": "user", "content": "x"}]}
        for number in range(6)
    ]
    return [store.import_document(document)[1] for document in documents]
