"""Stores for the tests of the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hfs.persistence import NewMessage, Notice, SessionModel, SessionStore

WHOLE = float("inf")
TAIL = 0.0


@pytest.fixture(
    params=[pytest.param(1 << 20, id="1MiB"), pytest.param(TAIL, id="tail"), pytest.param(WHOLE, id="whole")]
)
def threshold(request: pytest.FixtureRequest) -> float:
    """The size from which an append replaces only the tail: as shipped, always, never."""
    return float(request.param)


@pytest.fixture
def notices() -> list[Notice]:
    """What the store told."""
    return []


@pytest.fixture
def store(home: Path, threshold: float, notices: list[Notice]) -> Iterator[SessionStore]:
    """A store on each save path."""
    with SessionStore(home, on_notice=notices.append, threshold=threshold) as opened:
        yield opened


@pytest.fixture
def session(store: SessionStore) -> SessionModel:
    """A session of two messages."""
    created = store.create(messages=[NewMessage("user", "How do I undo a rebase?")])
    store.add_message(created.id, "assistant", "Look it up:\n\n    git reflog\n", model="local/smollm2")
    found = store.get(created.id)
    assert found is not None
    return found
