"""The real program, run as a process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def hfs() -> Run:
    """Runs a command line of hfs."""

    def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "hfs", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)

    return run
