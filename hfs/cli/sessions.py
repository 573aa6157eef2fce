"""Commands that look at sessions, name them, and take them away."""

from __future__ import annotations

import shutil
from datetime import datetime

import click

from hfs.cli._columns import cells, padded
from hfs.cli._output import is_on_terminal, out, out_json, talk
from hfs.cli._store import open_store
from hfs.display import counted, local_time, one_line
from hfs.errors import SessionNotFoundError
from hfs.persistence import SessionSummary

_NAME_WIDTH = 50
_NARROWEST_NAME = 12


@click.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many at the most.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def list_command(limit: int, everything: bool, as_json: bool) -> None:
    """List sessions, newest first.

    \b
    Example:
      hfs list --limit 5
    """
    with open_store() as store:
        summaries = store.list_recent(None if everything else limit)
        total = store.count()
    if as_json:
        out_json([_as_json(summary) for summary in summaries])
    elif not summaries:
        talk("There are no sessions yet. `hfs` starts one.")
    else:
        _print_table([("ID", "Name", "Messages", "Created"), *map(_row, summaries)])
    if len(summaries) < total:
        talk(f"{len(summaries)} of {total} sessions; `hfs list --all` shows the others.")


def _row(summary: SessionSummary) -> tuple[str, str, str, str]:
    count = "damaged" if summary.problem else str(summary.message_count)
    name = f"{summary.name}: {summary.problem}" if summary.problem else summary.name
    return (str(summary.id), one_line(name, _NAME_WIDTH), count, _local(summary.created_at))


def _local(moment: datetime) -> str:
    return f"{local_time(moment):%Y-%m-%d %H:%M}"


def _print_table(rows: list[tuple[str, str, str, str]]) -> None:
    widths = [max(cells(row[column]) for row in rows) for column in range(4)]
    if is_on_terminal():
        # A line that is broken is no line of a table: the name gives way, as far as it can still be told.
        others = widths[0] + widths[2] + widths[3] + 3 * len("  ")
        widths[1] = min(widths[1], max(shutil.get_terminal_size().columns - others, _NARROWEST_NAME))
    for number, full, count, created in rows:
        out(f"{number:>{widths[0]}}  {padded(full, widths[1])}  {count:>{widths[2]}}  {created}")


def _as_json(summary: SessionSummary) -> dict[str, object]:
    return {
        "id": summary.id,
        "uid": summary.uid,
        "name": summary.name,
        "messages": summary.message_count,
        "created_at": summary.created_at.isoformat(),
        "updated_at": summary.updated_at.isoformat() if summary.updated_at else None,
        "problem": summary.problem,
    }


@click.command("rename")
@click.argument("session")
@click.argument("name")
def rename_command(session: str, name: str) -> None:
    """Give a session a name.

    \b
    Example:
      hfs rename 1 "Undoing a rebase"
    """
    with open_store() as store:
        renamed = store.rename(store.resolve(session), name)
    if renamed is None:
        raise SessionNotFoundError(f"Session {session} was just removed.", session=session)
    talk(f"Session renamed to: {one_line(renamed.name, 255)}")


@click.command("fork")
@click.argument("session")
@click.option("--before", type=click.IntRange(min=1), metavar="N", help="Leave out message N and what follows it.")
@click.option("--name", help="The new session's name.")
def fork_command(session: str, before: int | None, name: str | None) -> None:
    """Branch a session into a new one, and print its id.

    \b
    Example:
      hfs fork last --before 5
    """
    with open_store() as store:
        made = store.fork(store.resolve(session), before=before, name=name)
    out(str(made.id))
    talk(f"Forked as session {made.id}: {one_line(made.name, 255)} ({counted(made.message_count, 'message')}).")


@click.command("delete")
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION...")
def delete_command(sessions: tuple[str, ...]) -> None:
    """Move sessions to the trash. `hfs restore` brings them back.

    \b
    Example:
      hfs delete 3 4
    """
    with open_store() as store:
        for session_id in [store.resolve(session) for session in sessions]:
            store.delete(session_id)
            talk(f"Session {session_id} is in the trash; `hfs restore {session_id}` brings it back.")


@click.command("restore")
@click.argument("session", required=False, type=click.IntRange(min=1))
def restore_command(session: int | None) -> None:
    """Bring back a session, or messages that were taken out of it; or list what is in the trash.

    \b
    Example:
      hfs restore 3
    """
    from hfs.cli.trash import restore, trash_lines

    with open_store() as store:
        if session is not None:
            restore(store, session)
            return
        for line in trash_lines(store.list_trash(), store.list_taken_out()):
            out(line)


@click.command("path")
@click.argument("session")
def path_command(session: str) -> None:
    """Print the path of a session's file.

    \b
    Example:
      $EDITOR "$(hfs path last)"
    """
    with open_store() as store:
        path = store.path(store.resolve(session))
    if path is not None:
        out(str(path))
