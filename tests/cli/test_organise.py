"""``hfs tag``, ``hfs pin`` and ``hfs archive``: fields of the file, changed from the command line or by hand."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from hfs.cli._group import cli
from hfs.errors import HfsError
from hfs.persistence import SessionStore
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def _sessions(home: Path) -> None:
    with SessionStore(home) as store:
        for name in ("Fix the parser", "Fix the lexer", "Cooking"):
            store.create(name)


def test_tags_are_given_taken_away_and_listed(hfs: Run) -> None:
    done = hfs("tag", "parser", "work", "to read")
    assert (done.stdout, done.stderr) == (b"", b"Session 1: #work #to read\n")
    done = hfs("tag", "last", "Work", "--also", "1", "--remove", "TO READ")
    assert done.stderr == b"Session 3: #Work\nSession 1: #work\n"
    assert hfs("tag", "1").stdout == b"Session 1: #work\n"
    assert hfs("tag", "2").stderr == b"Session 2 has no tags.\n"
    assert hfs("tag").stdout == b"2  #work\n"
    assert json.loads(hfs("tag", "--json").stdout) == [{"tag": "work", "sessions": 2}]
    assert json.loads(hfs("tag", "1", "--json").stdout) == [{"id": 1, "name": "Fix the parser", "tags": ["work"]}]
    assert hfs("tag", "3", "-r", "work", "--also", "1").stderr == b"Session 3 has no tags.\nSession 1 has no tags.\n"
    done = hfs("tag")
    assert (done.stdout, done.returncode) == (b"", 0)
    assert b"no tags yet" in done.stderr


def test_several_sessions_are_pinned_and_archived_and_that_is_undone(hfs: Run, home: Path) -> None:
    assert (
        hfs("pin", "cooking", "1", "3").stderr == b"Session 3 is pinned: Cooking\nSession 1 is pinned: Fix the parser\n"
    )
    assert b"`hfs archive 1 --off` brings it back" in hfs("archive", "1", "2").stderr
    fields = [json.loads((home / "sessions" / f"{number}.json").read_bytes()) for number in (1, 2, 3)]
    assert [(one.get("pinned"), one.get("archived")) for one in fields] == [(True, True), (None, True), (True, None)]
    hfs("pin", "--off", "1", "3")
    assert hfs("archive", "1", "2", "--off").stderr.splitlines()[1] == b"Session 2 is back in lists: Fix the lexer"
    listed = json.loads(hfs("list", "--json").stdout)
    assert [one["id"] for one in listed] == [3, 2, 1]
    assert not any(one["pinned"] or one["archived"] for one in listed)


def test_tags_edited_by_hand_are_listed_at_once(hfs: Run, home: Path) -> None:
    assert hfs("list", "--tag", "work").stdout == b""
    path = home / "sessions" / "2.json"
    text = path.read_text("utf-8")
    path.write_text(text.replace('"messages"', '"tags": ["Work", 7], "pinned": true, "messages"'), "utf-8")
    assert hfs("list", "--tag", "work").stdout.splitlines()[1].split()[:6] == [
        b"2",
        b"*",
        b"Fix",
        b"the",
        b"lexer",
        b"#Work",
    ]
    hfs("tag", "2", "home")
    assert json.loads(path.read_bytes())["tags"] == ["Work", 7, "home"]
    path.write_text(text, "utf-8")
    assert hfs("tag").stdout == b""


@pytest.mark.parametrize(
    "command", [("tag", "3", "x", "--also"), ("pin", "3"), ("archive", "3")], ids=lambda one: one[0]
)
def test_an_unclear_session_exits_2_and_no_other_is_changed(hfs: Run, home: Path, command: tuple[str, ...]) -> None:
    before = (home / "sessions" / "3.json").read_bytes()
    done = hfs(*command, "fix")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"1  Fix the parser" in done.stderr
    assert (home / "sessions" / "3.json").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("tag", "1", "a,b"), "no commas"),
        (("tag", "1", "x" * 51), "1 to 50 characters"),
        (("tag", "--remove", "x"), "Which session?"),
        (("tag", "compiler", "x"), "There is no session 'compiler'"),
        (("pin", "compiler"), "There is no session 'compiler'"),
        (("archive", "9"), "There is no session '9'"),
        (("pin",), "Missing argument"),
        (("archive",), "Missing argument"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], told: str) -> None:
    with pytest.raises((click.UsageError, HfsError)) as caught:
        cli.main([*arguments], "hfs", standalone_mode=False)
    error = caught.value
    assert told in (error.format_message() if isinstance(error, click.UsageError) else str(error))


def test_tags_that_are_no_list_are_left_alone(hfs: Run, home: Path) -> None:
    path = home / "sessions" / "1.json"
    text = path.read_text("utf-8").replace('"messages"', '"tags": "work", "messages"')
    path.write_text(text, "utf-8")
    done = hfs("tag", "1", "home")
    assert done.returncode == 1
    assert b'such as ["work"]' in done.stderr
    assert path.read_text("utf-8") == text
