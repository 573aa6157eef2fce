"""Files to begin with: session files, whole, odd and torn ones; exports of other programs, and of hfs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from hfs.persistence import render_document
from tests.transfer.importers.databases import build

FIXTURES: Final = Path(__file__).parents[2] / "fixtures"
WHOLE: Final = render_document(
    1,
    {
        "name": "n",
        "extra": {"a": [1, 2.5, None, True]},
        "messages": [
            {"id": 1, "role": "user", "created_at": "2026-01-01T00:00:00Z", "content": "two\nlines \u202e"},
            {"id": 2, "role": "assistant", "created_at": "2026-01-01T00:00:01Z", "model": "m", "content": "x" * 50},
        ],
    },
)
LONGEST: Final = 16_384
"""The longest export to begin with, in bytes."""


def seeds(name: str) -> list[bytes]:
    """What a target begins with."""
    if name == "database":
        return _databases()
    return _exports() if name in ("export", "round-trip") else _session_files()


def _session_files() -> list[bytes]:
    """The files of ``fixtures/``, and torn versions of one."""
    files = [path.read_bytes() for path in sorted(FIXTURES.rglob("*.json")) if path.stat().st_size < 20_000]
    torn = [WHOLE[:-7] + b',\n    {"id": 3, "role": "user", "content": "abc"}'[:cut] for cut in (1, 5, 20, 48)]
    return [WHOLE, *torn, *files]


def _exports() -> list[bytes]:
    folders = (FIXTURES / "imports", FIXTURES / "exports")
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix not in (".sql", ".html"))
    return [path.read_bytes() for path in paths if path.is_file() and path.stat().st_size <= LONGEST]


def _databases() -> list[bytes]:
    """The smallest of those that the scripts make."""
    scripts = sorted([*FIXTURES.glob("imports/elia/*.sql"), *FIXTURES.glob("imports/oterm/*.sql")])
    with tempfile.TemporaryDirectory() as folder:
        paths = [build(Path(folder) / f"{number}.db", script) for number, script in enumerate(scripts)]
        paths.append(build(Path(folder) / "log.db", FIXTURES / "imports" / "llm" / "log.sql"))
        return [path.read_bytes() for path in paths]
