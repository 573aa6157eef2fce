"""The databases in which the same sessions are looked up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.persistence.sql.indexes import Indexes


@pytest.fixture
def indexes(tmp_path: Path, postgres_url: str) -> Iterator[Indexes]:
    """SQLite, PostgreSQL, and folders of files."""
    with ExitStack() as stack:
        yield Indexes(tmp_path, {"sqlite": "sqlite", "postgresql": postgres_url}, stack)
