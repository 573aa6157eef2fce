"""Session files to begin with: whole ones, odd ones, torn ones."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hfs.persistence import render_document

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


def seeds() -> list[bytes]:
    """The files of ``fixtures/``, and torn versions of one."""
    files = [path.read_bytes() for path in sorted(FIXTURES.rglob("*.json")) if path.stat().st_size < 20_000]
    torn = [WHOLE[:-7] + b',\n    {"id": 3, "role": "user", "content": "abc"}'[:cut] for cut in (1, 5, 20, 48)]
    return [WHOLE, *torn, *files]
