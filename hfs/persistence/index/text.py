"""Text as it is looked for: without case and accents, and with every sign of a script without spaces a word of its own.

The same is done to what was said and to what is looked for. In what comes out a word is a run of ASCII letters, digits,
and anything that is not ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

SPACE: Final = "[\x00-/:-`{-\x7f]"
"""A character that parts words, in folded text, as a pattern."""
WORD: Final = "[^\x00-/:-`{-\x7f]"
"""Every other character: of a word."""
# Patterns as text: compiled where they are used, which is where a text isn't ASCII.
_UNSPACED: Final = (
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Tai, Kana, Han, and Hangul, whose endings join their words."""
_PICTURE: Final = "[\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
"""Arrows, signs and emoji: each is a word."""
_DROPPED: Final = "[\u00ad\u0591-\u05c7\u0640\u064b-\u0652\u0670\u180e\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]"
"""What is written or not in one and the same word: soft hyphens, joiners, the points of Hebrew and Arabic."""
_ACCENTS: Final = (
    "(?<=[a-z\u00e6-\u024f\u0370-\u03ff])[\u0300-\u036f]+"
    "|(?<=[\u0400-\u04ff])[\u0300\u0301]+|(?<=\u0627)[\u0653-\u0655]"
)
_LETTERS: Final = {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ё": "е"}
_IN_WORDS: Final = ("Mn", "Mc", "Co", "Cn")
"""Beside letters and digits. What this Python doesn't know may be a letter."""
_MARKS: Final = ("Mn", "Mc", "Me")
_PRIVATE: Final = 0xF0000
_CLUSTER: Final = "(?s:.)[\u0300-\u036f\u0591-\u05c7\u064b-\u0655\u0670\u1160-\u11ff\u3099\u309a]*"


class _Signs(dict[int, str]):
    """What a character of a text that is without case and accents becomes, found out when it is first seen."""

    def __missing__(self, code: int) -> str:
        found = self[code] = _sign(chr(code)) if code >= 0x80 else chr(code)
        return found


class _Characters(dict[int, str]):
    """What a character becomes where none of its neighbours matters to it, found out when it is first seen."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        first = unicodedata.normalize("NFKD", character)[0]
        if unicodedata.category(first) in _MARKS or 0x1160 <= ord(first) <= 0x11FF:
            raise _NeighboursMatter
        found = self[code] = _fold_together(character)
        return found


class _NeighboursMatter(Exception):
    """A text has accents that are characters of their own."""


def _sign(character: str) -> str:
    category = unicodedata.category(character)
    if character in _LETTERS:
        return _LETTERS[character]
    if re.match(_DROPPED, character):
        return ""
    if re.match(_PICTURE, character):
        # The database's tokenizer takes old ones for spaces and new ones for letters; all for letters in this area.
        return f" {chr(_PRIVATE | ord(character) & 0xFFFF)} "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if (category[0] not in "LN" and category not in _IN_WORDS) or character in "\ufffe\uffff":
        return " "
    return f" {character} " if re.match(_UNSPACED, character) else character


_SIGNS: Final = _Signs()
_CHARACTERS: Final = _Characters()


def fold(text: str) -> str:
    """The text as it is indexed and looked for. It has as many lines as before."""
    if text.isascii():
        return text.lower()
    try:
        return text.translate(_CHARACTERS)
    except _NeighboursMatter:
        return _fold_together(text)


def _fold_together(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", re.sub(_ACCENTS, "", plain)).translate(_SIGNS)


def words_in(folded: str) -> list[str]:
    """The words of a folded text, in order."""
    return re.findall(f"{WORD}+", folded)


def fold_in_place(text: str) -> tuple[str, list[int] | None]:
    """The folded text, with where each of its characters comes from.

    Returns:
        The folded text, and the place in ``text`` of each of its characters, and of its end; None where they are the
        same places.
    """
    if text.isascii():
        return text.lower(), None
    parts: list[str] = []
    places: list[int] = []
    for start, cluster in _clusters(text):
        folded = fold(cluster)
        parts.append(folded)
        places.extend([start] * len(folded))
    places.append(len(text))
    return "".join(parts), places


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Each character with the accents that follow it."""
    for match in re.finditer(_CLUSTER, text):
        yield match.start(), match[0]
