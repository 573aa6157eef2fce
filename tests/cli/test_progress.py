"""What a person sees while a command waits for the index, and how it is left: a real terminal, real processes."""

from __future__ import annotations

from pathlib import Path

import pexpect
import pytest

from tests.cli.conftest import Run
from tests.support.large_home import COUNT, indexing_elsewhere, write_large_sessions
from tests.support.terminal import terminal


def test_a_bar_stands_on_the_terminal_until_all_sessions_are_read(home: Path) -> None:
    write_large_sessions(home)
    with terminal(home, "list") as opened:
        with indexing_elsewhere(home):
            opened.wait_for("Reading")
            assert f"0/{COUNT}" in opened.text()
        opened.wait_for(" 1  Large")
        opened.process.expect(pexpect.EOF)
        assert "Reading" not in opened.text()
        assert opened.text().count("Large") == COUNT
        opened.process.close()
        assert opened.process.exitstatus == 0


@pytest.mark.parametrize("arguments", [("list",), ("ask", "-s", "Large", "hi")])
def test_ctrl_c_ends_the_waiting_and_leaves_no_half_made_index(home: Path, arguments: tuple[str, ...]) -> None:
    write_large_sessions(home)
    with indexing_elsewhere(home), terminal(home, *arguments) as opened:
        opened.wait_for("Reading")
        opened.process.send("\x03")
        opened.process.expect(pexpect.EOF)
        opened.process.close()
        assert opened.process.exitstatus == 130
        assert b"Traceback" not in opened.received + opened.process.before
    assert not list((home / "index").glob("words-*"))


def test_without_a_terminal_nothing_is_said_of_it(home: Path, hfs: Run) -> None:
    write_large_sessions(home)
    done = hfs("list")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"Large") == COUNT
