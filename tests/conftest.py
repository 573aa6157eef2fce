"""What every test has: a home folder of its own, and an environment without keys."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.endswith("_API_KEY") or (name.startswith("HFS_") and not name.startswith("HFS_TEST_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HFS_HOME", str(tmp_path / "home"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home folder of the test; it need not exist."""
    return tmp_path / "home"
