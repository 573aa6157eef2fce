"""Who writes sessions while the next ones are read."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from hfs.errors import StoreIOError
from hfs.persistence import SessionStore
from hfs.transfer.writers import ProcessWriter


def test_one_that_cannot_be_sent_to_the_process_that_writes_fails_alone(home: Path) -> None:
    nested: list[Any] = []
    for _ in range(5000):
        nested = [nested]
    documents: list[dict[str, Any]] = [{"name": "a", "x": 1}, {"name": "b", "x": nested}, {"name": "c", "x": 2}]
    with SessionStore(home) as store, store.begin_import() as target, ProcessWriter(home) as writer:
        writes = [writer.submit(target.reserve(one["name"]), {**one, "messages": []}) for one in documents]
        failures = [write.exception() for write in writes]
    assert [type(failure) for failure in failures] == [type(None), ValueError, type(None)]
    with SessionStore(home) as store:
        assert sorted(summary.name for summary in store.list_recent(None)) == ["a", "c"]
        assert store.check().findings == []


def test_nothing_is_waited_for_once_the_process_that_writes_is_gone(home: Path) -> None:
    with SessionStore(home) as store, store.begin_import(), ProcessWriter(home) as writer:
        writer.submit(1, {"name": "a", "messages": []}).result(timeout=60)
        writer._process.kill()
        writes: list[Future[None]] = [writer.submit(number, {"messages": []}) for number in range(2, 50)]
        for write in writes:
            with pytest.raises(StoreIOError, match="ended early"):
                write.result(timeout=60)
