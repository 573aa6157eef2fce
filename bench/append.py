"""Saving and reading messages, and starting up, against rivals: ratios of medians, all in one run.

Run ``python -m bench.append [--quick] [--json]``.
"""

from __future__ import annotations

import argparse
import asyncio
import compileall
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import hfs
from bench.sql_rival import SQLStore
from hfs.persistence import SessionStore, open_repository, render_document

TEXT = "The quick brown fox jumps over the lazy dog. " * 11
Times = dict[str, list[float]]


def compile_hfs() -> None:
    """Compiles the sources, as an installer does: a source tree may not have been."""
    compileall.compile_dir(str(Path(hfs.__file__).parent), quiet=1)


def write_session(home: Path, session_id: int, count: int, last: str = TEXT) -> None:
    """A session file of so many messages, the last of which may be another."""
    messages = [
        {"id": n, "role": "user", "created_at": "2026-01-01T00:00:00.000000Z", "content": TEXT}
        for n in range(1, count + 1)
    ]
    messages[-1]["content"] = last
    (home / "sessions").mkdir(mode=0o700, parents=True, exist_ok=True)
    path = home / "sessions" / f"{session_id}.json"
    path.write_bytes(render_document(session_id, {"name": "x", "name_source": "user", "messages": messages}))
    path.chmod(0o600)


async def timed(times: Times, name: str, work: Callable[[], Awaitable[object]]) -> None:
    started = time.perf_counter()
    await work()
    times.setdefault(name, []).append(time.perf_counter() - started)


async def measure_messages(folder: Path, rounds: int, sizes: list[int]) -> Times:
    """Interleaved rounds of each contender."""
    times: Times = {}
    home = folder / "home"
    for session_id, size in enumerate(sizes, 1):
        write_session(home, session_id, size)
    rival = SQLStore(folder / "rival.db")
    await rival.open()
    rival_ids = [await rival.create(size, TEXT) for size in sizes]
    fd = os.open(folder / "bare", os.O_RDWR | os.O_CREAT, 0o600)

    async def bare() -> None:
        os.pwrite(fd, b"x" * 600, os.fstat(fd).st_size)
        os.fdatasync(fd)

    async with open_repository(home) as repo:
        for session_id in range(1, len(sizes) + 1):
            await repo.add_message(session_id, "user", TEXT)
        for _ in range(rounds):
            for session_id, size in enumerate(sizes, 1):
                await timed(times, f"hfs add {size}", lambda at=session_id: repo.add_message(at, "user", TEXT))  # type: ignore[misc]
                rival_id = rival_ids[session_id - 1]
                await timed(times, f"sql add {size}", lambda at=rival_id: rival.add_message(at, "user", TEXT))  # type: ignore[misc]
            await timed(times, "bare", bare)
        at = sizes.index(10_000)
        for _ in range(max(5, rounds // 20)):
            await timed(times, "hfs get 10000", lambda: repo.get(at + 1))
            await timed(times, "sql get 10000", lambda: rival.get(rival_ids[at]))
    await rival.close()
    os.close(fd)
    return times


def measure_tinydb(folder: Path, rounds: int) -> list[float]:
    """One message more through TinyDB's own storage, 1,000 sessions of ten messages in one file."""
    from tinydb import TinyDB

    times = []
    with TinyDB(folder / "tiny.json") as db:
        db.insert_multiple({"messages": [{"content": TEXT}] * 10} for _ in range(1000))
        for _ in range(max(3, rounds // 50)):
            started = time.perf_counter()
            db.update(lambda document: document["messages"].append({"content": TEXT}), doc_ids=[500])
            times.append(time.perf_counter() - started)
    return times


def measure_processes(folder: Path, rounds: int) -> Times:
    """Whole processes, one after the other in turn."""
    home = folder / "thousand"
    with SessionStore(home) as store:
        store.create("first")
    for session_id in range(2, 1001):
        write_session(home, session_id, 10)
    commands = {
        "hfs --version": [sys.executable, "-m", "hfs", "--version"],
        "import click": [sys.executable, "-c", "import click"],
        "hfs list": [sys.executable, "-m", "hfs", "list"],
        "import click, orjson": [sys.executable, "-c", "import click, orjson"],
    }
    times: Times = {}
    environment = {**os.environ, "HFS_HOME": str(home)}
    compile_hfs()
    for turn in range(rounds + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, env=environment, capture_output=True, check=True)
            if turn:
                times.setdefault(name, []).append(time.perf_counter() - started)
    return times


COMPARISONS = [
    ("add_message, 10 messages", "hfs add 10", "sql add 10", 0.40),
    ("add_message, 500 messages", "hfs add 500", "sql add 500", 0.40),
    ("add_message, 10,000 messages", "hfs add 10000", "sql add 10000", 0.20),
    ("the same at 100,000, against 10,000", "hfs add 100000", "hfs add 10000", 1.2),
    ("add_message, 10,000, against a bare write", "hfs add 10000", "bare", 2.0),
    ("get, 10,000 messages", "hfs get 10000", "sql get 10000", 0.25),
    ("add_message, 10, against TinyDB's storage", "hfs add 10", "tinydb", None),
    ("hfs --version, against import click", "hfs --version", "import click", 1.3),
    ("hfs list, against import click, orjson", "hfs list", "import click, orjson", 2.0),
]


def report(times: Times) -> list[dict[str, object]]:
    """A row for each comparison."""
    rows: list[dict[str, object]] = []
    for what, ours, other, goal in COMPARISONS:
        if ours in times and other in times:
            mine, theirs = statistics.median(times[ours]), statistics.median(times[other])
            p95 = sorted(times[ours])[int(len(times[ours]) * 0.95)]
            ratio = mine / theirs
            reached = None if goal is None else ratio <= goal
            rows.append(
                {"what": what, "ms": mine * 1e3, "p95_ms": p95 * 1e3, "other_ms": theirs * 1e3}
                | {"ratio": ratio, "goal": goal, "reached": reached}
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no session of 100,000 messages")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--folder", help="where to write; the system's temporary folder without it")
    options = parser.parse_args()
    rounds = 40 if options.quick else 300
    sizes = [10, 500, 10_000] + ([] if options.quick else [100_000])
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        times = asyncio.run(measure_messages(folder, rounds, sizes))
        times["tinydb"] = measure_tinydb(folder, rounds)
        times |= measure_processes(folder, 7 if options.quick else 21)
    rows = report(times)
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'work':45} {'median':>9} {'p95':>9} {'other':>9} {'ratio':>7} {'goal':>6}")
    for row in rows:
        mark = {True: "reached", False: "MISSED", None: ""}[row["reached"]]  # type: ignore[index]
        goal = "" if row["goal"] is None else f"{row['goal']:.2f}"
        print(
            f"{row['what']:45} {row['ms']:7.2f}ms {row['p95_ms']:7.2f}ms {row['other_ms']:7.2f}ms "
            f"{row['ratio']:7.3f} {goal:>6} {mark}"
        )


if __name__ == "__main__":
    main()
