"""What every test has: a home folder of its own, and an environment without keys."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.support.model_server import ModelServer, model_server
from tests.support.postgres import PostgresServer, postgres_server

# A run in the background is started with Ctrl-C ignored, and so would be every program that a test starts.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
HERE = Path(__file__).parent
# No test asserts how long anything takes.
settings.register_profile("hfs", settings.default, deadline=None)
settings.load_profile("hfs")


ANY_PYTHON = ("docs", "packaging")
"""Folders of tests on what is the same whichever Python runs them."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of those folders, before tests are chosen by their marks."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.relative_to(HERE).parts[0] in ANY_PYTHON:
            item.add_marker(pytest.mark.any_python)


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


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A scripted model server on loopback."""
    with model_server() as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for this process; a test may stop and start it."""
    with postgres_server() as running:
        yield running


@pytest.fixture
def postgres_url(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The url of an empty database, without its password: `$PGPASSWORD` has it."""
    for name in list(os.environ):
        if name.startswith("PG"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PGPASSWORD", postgres.password)
    postgres.start()
    url = postgres.fresh_database()
    yield url
    postgres.start()
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def model_cache() -> Path:
    """A folder with the embedded model's weights, fetched once by the project's own command and kept."""
    cache = Path(os.environ.get("HFS_TEST_MODEL_CACHE") or Path.home() / ".cache" / "hfs-test")
    weights = cache / "models" / "smollm2.gguf"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "fetch.lock", timeout=300):
        if not weights.exists():
            command = [sys.executable, "-m", "hfs", "--home", str(cache), "models", "add", "smollm2"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode and not os.environ.get("CI"):
                pytest.skip(f"the weights can't be fetched: {done.stderr}")
            assert done.returncode == 0, done.stderr
    return weights.parent
