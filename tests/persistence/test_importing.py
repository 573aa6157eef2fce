"""Many sessions at once: their ids, the lock, and what a failure leaves."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hfs.errors import StoreIOError
from hfs.persistence import SessionStore
from hfs.persistence._files import FileOps

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
