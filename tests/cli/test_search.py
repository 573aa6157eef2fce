"""Words found from the command line."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest

from hfs.persistence import NewMessage, SessionStore
from tests.cli.conftest import Run

BEGUN = datetime(2026, 1, 2, 12, tzinfo=UTC)


def fill(home: Path) -> None:
    with SessionStore(home) as store:
        store.create(
            "Rebase \x1b[2J",
            messages=[
                NewMessage("user", "undo a rebase\x9b1m?", created_at=BEGUN),
                NewMessage("user", "rice", created_at=BEGUN),
                *[
                    NewMessage("tool", f"rebase {n}", created_at=BEGUN, extra={"hidden": "tool result"})
                    for n in range(3)
                ],
            ],
        )
        store.create("Other", messages=[NewMessage("assistant", "a rebase, too", created_at=BEGUN)])
        store.create("Third", messages=[NewMessage("user", "[bold]markup[/]", created_at=BEGUN)])


def test_places_are_printed_session_by_session_with_what_is_not_shown(home: Path, hfs: Run) -> None:
    fill(home)
    done = hfs("search", "REBASE")
    text = re.sub(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?", "DATE", done.stdout.decode())
    assert text.split("\n") == [
        "1  Rebase ␛[2J  DATE",
        "  1:1  user  DATE  undo a rebase\ufffd1m?",
        "  1:3  tool  DATE  [tool result] rebase 0",
        "  … 2 more: --session 1",
        "2  Other  DATE",
        "  2:1  assistant  DATE  a rebase, too",
        "",
    ]
    assert b"4 of 6 places in 2 sessions" in done.stderr
    assert hfs("search", "REBASE", "--session", "1").stdout.count(b"1:") == 4
    assert hfs("search", "-n", "1", "rebase").stdout.count(b"\n") == 2
    assert hfs("search", "undo", "rebase").stderr == b""
    assert b"begin with them" in hfs("search", "reba").stderr
    assert b"[bold]markup[/]" in hfs("search", "markup").stdout


def test_json_has_every_field(home: Path, hfs: Run) -> None:
    fill(home)
    hits = json.loads(hfs("search", "--json", "rebase").stdout)
    assert [(hit["session_id"], hit["message_id"]) for hit in hits] == [
        (1, None),
        (1, 1),
        (1, 3),
        (1, 4),
        (1, 5),
        (2, 1),
    ]
    assert hits[1] | {"session_created_at": ""} == {
        "session_id": 1,
        "name": "Rebase \x1b[2J",
        "message_id": 1,
        "role": "user",
        "line": "undo a rebase\x9b1m?",
        "marks": [[7, 13]],
        "created_at": BEGUN.isoformat(),
        "session_created_at": "",
        "hidden": None,
    }
    assert hits[2]["hidden"] == "tool result"


@pytest.mark.parametrize(
    ("arguments", "places"),
    [
        (["rebase", "--role", "tool"], "1:3 1:4 1:5"),
        (["rebase", "--session", "Other"], "2:1"),
        (["rebase", "--without", "undo", "--without", "too", "--since", "2026-01-01", "--role", "tool"], "1:3 1:4 1:5"),
        (["rebase", "--since", "2026-02-01", "--role", "assistant"], ""),
        (["rebase", "--tag", "work", "--archived"], ""),
        (['"a rebase"'], "2:1 1:1"),
        (["--regex", r"^rebase \d$"], "1:3 1:4 1:5"),
        (['"a rebase', "--without", "undo", "-n", "9" * 30], "2:1"),
        (["rebase", "--", "-undo", "-too", "-0", "-1"], "1:None 1:5"),
    ],
)
def test_a_search_is_narrowed(home: Path, hfs: Run, arguments: list[str], places: str) -> None:
    fill(home)
    done = hfs("search", "--json", *arguments)
    assert done.returncode == (0 if places else 1)
    assert (b"Without the options there are 6 places." in done.stderr) == (not places)
    assert " ".join(f"{hit['session_id']}:{hit['message_id']}" for hit in json.loads(done.stdout)) == places


@pytest.mark.parametrize("columns", [80, 60, 44])
def test_places_fit_the_terminal(home: Path, columns: int) -> None:
    with SessionStore(home) as store:
        store.create("Long " * 30, messages=[NewMessage("assistant", f"{'x ' * 90}rebase {'y ' * 90}")])
    variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    command = ["-m", "hfs", "search", "rebase"]
    process = pexpect.spawn(
        sys.executable, command, env=variables, dimensions=(30, columns), timeout=60, encoding="utf-8"
    )
    process.expect(pexpect.EOF)
    process.close()
    lines = re.sub(r"\x1b\[[\d;]*m", "", process.before or "").splitlines()
    assert max(map(len, lines)) <= columns
    assert "rebase" in lines[1]
    assert bool(re.search(r" \d\d:\d\d  ", lines[1])) == (columns == 80)


@pytest.mark.parametrize("color", [True, False])
def test_words_are_marked_on_a_terminal(home: Path, monkeypatch: pytest.MonkeyPatch, color: bool) -> None:
    fill(home)
    with SessionStore(home) as store:
        store.create(
            "Long", messages=[NewMessage("user", f"{'x ' * 90}漢字 {'y ' * 90}", created_at=BEGUN + timedelta(1))]
        )
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    if color:
        monkeypatch.delenv("NO_COLOR", raising=False)
    else:
        monkeypatch.setenv("NO_COLOR", "1")
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "hfs", "search", "漢字"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        check=False,
        timeout=60,
    )
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.returncode == 0
    assert ("\x1b[1;33m漢字\x1b[0m" if color else "\x1b[1m漢字\x1b[0m") in shown
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert max(len(line) for line in plain.splitlines()) <= 60


def test_nothing_found_is_said_and_exits_with_one(home: Path, hfs: Run) -> None:
    done = hfs("search", "x")
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"Nothing was found.\n")
    assert hfs("search", "--json", "x").stdout == b"[]\n"


def test_where_nothing_is_found_damaged_sessions_are_not_passed_over_in_silence(home: Path, hfs: Run) -> None:
    fill(home)
    (home / "sessions" / "2.json").write_text('{"messages": [{"content": "a lonely word')
    done = hfs("search", "lonely")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"Nothing was found. Not searched: 1 damaged session. `hfs check` says what is wrong.\n"
    assert hfs("search", "lonely", "--session", "1").stderr == b"Nothing was found.\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Missing argument"),
        (["--regex", "a("], "at character 2"),
        (["--regex", "a", "--without", "b"], "don't go together"),
        (["a", "--since", "soon"], "7d"),
        (["a", "--session", "none"], "no session"),
    ],
)
def test_bad_usage_exits_with_two(home: Path, hfs: Run, arguments: list[str], told: str) -> None:
    fill(home)
    done = hfs("search", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert told in done.stderr.decode()
