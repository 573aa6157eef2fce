"""Uids: what tells whether two files are the same session."""

from __future__ import annotations

import os
import time


def new_uid(moment: float | None = None, seed: bytes | None = None) -> str:
    """A UUIDv7 (RFC 9562, 5.7), which tells whether two files are the same session.

    Args:
        moment: Seconds since 1970; now, where it is None.
        seed: What its random part is made of, for one that must come out the same again.

    Returns:
        36 characters.

    Example:
        >>> from hfs.persistence import new_uid
        >>> new_uid(1.5, seed=b"chat 7 of the old program") == new_uid(1.5, seed=b"chat 7 of the old program")
        True
        >>> new_uid() == new_uid()
        False
    """
    if seed is not None:
        import hashlib

        seed = hashlib.sha256(seed).digest()[:10]
    milliseconds = int((time.time() if moment is None else moment) * 1000) & ((1 << 48) - 1)
    random = int.from_bytes(seed or os.urandom(10), "big")
    high = milliseconds << 16 | 0x7000 | random >> 68 & 0xFFF
    low = 0b10 << 62 | random & ((1 << 62) - 1)
    digits = f"{high << 64 | low:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
