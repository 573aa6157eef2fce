"""Crashes of a real file system: its block writes are logged, cut anywhere, and the store is opened on what is left.

Run as root in a mount namespace of its own, with the file system's ``mkfs`` installed::

    unshare -m python -m tests.block_log.crash ext4|xfs|btrfs [--states N] [--break folder-sync]

Everything before a flush of the disk is there; of what was written after it, nothing, all, a random half of the
writes, or a random half of their sectors of 512 bytes. Every state is mounted, which replays the journal. Every
message that was acknowledged before the cut must be in it, unaltered, and nothing that was never said.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hfs.persistence import NewMessage, SessionStore
from hfs.persistence._file_ops import FileOps
from tests.block_log.disk import POISON, Event, read_log

SECTOR: Final = 512
_MIB: Final = 1 << 20
MKFS: Final = {
    "ext4": (16 * _MIB, ["mkfs.ext4", "-q", "-F", "-E", "nodiscard"]),
    "xfs": (320 * _MIB, ["mkfs.xfs", "-q", "-f", "-K"]),
    "btrfs": (128 * _MIB, ["mkfs.btrfs", "-q", "-f", "--mixed", "-K"]),
}
_LONG: Final = "the quick brown fox jumps over the lazy dog\n" * 30
APPENDS: Final = 12


@dataclass
class Machine:
    """A file system on a logging disk, mounted."""

    root: Path
    """The mounted file system."""
    log: Path
    mark: Path

    def acknowledge(self, number: int) -> None:
        """Notes in the log that so many steps are durable."""
        fd = os.open(self.mark, os.O_WRONLY)
        os.pwrite(fd, str(number).encode(), 0)
        os.close(fd)


def run(*command: str | Path) -> str:
    """Runs a command and returns what it prints."""
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


@contextlib.contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    """A file system in a file, mounted by a loop device."""
    run("mount", "-o", "loop", image, folder)
    try:
        yield folder
    finally:
        run("umount", folder)


@contextlib.contextmanager
def machine(kind: str, folder: Path) -> Iterator[Machine]:
    """A new file system of a kind on a disk that logs."""
    size, mkfs = MKFS[kind]
    fuse, root, log = folder / "fuse", folder / "root", folder / "log"
    fuse.mkdir()
    root.mkdir()
    command = [sys.executable, "-m", "tests.block_log.disk", str(fuse), str(size), str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as disk:
        assert disk.stdout is not None
        assert disk.stdout.readline() == "mounted\n"
        try:
            run(*mkfs, fuse / "disk.img")
            with mounted(fuse / "disk.img", root):
                yield Machine(root, log, fuse / "mark")
        finally:
            run("umount", fuse)


class WithoutFolderSync(FileOps):
    """A store that forgets the sync of the folder: the suite must notice."""

    def fsync_folder(self, path: str) -> None:
        return


# What happens


def work(there: Machine, threshold: float, ops: FileOps) -> list[str]:
    """A session is made and grows; each step is marked once it is acknowledged. Returns what was said."""
    said = ["first"]
    home = there.root / "home"
    there.acknowledge(0)
    with SessionStore(home, threshold=threshold, ops=ops) as store:
        store.create("a name", messages=[NewMessage("user", said[0])])
        there.acknowledge(1)
        for number in range(APPENDS):
            said.append(f"{number} {_LONG if number % 3 == 0 else 'short'}")
            store.add_message(1, "user", said[-1])
            there.acknowledge(len(said))
            if number % 5 == 4:
                store.rename(1, f"name {number}")
    return said


# What is left


def states(events: list[Event], chooser: random.Random, wanted: int) -> Iterator[tuple[list[Event], list[Event], int]]:
    """Crash states: what became durable since the last one, what else landed, how many steps were acknowledged."""
    marks = [at for at, event in enumerate(events) if event.kind == "mark"]
    positions = range(marks[0], len(events))
    cuts = set(chooser.sample(positions, min(len(positions), max(1, wanted // 4))))
    durable: list[Event] = []
    pending: list[Event] = []
    acknowledged = 0
    for at, event in enumerate(events):
        if event.kind == "write":
            pending.append(event)
        elif event.kind == "flush":
            durable, pending = durable + pending, []
        else:
            acknowledged = int(event.data)
        if at in cuts:
            for landed in _landed(pending, chooser):
                yield durable, landed, acknowledged
                durable = []


def _landed(pending: list[Event], chooser: random.Random) -> Iterator[list[Event]]:
    yield []
    if pending:
        yield pending
        yield [event for event in pending if chooser.random() < 0.5]
        yield [sector for event in pending for sector in _sectors(event) if chooser.random() < 0.5]


def _sectors(event: Event) -> Iterator[Event]:
    for at in range(0, len(event.data), SECTOR):
        yield Event("write", event.offset + at, event.data[at : at + SECTOR])


def apply(image: Path, events: list[Event]) -> None:
    """Writes to an image what landed."""
    with image.open("r+b") as file:
        for event in events:
            file.seek(event.offset)
            file.write(event.data)


def judge(root: Path, said: list[str], acknowledged: int, threshold: float) -> str:
    """What a state is: ``whole``, ``nothing yet``, or what is wrong with it."""
    home = root / "home"
    with SessionStore(home, threshold=threshold) as store:
        found = store.get(1) if home.exists() else None
        if found is None:
            return "nothing yet" if acknowledged == 0 else "LOST: the session"
        texts = [message.content for message in found.messages]
        if texts != said[: len(texts)]:
            return "WRONG: something that was never said"
        if len(texts) < acknowledged:
            return f"LOST: {acknowledged - len(texts)} acknowledged"
        store.add_message(1, "user", "after the crash")
        return "recovered" if found.recovered else "whole"


def crash(kind: str, threshold: float, wanted: int, ops: FileOps, seed: int = 7) -> Counter[str]:
    """How many states of a kind were found."""
    verdicts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with machine(kind, folder) as there:
            said = work(there, threshold, ops)
        base, image = folder / "base.img", folder / "state.img"
        with base.open("wb") as file:
            file.truncate(MKFS[kind][0])
        events = list(read_log(folder / "log"))
        for durable, landed, acknowledged in states(events, random.Random(seed), wanted):
            apply(base, durable)
            shutil.copy(base, image) if kind == "ext4" else run("cp", "--sparse=always", base, image)
            apply(image, landed)
            try:
                with mounted(image, folder / "root") as root:
                    verdict = judge(root, said, acknowledged, threshold)
            except subprocess.CalledProcessError:
                # Half a superblock: what no file system survives, no store on it does.
                verdict = "not mountable"
            verdicts[verdict] += 1
    return verdicts


def failed_sync(kind: str, threshold: float, failures: int) -> str:
    """The disk refuses a message so many times: it is saved in a new file, or said not to be, and never half."""
    from hfs.errors import StoreIOError

    with tempfile.TemporaryDirectory() as name, machine(kind, Path(name)) as there:
        home = there.root / "home"
        with SessionStore(home, threshold=threshold) as store:
            store.create("a name", messages=[NewMessage("user", "first")])
            store.add_message(1, "user", "second")
            there.log.with_name("log.fail").write_text(str(failures))
            saved = False
            try:
                store.add_message(1, "user", POISON.decode())
                saved = True
            except StoreIOError:
                there.log.with_name("log.fail").write_text("0")
            store.add_message(1, "user", "after it")
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")
        with SessionStore(home, threshold=threshold) as store:
            found = store.get(1)
        texts = [message.content for message in found.messages] if found else []
        # What was refused may be there all the same; what was acknowledged must be.
        kept = [text for text in texts if text != POISON.decode() or saved]
        expected = ["first", "second", *([POISON.decode()] if saved else []), "after it"]
        if kept != expected:
            return f"LOST: {texts}"
        return "saved in a new file" if saved else "said not to be saved"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=MKFS)
    parser.add_argument("--states", type=int, default=400, help="how many to look at, on each save path")
    parser.add_argument("--break", dest="broken", choices=["folder-sync"], help="prove that a fault is noticed")
    options = parser.parse_args()
    ops = WithoutFolderSync() if options.broken else FileOps()
    bad = 0
    for path, threshold in (("whole file", float("inf")), ("tail", 0.0)):
        verdicts = crash(options.kind, threshold, options.states, ops)
        told = ", ".join(f"{verdict} {number}" for verdict, number in sorted(verdicts.items()))
        print(f"{options.kind}, {path}: {verdicts.total()} states: {told}", flush=True)
        bad += sum(number for verdict, number in verdicts.items() if verdict.isupper() or ":" in verdict)
        if options.broken is None and options.kind != "btrfs":
            for failures in (1, 100):
                verdict = failed_sync(options.kind, threshold, failures)
                print(f"{options.kind}, {path}, {failures} refused writes: {verdict}", flush=True)
                bad += ":" in verdict
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
