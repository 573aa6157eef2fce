"""A disk that logs its writes and flushes, for crash tests on real file systems. Linux, root.

A FUSE file system of two files, spoken directly over ``/dev/fuse``: ``disk.img``, onto which a loop device goes, and
``mark``, to which the workload writes what it was told is durable. The log holds all three kinds in their order.
The protocol is that of ``include/uapi/linux/fuse.h``, version 7.31.

Run ``python -m tests.block_log.disk FOLDER SIZE LOG``; it prints a line once the folder is mounted.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

_HEADER: Final = struct.Struct("=IIQQIIII")
_REPLY: Final = struct.Struct("=IiQ")
_ATTRIBUTES: Final = struct.Struct("=6Q10I")
_RECORD: Final = struct.Struct("=cQI")
_LOOKUP, _GETATTR, _SETATTR, _OPEN, _READ, _WRITE, _STATFS = 1, 3, 4, 14, 15, 16, 17
_RELEASE, _FSYNC, _FLUSH, _INIT, _OPENDIR, _RELEASEDIR, _DESTROY = 18, 20, 25, 26, 27, 29, 38
_WITHOUT_REPLY: Final = frozenset((2, 36, 42))
_ROOT, _IMAGE, _MARK = 1, 2, 3
_NAMES: Final = {b"disk.img": _IMAGE, b"mark": _MARK}
_LONGEST: Final = 1 << 17
POISON: Final = b"POISON"
"""What a write holds that fails while the file ``LOG.fail`` says how often."""


@dataclass(frozen=True, slots=True)
class Event:
    """A write to the disk, a flush of what was written before it, or a mark of the workload."""

    kind: Literal["write", "flush", "mark"]
    offset: int = 0
    data: bytes = b""


def read_log(path: Path) -> Iterator[Event]:
    """What happened, in order."""
    with path.open("rb") as file:
        while head := file.read(_RECORD.size):
            kind, offset, size = _RECORD.unpack(head)
            names: dict[bytes, Literal["write", "flush", "mark"]] = {b"w": "write", b"f": "flush", b"m": "mark"}
            yield Event(names[kind], offset, file.read(size))


class LoggingDisk:
    """Serves the two files until they are unmounted."""

    def __init__(self, device: int, size: int, log: Path) -> None:
        self._device = device
        self._image = bytearray(size)
        self._log: BinaryIO = log.open("wb", buffering=0)
        self._fail = log.with_name(log.name + ".fail")

    def serve(self) -> None:
        """Answers requests until the end."""
        while True:
            try:
                request = os.read(self._device, _LONGEST + 4096)
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return
                if error.errno in (errno.EINTR, errno.ENOENT):
                    continue
                raise
            _, operation, unique, node, *_ = _HEADER.unpack_from(request)
            if operation in _WITHOUT_REPLY:
                continue
            try:
                body, problem = self._answer(operation, node, request[_HEADER.size :]), 0
            except OSError as error:
                body, problem = b"", error.errno or errno.EIO
            os.write(self._device, _REPLY.pack(_REPLY.size + len(body), -problem, unique) + body)

    def _answer(self, operation: int, node: int, body: bytes) -> bytes:
        if operation == _INIT:
            return struct.pack("=4I2H2I2H8I", 7, 31, _LONGEST, 1 << 5, 8, 6, _LONGEST, 1, *[0] * 10)
        if operation == _LOOKUP:
            found = _NAMES.get(body.rstrip(b"\0"))
            if found is None:
                raise OSError(errno.ENOENT, "")
            return struct.pack("=QQQQII", found, 1, 60, 60, 0, 0) + self._attributes(found)
        if operation in (_GETATTR, _SETATTR):
            return struct.pack("=QII", 60, 0, 0) + self._attributes(node)
        if operation in (_OPEN, _OPENDIR):
            return struct.pack("=QII", node, 0, 0)
        if operation == _READ:
            _, offset, size = struct.unpack_from("=QQI", body)
            return bytes(self._image[offset : offset + size]) if node == _IMAGE else b""
        if operation == _WRITE:
            _, offset, size = struct.unpack_from("=QQI", body)
            self._write(node, offset, body[40 : 40 + size])
            return struct.pack("=II", size, 0)
        if operation == _FSYNC:
            self._log.write(_RECORD.pack(b"f", 0, 0))
            return b""
        if operation == _STATFS:
            return struct.pack("=5Q4I", *[1 << 20] * 5, 4096, 255, 4096, 0) + bytes(24)
        if operation in (_RELEASE, _FLUSH, _RELEASEDIR, _DESTROY):
            return b""
        raise OSError(errno.ENOSYS, "")

    def _write(self, node: int, offset: int, data: bytes) -> None:
        if node == _IMAGE and POISON in data and self._fails():
            raise OSError(errno.EIO, "")
        if node == _IMAGE:
            self._image[offset : offset + len(data)] = data
        self._log.write(_RECORD.pack(b"w" if node == _IMAGE else b"m", offset, len(data)) + data)

    def _fails(self) -> bool:
        times = int(self._fail.read_text()) if self._fail.exists() else 0
        if times:
            self._fail.write_text(str(times - 1))
        return times > 0

    def _attributes(self, node: int) -> bytes:
        size = len(self._image) if node == _IMAGE else 0
        mode = 0o40755 if node == _ROOT else 0o100600
        return _ATTRIBUTES.pack(node, size, (size + 511) // 512, *[0] * 3, *[0] * 3, mode, 1, 0, 0, 0, 4096, 0)


def main() -> None:
    folder, size, log = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,max_read={_LONGEST}"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"log", folder.encode(), b"fuse", 0, options.encode()):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), folder)
    print("mounted", flush=True)
    LoggingDisk(device, size, log).serve()


if __name__ == "__main__":
    main()
