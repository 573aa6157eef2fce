"""How much there is in each part of a home folder. Files are counted and never read."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HomePart:
    """A file or folder of a home folder."""

    name: str
    path: str
    files: int
    """How many files are in it and below it; 1 for a file."""
    size: int
    """Of these files together, in bytes."""
    mode: int
    """Who may use it, as ``chmod`` takes it."""

    @property
    def is_for_its_owner_alone(self) -> bool:
        """Whether nobody else on this machine may use it; always true where files have no such mode."""
        return os.name != "posix" or not self.mode & 0o077


def measure_part(path: Path) -> HomePart | None:
    """What a file or folder holds, or None if there is none. It may be a link; links in it are not followed.

    Args:
        path: The file or folder. What can't be listed counts as empty.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    files, size = _sum(str(path)) if stat.S_ISDIR(status.st_mode) else (1, status.st_size)
    return HomePart(path.name, str(path), files, size, stat.S_IMODE(status.st_mode))


def _sum(folder: str) -> tuple[int, int]:
    """How many files there are in a folder and below it, and how many bytes they have."""
    files, size = 0, 0
    waiting = [folder]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                    continue
                # It may be gone by now.
                with contextlib.suppress(OSError):
                    size += entry.stat(follow_symlinks=False).st_size
                    files += 1
    return files, size
