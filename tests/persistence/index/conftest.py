"""Homes with sessions, looked at as few are and as very many are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hfs.persistence import SessionStore
from hfs.persistence.index.updating import ALWAYS_BELOW
from tests.persistence.index.plain import write_session

SESSIONS = 12
Opener = Callable[[], SessionStore]


@pytest.fixture(params=[pytest.param(ALWAYS_BELOW, id="few"), pytest.param(0, id="many")])
def opener(request: pytest.FixtureRequest, home: Path) -> Opener:
    """Opens the home's store: each file looked at every time, or only as many as with very many sessions."""
    below = int(request.param)
    return lambda: SessionStore(home, always_below=below)


@pytest.fixture
def filled(home: Path) -> Path:
    """A home whose sessions are in the index, words too."""
    for number in range(1, SESSIONS + 1):
        write_session(home, number, [f"said{number}x{at}" for at in range(number % 4)], tags=[f"tag{number}"])
    with SessionStore(home) as store:
        store.search("said1x0")
    return home
