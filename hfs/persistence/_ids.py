"""Which numbers can be a document's id. A file is named by it, and a name is at most 18 digits."""

from __future__ import annotations

from typing import Final

HIGHEST_ID: Final = 10**18 - 1
ID_PATTERN: Final = "[1-9][0-9]{0,17}"
"""An id as it stands in the name of a file."""


def is_id(number: object) -> bool:
    """Whether a value can be a document's id."""
    return type(number) is int and 0 < number <= HIGHEST_ID
