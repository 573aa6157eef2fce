"""The files of a folder as they are now, told by their stats alone."""

from __future__ import annotations

import contextlib
import os
import threading
from array import array
from dataclasses import dataclass
from typing import Final

from hfs.persistence._folder import DocumentFolder

_SHARED_FROM: Final = 4000
"""From so many files on, a second process or thread helps to look."""
_NOTHING: Final = 0


@dataclass(slots=True)
class Sweep:
    """What differs between the files and what is known of them."""

    changed: list[int]
    """The documents whose files are new, or others than those known, ascending."""
    size: int
    """How many bytes these have together."""
    gone: list[int]
    count: int
    """How many files there are."""


def sweep(folder: DocumentFolder, known: dict[int, int]) -> Sweep:
    """Looks at every file of a folder.

    Args:
        folder: The folder.
        known: The number of the identity that is known of each document.
    """
    doc_ids = folder.ids()
    numbers, sizes = _look_together(folder, doc_ids)
    get = known.get
    changed = [at for at, doc_id in enumerate(doc_ids) if get(doc_id) != numbers[at] != _NOTHING]
    added = sum(1 for at in changed if doc_ids[at] not in known)
    gone = sorted(known.keys() - set(doc_ids)) if len(known) + added != len(doc_ids) else []
    return Sweep([doc_ids[at] for at in changed], sum(sizes[at] for at in changed), gone, len(doc_ids))


def _look_together(folder: DocumentFolder, doc_ids: list[int]) -> tuple[array[int], array[int]]:
    if len(doc_ids) < _SHARED_FROM:
        return _look(folder, doc_ids)
    half = len(doc_ids) // 2
    if threading.active_count() == 1 and hasattr(os, "fork"):
        return _look_by_two_processes(folder, doc_ids, half)
    results: list[tuple[array[int], array[int]]] = []
    beside = threading.Thread(target=lambda: results.append(_look(folder, doc_ids[half:])), name="hfs-sweep")
    beside.start()
    numbers, sizes = _look(folder, doc_ids[:half])
    beside.join()
    return numbers + results[0][0], sizes + results[0][1]


def _look_by_two_processes(folder: DocumentFolder, doc_ids: list[int], half: int) -> tuple[array[int], array[int]]:
    """Python looks at one file at a time: a copy of this process looks at the second half."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        # Nothing of the parent's may be run here, not even what is done at its exit.
        try:
            os.close(receiving)
            with open(sending, "wb", closefd=True) as pipe:
                for part in _look(folder, doc_ids[half:]):
                    pipe.write(part.tobytes())
        finally:
            os._exit(0)
    os.close(sending)
    with open(receiving, "rb", closefd=True) as pipe:
        numbers, sizes = _look(folder, doc_ids[:half])
        told = array("q")
        told.frombytes(pipe.read())
    os.waitpid(child, 0)
    count = len(doc_ids) - half
    if len(told) != 2 * count:
        more_numbers, more_sizes = _look(folder, doc_ids[half:])
        return numbers + more_numbers, sizes + more_sizes
    return numbers + told[:count], sizes + told[count:]


def _look(folder: DocumentFolder, doc_ids: list[int]) -> tuple[array[int], array[int]]:
    """The number of each file's identity, 0 where there is no file, and its size."""
    numbers, sizes = array("q"), array("q")
    for doc_id in doc_ids:
        status = stat_of(folder, doc_id)
        numbers.append(_NOTHING if status is None else number_of(status))
        sizes.append(0 if status is None else status.st_size)
    return numbers, sizes


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
