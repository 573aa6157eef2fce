"""Many sessions read into the index at once, by two processes where that is quicker."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import subprocess
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from hfs import paths
from hfs.persistence._file_ops import FileOps
from hfs.persistence._locks import TableLocks
from hfs.persistence.files.folder import DocumentFolder
from hfs.persistence.files.reader import APPEND_THRESHOLD
from hfs.persistence.index.database import PART, Progress, part_identity, transaction
from hfs.persistence.index.reading import read_rows
from hfs.persistence.index.rows import COLUMNS
from hfs.persistence.index.schema import EXTENTS_TABLE, ROWS_TABLE, TEXT_TABLE
from hfs.persistence.index.writing import IndexWriter
from hfs.persistence.session_document.layout import SESSION_LAYOUT

PROCESSES: Final = 2
_STEP: Final = 250
"""After how many sessions progress is told."""
_PLACES: Final = 1 << 32
_PATIENCE: Final = 0.2
"""After how many seconds progress is told, though there is none: who is told may want to give up."""
_ROOT: Final = Path(__file__).resolve().parents[3]
"""Where hfs is imported from."""
_START: Final = f"import sys; sys.path.append(sys.argv.pop(1)); from {__name__} import main; main()"
_SORTED_IN_MEMORY: Final = 16_000_000
"""How many bytes of words are sorted before they are written: fewer, larger pieces need less merging."""


class BuildError(Exception):
    """A process that reads sessions has failed."""


def build_parts(
    connection: sqlite3.Connection, folder: DocumentFolder, index: Path, doc_ids: Sequence[int], progress: Progress
) -> None:
    """Reads sessions by several processes, each of which writes the words of its share into a file of its own.

    Args:
        connection: The database.
        folder: The sessions.
        index: Where the files of the index are.
        doc_ids: The sessions.
        progress: Is told how far it is. What it raises ends the reading.

    Raises:
        BuildError: A process failed; the database is as it was.
    """
    # Others may write meanwhile: the places are taken before, more of them than any file has messages.
    taken = PROCESSES * _PLACES
    (place,) = connection.execute("UPDATE state SET place = place + ? RETURNING place", (taken,)).fetchone()
    place -= taken
    shares = [doc_ids[at * len(doc_ids) // PROCESSES : (at + 1) * len(doc_ids) // PROCESSES] for at in range(PROCESSES)]
    with contextlib.ExitStack() as stack:
        running = []
        for share in shares:
            running.append(stack.enter_context(_started(folder.path, index, share, place)))
            place += _PLACES
        _follow([process.stdout for _, process in running if process.stdout is not None], len(doc_ids), progress)
        for _, process in running:
            if process.wait() != 0:
                raise BuildError(f"a process that reads sessions ended with {process.returncode}")
        _take_rows(connection, [part for part, _ in running])


@contextlib.contextmanager
def _started(
    folder: Path, index: Path, share: Sequence[int], place: int
) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A process that reads its share. Left early, it is ended."""
    part = index / f"{PART}{secrets.token_hex(8)}.db"
    # Nothing is imported from the folder that hfs was started in, but for hfs itself where that is it.
    if not sys.executable or getattr(sys, "frozen", False):
        raise BuildError("there is no Python to start")
    command = [sys.executable, "-P", "-c", _START, str(_ROOT), str(folder), str(part), str(place), str(os.getpid())]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(array("q", share).tobytes())
        yield part, process
    except BaseException:
        process.kill()
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise
    finally:
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        with contextlib.suppress(OSError):
            os.unlink(rows_beside(part))


def _follow(pipes: list[IO[bytes]], total: int, progress: Progress) -> None:
    """Tells the progress until every process has closed its pipe: a byte stands for a step."""
    import selectors

    done = 0
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(_PATIENCE):
                told = os.read(key.fd, 1 << 12)
                if not told:
                    selector.unregister(key.fileobj)
                done += len(told) * _STEP
            progress(min(done, total), total)


def rows_beside(part: Path) -> Path:
    """Where the rows of a part are until the database has them."""
    return part.with_suffix(".rows")


