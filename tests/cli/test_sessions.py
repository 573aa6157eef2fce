"""The commands on sessions: what goes to stdout, what to stderr, and the exit codes."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pexpect
import pytest
from wcwidth import wcswidth

from hfs.persistence import NewMessage, SessionStore
from tests.cli.conftest import Run

HOSTILE = "\x1b]52;c;aGk=\x07\x1b[2J\x9b31m\u202e[@click=app.quit]x[/]\x7f"


@pytest.fixture(autouse=True)
def _sessions(home: Path) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    with SessionStore(home) as store:
        first = store.create("Fix the parser", messages=[NewMessage("user", "two\nlines", created_at=moment)])
        store.add_message(first.id, "assistant", "done", model="local/x", created_at=moment)
        store.create("Fix the lexer")


def test_list_prints_a_table_and_says_what_it_left_out(hfs: Run) -> None:
    done = hfs("list", "--limit", "1")
    header, row = done.stdout.decode().splitlines()
    assert header.split() == ["ID", "Name", "Messages", "Created"]
    assert row.split()[:5] == ["2", "Fix", "the", "lexer", "0"]
    assert b"1 of 2 sessions" in done.stderr


@pytest.mark.parametrize("columns", [100, 60, 44])
def test_a_list_fits_the_terminal(home: Path, columns: int) -> None:
    with SessionStore(home) as store:
        store.create("漢字" * 20)
        store.create("a name of many words that goes on and on and on")
    command = ["-m", "hfs", "list"]
    variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = pexpect.spawn(sys.executable, command, env=variables, dimensions=(30, columns), timeout=60)
    process.expect(pexpect.EOF)
    process.close()
    rows = process.before.decode().rstrip().split("\r\n")
    assert max(map(wcswidth, rows)) <= columns
    assert all(re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d$", row) for row in rows[1:])
    assert ("…" in rows[1]) == (columns < 80)


def test_list_as_json_is_for_programs(hfs: Run) -> None:
    listed = json.loads(hfs("list", "--json").stdout)
    assert [(one["id"], one["name"], one["messages"]) for one in listed] == [
        (2, "Fix the lexer", 0),
        (1, "Fix the parser", 2),
    ]


def test_list_of_nothing_says_how_to_start(hfs: Run, tmp_path: Path) -> None:
    done = hfs("--home", str(tmp_path / "new"), "list")
    assert (done.returncode, done.stdout) == (0, b"")
    assert b"no sessions yet" in done.stderr


def test_rename_path_delete_and_restore(hfs: Run, home: Path) -> None:
    assert b"Session renamed to: New name" in hfs("rename", "1", "New name").stderr
    assert hfs("path", "New name").stdout.decode() == f"{home / 'sessions' / '1.json'}\n"
    assert hfs("delete", "1").returncode == 0
    assert not (home / "sessions" / "1.json").exists()
    assert hfs("restore").stdout.startswith(b"1  New name")
    assert hfs("delete", "2").returncode == 0
    assert hfs("restore", "1", "2").returncode == 0
    assert (home / "sessions" / "1.json").exists()
    assert (home / "sessions" / "2.json").exists()


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'{"a": 1}', b'{"format": 9, "messages": []}', b"\xff"])
def test_an_import_of_no_session_fails_and_says_why(hfs: Run, data: bytes) -> None:
    done = hfs("import", "-", stdin=data)
    assert done.returncode == 1
    assert b"failed: " in done.stdout
    assert done.stderr == b""


@pytest.mark.parametrize("command", [("show",), ("path",), ("rename",), ("delete",), ("export",)])
def test_no_such_session_exits_2_and_an_ambiguous_one_lists_candidates(hfs: Run, command: tuple[str, ...]) -> None:
    rest = ("name",) if command == ("rename",) else ()
    missing = hfs(*command, "compiler", *rest)
    assert (missing.returncode, missing.stdout) == (2, b"")
    assert b"There is no session 'compiler'" in missing.stderr
    ambiguous = hfs(*command, "fix", *rest)
    assert (ambiguous.returncode, ambiguous.stdout) == (2, b"")
    assert b"1  Fix the parser" in ambiguous.stderr


def test_a_damaged_file_is_listed_with_the_place_and_fails_clearly(hfs: Run, home: Path) -> None:
    (home / "sessions" / "2.json").write_text('{\n  "id": 2\n}}')
    assert b"damaged" in hfs("list").stdout
    shown = hfs("show", "2")
    assert shown.returncode == 1
    assert b"2.json, line 3, column 2: expected nothing more" in shown.stderr
    checked = hfs("check")
    assert checked.returncode == 1
    assert b"session 2, line 3, column 2" in checked.stdout


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
@pytest.mark.parametrize("command", ["list", "show 3", "show 3 --json", "list --json", "export 3", "export 3 -f md"])
def test_no_escape_sequence_gets_out(home: Path, command: str, terminal: bool) -> None:
    with SessionStore(home) as store:
        store.create(HOSTILE, messages=[NewMessage("user", HOSTILE, model=HOSTILE)])
    printed = run_in_terminal(command) if terminal else run_in_pipe(command)
    text = printed.decode()
    if terminal and command == "show 3":
        # Colours of our own; what was said holds no such sequence.
        text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert "click=app.quit" in text
    assert not {"\x1b", "\x9b", "\x07", "\x7f", "\u202e"} & set(text)


def run_in_pipe(command: str) -> bytes:
    return subprocess.run([sys.executable, "-m", "hfs", *command.split()], capture_output=True, check=True).stdout


def run_in_terminal(command: str) -> bytes:
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-m", "hfs", *command.split()], stdout=theirs, stderr=theirs):
        os.close(theirs)
        printed = b""
        try:
            while chunk := os.read(ours, 4096):
                printed += chunk
        except OSError:
            pass
    os.close(ours)
    return printed


def test_ctrl_c_while_the_program_is_still_being_loaded_is_quiet(
    hfs: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    done = hfs("list")
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


def test_a_closed_pipe_is_quiet(home: Path) -> None:
    with SessionStore(home) as store:
        for _ in range(200):
            store.create("x" * 200)
    shell = f"{sys.executable} -m hfs list --all | head -1"
    done = subprocess.run(shell, shell=True, capture_output=True, check=False)
    assert done.stdout.split() == [b"ID", b"Name", b"Messages", b"Created"]
    assert done.stderr == b""


@pytest.mark.parametrize("option", ["-c", "-r x", "-m m", "--base-url http://127.0.0.1/v1", "--no-save"])
def test_an_option_of_the_chat_before_a_command_is_bad_usage_and_not_ignored(hfs: Run, option: str) -> None:
    done = hfs(*option.split(), "ask", "What is kept of this?")
    assert done.returncode == 2
    assert b"is for the chat" in done.stderr
    assert len(json.loads(hfs("list", "--json").stdout)) == 2


@pytest.mark.parametrize("command", ["--version", "list", "path 1", "show 1"])
def test_commands_that_must_be_quick_import_nothing_slow(hfs: Run, command: str) -> None:
    code = (
        "import sys\nfrom hfs.cli import main\n"
        f"sys.argv[1:] = {command.split()!r}\n"
        "try:\n    main()\nexcept SystemExit:\n"
        "    print(*{'asyncio', 'textual', 'httpx2', 'tinydb', 'filelock', 'rich'} & set(sys.modules), file=sys.stderr)"
    )
    # The index is made once.
    hfs("list")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stderr.strip() == b""


@pytest.mark.parametrize(
    "command",
    [
        "-h",
        "archive",
        "ask",
        "check",
        "completion",
        "config",
        "delete",
        "export",
        "import",
        "list",
        "models",
        "path",
        "pin",
        "rename",
        "restore",
        "show",
        "tag",
    ],
)
def test_every_command_explains_itself_with_an_example(hfs: Run, command: str) -> None:
    done = hfs(*command.split(), "--help")
    assert done.returncode == 0
    assert b"Example" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(hfs: Run, shell: str) -> None:
    assert b"_HFS_COMPLETE" in hfs("completion", shell).stdout


@pytest.mark.parametrize("command", ["list", "check", "stats"])
def test_a_home_that_is_a_file_is_said_to_be_none(hfs: Run, tmp_path: Path, command: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a folder")
    done = hfs("--home", str(path), command)
    assert (done.returncode, done.stdout) == (1, b"")
    assert f"{path} is no folder".encode() in done.stderr
