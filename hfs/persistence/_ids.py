"""Which numbers can be a document's id. A file is named by it, and a name is at most 18 digits."""

from __future__ import annotations

from typing import Final

from hfs.errors import StoreError

HIGHEST_ID: Final = 10**18 - 1
OTHER_STORE: Final = "`hfs export` and `hfs import` bring its sessions into another store, under ids of that one."
"""What can be done where no id is left, and no file can be named anew."""
ID_PATTERN: Final = "[1-9][0-9]{0,17}"
"""An id as it stands in the name of a file."""


def is_id(number: object) -> bool:
    """Whether a value can be a document's id."""
    return type(number) is int and 0 < number <= HIGHEST_ID


def require_id_left(highest: int, place: str, remedy: str) -> None:
    """Refuses to give out ids that no document can have.

    Args:
        highest: The highest of the ids that would be given out.
        place: Where the documents are, for the message.
        remedy: What a person can do, as a sentence.

    Raises:
        StoreError: It is beyond ``HIGHEST_ID``.
    """
    if highest > HIGHEST_ID:
        raise StoreError(f"No id is left in {place}: they go up to {HIGHEST_ID}, and others were given out. {remedy}")
