"""Many sessions at once: their ids, the lock, and what a failure leaves."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hfs.errors import StoreIOError
from hfs.persistence import SessionStore
from hfs.persistence._file_ops import FileOps

DOCUMENT = {"name": "in", "messages": [{"id": 1, "role": "user", "content": "hi"}]}


class NoIds(FileOps):
    """Writes everything but the number of the next session, once it is told to."""

    def __init__(self) -> None:
        self.refuses = False

    def replace(self, source: str, target: str) -> None:
        if self.refuses and target.endswith(".next_id"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().replace(source, target)


def test_ids_that_could_not_be_reserved_are_not_given_out(home: Path) -> None:
    ops = NoIds()
    with SessionStore(home, ops=ops) as store:
        store.create("one")
        with store.begin_import() as target:
            ops.refuses = True
            for _ in range(2):
                with pytest.raises(StoreIOError):
                    target.reserve("a")
            ops.refuses = False
            assert [target.reserve(uid) for uid in ("b", "c", "d")] == [2, 3, 4]


def test_what_came_in_is_told_also_where_ids_cannot_be_given_back(home: Path) -> None:
    ops = NoIds()
    with SessionStore(home, ops=ops) as store:
        with store.begin_import() as target:
            for uid in ("a", "b"):
                target.add(target.reserve(uid), {**DOCUMENT, "uid": uid})
            ops.refuses = True
        ops.refuses = False
        assert store.count() == 2
        with store.begin_import() as target:
            assert target.find("a") == 1


def test_an_id_that_is_wanted_is_given_where_nobody_has_or_had_it(home: Path) -> None:
    with SessionStore(home) as store:
        for _ in range(3):
            store.create("mine")
        store.delete(3)
        store.empty_trash()
        with store.begin_import() as target:
            assert target.claim(6) == [range(4, 5), range(5, 7)]
            assert [target.reserve(f"u{wanted}", wanted) for wanted in (5, 3, 6, 4, 9)] == [5, 7, 6, 4, 8]
        with store.begin_import() as target:
            assert target.claim(4) == []
            assert target.reserve("other", 4) == 9


def test_what_an_import_had_claimed_that_ended_too_soon_can_be_had_by_the_next(home: Path) -> None:
    with SessionStore(home) as store:
        with store.begin_import() as target:
            claimed = target.claim(4)
            for wanted in (1, 2):
                target.add(target.reserve(f"u{wanted}", wanted), {**DOCUMENT, "uid": f"u{wanted}"})
        store.delete(2)
        with store.begin_import() as target:
            assert target.claim(4, claimed) == []
            assert [target.reserve(f"v{wanted}", wanted) for wanted in (1, 2, 3, 4)] == [5, 6, 3, 4]


def test_uids_are_compared_whole_where_that_is_asked_for(home: Path) -> None:
    one, other = (f"{start}99f3c2-7d1e-7b6a-9a51-0e6a4bb4a1c7" for start in ("01", "11"))
    with SessionStore(home) as store:
        with store.begin_import() as target:
            target.add(target.reserve(one), {**DOCUMENT, "uid": one})
            assert target.find(other) == 1
        with store.begin_import(by_whole_uid=True) as target:
            assert (target.find(one), target.find(other)) == (1, None)
