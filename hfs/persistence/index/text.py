"""Text as it is looked for: without case and accents, and with every sign of a script without spaces a word of its own.

The same is done to what was said and to what is looked for.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Tai, Kana, Han, and Hangul, whose endings join their words."""
_RUN: Final = re.compile(f"[{_UNSPACED}]+")
_ACCENTS: Final = re.compile("(?<=[a-z\u00e6-\u024f\u0370-\u03ff])[\u0300-\u036f]+")
_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ё": "е"})


def fold(text: str) -> str:
    """The text as it is indexed and looked for."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", text.casefold())
    folded = unicodedata.normalize("NFC", _ACCENTS.sub("", folded)).translate(_LETTERS)
    # Half of a surrogate pair is no text that a database can hold.
    return _RUN.sub(_spaced, folded).encode("utf-8", "replace").decode("utf-8")


def _spaced(found: re.Match[str]) -> str:
    return f" {' '.join(found[0])} "
