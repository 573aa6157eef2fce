"""Whole processes: how long they take, in turn, and how much memory they and what they start take together."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.append import Times

_BETWEEN_LOOKS: Final = 0.0005


@dataclass(frozen=True)
class Run:
    """A command as it is run each time."""

    command: Sequence[str]
    home: Path
    before: Callable[[], object] = lambda: None
    """Called before each run; not timed."""
    ends_with: tuple[int, ...] = (0,)

    def once(self) -> str:
        """Runs it; returns what it wrote."""
        done = subprocess.run(self.command, env=self.environment(), capture_output=True, text=True)
        if done.returncode not in self.ends_with:
            raise RuntimeError(f"{self.command} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def environment(self) -> dict[str, str]:
        """The variables that it gets."""
        return {**os.environ, "HFS_HOME": str(self.home)}


def in_turn(runs: Mapping[str, Run], rounds: int, *, warm: int = 1) -> Times:
    """The seconds that each takes, one after the other in each round.

    Args:
        runs: Each by its name.
        rounds: How many are counted.
        warm: How many come before.
    """
    times: Times = {name: [] for name in runs}
    for turn in range(warm + rounds):
        for name, run in runs.items():
            run.before()
            began = time.perf_counter()
            run.once()
            if turn >= warm:
                times[name].append(time.perf_counter() - began)
    return times


def peak_memory(run: Run) -> int:
    """Bytes: the most that its processes, as many as ran at one moment, had ever had until then, added up.

    Pages that processes share count for each of them.
    """
    run.before()
    process = subprocess.Popen(run.command, env=run.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    family = _Family(process.pid)
    while process.poll() is None:
        family.look()
        time.sleep(_BETWEEN_LOOKS)
    if process.returncode not in run.ends_with:
        raise RuntimeError(f"{run.command} ended with {process.returncode}")
    return family.highest


class _Family:
    """A process and what it started, whatever their sessions and groups."""

    def __init__(self, root: int) -> None:
        self.highest = 0
        """Bytes, of all of them together."""
        self._members = {root}
        self._others = {int(name) for name in os.listdir("/proc") if name.isdigit()} - {root}

    def look(self) -> None:
        for name in os.listdir("/proc"):
            if name.isdigit() and (pid := int(name)) not in self._others and pid not in self._members:
                (self._members if _parent(pid) in self._members else self._others).add(pid)
        self.highest = max(self.highest, sum(map(_high_water, self._members)))


def _parent(pid: int) -> int:
    return _field(pid, "PPid:")


def _high_water(pid: int) -> int:
    return _field(pid, "VmHWM:") << 10


def _field(pid: int, name: str) -> int:
    try:
        found = Path(f"/proc/{pid}/status").read_text().partition(name)[2].split(maxsplit=1)
    except OSError:
        return 0
    return int(found[0]) if found else 0
