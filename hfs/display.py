"""Text for a person: untrusted text made safe for a terminal, counts, sizes, and moments in the person's own time.

Characters are mapped, not sequences, so text that streams in chunks is as safe as whole text.
"""

from __future__ import annotations

import re
from datetime import datetime

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_HOSTILE = re.compile(
    f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}\u2028\u2029\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)
_UNITS = ("KB", "MB", "GB", "TB")
_SPACE = re.compile(r"\s+")


def _replacement(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if character in "\u2028\u2029":
        return "\n"
    if code == 0x61C or 0x200E <= code <= 0x2069:
        return "\u2426"
    return "\ufffd"


def display(text: str) -> str:
    """The text with every character replaced that could steer a terminal.

    C0 controls become their pictures (U+2400…), except newline and tab; DEL becomes U+2421; C1 controls,
    interlinear annotations, tags and lone surrogates become U+FFFD; bidi controls become U+2426; line
    and paragraph separators become newlines. Joiners and variation selectors stay: emoji need them.
    """
    return _HOSTILE.sub(_replacement, text) if _HOSTILE.search(text) else text


def one_line(text: str, limit: int = 120) -> str:
    """The text made safe, on one line, cut to ``limit`` characters: for names, paths and error texts."""
    line = _SPACE.sub(" ", display(text)).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def counted(number: int, what: str) -> str:
    """A number and what it counts, which takes an ``s`` in the plural."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def byte_count(number: float) -> str:
    """A number of bytes, in the unit that suits it: ``840 bytes``, ``1.2 MB``."""
    if number < 1000:
        return counted(round(number), "byte")
    # What would be rounded up to a thousand is one of the next unit.
    power = next((power for power in range(1, len(_UNITS)) if number / 1000**power < 999.5), len(_UNITS))
    scaled = number / 1000**power
    return f"{scaled:.0f} {_UNITS[power - 1]}" if scaled >= 9.95 else f"{scaled:.1f} {_UNITS[power - 1]}"


def local_time(moment: datetime) -> datetime:
    """The moment in the time zone of this computer; as it is, where the calendar ends before that zone is there."""
    try:
        return moment.astimezone()
    except (OverflowError, OSError):
        return moment
