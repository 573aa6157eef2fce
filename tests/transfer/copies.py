"""Stores to copy between, and copies."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from hfs.persistence import SessionStore, open_store, render_document
from hfs.persistence.sql.engine import SqlEngine
from hfs.transfer.copying.report import CopyReport, SessionCopy
from hfs.transfer.copying.run import CopyOptions, run_copy

Document = dict[str, Any]
MOMENT = "2026-11-24T01:55:12.000000Z"


def copy(
    source: SessionStore, target: SessionStore, *ids: int, update: bool = False, dry_run: bool = False
) -> CopyReport:
    """Copies sessions; all where none is named."""
    report = CopyReport("here", "there", dry_run)
    note = target.home / "claimed-ids"
    return run_copy(source, target, list(ids) or None, CopyOptions(update, dry_run), report, note)


def outcomes(report: CopyReport) -> list[tuple[int, int | None, str]]:
    """What became of each session."""
    return [(one.session_id, one.target_id, one.outcome) for one in report.sessions]


def only(report: CopyReport) -> SessionCopy:
    """The one session of a report."""
    (one,) = report.sessions
    return one


def document(uid: str = "u1", *said: str, **fields: Any) -> Document:
    """A session document."""
    messages = [
        {"id": at, "role": "user", "created_at": f"2026-11-24T01:56:{at:02}.000000Z", "content": words}
        for at, words in enumerate(said, 1)
    ]
    header = {"uid": uid, "name": "Talk", "name_source": "user", "created_at": MOMENT, "updated_at": None}
    return {**header, **fields, "messages": messages}


def write_session(home: Path, session_id: int, content: Document) -> Path:
    """A session's file, as hfs writes it."""
    path = home / "sessions" / f"{session_id}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render_document(session_id, content))
    return path


def files(home: Path) -> dict[str, bytes]:
    """The files of sessions."""
    return {path.name: path.read_bytes() for path in (home / "sessions").glob("*.json")}


def documents(home: Path) -> SessionStore:
    """A store of files."""
    return open_store(home, store="documents")


def sqlite(home: Path) -> SessionStore:
    """A store in SQLite."""
    return open_store(home, store="sqlite")


def empty(stores: Iterable[SessionStore]) -> None:
    """Removes everything from databases, as if nothing had ever been there."""
    for store in stores:
        assert isinstance(store._engine, SqlEngine)
        for statement in ("DELETE FROM sessions", "UPDATE counters SET next = 1 WHERE name = 'sessions'"):
            store._engine._transactions.write(lambda session, sql=statement: session.execute(text(sql)))  # type: ignore[misc]
