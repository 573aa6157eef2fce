"""What a copy wrote, read back from the target and compared with what was read from the source."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Final

from hfs.errors import StoreError
from hfs.persistence import SessionStore
from hfs.transfer.copying.differences import Differences, count, differences, digest
from hfs.transfer.copying.report import SessionCopy

_LOOKS: Final = 10
_PAUSE: Final = 0.05
"""Between two looks at a session that is not as it was written, in seconds: that somebody changed it is told late."""


class ReadBack:
    """Knows what was written.

    Args:
        source: Where it came from.
        target: Where it went.
    """

    def __init__(self, source: SessionStore, target: SessionStore) -> None:
        self._source = source
        self._target = target
        self._expected: dict[int, bytes] = {}
        self._revisions: dict[int, int] = {}

    def expect(self, entry: SessionCopy, expected: bytes) -> None:
        """Notes how a session that is written will be.

        Args:
            entry: The session.
            expected: Its digest.
        """
        if entry.target_id is not None:
            self._expected[entry.target_id] = expected

    def written(self, target_id: int) -> None:
        """Notes that a session was written just now. Called from any thread."""
        # It is there, whether this can be told or not.
        with contextlib.suppress(StoreError):
            self._revisions[target_id] = self._revision(target_id)

    def is_expected(self, entry: SessionCopy) -> bool:
        """Whether a session was written."""
        return entry.outcome in ("added", "updated") and entry.target_id in self._expected

    def check(self, entry: SessionCopy) -> None:
        """Reads a session back. One that somebody changed meanwhile is not said to be wrong.

        Args:
            entry: The session. It is told here what was found.

        Raises:
            StoreError: A store can't be read. The session is told so.
        """
        assert entry.target_id is not None
        try:
            self._check(entry, entry.target_id)
        except StoreError as error:
            entry.is_wrong, entry.reason = True, f"it could not be read back and compared: {error}"
            raise

    def _check(self, entry: SessionCopy, target_id: int) -> None:
        found = None
        for look in range(_LOOKS):
            time.sleep(_PAUSE * (look > 0))
            found = self._target.whole_document(target_id)
            if found is not None and digest(found) == self._expected[target_id]:
                entry.there = count(found)
                return
            if self._was_changed(target_id):
                self._tell_changed(entry, found)
                return
        entry.is_wrong = True
        entry.reason = f"NOT as it was written: {self._told(entry, found)}. The source has it still"

    def _was_changed(self, target_id: int) -> bool:
        """Whether somebody wrote to a session since."""
        return target_id in self._revisions and self._revision(target_id) != self._revisions[target_id]

    def _revision(self, target_id: int) -> int:
        return hash(self._target.revision(target_id))

    def _tell_changed(self, entry: SessionCopy, found: dict[str, Any] | None) -> None:
        entry.there = count(found) if found is not None else None
        entry.reason = "changed there by somebody meanwhile" if found is not None else "deleted there meanwhile"
        document = self._source.whole_document(entry.session_id) if found is not None else None
        if document is not None and found is not None:
            entry.differences = differences(document, found)

    def _told(self, entry: SessionCopy, found: dict[str, Any] | None) -> str:
        if found is None:
            return "it is not there"
        document = self._source.whole_document(entry.session_id)
        differs = differences(document, found) if document is not None else Differences()
        parts = [f"it differs in {', '.join(differs.fields)}"] if differs.fields else []
        counts = ((differs.changed, "other"), (differs.more, "too many"), (differs.fewer, "missing"))
        parts += [f"{number:,} of its messages {what}" for number, what in counts if number]
        return ", ".join(parts) or "its bytes differ"
