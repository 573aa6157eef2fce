"""A hundred thousand sessions: what lists, searches and writes cost, against few sessions and against rivals.

Run ``python -m bench.scale [--sessions N] [--llm PROGRAM] [--json | --markdown]``, on a quiet machine. All figures are
of one run, ratios are of medians of runs in turn. The homes are made from a seed in the system's temporary folder.
``rg`` is used where it is there, and ``llm`` too; install it into an environment of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import platform
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import hfs
from bench import calls, corpus
from bench.another_program import CHANGED, change, ordinary_sessions, touch_folder
from bench.append import Times, compile_hfs
from bench.llm_rival import LLMLogs
from bench.processes import Run, in_turn, peak_memory
from bench.scale_report import as_markdown, as_text, with_tables
from bench.sql_rival import SQLStore
from bench.tui import PAINTED, time_to_paint

_SMALLER: Final = (10, 1000, 10_000)
_SHORT: Final = 20
"""Messages of an ordinary session."""
_LONG: Final = 10_000
"""Messages of a session to which an append touches the end of its file only."""
_FIRST_CREATE: Final = """
import sys, time
from hfs.persistence import open_store
with open_store() as store:
    began = time.perf_counter()
    made = store.create("made by the bench")
    print(time.perf_counter() - began, made.id)
"""
_TINYDB: Final = """
import os
from tinydb import where
from hfs.persistence import DocumentDB
with DocumentDB(os.environ["HFS_HOME"]) as db:
    print(len(db.table("sessions").search(where("name").search("nothing"))))
