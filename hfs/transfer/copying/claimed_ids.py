"""The ids that a copy took in its target, noted on this computer until it is done.

One that is killed has taken ids for sessions that are not there yet. The next one finds them here, so that these
sessions get the ids all the same that they had in the source.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from hfs.errors import StoreIOError


class ClaimedIds:
    """The note.

    Args:
        path: Its file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def earlier(self) -> list[range]:
        """What was noted and never forgotten. What can't be read is not there."""
        try:
            lines = self._path.read_text("ascii").splitlines()
        except (OSError, UnicodeDecodeError):
            return []
        pairs = [line.split() for line in lines]
        return [range(int(pair[0]), int(pair[1])) for pair in pairs if len(pair) == 2 and all(map(str.isdecimal, pair))]

    def note(self, claimed: Iterable[range]) -> None:
        """Adds ids.

        Raises:
            StoreIOError: It can't be written.
        """
        try:
            for folder in (self._path.parent.parent, self._path.parent):
                folder.mkdir(mode=0o700, exist_ok=True)
            with open(self._path, "a", encoding="ascii", opener=_for_its_owner) as file:
                file.writelines(f"{ids.start} {ids.stop}\n" for ids in claimed if ids)
        except OSError as error:
            reason = f"Could not write {self._path}: {error.strerror or error}."
            raise StoreIOError(reason, path=self._path, errno=error.errno) from error

    def forget(self) -> None:
        """Removes the note."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
