"""The scripts in real shells: a line is typed, Tab pressed, and what then stands there is run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pyte
import pytest

from hfs.persistence import open_store

pytestmark = pytest.mark.any_python

COLUMNS, ROWS = 100, 40
PROMPT = "now> "
HOSTILE = ["$(touch pwned) command", "`touch pwned`", "'; touch pwned; '", 'say "x"; touch pwned', "a: b=$HOME", "-n x"]


class Shell:
    """An interactive shell that has loaded the script.

    Args:
        name: Which.
        folder: Its home and working folder.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        command, variables = {"bash": _bash, "zsh": _zsh, "fish": _fish}[name](folder)
        kept = {variable: value for variable, value in os.environ.items() if variable not in ("COLUMNS", "LINES")}
        environment = {**kept, **variables, "HOME": str(folder), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        environment["PATH"] = f"{folder / 'bin'}:{environment['PATH']}"
        self._process: Any = pexpect.spawn(
            command[0], command[1:], env=environment, cwd=folder, dimensions=(ROWS, COLUMNS)
        )
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self.wait_for(lambda line: line == PROMPT.strip())

    @property
    def screen(self) -> str:
        """What stands on it."""
        return "\n".join(self._screen.display)

    @property
    def line(self) -> str:
        """The line with the cursor, and those it goes on from."""
        last = self._screen.cursor.y
        first = next((row for row in range(last, -1, -1) if PROMPT in self._screen.display[row]), last)
        return "".join(self._screen.display[first : last + 1]).rstrip()

    @property
    def is_behind_a_space(self) -> bool:
        """Whether the cursor stands one cell behind the text."""
        text = self._screen.display[self._screen.cursor.y].rstrip()
        return bool(self._screen.cursor.x == len(text) + 1)

    def wait_for(self, is_there: Callable[[str], bool]) -> None:
        """Reads until the line is as it should be."""
        deadline = time.monotonic() + 20
        while not is_there(self.line):
            assert time.monotonic() < deadline, self.screen
            try:
                data = self._process.read_nonblocking(65536, timeout=0.2)
            except pexpect.TIMEOUT:
                continue
            self._stream.feed(data)

    def tab(self, typed: str) -> None:
        """Types, and presses Tab."""
        self._process.send(f"{typed}\t")

    def clear(self) -> None:
        """Takes away what is typed."""
        self._process.send("\x15")
        self.wait_for(lambda line: line == PROMPT.strip())

    def wipe(self) -> None:
        """Forgets what stood there."""
        self._screen.erase_in_display(2)
        self._process.send("\r")
        self._screen.cursor_position()
        self.wait_for(lambda line: line == PROMPT.strip())

    def complete(self, typed: str, expected: str) -> None:
        """Types, presses Tab, and waits for what stands there then."""
        self.tab(typed)
        self.wait_for(lambda line: line == f"{PROMPT}{expected}")

    def run(self, shown: str) -> None:
        """Runs the line, which shows a text."""
        self._process.send("\r")
        self.wait_for(lambda line: line == PROMPT.strip() and shown in self.screen)

    def close(self) -> None:
        """Ends it."""
        self._process.close(force=True)


def _script(name: str) -> str:
    command = [sys.executable, "-m", "hfs", "completion", name]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def _bash(folder: Path) -> tuple[list[str], dict[str, str]]:
    settings = f"PS1='{PROMPT}'\nHISTFILE=\nbind 'set enable-bracketed-paste off'\nbind 'set bell-style none'\n"
    (folder / "rc").write_text(settings + _script("bash"))
    return ["bash", "--noprofile", "--rcfile", str(folder / "rc"), "-i"], {}


def _zsh(folder: Path) -> tuple[list[str], dict[str, str]]:
    settings = f"PS1='{PROMPT}'\nPROMPT_SP=\nunsetopt PROMPT_SP BEEP\nautoload -U compinit\ncompinit -D -u\n"
    (folder / ".zshrc").write_text(settings + _script("zsh"))
    return ["zsh", "-d", "-i"], {"ZDOTDIR": str(folder)}


def _fish(folder: Path) -> tuple[list[str], dict[str, str]]:
    settings = folder / "config" / "fish"
    (settings / "completions").mkdir(parents=True)
    (settings / "completions" / "hfs.fish").write_text(_script("fish"))
    prompt = f"function fish_prompt; echo -n '{PROMPT}'; end\n"
    (settings / "config.fish").write_text(f"{prompt}set -g fish_greeting\nset -g fish_autosuggestion_enabled 0\n")
    return ["fish", "-i"], {"XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data")}


@pytest.fixture(params=["bash", "zsh", "fish"])
def name(request: pytest.FixtureRequest) -> str:
    found = str(request.param)
    if shutil.which(found) is None:
        pytest.skip(f"there is no {found} here")
    return found


@pytest.fixture
def shell(name: str, tmp_path: Path) -> Iterator[Shell]:
    with open_store() as opened:
        for session in ("How do I undo a rebase?", *HOSTILE):
            opened.create(session)
    folder = tmp_path / "shell"
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / "hfs"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m hfs "$@"\n')
    program.chmod(0o700)
    started = Shell(name, folder)
    yield started
    started.close()


QUOTED = r"How\ do\ I\ undo\ a\ rebase\?"


def test_a_name_is_completed_unquoted_and_in_quotes(shell: Shell) -> None:
    shell.complete("hfs show how", f"hfs show {QUOTED}")
    shell.run("session 1")
    shell.complete('hfs show "How do', 'hfs show "How do I undo a rebase?"')
    shell.run("session 1")
    shell.complete("hfs show 'How do", "hfs show 'How do I undo a rebase?'")
    shell.run("session 1")
    shell.complete(r"hfs show How\ do", f"hfs show {QUOTED}")


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param({"comm": 2, r"\`t": 3, r"\'": 4, "say": 5, "a:": 6, "7": 7}, id="unquoted"),
        pytest.param({"'$(": 2, "'`t": 3, "\"';": 4, '"say': 5, "'say": 5, '"a:': 6}, id="in-quotes"),
    ],
)
def test_hostile_names_are_shown_and_do_nothing(shell: Shell, typed: dict[str, int]) -> None:
    for text, number in typed.items():
        shell.tab(f"hfs show {text}")
        # A word that is done has a space behind it, where the cursor waits.
        shell.wait_for(lambda line: line.startswith(f"{PROMPT}hfs show ") and shell.is_behind_a_space)
        shell.run(f"session {number},")
        assert HOSTILE[number - 2] in shell.screen
        shell.wipe()
    assert not (shell.folder / "pwned").exists()


def test_nothing_typed_lists_the_sessions_with_their_names(shell: Shell) -> None:
    shell.tab("hfs show ")
    # bash lists at the second Tab, as people know it; in others that would take the first of the list.
    if shell.name == "bash":
        shell.tab("")
    shell.wait_for(lambda _: "How do I undo a rebase?" in shell.screen and "-n x" in shell.screen)


def test_files_and_the_values_of_options_are_completed(shell: Shell) -> None:
    (shell.folder / "talk of today.json").touch()
    shell.complete("hfs list --sort=up", "hfs list --sort=updated")
    shell.clear()
    shell.complete("hfs import tal", r"hfs import talk\ of\ today.json")