"""
Figures = dict[str, Any]
"""What was measured: seconds or bytes by what it is, of each home by its size."""


@dataclass(frozen=True)
class Setting:
    """What is measured.

    Args:
        homes: Each home by how many sessions it has, ascending.
        rounds: How often.
    """

    homes: dict[int, Path]
    rounds: int

    @property
    def largest(self) -> int:
        """The size of the home that the goals are about."""
        return max(self.homes)

    def hfs(self, size: int, *arguments: str, before: Callable[[Path], object] = lambda home: None) -> Run:
        """hfs as a process. A search that finds nothing ends with 1."""
        home = self.homes[size]
        return Run([sys.executable, "-m", "hfs", *arguments], home, lambda: before(home), ends_with=(0, 1))

    def of_each(self, *arguments: str, before: Callable[[Path], object] = lambda home: None) -> dict[str, Run]:
        """The same for every home, by its size."""
        return {str(size): self.hfs(size, *arguments, before=before) for size in self.homes}


def remove_index(home: Path) -> None:
    """Leaves nothing of the index."""
    shutil.rmtree(home / "index", ignore_errors=True)


def measure_building(setting: Setting) -> Figures:
    """The index from nothing, words and all."""
    search = ("search", *corpus.COMMON_WORDS)
    times = in_turn(setting.of_each(*search, before=remove_index), 3, warm=0)
    size = setting.largest
    memory = peak_memory(setting.hfs(size, *search, before=remove_index))
    files = {str(size): _bytes_in(home / "sessions") for size, home in setting.homes.items()}
    index = {str(size): _bytes_in(home / "index") for size, home in setting.homes.items()}
    return {"build": times, "build memory": {str(size): [memory]}, "files bytes": files, "index bytes": index}


def _bytes_in(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in os.scandir(folder))


def measure_lists(setting: Setting) -> Figures:
    """``hfs list`` as a process: with nothing to look at, with every file to look at, and what memory it takes."""
    warm, due = setting.of_each("list"), setting.of_each("list", before=touch_folder)
    figures: Figures = {"list": in_turn(warm, setting.rounds), "list due": in_turn(due, setting.rounds)}
    for name, runs in (("list memory", warm), ("list due memory", due)):
        figures[name] = {size: [peak_memory(run) for _ in range(3)] for size, run in runs.items()}
    return figures


def measure_searches(setting: Setting, llm: LLMLogs | None) -> Figures:
    """``hfs search`` as a process, against rivals at the largest size, and what memory it takes."""
    size, home = setting.largest, setting.homes[setting.largest]
    common, rare = corpus.COMMON_WORDS
    runs = setting.of_each("search", *corpus.COMMON_WORDS)
    if shutil.which("rg"):
        files = home / "sessions"
        runs["rg, one word"] = Run(["rg", "-l", rare, str(files)], home)
        both = 'rg -l0 "$1" "$3" | xargs -0 rg -l "$2"'
        runs["rg"] = Run(["sh", "-c", both, "sh", rare, common, str(files)], home, ends_with=(0, 123))
    if llm is not None:
        runs["llm"] = Run(llm.search(*corpus.COMMON_WORDS), home)
    figures: Figures = {"search": in_turn(runs, setting.rounds)}
    figures["search frequent"] = in_turn(setting.of_each("search", *corpus.FREQUENT_WORDS), setting.rounds)
    memory = {str(size): [peak_memory(runs[str(size)]) for _ in range(3)] for size in setting.homes}
    frequent = setting.hfs(size, "search", *corpus.FREQUENT_WORDS)
    figures["search frequent memory"] = {str(size): [peak_memory(frequent) for _ in range(3)]}
    return figures | {"search memory": memory}


def measure_query(setting: Setting) -> Figures:
    """The memory of a TinyDB query that looks at every document."""
    query = {size: Run([sys.executable, "-c", _TINYDB], home) for size, home in setting.homes.items()}
    return {"query memory": {str(size): [peak_memory(run)] for size, run in query.items()}}


def measure_paint(setting: Setting) -> Times:
    """The first paint of the chat."""
    command = [sys.executable, "-m", "hfs", "-m", "ollama/none"]
    times: Times = {str(size): [] for size in setting.homes}
    for turn in range(setting.rounds + 1):
        for size, home in setting.homes.items():
            taken = time_to_paint(command, home, PAINTED)
            if turn:
                times[str(size)].append(taken)
    return times


def measure_first_create(setting: Setting) -> Times:
    """The first ``create`` of a process."""
    times: Times = {str(size): [] for size in setting.homes}
    for turn in range(setting.rounds + 1):
        for size, home in setting.homes.items():
            taken, made = Run([sys.executable, "-c", _FIRST_CREATE], home).once().split()
            if turn:
                times[str(size)].append(float(taken))
            calls.file_of(home, int(made)).unlink()
            setting.hfs(size, "list").once()
    return times


def measure_changes(setting: Setting) -> Times:
    """``hfs list`` as a process, after another program changed many files, which become the newest sessions.

    Without end where they are not listed as they are.
    """
    times: Times = {str(size): [] for size in setting.homes}
    changed: dict[int, set[int]] = {size: set() for size in setting.homes}
    for turn in range(5):
        for size, home in setting.homes.items():
            year = 2104 + 4 * turn
            chosen = ordinary_sessions(size, random.Random(turn))
            changed[size].update(chosen)
            change(home, chosen, year)
            # What the other program left to be written is not hfs's to write.
            os.sync()
            expected = sorted(
                chosen, key=lambda number: (corpus.begun(number).replace(year=year), number), reverse=True
            )
            began = time.perf_counter()
            listed = json.loads(setting.hfs(size, "list", "--json").once())
            taken = time.perf_counter() - began
            shown = [one["id"] for one in listed if not one["pinned"]]
            since = ("--since", f"{year}-01-01", "--limit", str(CHANGED))
            everything = json.loads(setting.hfs(size, "list", "--json", *since).once())
            right = shown == expected[: len(shown)] and [one["id"] for one in everything] == expected
            times[str(size)].append(taken if right else math.inf)
    for size, home in setting.homes.items():
        corpus.write_sessions(home, sorted(changed[size]))
    return times


def measure(setting: Setting, rival: SQLStore, llm: LLMLogs | None, say: Callable[[str], None]) -> Figures:
    """Every figure of one run."""
    say("the index from nothing")
    figures = measure_building(setting)
    say("lists")
    figures |= measure_lists(setting)
    figures["list_recent"] = calls.list_recent(setting.homes, rival, 100)
    say("searches")
    figures |= measure_searches(setting, llm)
    figures |= measure_query(setting)
    say("the first paint")
    figures["paint"] = measure_paint(setting)
    say("writes")
    figures["create"] = calls.create(setting.homes, 100)
    setting.hfs(setting.largest, "list").once()
    figures["first create"] = measure_first_create(setting)
    for name, messages in (("append", _SHORT), ("append to long", _LONG)):
        figures[name] = calls.append(setting.homes, messages, 1, 200)
        figures[f"{name} in a row"] = calls.append(setting.homes, messages, 50, 10)
    say("changes by another program")
    figures["changed"] = measure_changes(setting)
    for at in setting.homes:
        setting.hfs(at, "list").once()
    return figures


def environment(llm: str | None) -> dict[str, str]:
    """What the figures hold for."""
    found = {
        "date": f"{time.strftime('%Y-%m-%d', time.gmtime())}",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "hfs": hfs.__version__,
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
    }
    if shutil.which("rg"):
        found["rg"] = Run(["rg", "--version"], Path()).once().split()[1]
    if llm is not None:
        found["llm"] = Run([llm, "--version"], Path()).once().split()[-1]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=100_000, help="of the largest home; smaller ones come with it")
    parser.add_argument("--rounds", type=int, default=15, help="how often each process is run")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the homes there, and use those that are there"
    )
    parser.add_argument("--llm", default="llm", metavar="PROGRAM", help="the llm to measure against")
    parser.add_argument("--from", dest="saved", type=Path, metavar="FILE", help="report what --json wrote earlier")
    parser.add_argument("--json", action="store_true", help="every figure, for programs")
    parser.add_argument("--markdown", action="store_true", help="the tables of docs/concepts/scale.md")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put these tables between the marks of a page")
    options = parser.parse_args()
    report = json.loads(options.saved.read_text()) if options.saved else run(options)
    if options.write:
        options.write.write_text(with_tables(options.write.read_text(), report))
    if options.json:
        print(json.dumps(report, indent=1))
    else:
        print(as_markdown(report) if options.markdown else as_text(report))


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Makes the homes and measures."""
    began = time.perf_counter()

    def say(what: str) -> None:
        print(f"{time.perf_counter() - began:6.0f} s  {what}", file=sys.stderr)

    compile_hfs()
    program = shutil.which(options.llm)
    scratch = Path(tempfile.mkdtemp(prefix="hfs-bench-"))
    sizes = sorted({*(size for size in _SMALLER if size < options.sessions), options.sessions})
    setting = Setting({size: (options.keep or scratch) / f"home-{size}" for size in sizes}, options.rounds)
    try:
        for size, home in setting.homes.items():
            say(f"a home of {size:,} sessions")
            _make_once(home, size)
        say("the rivals' databases")
        rival = SQLStore(scratch / "rival.db")
        asyncio.run(rival.open())
        rival.fill(options.sessions)
        llm = LLMLogs(program, scratch / "llm.db") if program else None
        if llm is not None:
            llm.fill(options.sessions)
        # What is still to be written would be, during the measurements.
        os.sync()
        figures = measure(setting, rival, llm, say)
    finally:
        shutil.rmtree(scratch)
    say("done")
    return {"environment": environment(program), "sizes": sizes, "figures": figures}


def _make_once(home: Path, size: int) -> None:
    made = home.with_suffix(".made")
    if not made.exists():
        corpus.write_home(home, size)
        made.touch()


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    main()
