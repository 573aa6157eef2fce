"""The command that lets a person read a conversation."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pexpect
import pytest

from hfs.persistence import NewMessage, SessionStore
from tests.cli.conftest import Run

ROWS, COLUMNS = 30, 80
Show = Callable[..., str]
ANSWER = "The **reflog** has it:\n\n```sh\ngit reset --hard ORIG_HEAD\n```\n\n- one\n- two\n"


@pytest.fixture(autouse=True)
def _sessions(home: Path) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    call = {"id": "c1", "name": "shell", "arguments": '{"command": "git reflog"}'}
    with SessionStore(home) as store:
        store.create(
            "Undo a rebase",
            messages=[
                NewMessage("system", "You are terse.", None, None, moment, {"hidden": "system prompt"}),
                NewMessage("user", "How do I\nundo a rebase?", None, None, moment),
                NewMessage("assistant", "", None, None, moment, {"hidden": "tool call", "tool_calls": [call]}),
                NewMessage("assistant", ANSWER, "local/x", "interrupted", moment, {"reasoning": "It is\nin the log."}),
            ],
        )
        lines = "\n\n".join(f"line {number}" for number in range(1, 101))
        store.create("Long", messages=[NewMessage("assistant", lines)])


def test_what_is_wrong_with_a_damaged_session_is_said_once(hfs: Run, home: Path) -> None:
    path = home / "sessions" / "1.json"
    path.write_bytes(path.read_bytes()[:-40])
    done = hfs("show", "1")
    assert done.returncode == 1
    assert done.stderr.count(b"1.json, line ") == 1
    assert b"`hfs check --repair` mends it." in done.stderr


@pytest.fixture
def paged(tmp_path: Path) -> Path:
    """Where the pager of these tests puts what it is given."""
    return tmp_path / "paged"


@pytest.fixture
def show(tmp_path: Path, paged: Path) -> Show:
    """What stands on the terminal after a session was shown."""
    pager = tmp_path / "less"
    pager.write_text(f"#!/bin/sh\necho \"LESS is $LESS\"\ncat > '{paged}'\n")
    pager.chmod(0o700)

    def run(*arguments: str, code: int = 0, **environment: str) -> str:
        variables = {**os.environ, "TERM": "xterm-256color", "PAGER": str(pager), **environment}
        for name in ("LESS", "LINES", "COLUMNS"):
            variables.pop(name, None)
        command = ["-m", "hfs", "show", *arguments]
        process = pexpect.spawn(sys.executable, command, env=variables, dimensions=(ROWS, COLUMNS), timeout=60)
        process.expect(pexpect.EOF)
        process.close()
        assert process.exitstatus == code, process.before
        return str(process.before.decode().replace("\r\n", "\n"))

    return run


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_what_is_piped_is_plain_with_what_is_folded_on_a_line(hfs: Run) -> None:
    lines = hfs("show", "rebase").stdout.decode().split("\n")
    assert lines[0] == "Undo a rebase  (session 1)"
    assert "    [system prompt (1 line)]" in lines
    assert "    undo a rebase?" in lines
    assert "    [tool call: shell (1 line)]" in lines
    assert "    [reasoning (2 lines)]" in lines
    assert "    The **reflog** has it:" in lines
    assert not [line for line in lines if "You are terse." in line or "in the log." in line]
    assert any(re.fullmatch(r"assistant  2026-01-0\d \d\d:\d\d  local/x, interrupted", line) for line in lines)


def test_what_is_folded_is_unfolded_on_demand(hfs: Run) -> None:
    text = hfs("show", "1", "--unfold").stdout.decode()
    assert "    [system prompt (1 line)]\n    You are terse.\n" in text
    assert "    [reasoning (2 lines)]\n    It is\n    in the log.\n" in text
    assert '    {"command": "git reflog"}\n' in text


def test_the_document_is_there_for_programs(hfs: Run, home: Path) -> None:
    shown = json.loads(hfs("show", "1", "--json").stdout)
    assert shown["messages"][3]["content"] == ANSWER


def test_a_terminal_shows_markdown_drawn_and_who_spoke(show: Show, paged: Path) -> None:
    text = show("1")
    assert "\x1b[1m" in text
    plain = without_colours(text)
    assert plain.startswith("Undo a rebase\nsession 1, 4 messages\n")
    assert "\nThe reflog has it:" in plain
    assert "```" not in plain
    assert "\n • one" in plain
    assert re.search(r"\nuser  2 · 2026-01-0\d \d\d:\d\d\nHow do I\nundo a rebase\?\n", plain)
    assert re.search(
        r"\nassistant  4 · local/x · interrupted · 2026-01-0\d \d\d:\d\d\n▸ reasoning \(2 lines\)\n", plain
    )
    assert "You are terse." not in plain
    assert not paged.exists()


def test_a_terminal_shows_what_is_unfolded_apart(show: Show) -> None:
    plain = without_colours(show("1", "--unfold"))
    assert "\n▾ reasoning (2 lines)\n  It is" in plain
    assert "\n▾ system prompt (1 line)\n  You are terse." in plain


def test_what_is_longer_than_the_screen_goes_to_the_pager_in_colours(show: Show, paged: Path) -> None:
    assert show("Long") == "LESS is -R\n"
    text = paged.read_text()
    assert "\x1b[1mLong" in text
    assert "line 100" in text


def test_a_pager_that_knows_no_colours_gets_none(show: Show, tmp_path: Path, paged: Path) -> None:
    other = tmp_path / "other"
    (tmp_path / "less").rename(other)
    show("Long", PAGER=str(other))
    text = paged.read_text()
    assert "\x1b" not in text
    assert "line 100" in text


def test_without_a_pager_all_is_printed(show: Show, paged: Path) -> None:
    text = show("Long", "--no-pager")
    assert "\nline 1\n\nline 2\n" in without_colours(text)
    assert "\nline 100\n" in text
    assert not paged.exists()


def test_colours_that_nobody_wants_are_left_out(show: Show) -> None:
    assert not re.search(r"\x1b\[[0-9;]*3\d", show("1", NO_COLOR="1"))
    assert "\x1b" not in show("1", TERM="dumb")


@pytest.mark.parametrize("role", ["user", "assistant", "tool"])
def test_a_colour_in_a_message_is_not_the_terminal_s(show: Show, home: Path, role: str) -> None:
    red = "\x1b[31mred\x1b[0m \x9b31m \x1b]0;x\x07 [bold]not[/bold] [/nope] [link=file:///x]y[/link]"
    carried = {"reasoning": red, "tool_calls": [{"name": red, "arguments": red}]}
    with SessionStore(home) as store:
        store.create(red, messages=[NewMessage(role, f"{red}\n\n```{red}\n{red}\n```\n", red, red, extra=carried)])
    text = show("3", "--unfold", "--no-pager", NO_COLOR="1")
    assert "\x1b[31m" not in text
    assert "\x1b]" not in text
    assert "\x9b" not in text
    assert "␛[31mred␛[0m" in without_colours(text)
    assert "[bold]not[/bold] [/nope]" in without_colours(text).replace("\n", " ")


def test_entities_in_markdown_bring_in_no_character_that_could_steer_a_terminal(show: Show, home: Path) -> None:
    with SessionStore(home) as store:
        store.create("x", messages=[NewMessage("assistant", "a&#x202e;b&rlm;c&#xe0041;d")])
    assert "a␦b␦c\ufffdd" in without_colours(show("3", "--no-pager"))


def test_what_can_be_read_of_a_damaged_session_is_shown(hfs: Run, home: Path, show: Show) -> None:
    path = home / "sessions" / "1.json"
    path.write_bytes(path.read_bytes()[:-40])
    done = hfs("show", "1")
    assert done.returncode == 1
    assert b"undo a rebase?" in done.stdout
    assert b"1.json, line " in done.stderr
    assert "undo a rebase?" in show("1", code=1)


@pytest.mark.parametrize("year", ["0001-01-01", "9999-12-31"])
def test_a_session_at_an_end_of_the_calendar_is_shown(home: Path, hfs: Run, show: Show, year: str) -> None:
    message = f'{{"role": "user", "created_at": "{year}T12:00:00Z", "content": "so old"}}'
    (home / "sessions" / "9.json").write_text(f'{{"messages": [{message}]}}')
    assert b"so old" in hfs("show", "9").stdout
    assert "so old" in show("9", TZ="Asia/Tokyo")
    assert "so old" in show("9", TZ="America/New_York")
