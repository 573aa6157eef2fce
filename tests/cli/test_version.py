"""`hfs --version`, as a process."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from hfs import __version__
from tests.cli.conftest import Run


def lines_of(said: bytes) -> dict[str, str]:
    lines = said.decode().splitlines()
    assert lines[0] == f"hfs {__version__}"
    return {line[:8].strip(): line[8:] for line in reversed(lines[1:])}


def test_the_first_line_is_the_version_alone_and_the_others_say_what_runs_here(hfs: Run, home: Path) -> None:
    done = hfs("--version")
    told = lines_of(done.stdout)
    assert (done.returncode, done.stderr) == (0, b"")
    assert told["Python"].startswith(platform.python_version())
    assert told["System"].startswith(platform.system())
    assert told["Store"] == f"documents in {home / 'sessions'} (default, not there yet)"
    assert told["Extras"].startswith("local   ")
    assert not home.exists()


def test_the_version_says_which_store_holds_the_sessions_and_no_password(
    hfs: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HFS_STORE", "postgresql://me:verysecret@db.example.org/team")
    done = hfs("--version")
    assert lines_of(done.stdout)["Store"] == "postgresql://me@db.example.org/team ($HFS_STORE)"
    assert lines_of(hfs("--store", "documents", "--version").stdout)["Store"].endswith(
        "/sessions (--store, not there yet)"
    )
    assert b"verysecret" not in done.stdout + done.stderr


def test_what_stands_behind_the_version_counts_too(hfs: Run, tmp_path: Path) -> None:
    told = lines_of(hfs("--version", "--store", "sqlite", "--home", str(tmp_path / "there")).stdout)["Store"]
    assert told == f"sqlite:///{tmp_path}/there/sessions.db (--store)"


@pytest.mark.parametrize("broken", ["store = [", "store = 3\n", 'store = "postgresql://me:pw@h/d"\n'])
def test_settings_that_are_broken_are_told_in_the_line_of_the_store(hfs: Run, home: Path, broken: str) -> None:
    home.mkdir()
    (home / "config.toml").write_text(broken)
    done = hfs("--version")
    assert (done.returncode, done.stderr) == (0, b"")
    told = lines_of(done.stdout)["Store"]
    assert told.startswith("not known: ")
    assert "config.toml" in told
    assert "pw" not in told
