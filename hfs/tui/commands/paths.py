"""Paths that a person may be typing."""

from __future__ import annotations

import os
from pathlib import Path

_MOST = 20


def path_completions(beginning: str) -> list[str]:
    """Files and folders that a path may become, as it was begun; folders end in a slash, hidden ones only when asked.

    Args:
        beginning: What was typed, with or without ``~``.
    """
    typed, _, start = beginning.rpartition("/")
    above = f"{typed}/" if "/" in beginning else ""
    try:
        folder = Path(above or ".").expanduser()
        with os.scandir(folder) as entries:
            found = sorted(
                (entry.name, entry.is_dir())
                for entry in entries
                if entry.name.startswith(start) and (start.startswith(".") or not entry.name.startswith("."))
            )
    except (OSError, RuntimeError, ValueError):
        return []
    return [f"{above}{name}{'/' if is_folder else ''}" for name, is_folder in found[:_MOST]]
