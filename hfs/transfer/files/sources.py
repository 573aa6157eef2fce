"""Files to import: single ones, folders of them, ZIP archives, and what is piped in. No link is followed."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from hfs.transfer.files.archives import SIDECAR_LIMIT, ZIP_MAGIC, Shelf, archived, is_left_out
from hfs.transfer.files.source import Source, Unusable
from hfs.transfer.files.unpacking import copied, reason


@contextlib.contextmanager
def open_sources(arguments: Sequence[str]) -> Iterator[list[Source | Unusable]]:
    """The files that arguments stand for; folders and ZIP archives are looked into. They can be read inside the block.

    Args:
        arguments: Paths; ``-`` is what is piped in.
    """
    with Shelf() as shelf, contextlib.ExitStack() as copies:
        found = (source for argument in dict.fromkeys(arguments) for source in _named(argument, shelf, copies))
        yield list(_once(found))


def _once(found: Iterable[Source | Unusable]) -> Iterator[Source | Unusable]:
    """Each file once, also where it is named and lies in a folder that is named as well."""
    seen = set()
    for source in found:
        path = source.path if isinstance(source, Source) else None
        if path is None or path.absolute() not in seen:
            yield source
        if path is not None:
            seen.add(path.absolute())


def _named(argument: str, shelf: Shelf, copies: contextlib.ExitStack) -> Iterator[Source | Unusable]:
    if argument == "-":
        yield from _piped(shelf, copies)
        return
    path = Path(argument)
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        yield Unusable(argument, reason(error))
        return
    if stat.S_ISDIR(status.st_mode):
        yield from _folder(path, shelf)
    elif stat.S_ISREG(status.st_mode):
        yield from _file(path, status, shelf, chosen=True)
    else:
        yield Unusable(argument, "it is no file and no folder")


def _piped(shelf: Shelf, copies: contextlib.ExitStack) -> Iterator[Source | Unusable]:
    if sys.stdin is None or sys.stdin.isatty():
        yield Unusable("-", "nothing is piped in; name a file, or pipe one in: hfs import - < FILE")
        return
    try:
        # An archive or a database can't be read from a pipe.
        path = copied(sys.stdin.buffer, copies)
    except OSError as error:
        yield Unusable("-", f"it can't be kept aside while it is read: {reason(error)}")
        return
    yield from _file(path, path.stat(), shelf, chosen=True, name="stdin")


def _folder(folder: Path, shelf: Shelf) -> Iterator[Source | Unusable]:
    closed: list[OSError] = []
    for above, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not is_left_out(name))
        for name in sorted(names):
            path = Path(above) / name
            try:
                status = path.lstat()
            except OSError as error:
                yield Unusable(str(path), reason(error))
                continue
            if stat.S_ISREG(status.st_mode) and not is_left_out(name):
                yield from _file(path, status, shelf, chosen=False)
    for refusal in closed:
        yield Unusable(str(refusal.filename or folder), f"the folder can't be looked into: {reason(refusal)}")


def _file(
    path: Path, status: os.stat_result, shelf: Shelf, *, chosen: bool, name: str | None = None
) -> Iterator[Source | Unusable]:
    shown = name or str(path)

    def opener() -> IO[bytes]:
        return open(path, "rb")

    try:
        with opener() as file:
            magic = file.read(4)
    except OSError as error:
        yield Unusable(shown, reason(error))
        return
    modified = datetime.fromtimestamp(min(max(status.st_mtime, 0), 32503680000), UTC)
    source = Source(shown, status.st_size, modified, opener, _nothing if name else _beside(path), path, chosen)
    if magic in ZIP_MAGIC:
        yield from archived(source, shelf)
    else:
        yield source


def _nothing(relative: str) -> bytes | None:
    """What lies beside the copy of what was piped in."""
    return None


def _beside(path: Path) -> Callable[[str], bytes | None]:
    def read(relative: str) -> bytes | None:
        other = path.parent / relative
        try:
            if not stat.S_ISREG(other.lstat().st_mode) or other.stat().st_size > SIDECAR_LIMIT:
                return None
            return other.read_bytes()
        except OSError:
            return None

    return read
