"""Commands that name sessions, branch them, and take them away."""

from __future__ import annotations

import click

from hfs.cli._completions import complete_deleted, complete_session
from hfs.cli._output import out, talk
from hfs.cli._store import open_store, require_files
from hfs.display import counted, one_line
from hfs.errors import SessionNotFoundError


@click.command("rename")
@click.argument("session", shell_complete=complete_session)
@click.argument("name")
def rename_command(session: str, name: str) -> None:
    """Give a session a name.

    SESSION is an id, `last`, a part of the name, or the start of a uid. NAME has 1 to 255 characters, and hfs never
    replaces it by itself.

    \b
    Examples:
      hfs rename 1 "Undoing a rebase"
      hfs rename last "Plan for May"
    """
    with open_store() as store:
        renamed = store.rename(store.resolve(session), name)
    if renamed is None:
        raise SessionNotFoundError(f"Session {session} was just removed.", session=session)
    talk(f"Session renamed to: {one_line(renamed.name, 255)}")


@click.command("fork")
@click.argument("session", shell_complete=complete_session)
@click.option("--before", type=click.IntRange(min=1), metavar="N", help="Leave out message N and what follows it.")
@click.option("--name", metavar="NAME", help="The new session's name.")
def fork_command(session: str, before: int | None, name: str | None) -> None:
    """Branch a session into a new one.

    The new session has the same messages, or those before message N, and goes its own way from there; the old one stays
    as it is. Its id is printed. SESSION is an id, `last`, a part of the name, or the start of a uid.

    \b
    Examples:
      hfs fork last
      hfs fork 12 --before 5 --name "Another way"
    """
    with open_store() as store:
        made = store.fork(store.resolve(session), before=before, name=name)
    out(str(made.id))
    talk(f"Forked as session {made.id}: {one_line(made.name, 255)} ({counted(made.message_count, 'message')}).")


@click.command("delete")
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION...", shell_complete=complete_session)
def delete_command(sessions: tuple[str, ...]) -> None:
    """Move sessions to the trash.

    `hfs restore` brings them back, until the trash is emptied. SESSION is an id, `last`, a part of the name, or the
    start of a uid.

    \b
    Example:
      hfs delete 3 4
    """
    with open_store() as store:
        for session_id in [store.resolve(session) for session in sessions]:
            store.delete(session_id)
            talk(f"Session {session_id} is in the trash; `hfs restore {session_id}` brings it back.")


@click.command("restore")
@click.argument("sessions", nargs=-1, type=click.IntRange(min=1), metavar="[ID]...", shell_complete=complete_deleted)
def restore_command(sessions: tuple[int, ...]) -> None:
    """Bring sessions back from the trash.

    ID is what `hfs trash list` says. Where the session is there, messages that were taken out of it come back. Without
    an ID, it lists what is in the trash.

    \b
    Examples:
      hfs restore
      hfs restore 3 4
    """
    from hfs.cli.trash import restore, trash_lines

    with open_store() as store:
        for session_id in sessions:
            restore(store, session_id)
        if sessions:
            return
        for line in trash_lines(store.list_trash(), store.list_taken_out()):
            out(line)


@click.command("path")
@click.argument("session", shell_complete=complete_session)
def path_command(session: str) -> None:
    """Print the path of a session's file.

    SESSION is an id, `last`, a part of the name, or the start of a uid. In a database there are no files.

    \b
    Examples:
      hfs path last
      $EDITOR "$(hfs path last)"
    """
    require_files("path", "`hfs export SESSION -o FILE` writes one into a file, and `hfs edit SESSION` changes it.")
    with open_store() as store:
        path = store.path(store.resolve(session))
    if path is not None:
        out(str(path))
