"""Conversations that are being written while the next ones are read: never so many that memory is a worry."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

from hfs.errors import HfsError
from hfs.persistence import SessionImport
from hfs.transfer.writers import Writer

_MOST: Final = 32
"""How many conversations may wait to be written: what memory holds beside the one that is read."""
_MOST_WEIGHT: Final = 16 << 20
"""How many characters they may have together."""


class Report(Protocol):
    """What is told of a conversation."""

    def fail(self, error: Exception, session_id: int | None = None) -> None:
        """Says that it failed.

        Args:
            error: Why.
            session_id: The session that could not be written.
        """


_Report = TypeVar("_Report", bound=Report)


@dataclass(slots=True)
class Writes(Generic[_Report]):
    """What is written of a conversation."""

    report: _Report
    sessions: list[tuple[str, int, Future[None]]] = field(default_factory=list)
    """The uid and number of each session."""
    weight: int = 0
    """How many characters there are in it."""


class UnderWay(Generic[_Report]):
    """The conversations that are being written.

    Args:
        target: Where they go.
        writer: Writes them.
    """

    def __init__(self, target: SessionImport, writer: Writer) -> None:
        self._target = target
        self._writer = writer
        self._waiting: deque[Writes[_Report]] = deque()

    def begin(self, report: _Report) -> Writes[_Report]:
        """The next conversation; its report is final once ``finish`` has waited for it."""
        writes = Writes(report)
        self._waiting.append(writes)
        return writes

    def write(self, writes: Writes[_Report], uid: str, document: dict[str, Any], wanted: int | None = None) -> int:
        """Begins to write a session; returns its number, which is 0 in a dry run.

        Args:
            writes: The conversation.
            uid: The session's.
            document: The session.
            wanted: The number that it gets, if it was claimed.
        """
        writes.weight += _weight(document["messages"])
        session_id = self._target.reserve(uid, wanted)
        writes.sessions.append((uid, session_id, self._writer.submit(session_id, document)))
        return session_id

    def relieve(self) -> None:
        """Waits until so little is being written that memory is no worry."""
        while len(self._waiting) > _MOST or sum(one.weight for one in self._waiting) > _MOST_WEIGHT:
            if len(self._waiting) == 1:
                return
            self.finish(len(self._waiting) - 1)

    def finish(self, most: int) -> None:
        """Waits until no more than so many conversations are being written."""
        while len(self._waiting) > most:
            # It stays until nothing is left to be said of it: Ctrl-C may come while it is waited for.
            writes = self._waiting[0]
            for uid, session_id, write in writes.sessions:
                try:
                    write.result()
                except (HfsError, TypeError, ValueError, MemoryError) as error:
                    self._target.forget(uid)
                    writes.report.fail(error, session_id)
            self._waiting.popleft()


def _weight(value: object) -> int:
    """How many characters there are in the texts of a value, however deep."""
    weight, left = 0, [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            weight += len(one)
        elif isinstance(one, dict):
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
    return weight
