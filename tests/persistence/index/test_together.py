"""Two programs that read many sessions into the index at once."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

from hfs.persistence import SessionStore
from tests.persistence.index.plain import write_session

SESSIONS = 300


def test_a_slower_reading_takes_nothing_from_the_search_of_another(home: Path) -> None:
    for number in range(1, SESSIONS + 1):
        write_session(home, number, ["everywhere"])
    looked, halfway, done = Event(), Event(), Event()
    calls: list[int] = []

    def slow(read: int, total: int) -> None:
        looked.set()
        halfway.wait(20)

    def quick(read: int, total: int) -> None:
        calls.append(read)
        if calls.count(0) == 2 and read:
            halfway.set()
            done.wait(20)

    def sweep() -> None:
        with SessionStore(home, on_indexing=slow) as store:
            store.list_recent(1)
        done.set()

    slower = Thread(target=sweep)
    slower.start()
    looked.wait(20)
    with SessionStore(home, on_indexing=quick) as store:
        found = len(store.search("everywhere", None))
    slower.join()
    assert found == SESSIONS
