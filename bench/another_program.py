"""What another program does to session files while hfs isn't looking."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

from bench import corpus
from bench.calls import file_of

CHANGED: Final = 1000
"""How many files it changes."""


def touch_folder(home: Path) -> None:
    """Has the next list look at every file, as it does after a pause: another program made a file and removed it."""
    path = home / "sessions" / ".from-another-program"
    path.touch()
    path.unlink()


def ordinary_sessions(size: int, chooser: random.Random) -> list[int]:
    """Sessions to change, none of which is pinned or archived."""
    chosen = chooser.sample(range(1, size + 1), min(CHANGED * 6 // 5, size))
    ordinary = [at for at in chosen if not {"pinned", "archived"} & corpus.session(at).header.keys()]
    return ordinary[:CHANGED]


def change(home: Path, numbers: list[int], year: int) -> None:
    """Moves sessions to another year: half of them in place, half by writing a file and renaming it."""
    for at, number in enumerate(numbers):
        path = file_of(home, number)
        data = path.read_bytes()
        start = data.index(b'"created_at": "') + len(b'"created_at": "')
        if at % 2:
            with path.open("r+b") as file:
                file.seek(start)
                file.write(b"%d" % year)
        else:
            beside = path.with_suffix(".tmp")
            beside.write_bytes(data[:start] + b"%d" % year + data[start + 4 :])
            beside.replace(path)
