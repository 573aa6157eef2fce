"""``hfs list``: which sessions it shows, in which order, and what it says of the others."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
import pexpect
import pytest
from wcwidth import wcswidth

from hfs.cli._group import cli
from hfs.persistence import NewMessage, SessionStore
from tests.cli.conftest import Run

Printed = Callable[..., tuple[str, str]]
HOSTILE = "\x1b]0;x\x07\x9b31m\u202e"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five sessions of which one is pinned, one archived, and three tagged."""
    home = tmp_path_factory.mktemp("prepared")
    with SessionStore(home) as store:
        for number in range(1, 6):
            moment = datetime(2026, 1, number, 12, tzinfo=UTC)
            document = {
                "name": f"Name {number}",
                "created_at": moment.isoformat(),
                "messages": [{"role": "assistant", "content": "x", "model": f"local/m{number % 2}"}] * number,
            }
            store.import_document(document)
        store.add_message(2, "user", "later")
        store.tag(1, ["work", "größe"])
        store.tag(2, ["Work"])
        store.tag(4, ["work"])
        store.pin(1)
        store.archive(4)
    return home / "sessions"


@pytest.fixture(autouse=True)
def _sessions(home: Path, prepared: Path) -> None:
    shutil.copytree(prepared, home / "sessions")


@pytest.fixture
def printed(capfd: pytest.CaptureFixture[str]) -> Printed:
    """What a list prints as data and as talk. Run in this process: there are many."""

    def run(*options: str) -> tuple[str, str]:
        assert cli.main(["list", *options], "hfs", standalone_mode=False) in (None, 0)
        return capfd.readouterr()

    return run


def ids(text: str) -> list[int]:
    return [int(line.split()[0]) for line in text.splitlines()[1:]]


def test_pinned_sessions_come_first_and_are_marked_and_archived_ones_are_counted(hfs: Run) -> None:
    done = hfs("list")
    header, first, *_ = done.stdout.decode().splitlines()
    assert header.split() == ["ID", "Name", "Messages", "Created"]
    assert first.split()[:6] == ["1", "*", "Name", "1", "#work", "#größe"]
    assert ids(done.stdout.decode()) == [1, 5, 3, 2]
    assert done.stderr.decode() == "1 archived session is not shown: --archived.\n"


@pytest.mark.parametrize(
    ("options", "found", "told"),
    [
        ("--tag WORK", [1, 2], "2 sessions are left out by --tag WORK. 1 archived session is not shown: --archived."),
        ("--tag #work --all", [1, 4, 2], "2 sessions are left out by --tag #work."),
        ("--tag GRÖSSE", [1], "4 sessions are left out by --tag GRÖSSE."),
        ("--archived", [4], "4 sessions are left out by --archived."),
        ("--all", [1, 5, 4, 3, 2], ""),
        ("--limit 2", [1, 5], "2 of 4 sessions; `hfs list --all` shows the others. 1 archived session is not shown"),
        ("--model m1 --sort name", [1, 3, 5], "2 sessions are left out by --model m1.\n"),
        ("--model local/m0", [2], "3 sessions are left out by --model local/m0. 1 archived"),
        ("--pinned", [1], "4 sessions are left out by --pinned.\n"),
        ("--sort updated", [1, 2, 5, 3], "1 archived"),
        ("--sort messages", [1, 5, 3, 2], "1 archived"),
        ("--until 2026-01-03T00:00Z", [1, 2], "3 sessions are left out by --until 2026-01-0"),
        ("--since 1d", [2], "4 sessions are left out by --since 20"),
    ],
)
def test_what_is_left_out_is_counted_and_said(printed: Printed, options: str, found: list[int], told: str) -> None:
    data, talk = printed(*options.split())
    assert ids(data) == found
    assert talk.startswith(told)
    assert bool(told) == bool(talk)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--tag wrok", "None of 5 sessions fits --tag wrok. There is no such tag. Did you mean #work?"),
        ("--tag zzz", "None of 5 sessions fits --tag zzz. There is no such tag. `hfs tag` lists the tags."),
        ("--tag work --model m0 --pinned", "Without --model m0: 1. Without --pinned: 1.\n"),
        ("--tag= --all", "None of 5 sessions fits --tag ''. There is no such tag. `hfs tag` lists the tags."),
        ("--since 2200", "None of 5 sessions fits --since 2200-01-01T00:00."),
        ("--archived --pinned", "Without --pinned: 1. Without --archived: 1."),
    ],
)
def test_an_empty_list_says_which_filter_may_be_the_reason(printed: Printed, options: str, told: str) -> None:
    data, talk = printed(*options.split())
    assert data == ""
    assert told in talk


