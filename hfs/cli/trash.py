"""Commands on what was deleted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from hfs.cli._completions import complete_deleted
from hfs.cli._output import out, out_json, talk
from hfs.cli._store import open_store
from hfs.cli.moments import Moment
from hfs.display import counted, local_time, one_line
from hfs.errors import SessionNotFoundError
from hfs.paths import home_folder
from hfs.persistence import SessionStore, TrashedSession
from hfs.stores import has_files


@click.group("trash")
def trash_command() -> None:
    """List, bring back, or empty what was deleted.

    Nothing leaves the trash by itself.

    \b
    Examples:
      hfs trash list
      hfs trash restore 3
      hfs trash empty --older-than 30d
    """


@trash_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def list_trash(as_json: bool) -> None:
    """List what was deleted.

    The latest first: sessions, then messages that were taken out of a session.

    \b
    Examples:
      hfs trash list
      hfs trash list --json | jq -r '.[].id'
    """
    with open_store() as store:
        trashed, taken_out = store.list_trash(), store.list_taken_out()
    if as_json:
        sessions = [_as_json(one, "session") for one in trashed]
        out_json(sessions + [_as_json(one, "messages") for one in taken_out])
        return
    for line in trash_lines(trashed, taken_out):
        out(line)


def trash_lines(trashed: Sequence[TrashedSession], taken_out: Sequence[TrashedSession]) -> Iterator[str]:
    """What is in the trash, for a person."""
    if not trashed and not taken_out:
        talk("The trash is empty.")
    for one in trashed:
        count = counted(one.message_count, "message")
        yield f"{one.id}  {one_line(one.name, 60)}  {count}  deleted {_local(one.deleted_at)}"
    for one in taken_out:
        count = counted(one.message_count, "message")
        yield f"{one.id}  {count} of {one_line(one.name, 60)}  taken out {_local(one.deleted_at)}"


def _local(moment: datetime) -> str:
    return f"{local_time(moment):%Y-%m-%d %H:%M}"


def _as_json(one: TrashedSession, what: str) -> dict[str, object]:
    return {
        "what": what,
        "id": one.id,
        "name": one.name,
        "messages": one.message_count,
        "deleted_at": one.deleted_at.isoformat(),
        "path": one.path or None,
    }


@trash_command.command("restore")
@click.argument(
    "sessions", nargs=-1, required=True, type=click.IntRange(min=1), metavar="ID...", shell_complete=complete_deleted
)
def restore_trash(sessions: tuple[int, ...]) -> None:
    """Bring sessions back.

    ID is what `hfs trash list` says. Where the session is there, messages that were taken out of it come back.

    \b
    Example:
      hfs trash restore 3 4
    """
    with open_store() as store:
        for session_id in sessions:
            restore(store, session_id)


def restore(store: SessionStore, session_id: int) -> None:
    """Brings back what the trash has of a session, and says what that was.

    Raises:
        SessionNotFoundError: It has nothing of it.
    """
    count = sum(one.message_count for one in store.list_taken_out() if one.id == session_id)
    restored = store.restore(session_id)
    if restored is None:
        raise SessionNotFoundError(
            f"The trash has nothing of a session {session_id}. `hfs trash list` shows what is there.",
            session=str(session_id),
        )
    name = one_line(restored.name, 255)
    talk(f"Back in session {session_id}: {counted(count, 'message')}." if count else f"Session restored: {name}")


class _Age(Moment):
    """How long ago, or a date; a number alone is of days."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        return super().convert(f"{value}d" if str(value).isdecimal() else value, param, ctx)


@trash_command.command("empty")
@click.option("--older-than", type=_Age(), metavar="AGE", help="Only what was deleted earlier: 30d, 6mo, 2026-01-01.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def empty_trash(older_than: datetime | None, yes: bool) -> None:
    """Remove deleted sessions for good.

    Messages that were taken out of sessions are removed with them. It says how many there are and asks first. AGE is a
    date, or how long ago; a number alone is of days.

    \b
    Examples:
      hfs trash empty --older-than 30d
      hfs trash empty --yes
    """
    with open_store() as store:
        doomed = [one for one in store.list_trash() if older_than is None or one.deleted_at < older_than]
        if not yes and not doomed and not store.list_taken_out():
            talk("There is nothing to remove.")
            return
        if not yes:
            sessions = counted(len(doomed), "deleted session")
            question = f"Remove {sessions} for good, and messages that were taken out?"
            click.confirm(question, abort=True, err=True)
        removed = store.empty_trash(older_than)
    talk(f"{counted(removed, 'file' if has_files(home_folder()) else 'item')} removed for good.")
