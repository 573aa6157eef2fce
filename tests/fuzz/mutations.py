"""Changes of a file at random: of its bytes, and of what it says, if it is JSON or lines of JSON."""

from __future__ import annotations

import json
import random
from typing import Final

from tests.transfer.importers.mutating import mutated

PIECES: Final = (
    b"\0",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b"\n    {",
    b"\n  ]\n}\n",
    b"\\ud800",
    b"\xff",
    b"1e400",
    b"null",
    b"-0",
)


def with_other_bytes(data: bytes, chooser: random.Random) -> bytes:
    """The file with up to three places changed."""
    for _ in range(chooser.randrange(1, 4)):
        at = chooser.randrange(len(data) + 1)
        length = chooser.choice((0, 1, 1, 8, 64))
        piece = chooser.choice(PIECES) if chooser.random() < 0.7 else chooser.randbytes(chooser.randrange(1, 5))
        data = data[:at] + chooser.choice((piece, b"", data[at : at + length] * 2)) + data[at + length :]
    return data


def with_other_values(data: bytes, chooser: random.Random) -> bytes | None:
    """The file with some of its values replaced, deleted or moved; None where it is no JSON."""
    try:
        values = [json.loads(data)]
    except (ValueError, RecursionError):
        try:
            values = [json.loads(line) for line in data.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            return None
    if not values:
        return None
    try:
        return "\n".join(map(json.dumps, mutated(values, chooser))).encode()
    except (ValueError, RecursionError):
        return None