def _take_rows(connection: sqlite3.Connection, parts: list[Path]) -> None:
    """Brings the rows of parts into the database: of all, or of none."""
    names = [f"new{at}" for at in range(len(parts))]
    try:
        for name, part in zip(names, parts, strict=True):
            connection.execute(f"ATTACH ? AS {name}", (str(rows_beside(part)),))
        with transaction(connection):
            for name, part in zip(names, parts, strict=True):
                _copy_rows(connection, part, name)
    except sqlite3.DatabaseError as error:
        raise BuildError(str(error)) from error
    finally:
        for name in names:
            with contextlib.suppress(sqlite3.Error):
                connection.execute(f"DETACH {name}")


def _copy_rows(connection: sqlite3.Connection, part: Path, new: str) -> None:
    writer = IndexWriter(connection, 0)
    replaced = f"SELECT session, first, count, at FROM {new}.extents WHERE session IN (SELECT session FROM extents)"
    for session, first, count, at in connection.execute(replaced).fetchall():
        writer.replace_words(session, first, count, at)
    connection.execute(f"INSERT OR IGNORE INTO extents SELECT * FROM {new}.extents")
    connection.execute(f"INSERT OR REPLACE INTO sessions ({COLUMNS}) SELECT {COLUMNS} FROM {new}.sessions")
    connection.execute(f"DELETE FROM behind WHERE session IN (SELECT id FROM {new}.sessions)")
    connection.execute("INSERT INTO parts VALUES (?, ?)", (part.name, part_identity(part)))
    connection.execute("UPDATE state SET unused = unused + ?", (writer.unused,))


def write_part(
    folder: DocumentFolder, part: Path, doc_ids: Sequence[int], place: int, step: Callable[[], object]
) -> None:
    """Reads sessions and writes a part: their words into one file, their rows into another beside it.

    Args:
        folder: The sessions.
        part: The file to make.
        doc_ids: The sessions.
        place: The first place for words.
        step: Called after every ``_STEP`` sessions.
    """
    for path in (part, rows_beside(part)):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(part, isolation_level=None)
    try:
        _begin_part(connection, rows_beside(part))
        writer = IndexWriter(connection, place, schema="rows")
        for at, (row, said) in enumerate(read_rows(folder, doc_ids), 1):
            writer.add(row, said)
            if at % _STEP == 0:
                step()
        connection.execute("COMMIT")
    finally:
        connection.close()
    fd = os.open(part, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _begin_part(connection: sqlite3.Connection, rows: Path) -> None:
    """Begins the one transaction of a part and makes its tables; nobody reads it before it is whole and synced."""
    connection.execute("PRAGMA page_size = 8192")
    connection.execute("ATTACH ? AS rows", (str(rows),))
    for schema in ("main", "rows"):
        connection.execute(f"PRAGMA {schema}.journal_mode = OFF")
        connection.execute(f"PRAGMA {schema}.synchronous = OFF")
    connection.execute("BEGIN")
    connection.execute(TEXT_TABLE)
    connection.execute(ROWS_TABLE.format(schema="rows."))
    connection.execute(EXTENTS_TABLE.format(schema="rows."))
    connection.execute("INSERT INTO text (text, rank) VALUES ('hashsize', ?)", (_SORTED_IN_MEMORY,))
    # Merging pieces takes longer than asking a few dozen of them.
    connection.execute("INSERT INTO text (text, rank) VALUES ('automerge', 0)")
    connection.execute("INSERT INTO text (text, rank) VALUES ('crisismerge', 1000)")


def main() -> None:
    """The process that reads a share: ids come in, a byte goes out for every step."""
    import gc

    # Documents hold no cycles, and looking for them takes a tenth of the time.
    gc.disable()
    path, part, place = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    doc_ids = array("q", sys.stdin.buffer.read())
    ops = FileOps()
    locks = TableLocks(ops, str(path.parent / paths.LOCKS), paths.SESSIONS)
    damaged = path.parent / paths.DAMAGED
    folder = DocumentFolder(path, SESSION_LAYOUT, locks, damaged, ops=ops, threshold=APPEND_THRESHOLD)
    try:
        with contextlib.suppress(BrokenPipeError):
            write_part(folder, part, doc_ids, place, lambda: os.write(1, b"."))
    finally:
        if os.getppid() != int(sys.argv[4]):
            # Who wanted it was killed, and the next reading has removed what there was by then: perhaps one of the two,
            # without which this one can't be ended.
            for path in (part, rows_beside(part)):
                path.unlink(missing_ok=True)
