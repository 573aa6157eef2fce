"""Names of exported files: told by a person at a glance, and taken by every system."""

from __future__ import annotations

import os
import re
import unicodedata
from typing import Final

from hfs.display import one_line

_LONGEST: Final = 80
"""In characters, without the ending."""
_BYTES: Final = 200
"""Most file systems take 255, and a name grows when it is copied or unpacked."""
_NAMED_AT: Final = re.compile(r"(?<=\S) - \d{4}-\d\d-\d\d_\d\d-\d\d$")
_JOINER: Final = "\u200d"
_PICTURES: Final = range(0x2400, 0x2440)
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)


def is_folder(target: str) -> bool:
    """Whether a path that a person named is a folder: it is there, or it ends in a slash."""
    separators = tuple(filter(None, (os.sep, os.altsep)))
    return target.endswith(separators) or os.path.isdir(target)


def without_moment(name: str) -> str:
    """A session's name on one line, without the moment that an automatic name ends in."""
    return _NAMED_AT.sub("", one_line(name, 255))


def file_name(session_id: int, name: str, extension: str) -> str:
    """The name of a session's file: ``12-how-do-i-undo-a-rebase.md``.

    No two sessions get the same, whatever their names are, and whether or not a system tells cases apart: each begins
    with its id.
    """
    from pathvalidate import sanitize_filename

    stem = f"{session_id}-{_words(without_moment(name))}"
    while len(stem) > _LONGEST or len(stem.encode()) > _BYTES:
        stem = stem[: min(len(stem), _LONGEST + 1) - 1]
    return str(sanitize_filename(f"{stem.rstrip('-' + _JOINER)}.{extension}", platform="universal"))


def _words(name: str) -> str:
    """What of a name is letters, digits and symbols, in lower case, with hyphens between."""
    folded = unicodedata.normalize("NFC", name.lower())
    kept = ("" if character in "'’" else character if _is_kept(character) else " " for character in folded)
    return "-".join("".join(kept).split())


def _is_kept(character: str) -> bool:
    if ord(character) in _PICTURES or character == "\ufffd":
        return False
    kind = unicodedata.category(character)
    return kind[0] in "LMN" or kind == "So" or character in ("+", _JOINER) or ord(character) in _SKIN_TONES
