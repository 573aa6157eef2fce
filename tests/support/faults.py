"""An operating system that says no to one call, or to every call from one on."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any, Final

from hfs.persistence._file_ops import FileOps

CALLS: Final = tuple(name for name in vars(FileOps) if not name.startswith("_"))


class FaultyOps(FileOps):
    """Fails at the n-th call.

    Args:
        at: Which call fails, counted from 1.
        fault: An error number, ``"short"`` for a write that takes only a part, or an exception to raise.
        sticky: Whether every later call fails too.
    """

    def __init__(self, at: int, fault: int | str | type[BaseException], *, sticky: bool = False) -> None:
        self.at = at
        self.fault = fault
        self.sticky = sticky
        self.calls = 0
        self.failed: list[str] = []

    def _ask(self, name: str, call: Callable[..., Any], *arguments: Any) -> Any:
        # What gives back never fails for good: a descriptor is closed even if closing it complains. It is not counted:
        # a run in which nothing failed is how a test knows that it has tried every call.
        if name == "close":
            return call(*arguments)
        self.calls += 1
        if self.calls < self.at or (self.calls > self.at and not self.sticky):
            return call(*arguments)
        self.failed.append(name)
        if self.fault == "short":
            if name not in ("write", "pwrite"):
                return call(*arguments)
            fd, data, *rest = arguments
            return call(fd, bytes(data[: len(data) // 2]), *rest)
        if isinstance(self.fault, int):
            raise OSError(self.fault, os.strerror(self.fault))
        assert isinstance(self.fault, type)
        raise self.fault


def _failing(name: str) -> Callable[..., Any]:
    original = getattr(FileOps, name)

    def call(self: FaultyOps, *arguments: Any) -> Any:
        return self._ask(name, lambda *given: original(self, *given), *arguments)

    return call


for _name in CALLS:
    setattr(FaultyOps, _name, _failing(_name))

FAULTS: Final[dict[str, int | str | type[BaseException]]] = {
    "EIO": errno.EIO,
    "ENOSPC": errno.ENOSPC,
    "EINTR": errno.EINTR,
    "EMFILE": errno.EMFILE,
    "EACCES": errno.EACCES,
    "short write": "short",
    "MemoryError": MemoryError,
    "KeyboardInterrupt": KeyboardInterrupt,
}
