"""Commands that put sessions in order: tags, pins, the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import click

from hfs.cli._completions import complete_session, complete_tag, complete_tag_of_session
from hfs.cli._output import out, out_json, talk
from hfs.cli._store import open_store
from hfs.display import one_line
from hfs.errors import SessionNotFoundError
from hfs.persistence import SessionModel, SessionStore

_Change = Callable[[int], SessionModel | None]


@click.command("tag")
@click.argument("session", required=False, shell_complete=complete_session)
@click.argument("tags", nargs=-1, metavar="[TAG]...", shell_complete=complete_tag)
@click.option(
    "-r",
    "--remove",
    multiple=True,
    metavar="TAG",
    shell_complete=complete_tag_of_session,
    help="Take this tag away; may be given again.",
)
@click.option(
    "--also",
    multiple=True,
    metavar="SESSION",
    shell_complete=complete_session,
    help="Another session, for the same; may be given again.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def tag_command(
    session: str | None, tags: tuple[str, ...], remove: tuple[str, ...], also: tuple[str, ...], as_json: bool
) -> None:
    """Give sessions tags; list all tags.

    Without tags, print those that the session has; without a session, all tags, and how many sessions have each. A tag
    is compared without case, and `hfs list --tag TAG` lists the sessions that have it.

    \b
    Examples:
      hfs tag last work "to read"
      hfs tag 3 --also 4 --remove work
      hfs tag
    """
    with open_store() as store:
        if session is None:
            if remove or also:
                raise click.UsageError("Which session? `hfs tag SESSION --remove TAG`.")
            _print_all_tags(store, as_json)
            return
        ids = _resolved(store, (session, *also))
        change: _Change = (lambda number: store.tag(number, tags, remove)) if tags or remove else store.get
        found = _change_each(ids, change)
        if as_json:
            out_json([{"id": one.id, "name": one.name, "tags": one.tags} for one in found])
            return
        tell = talk if tags or remove else out
        for one in found:
            labels = " ".join(f"#{one_line(tag)}" for tag in one.tags)
            tell(f"Session {one.id}: {labels}") if labels else talk(f"Session {one.id} has no tags.")


def _print_all_tags(store: SessionStore, as_json: bool) -> None:
    counts = store.tags()
    if as_json:
        out_json([{"tag": tag, "sessions": count} for tag, count in counts.items()])
        return
    if not counts:
        talk("There are no tags yet: `hfs tag SESSION TAG` gives one.")
    width = max((len(str(count)) for count in counts.values()), default=0)
    for tag, count in counts.items():
        out(f"{count:>{width}}  #{one_line(tag)}")


@click.command("pin")
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION...", shell_complete=complete_session)
@click.option("--off", is_flag=True, help="No longer.")
def pin_command(sessions: tuple[str, ...], off: bool) -> None:
    """Keep sessions at the top of lists.

    With --off, no longer. SESSION is an id, `last`, a part of the name, or the start of a uid.

    \b
    Examples:
      hfs pin last
      hfs pin 3 4 --off
    """
    with open_store() as store:
        for one in _change_each(_resolved(store, sessions), lambda number: store.pin(number, not off)):
            talk(f"Session {one.id} is {'no longer ' if off else ''}pinned: {one_line(one.name, 255)}")


@click.command("archive")
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION...", shell_complete=complete_session)
@click.option("--off", is_flag=True, help="Bring them back.")
def archive_command(sessions: tuple[str, ...], off: bool) -> None:
    """Take sessions out of lists.

    They stay where they are, and are searched. With --off they are back in lists. SESSION is an id, `last`, a part of
    the name, or the start of a uid.

    \b
    Examples:
      hfs archive 3 4
      hfs list --archived
      hfs archive 3 --off
    """
    with open_store() as store:
        for one in _change_each(_resolved(store, sessions), lambda number: store.archive(number, not off)):
            archived = f"is archived; `hfs archive {one.id} --off` brings it back."
            talk(f"Session {one.id} {f'is back in lists: {one_line(one.name, 255)}' if off else archived}")


def _resolved(store: SessionStore, sessions: Sequence[str]) -> list[int]:
    return list(dict.fromkeys(store.resolve(session) for session in sessions))


def _change_each(session_ids: Sequence[int], change: _Change) -> Iterator[SessionModel]:
    """Changes sessions one after the other.

    Raises:
        SessionNotFoundError: One is gone by now.
    """
    for session_id in session_ids:
        session = change(session_id)
        if session is None:
            raise SessionNotFoundError(f"Session {session_id} was just removed.", session=str(session_id))
        yield session
