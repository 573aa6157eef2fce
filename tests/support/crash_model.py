"""Every state that a crash may legally leave behind, from a record of what was asked of the file system.

The model (after ALICE, OSDI'14): what was written to a file is on the disk for sure once that file was synced,
and a name once its folder was. Before that, each is there or not, independently; a write may have arrived in
part, in any order of its sectors, and the size of a file before its data.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hfs.persistence._file_ops import FileOps

UNITS = (16, 64, 512)
"""Sizes of what arrives whole, in bytes; smaller than any device's."""


@dataclass(frozen=True)
class Op:
    """One call. Names of files are paths, contents belong to an inode."""

    kind: str
    path: str = ""
    target: str = ""
    inode: int = -1
    offset: int = 0
    data: bytes = b""

    @property
    def folders(self) -> set[str]:
        """The folders whose names it changes."""
        if self.kind == "mkdir":
            return {os.path.dirname(self.path)}
        return {os.path.dirname(path) for path in (self.path, self.target) if path}


NAMING = frozenset(("create", "link", "replace", "unlink", "mkdir"))


@dataclass
class Tree:
    """Folders, names and contents."""

    names: dict[str, int] = field(default_factory=dict)
    contents: dict[int, bytes] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    def copy(self) -> Tree:
        return Tree(dict(self.names), dict(self.contents), set(self.folders))

    def files(self) -> dict[str, bytes]:
        """The contents by path."""
        return {
            path: self.contents.get(inode, b"")
            for path, inode in self.names.items()
            if os.path.dirname(path) in self.folders
        }


class RecordingOps(FileOps):
    """Does what is asked, and notes it.

    Args:
        root: The folder whose state before the record is on the disk for sure.
    """

    def __init__(self, root: Path) -> None:
        self.log: list[Op] = []
        self.base = Tree(folders={str(root)})
        self._names: dict[str, int] = {}
        self._open: dict[int, int] = {}
        self._at: dict[int, int] = {}
        for path in sorted(root.rglob("*")):
            if path.is_dir():
                self.base.folders.add(str(path))
            else:
                inode = len(self._names)
                self._names[str(path)] = inode
                self.base.contents[inode] = path.read_bytes()
        self.base.names = dict(self._names)
        self._next = len(self._names)

    def open(self, path: str, flags: int, mode: int = 0o600) -> int:
        fd = super().open(path, flags, mode)
        if flags & os.O_CREAT:
            self._names[path], self._next = self._next, self._next + 1
            self.log.append(Op("create", path, inode=self._names[path]))
        self._open[fd] = self._names.get(path, -1)
        self._at[fd] = 0
        return fd

    def close(self, fd: int) -> None:
        self._open.pop(fd, None)
        super().close(fd)

    def write(self, fd: int, data: bytes | memoryview) -> int:
        count = super().write(fd, data)
        self.log.append(Op("write", inode=self._open[fd], offset=self._at[fd], data=bytes(data[:count])))
        self._at[fd] += count
        return count

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        count = super().pwrite(fd, data, offset)
        self.log.append(Op("write", inode=self._open[fd], offset=offset, data=data[:count]))
        return count

    def fsync(self, fd: int) -> None:
        super().fsync(fd)
        if fd in self._open:
            self.log.append(Op("fsync", inode=self._open[fd]))

    def fdatasync(self, fd: int) -> None:
        super().fdatasync(fd)
        self.log.append(Op("fdatasync", inode=self._open[fd]))

    def fsync_folder(self, path: str) -> None:
        super().fsync_folder(path)
        self.log.append(Op("fsync_folder", path))

    def replace(self, source: str, target: str) -> None:
        super().replace(source, target)
        inode = self._names.pop(source)
        self._names[target] = inode
        self.log.append(Op("replace", source, target, inode))

    def link(self, source: str, target: str) -> None:
        super().link(source, target)
        self._names[target] = self._names[source]
        self.log.append(Op("link", "", target, self._names[source]))

    def unlink(self, path: str) -> None:
        super().unlink(path)
        self._names.pop(path, None)
        self.log.append(Op("unlink", path))

    def mkdir(self, path: str, mode: int = 0o700) -> None:
        super().mkdir(path, mode)
        self.log.append(Op("mkdir", path))


