"""The files of a folder as they are now, told by their stats alone."""

from __future__ import annotations

import contextlib
import os
import threading
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hfs.persistence.files.folder import DocumentFolder

SHARED_FROM: Final = 4000
"""From so many files on, a second process or thread helps to look."""
_NOTHING: Final = 0
_EVEN: Final = "02468"
_ODD: Final = "13579"
_ALL: Final = _EVEN + _ODD
_FEWER: Final = "0246"
_MORE: Final = "135789"
"""The last digits of the ids that a share has."""
_WHOLE: Final = b"whole"
"""How what a process tells ends."""


@dataclass(slots=True)
class Sweep:
    """What differs between the files and what is known of them."""

    changed: list[int]
    """Documents whose files are new, others than those known, or taken away while they were looked at, ascending."""
    size: int
    """How many bytes these have together."""
    gone: list[int]
    count: int
    """How many files there are."""


@dataclass(slots=True)
class _Look:
    """What was seen of files, in three arrays of one length."""

    doc_ids: array[int] = field(default_factory=lambda: array("q"))
    numbers: array[int] = field(default_factory=lambda: array("q"))
    """Of the identity; 0 where there is no file any more."""
    sizes: array[int] = field(default_factory=lambda: array("q"))

    def __add__(self, other: _Look) -> _Look:
        return _Look(self.doc_ids + other.doc_ids, self.numbers + other.numbers, self.sizes + other.sizes)

    def to_bytes(self) -> bytes:
        return b"".join(part.tobytes() for part in (self.doc_ids, self.numbers, self.sizes))

    @classmethod
    def from_bytes(cls, data: bytes) -> _Look:
        third = len(data) // 3
        return cls(*(array("q", data[at * third : (at + 1) * third]) for at in range(3)))


def sweep(folder: DocumentFolder, known: Callable[[], dict[int, int]], expected: int) -> Sweep:
    """Looks at every file of a folder.

    Args:
        folder: The folder.
        known: Gives the number of the identity that is known of each document.
        expected: About how many files there are.
    """
    if expected < SHARED_FROM:
        look, before = _look(folder, _ALL), known()
    elif threading.active_count() == 1 and hasattr(os, "fork"):
        look, before = _look_by_two_processes(folder, known)
    else:
        look, before = _look_by_two_threads(folder), known()
    get = before.get
    triples = zip(look.doc_ids, look.numbers, look.sizes, strict=True)
    changed = {doc_id: size for doc_id, number, size in triples if number != get(doc_id)}
    added = sum(1 for doc_id in changed if doc_id not in before)
    count = len(look.doc_ids)
    gone = sorted(before.keys() - set(look.doc_ids)) if len(before) + added != count else []
    return Sweep(sorted(changed), sum(changed.values()), gone, count)


def _look_by_two_threads(folder: DocumentFolder) -> _Look:
    others: list[_Look] = []
    beside = threading.Thread(target=lambda: others.append(_look(folder, _ODD)), name="hfs-sweep")
    beside.start()
    look = _look(folder, _EVEN)
    beside.join()
    return look + (others[0] if others else _look(folder, _ODD))


def _look_by_two_processes(folder: DocumentFolder, known: Callable[[], dict[int, int]]) -> tuple[_Look, dict[int, int]]:
    """Python looks at one file at a time: a copy of this process looks at some more than half, as it needs not ask."""
    receiving, sending = os.pipe()
    try:
        child = os.fork()
    except OSError:
        os.close(receiving)
        os.close(sending)
        return _look(folder, _ALL), known()
    if child == 0:
        # Nothing of the parent's may be run here, not even what is done at its exit.
        try:
            os.close(receiving)
            with open(sending, "wb") as pipe:
                pipe.write(_look(folder, _MORE).to_bytes() + _WHOLE)
        finally:
            os._exit(0)
    os.close(sending)
    try:
        with open(receiving, "rb") as pipe:
            look = _look(folder, _FEWER)
            before = known()
            told = pipe.read()
    finally:
        # A program that ignores its children's ends has none to wait for.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)
    whole = told.endswith(_WHOLE)
    return look + (_Look.from_bytes(told[: -len(_WHOLE)]) if whole else _look(folder, _MORE)), before


def _look(folder: DocumentFolder, digits: str) -> _Look:
    look = _Look()
    for doc_id in folder.ids_ending_in(digits):
        status = stat_of(folder, doc_id)
        look.doc_ids.append(doc_id)
        look.numbers.append(_NOTHING if status is None else number_of(status))
        look.sizes.append(0 if status is None else status.st_size)
    return look


def stat_of(folder: DocumentFolder, doc_id: int) -> os.stat_result | None:
    """What the system says of a document's file, through links; None if there is none."""
    path = folder.file(doc_id)
    try:
        return os.stat(path)
    except OSError:
        # A link that leads nowhere is listed as damaged, and not hidden.
        with contextlib.suppress(OSError):
            return os.stat(path, follow_symlinks=False)
    return None


def number_of(status: os.stat_result) -> int:
    """The identity of a file as one number. Devices are numbered anew at each start, and left out."""
    return hash((status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
