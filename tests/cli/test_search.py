"""Words found from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from hfs.persistence import NewMessage, SessionStore
from tests.cli.conftest import Run


def test_places_are_printed_for_people_and_for_programs(home: Path, hfs: Run) -> None:
    with SessionStore(home) as store:
        store.create(
            "Rebase \x1b[2J", messages=[NewMessage("user", "undo a rebase\x9b1m?"), NewMessage("user", "rice")]
        )
        store.create("Other", messages=[NewMessage("assistant", "a rebase, too")])
    done = hfs("search", "REBASE")
    assert done.stdout.decode().split("\n") == [
        "2:1  assistant: a rebase, too",
        "1  name: Rebase ␛[2J",
        "1:1  user: undo a rebase\ufffd1m?",
        "",
    ]
    assert [hit["message_id"] for hit in json.loads(hfs("search", "--json", "rebase").stdout)] == [1, None, 1]
    one = hfs("search", "-n", "1", "rebase")
    assert one.stdout == b"2:1  assistant: a rebase, too\n"
    assert b"more than 1 place" in one.stderr
    assert hfs("search", "undo", "rebase").stdout.count(b"\n") == 1


def test_nothing_found_is_said_and_exits_with_one(home: Path, hfs: Run) -> None:
    done = hfs("search", "x")
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"Nothing was found.\n")
    assert hfs("search", "--json", "x").stdout == b"[]\n"
    assert hfs("search").returncode == 2
