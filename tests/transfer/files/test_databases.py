"""Databases that another program has open, or left in the middle of something."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transfer.bringing import bring, said, sessions
from tests.transfer.importers.databases import build

SCRIPT = Path(__file__).parents[3] / "fixtures" / "imports" / "elia" / "elia-1.10.sql"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program that has a database of Elia open."""
    with contextlib.closing(sqlite3.connect(build(tmp_path / "elia.db", SCRIPT), isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        yield connection


def write_half(program: sqlite3.Connection) -> None:
    """Begins to write so much that a part of it is on the disk before it is finished."""
    program.execute("BEGIN EXCLUSIVE")
    program.execute("UPDATE message SET content = 'unfinished ' || content")
    program.execute("CREATE TABLE filling (text)")
    program.executemany("INSERT INTO filling VALUES (?)", [("x" * 5000,) for _ in range(300)])


def write_to_log(program: sqlite3.Connection) -> None:
    program.execute("PRAGMA journal_mode = WAL")
    program.execute("UPDATE message SET content = 'later ' || content")


def test_what_another_program_has_not_finished_does_not_come_in(
    home: Path, tmp_path: Path, program: sqlite3.Connection
) -> None:
    write_half(program)
    report = bring(home, tmp_path / "elia.db")
    assert "another program is writing to it" in report.files[0].problem
    assert sessions(home) == []
    program.execute("ROLLBACK")
    assert bring(home, tmp_path / "elia.db").succeeded


def test_what_a_program_left_unfinished_when_it_died_does_not_come_in(
    home: Path, tmp_path: Path, program: sqlite3.Connection
) -> None:
    write_half(program)
    for ending in ("", "-journal"):
        shutil.copy(tmp_path / f"elia.db{ending}", tmp_path / f"copy.db{ending}")
    report = bring(home, tmp_path / "copy.db")
    assert "its log beside it" in report.files[0].problem
    assert sessions(home) == []


@pytest.mark.parametrize("packed", [pytest.param(False, id="on the disk"), pytest.param(True, id="in an archive")])
def test_what_is_in_the_log_beside_a_database_comes_in(
    home: Path, tmp_path: Path, program: sqlite3.Connection, packed: bool
) -> None:
    write_to_log(program)
    path = tmp_path / "elia.db"
    if packed:
        path = tmp_path / "backup.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("elia.db", "elia.db-wal"):
                archive.write(tmp_path / name, f"backup/{name}")
    assert bring(home, path).succeeded
    assert all(text.startswith("later ") for session in sessions(home) for text in said(session))
