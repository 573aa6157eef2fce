"""The real program, run as a process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.editing import Editor, Openings

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def hfs() -> Run:
    """Runs a command line of hfs."""

    def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "hfs", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)

    return run


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    """Makes ``$EDITOR`` a script of Python, in which ``path`` is the file, ``text`` is in it, and ``nth`` counts."""

    def make(code: str, name: str = "ed") -> None:
        script = tmp_path / "bin" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text(
            f"#!{sys.executable}\nimport os, pathlib, re, subprocess, sys, time\n"
            f"log = pathlib.Path({str(tmp_path / 'log')!r})\n"
            "path = pathlib.Path(re.sub(r'(?<=[dn]):\\d+$', '', sys.argv[-1]))\ntext = path.read_bytes().decode()\n"
            "seen = log.read_text().split('\\f') if log.exists() else []\n"
            "log.write_text('\\f'.join([*seen, repr(sys.argv[1:]) + '\\n' + text]))\nnth = len(seen)\n"
            f"def write(new):\n    path.write_bytes(new.encode())\n{code}\n"
        )
        script.chmod(0o700)
        monkeypatch.setenv("EDITOR", str(script))
        monkeypatch.delenv("VISUAL", raising=False)

    return make


@pytest.fixture
def openings(tmp_path: Path) -> Openings:
    """How the editor was called each time, and what it was given."""

    def read() -> list[tuple[str, str]]:
        parts = (tmp_path / "log").read_text().split("\f")
        return [(part.split("\n", 1)[0], part.split("\n", 1)[1]) for part in parts]

    return read
