"""The key by which hfs tells its own files, kept apart from a key of that name that a document may have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

MARK: Final = "hfs"
VERSION: Final = 1
"""The value of the mark: which layout it is."""
_LIKE_IT: Final = re.compile(r"hfs_*")


def beside_mark(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The same, with one more underscore behind a key that would be taken for the mark."""
    return {f"{key}_" if _LIKE_IT.fullmatch(key) else key: value for key, value in keys.items()}


def without_mark(keys: Mapping[str, Any]) -> dict[str, Any]:
    """What ``beside_mark`` was given; the mark itself is left out."""
    rest = ((key, value) for key, value in keys.items() if key != MARK)
    return {key[:-1] if _LIKE_IT.fullmatch(key) else key: value for key, value in rest}
