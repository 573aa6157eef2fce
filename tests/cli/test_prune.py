"""`hfs prune`: it shows first, asks, and loses nothing."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest

from hfs.persistence import NewMessage, SessionStore
from hfs.persistence._file_ops import FileOps
from hfs.persistence._locks import TableLocks
from tests.cli.conftest import Run

YEAR = timedelta(days=366)


@pytest.fixture(autouse=True)
def _sessions(home: Path) -> None:
    """Four sessions of long ago, of which one is pinned and one damaged, and one of now."""
    folder = home / "sessions"
    folder.mkdir(parents=True)
    for number in (1, 2, 3, 4):
        moment = (datetime.now(UTC) - YEAR - timedelta(days=10 - number)).isoformat()
        message = {"role": "user", "content": "x", "created_at": moment}
        document = {"name": f"old {number}", "created_at": moment, "messages": [message]}
        (folder / f"{number}.json").write_text(json.dumps(document))
    (folder / "4.json").write_text('{"messages": [')
    os.utime(folder / "4.json", (0, 0))
    with SessionStore(home) as store:
        store.pin(3)
        store.create("new", messages=[NewMessage("user", "x")])


@pytest.fixture
def terminal() -> Iterator[pexpect.spawn]:
    process = pexpect.spawn(
        sys.executable, ["-m", "hfs", "prune", "--older-than", "1y"], dimensions=(30, 60), timeout=60, encoding="utf-8"
    )
    yield process
    process.close()


def _present(home: Path) -> list[int]:
    return sorted(int(path.stem) for path in (home / "sessions").glob("*.json"))


def _trashed(home: Path) -> list[int]:
    return sorted(int(path.name.split("-")[0]) for path in (home / "trash").glob("*.json"))


def test_without_a_terminal_nothing_is_moved_unless_that_is_said(hfs: Run, home: Path) -> None:
    done = hfs("prune", "--older-than", "1y")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"--yes" in done.stderr
    assert _present(home) == [1, 2, 3, 4, 5]


def test_a_dry_run_shows_what_would_go(hfs: Run, home: Path) -> None:
    done = hfs("prune", "--older-than", "1y", "--dry-run")
    rows = [line.split(maxsplit=3) for line in done.stdout.decode().splitlines()]
    assert [(row[0], row[2], row[3]) for row in rows[1:]] == [("1", "1", "old 1"), ("2", "1", "old 2")]
    told = done.stderr.decode().splitlines()
    assert told[0].startswith("2 sessions, ") and told[0].endswith(" bytes would go.")
    assert _present(home) == [1, 2, 3, 4, 5]


def test_sessions_of_long_ago_go_to_the_trash_and_can_be_brought_back(hfs: Run, home: Path) -> None:
    done = hfs("prune", "--older-than", "1y", "--yes")
    assert done.returncode == 0
    assert done.stderr.decode().splitlines() == [
        "1 pinned session that old stays.",
        "1 damaged session that old stays.",
        "2 sessions are in the trash; `hfs trash list` lists them, `hfs trash restore ID...` brings them back.",
    ]
    assert (_present(home), _trashed(home)) == ([3, 4, 5], [1, 2])
    assert hfs("trash", "restore", "1", "2").returncode == 0
    assert _present(home) == [1, 2, 3, 4, 5]


def test_pinned_ones_go_only_if_that_is_said(hfs: Run, home: Path) -> None:
    done = json.loads(hfs("prune", "--older-than", "1y", "--pinned", "--yes", "--json").stdout)
    assert [one["name"] for one in done["sessions"]] == ["old 1", "old 2", "old 3"]
    assert done["bytes"] == sum(one["bytes"] for one in done["sessions"]) > 0
    assert (done["moved"], done["changed"], done["pinned"], done["damaged"]) == ([1, 2, 3], [], 0, 1)
    assert _present(home) == [4, 5]


def test_only_sessions_with_a_tag_or_model_are_meant(hfs: Run, home: Path) -> None:
    with SessionStore(home) as store:
        store.tag(2, ["scratch"])
    done = json.loads(hfs("prune", "--older-than", "1y", "--tag", "Scratch", "--dry-run", "--json").stdout)
    assert ([one["id"] for one in done["sessions"]], done["dry_run"], done["moved"]) == ([2], True, [])
    assert hfs("prune", "--older-than", "1y", "--model", "a", "--yes").stderr == b"No session is that old.\n"
    assert _present(home) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("age", ["12", "9999-01-01"])
def test_an_age_that_is_none_is_bad_usage(hfs: Run, home: Path, age: str) -> None:
    assert hfs("prune", "--older-than", age, "--yes").returncode == 2
    assert _present(home) == [1, 2, 3, 4, 5]


def test_a_long_list_is_cut_and_the_others_are_counted(hfs: Run, home: Path) -> None:
    document = (home / "sessions" / "1.json").read_bytes()
    for number in range(10, 40):
        (home / "sessions" / f"{number}.json").write_bytes(document)
    lines = hfs("prune", "--older-than", "1y", "--dry-run").stdout.decode().splitlines()
    assert len(lines) == 22
    assert lines[-1].startswith("and 12 more, up to ")


def test_a_session_that_changes_while_a_person_is_asked_stays(home: Path, terminal: pexpect.spawn) -> None:
    terminal.expect("old 1.*old 2.*Move 2 sessions, [0-9]+ bytes to the trash")
    with SessionStore(home) as store:
        store.add_message(1, "user", "more")
    terminal.sendline("y")
    terminal.expect("Session 2 is in the trash; `hfs restore 2` brings it back.")
    terminal.expect("1 session was changed meanwhile, and stays: 1.")
    terminal.expect(pexpect.EOF)
    assert (_present(home), _trashed(home)) == ([1, 3, 4, 5], [2])


def test_nothing_goes_unless_a_person_says_yes(home: Path, terminal: pexpect.spawn) -> None:
    terminal.expect("to the trash")
    terminal.sendline("")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 1
    assert (_present(home), _trashed(home)) == ([1, 2, 3, 4, 5], [])


def test_ctrl_c_in_the_middle_says_how_many_went(home: Path, terminal: pexpect.spawn) -> None:
    terminal.expect("to the trash")
    locks = TableLocks(FileOps(), str(home / "locks"), "sessions")
    with locks.document(2):
        terminal.sendline("y")
        while 1 in _present(home):
            time.sleep(0.01)
        terminal.sendintr()
        terminal.expect("Stopped: 1 of 2 sessions not moved.")
        terminal.expect("Session 1 is in the trash")
        terminal.expect(pexpect.EOF)
    locks.close()
    terminal.close()
    assert terminal.exitstatus == 130
    assert (_present(home), _trashed(home)) == ([2, 3, 4, 5], [1])
