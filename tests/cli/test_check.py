"""`hfs check` and `hfs trash`, as processes."""

from __future__ import annotations

import json
from pathlib import Path

from hfs.persistence import NewMessage, SessionStore
from tests.cli.conftest import Run


def make(home: Path, count: int = 1) -> Path:
    with SessionStore(home) as store:
        for number in range(count):
            store.create(f"Session {number}", messages=[NewMessage("user", "one"), NewMessage("assistant", "two")])
    return home / "sessions" / "1.json"


def test_check_says_in_one_screen_that_all_is_well(hfs: Run, home: Path) -> None:
    make(home)
    done = hfs("check")
    assert done.returncode == 0
    assert b"sessions: 1, messages: 2" in done.stdout
    assert b"All is well." in done.stdout


def test_check_names_line_and_remedy_and_repair_keeps_the_original(hfs: Run, home: Path) -> None:
    path = make(home)
    broken = path.read_bytes().replace(b'"one"}', b'"one"', 1)
    path.write_bytes(broken)
    done = hfs("check")
    assert done.returncode == 1
    assert b"session 1, line 11, column" in done.stdout
    assert b"hfs check --repair" in done.stdout
    assert path.read_bytes() == broken
    shown = hfs("show", "1")
    assert (shown.returncode, b"    two" in shown.stdout) == (1, True)
    assert b"1 message recovered" in shown.stderr
    done = hfs("check", "--repair")
    assert done.returncode == 0
    assert b"1 mended" in done.stdout
    (kept,) = (home / "damaged").iterdir()
    assert kept.read_bytes() == broken
    assert hfs("check", "--json").returncode == 0


def test_check_as_json_is_for_programs(hfs: Run, home: Path) -> None:
    make(home).write_bytes(b"{")
    done = hfs("check", "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["well"], report["sessions"]) == (1, False, 1)
    assert report["findings"][0]["kind"] == "damaged"


def test_what_cannot_be_read_at_all_is_an_error_of_show(hfs: Run, home: Path) -> None:
    make(home).write_bytes(b"{")
    done = hfs("show", "1")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"line 1, column" in done.stderr


def test_the_trash_is_listed_restored_and_emptied(hfs: Run, home: Path) -> None:
    make(home, 3)
    assert hfs("trash", "list").stderr == b"The trash is empty.\n"
    assert hfs("delete", "1", "2").returncode == 0
    listed = json.loads(hfs("trash", "list", "--json").stdout)
    assert sorted(one["id"] for one in listed) == [1, 2]
    assert b"Session 0" in hfs("trash", "list").stdout
    assert hfs("trash", "restore", "1").returncode == 0
    assert hfs("trash", "restore", "9").returncode == 2
    assert hfs("trash", "empty", stdin=b"n\n").returncode == 1
    assert hfs("trash", "empty", "--older-than", "1", "--yes").stderr == b"0 files removed for good.\n"
    assert hfs("trash", "empty", "--yes").stderr == b"1 file removed for good.\n"
    assert hfs("trash", "list").stdout == b""
    assert hfs("trash", "empty").stderr == b"There is nothing to remove.\n"
    assert json.loads(hfs("list", "--json").stdout)[0]["id"] == 3


def test_messages_that_were_taken_out_are_listed_in_the_trash_until_they_are_back(hfs: Run, home: Path) -> None:
    make(home)
    with SessionStore(home) as store:
        base = store.editable(1)
        assert base is not None
        store.merge_edited(1, base, {**base, "messages": []})
        taken = len(base["messages"])
    listed = hfs("trash", "list")
    assert f"1  {taken} messages of Session 0  taken out 20".encode() in listed.stdout
    assert listed.stderr == b""
    assert hfs("restore").stdout == listed.stdout
    (one,) = json.loads(hfs("trash", "list", "--json").stdout)
    assert (one["what"], one["id"], one["messages"]) == ("messages", 1, taken)
    assert hfs("restore", "1").stderr == f"Back in session 1: {taken} messages.\n".encode()
    assert hfs("trash", "list").stderr == b"The trash is empty.\n"
    assert b"The trash has nothing of a session 1." in hfs("restore", "1").stderr