def test_a_home_in_which_all_is_archived_is_not_called_empty(printed: Printed, home: Path) -> None:
    with SessionStore(home) as store:
        for number in range(1, 6):
            store.archive(number)
    assert printed() == ("", "5 archived sessions are not shown: --archived.\n")


def test_the_time_is_the_one_that_is_sorted_by(printed: Printed) -> None:
    created, _ = printed("--limit", "2")
    updated, _ = printed("--limit", "2", "--sort", "updated")
    assert created.split()[:4] == ["ID", "Name", "Messages", "Created"]
    assert updated.split()[:4] == ["ID", "Name", "Messages", "Updated"]
    assert f"{datetime.now():%Y-%m}" in updated.splitlines()[2]


def test_json_has_tags_models_pins_and_the_archive(printed: Printed) -> None:
    listed = json.loads(printed("--all", "--json")[0])
    assert [one["id"] for one in listed] == [1, 5, 4, 3, 2]
    fields = [listed[0][key] for key in ("tags", "models", "pinned", "archived")]
    assert fields == [["work", "größe"], ["local/m1"], True, False]
    assert listed[2]["archived"] is True
    data, talk = printed("--json", "--tag", "none")
    assert json.loads(data) == []
    assert "There is no such tag" in talk


@pytest.mark.parametrize("options", [("--since", "soon"), ("--sort", "size"), ("--limit", "0")])
def test_bad_options_are_bad_usage(printed: Printed, options: tuple[str, str]) -> None:
    with pytest.raises(click.UsageError) as caught:
        printed(*options)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("columns", [100, 60, 44])
def test_tags_are_shown_as_far_as_there_is_room(home: Path, columns: int) -> None:
    with SessionStore(home) as store:
        store.tag(5, [f"a tag of some length {number}" for number in range(4)])
        store.tag(3, ["漢字" * 6])
    variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = pexpect.spawn(sys.executable, ["-m", "hfs", "list"], env=variables, dimensions=(30, columns), timeout=60)
    process.expect(pexpect.EOF)
    process.close()
    rows = [row for row in process.before.decode().split("\r\n") if re.search(r"\d\d:\d\d$", row)]
    assert len(rows) == 4
    assert max(map(wcswidth, rows)) <= columns
    assert {row.index("2026-") for row in map(str, rows) if row.isascii()} != set()
    fifth = next(row for row in rows if row.split()[0] == "5")
    assert re.search(r"Name 5( #a tag of some length \d)* \+\d ", fifth)


def test_no_escape_sequence_of_a_tag_gets_out(hfs: Run, home: Path) -> None:
    path = home / "sessions" / "5.json"
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps({**document, "tags": [HOSTILE], "messages": []}), "utf-8")
    with SessionStore(home) as store:
        store.append_message(3, NewMessage("assistant", "x", HOSTILE))
    for command in (
        ("list",),
        ("list", "--json"),
        ("tag",),
        ("tag", "--json"),
        ("tag", "5"),
        ("list", "--tag", "\x1bx"),
    ):
        done = hfs(*command)
        assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set((done.stdout + done.stderr).decode())
