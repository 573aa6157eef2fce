"""Commands on what was deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from hfs.cli._output import out, out_json, talk
from hfs.display import counted, one_line
from hfs.errors import SessionNotFoundError
from hfs.persistence import open_store


@click.group("trash")
def trash_command() -> None:
    """List, bring back, or empty what was deleted. Nothing leaves the trash by itself.

    \b
    Examples:
      hfs trash list
      hfs trash restore 3
      hfs trash empty --older-than 30
    """


@trash_command.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def list_trash(as_json: bool) -> None:
    """List what was deleted, the latest first."""
    with open_store() as store:
        trashed = store.list_trash()
    if as_json:
        out_json(
            [
                {
                    "id": one.id,
                    "name": one.name,
                    "messages": one.message_count,
                    "deleted_at": one.deleted_at.isoformat(),
                    "path": one.path,
                }
                for one in trashed
            ]
        )
        return
    if not trashed:
        talk("The trash is empty.")
    for one in trashed:
        deleted = f"{one.deleted_at.astimezone():%Y-%m-%d %H:%M}"
        out(f"{one.id}  {one_line(one.name, 60)}  {counted(one.message_count, 'message')}  deleted {deleted}")


@trash_command.command("restore")
@click.argument("sessions", nargs=-1, required=True, type=click.IntRange(min=1), metavar="ID...")
def restore_trash(sessions: tuple[int, ...]) -> None:
    """Bring sessions back."""
    with open_store() as store:
        for session_id in sessions:
            restored = store.restore(session_id)
            if restored is None:
                raise SessionNotFoundError(
                    f"The trash has no session {session_id}. `hfs trash list` shows what is there.",
                    session=str(session_id),
                )
            talk(f"Session {session_id} restored: {one_line(restored.name, 255)}")


@trash_command.command("empty")
@click.option("--older-than", type=click.IntRange(min=0), metavar="DAYS", help="Only what was deleted earlier.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def empty_trash(older_than: int | None, yes: bool) -> None:
    """Remove deleted sessions for good."""
    before = datetime.now(UTC) - timedelta(days=older_than) if older_than is not None else None
    with open_store() as store:
        doomed = [one for one in store.list_trash() if before is None or one.deleted_at < before]
        if not yes:
            sessions = counted(len(doomed), "deleted session")
            question = f"Remove {sessions} for good, and messages that were taken out?"
            click.confirm(question, abort=True, err=True)
        removed = store.empty_trash(before)
    talk(f"{counted(removed, 'file')} removed for good.")
