"""The real program in a terminal of its own."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pyte

COLUMNS, ROWS = 100, 30


class Terminal:
    """A terminal with the program in it."""

    def __init__(self, command: Sequence[str], home: Path, variables: Mapping[str, str], rows: int) -> None:
        environment = {**os.environ, "HFS_HOME": str(home), "TERM": "xterm-256color", **variables}
        # They would be believed more than the terminal.
        for name in ("COLUMNS", "LINES"):
            environment.pop(name, None)
        self.process: Any = pexpect.spawn(
            command[0], list(command[1:]), env=environment, dimensions=(rows, COLUMNS), timeout=60
        )
        self.received = b""
        self._screen = pyte.Screen(COLUMNS, rows)
        self._stream = pyte.ByteStream(self._screen)

    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(self._screen.display)

    def wait_for(self, text: str, seconds: float = 60, *, gone: bool = False) -> None:
        """Reads until the text stands on the screen, or no longer."""
        deadline = time.monotonic() + seconds
        while (text in self.text()) == gone:
            assert time.monotonic() < deadline, self.text()
            self.read(0.5)

    def read(self, seconds: float = 0.0) -> None:
        """Reads what the program sends, for which it is waited so long."""
        try:
            data = self.process.read_nonblocking(65536, timeout=seconds)
        except pexpect.TIMEOUT:
            return
        self.received += data
        self._stream.feed(data)

    def type(self, line: str) -> None:
        """Types a line and sends it."""
        self.process.send(line)
        self.wait_for(line[:60])
        self.process.send("\r")

    def quit(self) -> None:
        """Leaves the program and waits for its end."""
        self.process.send("/exit")
        self.wait_for("/exit")
        self.process.send("\r")
        self.process.expect(pexpect.EOF, timeout=30)
        self.received += self.process.before or b""
        self.process.close()
        assert self.process.exitstatus == 0


@contextmanager
def terminal(
    home: Path,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    rows: int = ROWS,
    command: Sequence[str] = (sys.executable, "-m", "hfs"),
) -> Iterator[Terminal]:
    """The program in a terminal.

    Args:
        home: Its home folder.
        arguments: Of the command line.
        variables: More of its environment.
        rows: Its height.
        command: What runs it.
    """
    opened = Terminal([*command, *arguments], home, variables or {}, rows)
    try:
        yield opened
    finally:
        opened.process.close(force=True)