def crash_states(base: Tree, log: list[Op], at: int, limit: int = 400) -> Iterator[dict[str, bytes]]:
    """What may be on the disk if the power fails once so many calls are done: contents by path.

    Args:
        base: What was there for sure before.
        log: The calls.
        at: How many of them are done.
        limit: How many states at the most, of each choice of names; chosen by a fixed seed.
    """
    done = log[:at]
    sure, open_names = base.copy(), []
    for place, op in enumerate(done):
        if op.kind in NAMING:
            synced = any(later.kind == "fsync_folder" and later.path in op.folders for later in done[place:])
            if synced:
                _name(sure, op)
            else:
                open_names.append(op)
    chooser = random.Random(at)
    choices = list(itertools.product((True, False), repeat=len(open_names)))
    if len(choices) > 32:
        choices = [choices[0], choices[-1], *chooser.sample(choices, 30)]
    variants = _contents(base, done)
    for chosen in choices:
        tree = sure.copy()
        for op, happened in zip(open_names, chosen, strict=True):
            if happened:
                _name(tree, op)
        uncertain = [inode for inode in sorted(set(tree.names.values())) if len(variants.get(inode, ())) > 1]
        combinations = list(itertools.islice(itertools.product(*(variants[inode] for inode in uncertain)), 5000))
        if len(combinations) > limit:
            combinations = [combinations[0], combinations[-1], *chooser.sample(combinations, limit - 2)]
        for combination in combinations:
            contents = {inode: found[0] for inode, found in variants.items()}
            tree.contents = {**base.contents, **contents, **dict(zip(uncertain, combination, strict=True))}
            yield tree.files()


def _name(tree: Tree, op: Op) -> None:
    if op.kind == "mkdir":
        tree.folders.add(op.path)
        return
    if op.kind in ("replace", "unlink"):
        tree.names.pop(op.path, None)
    if op.kind == "create":
        tree.names[op.path] = op.inode
    elif op.kind in ("link", "replace"):
        tree.names[op.target] = op.inode


def _contents(base: Tree, done: list[Op]) -> dict[int, list[bytes]]:
    """The contents that each file may have."""
    found = {}
    for inode in {op.inode for op in done if op.inode >= 0} | set(base.contents):
        content, waiting = base.contents.get(inode, b""), list[Op]()
        for op in done:
            if op.inode != inode:
                continue
            if op.kind == "write":
                waiting.append(op)
            elif op.kind in ("fsync", "fdatasync"):
                for write in waiting:
                    content = _written(content, write.offset, write.data)
                waiting = []
        found[inode] = [content]
        if waiting:
            found[inode] = list(dict.fromkeys([content, *_partial(content, waiting)]))
    return found


def _written(content: bytes, offset: int, data: bytes) -> bytes:
    content = content.ljust(offset, b"\0")
    return content[:offset] + data + content[offset + len(data) :]


def _partial(content: bytes, waiting: list[Op]) -> Iterator[bytes]:
    for number, write in enumerate(waiting):
        before, offset, data = content, write.offset, write.data
        whole = _written(before, offset, data)
        ends = {*range(1, min(len(data), 80)), len(data) - 1, len(data) - 8, *range(0, len(data), 97)}
        yield from (
            before[:offset] + data[:end] + before[offset + end :] for end in sorted(ends) if 0 < end < len(data)
        )
        grown = before.ljust(len(whole), b"\0")
        yield grown
        yield whole[: max(len(before), 1)]
        for unit in UNITS:
            starts = range(offset - offset % unit, len(whole), unit)
            for start in itertools.islice(starts, 40):
                end = start + unit
                yield grown[:start] + whole[start:end] + grown[end:]
                yield whole[:start] + grown[start:end] + whole[end:]
                yield whole[:start] + grown[start:]
                yield grown[:start] + whole[start:]
        content = whole
        if number == len(waiting) - 1:
            yield whole
