"""Where a Tab looks: in every kind of store, without writing, waiting or saying anything."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hfs.errors import ConfigError
from hfs.persistence import open_store
from tests.cli.completing import program_variables, values, zsh
from tests.support.postgres import PostgresServer


def answered(*words: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """The program's own answer to zsh."""
    environment = program_variables("zsh", *words) | variables
    command = [sys.executable, "-m", "hfs", "delete", "1"]
    return subprocess.run(command, env=environment, capture_output=True, timeout=30, check=False)


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file and folder, with its size and time."""
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in [folder, *folder.rglob("*")]}


def fill(store: str | None = None) -> None:
    with open_store(store=store) as opened:
        for name in ("Rebase onto main", "Gone", "Squash"):
            opened.create(name)
        opened.tag(1, ["work"])
        opened.delete(2)


def check_store() -> None:
    assert zsh("show", "") == [("3", "Squash"), ("1", "Rebase onto main"), ("last", zsh("show", "l")[0][1])]
    assert values("show", "reb") == ["Rebase onto main"]
    assert zsh("restore", "") == [("2", "Gone")]
    assert values("list", "--tag", "") == ["work"]


@pytest.mark.parametrize("listed", [True, False], ids=["with-an-index", "without"])
def test_files_are_completed_and_nothing_is_written(home: Path, listed: bool) -> None:
    fill()
    if listed:
        with open_store() as opened:
            opened.list_recent()
    before = tree(home)
    check_store()
    assert tree(home) == before


def test_a_sqlite_store_is_completed_and_nothing_is_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sqlalchemy")
    fill("sqlite")
    before = tree(home)
    monkeypatch.setenv("HFS_STORE", "sqlite")
    check_store()
    assert tree(home) == before


def test_a_sqlite_store_that_another_process_writes_to_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sqlalchemy")
    fill("sqlite")
    monkeypatch.setenv("HFS_STORE", "sqlite")
    with open_store(store="sqlite") as opened:
        opened.create("Just now")
        assert values("show", "just") == ["Just now"]


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_a_postgres_store_is_completed(postgres_url: str, driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(driver)
    address = postgres_url.replace("+asyncpg", f"+{driver}")
    fill(address)
    monkeypatch.setenv("HFS_STORE", address)
    check_store()


def test_a_database_without_tables_stays_without(postgres: PostgresServer, postgres_url: str) -> None:
    assert answered("--store", postgres_url, "show", "").stdout.strip() == b""
    found = postgres.execute(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", postgres_url.rpartition("/")[2]
    )
    assert found == [(0,)]


def test_sessions_of_the_source_are_completed_where_they_are_copied(home: Path) -> None:
    pytest.importorskip("sqlalchemy")
    with open_store() as opened:
        opened.create("Here")
    fill("sqlite")
    assert values("copy", "--from", "sqlite", "--to", "documents", "reb") == ["Rebase onto main"]


def test_nothing_is_said_and_nothing_made_where_there_is_nothing(home: Path) -> None:
    done = answered("show", "")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"plain\n", b"")
    assert not home.exists()


@pytest.mark.parametrize("store", ["sqlite:///none.db", "nonsense", "postgresql://me@127.0.0.1:1/x"])
def test_a_store_that_cannot_be_asked_gives_no_answer_and_no_word(home: Path, store: str) -> None:
    done = answered("show", "", HFS_STORE=store)
    assert (done.stdout.strip(), done.stderr) == (b"", b"")
    assert not home.exists()


def test_a_server_that_does_not_answer_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        began = time.monotonic()
        done = answered("show", "", HFS_STORE=f"postgresql://me@127.0.0.1:{listening.getsockname()[1]}/x")
    assert (done.stdout.strip(), done.stderr) == (b"", b"")
    # Half a minute would be what the store itself waits.
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "words", [("--offline",), ("--store", "{}", "--offline"), ("--offline", "copy", "--from", "{}")]
)
def test_a_server_on_another_machine_is_not_asked_while_hfs_is_offline(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HFS_OFFLINE", "")
    if "copy" not in words:
        words = (*words, "show")
    address = "postgresql://me@db.example.org/x"
    monkeypatch.setenv("HFS_STORE", address)
    with pytest.raises(ConfigError, match="hfs is offline"):
        zsh(*(word.format(address) for word in words), "")


def test_settings_that_cannot_be_read_give_no_answer_and_no_word(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("store = [")
    done = answered("show", "")
    assert (done.stdout.strip(), done.stderr) == (b"", b"")


def test_no_command_runs_while_a_shell_asks(home: Path) -> None:
    fill()
    assert b"Rebase onto main" in answered("show", "").stdout
    assert (home / "sessions" / "1.json").exists()
    assert answered("show", "", _HFS_COMPLETE="nothing_known").returncode == 1
    assert (home / "sessions" / "1.json").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name")
def test_a_pipe_in_the_place_of_settings_is_not_waited_for(home: Path) -> None:
    home.mkdir()
    os.mkfifo(home / "config.toml")
    done = answered("config", "set-key", "")
    assert (done.stdout, done.stderr) == (b"", b"")
