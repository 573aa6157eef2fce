"""Other programs, run for real."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def start_python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Runs Python code in a process of its own; what it prints can be read line by line."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(*processes: subprocess.Popen[str]) -> None:
    """Waits for processes, and fails with what they said if one failed."""
    for process in processes:
        _, said = process.communicate(timeout=100)
        assert process.returncode == 0, said


def move_over(data: bytes, path: Path) -> None:
    """Saves as many editors do: a new file, renamed over the old one."""
    beside = path.with_name(f"beside-{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)
