"""The command that moves sessions of long ago to the trash. It shows which first, and is never run by itself."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import click
from click.termui import progressbar

from hfs.cli._columns import cells, fitted
from hfs.cli._completions import complete_model_heard, complete_tag
from hfs.cli._output import is_on_terminal, out, out_json, talk
from hfs.cli._store import open_store
from hfs.cli.moments import MOMENT
from hfs.display import byte_count, counted, local_time, one_line
from hfs.paths import home_folder
from hfs.persistence import ListQuery, SessionFilter, SessionStore, SessionSummary
from hfs.stores import has_files

_SHOWN: Final = 20
"""How many sessions are listed one by one."""
_MANY: Final = 1000
"""From how many sessions on progress is shown."""
_NAME: Final = 60


@dataclass(slots=True)
class _Pruning:
    """What goes, and what stays."""

    found: list[SessionSummary]
    """Sessions to move, the one that was idle longest first."""
    sizes: dict[int, int] | None
    """In bytes, by session; None where sessions are no files."""
    pinned: int
    """How many fit and stay because they are pinned."""
    damaged: int
    moved: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    """Sessions in which something happened after they were shown."""


@click.command("prune")
@click.option("--older-than", type=MOMENT, required=True, metavar="AGE", help="Nothing happened in them for so long.")
@click.option("--tag", metavar="TAG", shell_complete=complete_tag, help="Only sessions with this tag.")
@click.option(
    "--model", metavar="MODEL", shell_complete=complete_model_heard, help="Only sessions in which this model spoke."
)
@click.option("--pinned", is_flag=True, help="Pinned ones too; else they stay.")
@click.option("--dry-run", is_flag=True, help="Only show which.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def prune_command(
    older_than: datetime, tag: str | None, model: str | None, pinned: bool, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Move sessions of long ago to the trash.

    Those in which nothing happened for so long. They are shown first. `hfs restore` brings them back, until the trash
    is emptied. AGE is how long ago, or a date: 90d, 6w, 18mo, 1y, 2025-01-01. Pinned and damaged sessions stay.

    \b
    Examples:
      hfs prune --older-than 1y --dry-run
      hfs prune --older-than 90d --tag scratch
    """
    if older_than > datetime.now(UTC):
        raise click.BadParameter("it is in the future: every session is older.", param_hint="--older-than")
    if not (yes or dry_run or sys.stdin.isatty()):
        raise click.UsageError("nobody can be asked here: give --yes, or --dry-run to see which sessions would go.")
    with open_store() as store:
        pruning = _find(store, SessionFilter(idle_since=older_than, tag=tag, model=model), pinned)
        if not as_json:
            _show(pruning, dry_run)
        question = f"Move {_total(pruning)} to the trash?"
        if pruning.found and not dry_run and (yes or click.confirm(question, abort=True, err=True)):
            _move(store, pruning)
    if as_json:
        out_json(_as_json(pruning, older_than, dry_run))


def _find(store: SessionStore, wanted: SessionFilter, pinned: bool) -> _Pruning:
    listed = store.list_sessions(ListQuery(wanted, sort="updated", limit=None)).sessions
    found = [one for one in reversed(listed) if one.problem is None and (pinned or not one.pinned)]
    damaged = sum(one.problem is not None for one in listed)
    sizes = {one.id: _size(store, one.id) for one in found} if has_files(home_folder()) else None
    return _Pruning(found, sizes, pinned=len(listed) - damaged - len(found), damaged=damaged)


def _size(store: SessionStore, session_id: int) -> int:
    path = store.path(session_id)
    try:
        return os.stat(path).st_size if path is not None else 0
    except OSError:
        return 0


def _show(pruning: _Pruning, dry_run: bool) -> None:
    for line in _lines(pruning.found[:_SHOWN]):
        out(line)
    if len(pruning.found) > _SHOWN:
        out(f"and {len(pruning.found) - _SHOWN:,} more, up to {_day(pruning.found[-1])}")
    if not pruning.found:
        talk("No session is that old.")
    elif dry_run:
        talk(f"{_total(pruning)} would go.")
    for count, what in ((pruning.pinned, "pinned"), (pruning.damaged, "damaged")):
        if count:
            talk(f"{counted(count, f'{what} session')} that old {'stays' if count == 1 else 'stay'}.")


def _lines(sessions: Sequence[SessionSummary]) -> Iterator[str]:
    """A table: id, day of the last activity, messages, name."""
    rows = [(str(one.id), _day(one), f"{one.message_count:,}", one_line(one.name, _NAME)) for one in sessions]
    rows = [("ID", "Last used", "Messages", "Name"), *rows] if rows else []
    widths = [max(cells(row[column]) for row in rows) for column in range(3)] if rows else []
    for number, day, count, name in rows:
        start = f"{number:>{widths[0]}}  {day:<{widths[1]}}  {count:>{widths[2]}}  "
        room = max(shutil.get_terminal_size().columns - len(start), 1) if is_on_terminal() else _NAME
        yield f"{start}{fitted(name, room)}".rstrip()


def _day(session: SessionSummary) -> str:
    return f"{local_time(session.last_activity):%Y-%m-%d}"


def _total(pruning: _Pruning) -> str:
    size = f", {byte_count(sum(pruning.sizes.values()))}" if pruning.sizes is not None else ""
    return f"{counted(len(pruning.found), 'session')}{size}"


def _move(store: SessionStore, pruning: _Pruning) -> None:
    """Moves them, and says how many went, also where an error or Ctrl-C ends it."""
    moving = None
    hidden = len(pruning.found) < _MANY or not sys.stderr.isatty()
    try:
        with progressbar(pruning.found, label="Moving", file=sys.stderr, hidden=hidden) as bar:
            for moving in bar:
                (pruning.moved if store.delete_unchanged(moving) else pruning.changed).append(moving.id)
    except BaseException:
        if moving is not None and moving.id not in pruning.moved and store.revision(moving.id) is None:
            pruning.moved.append(moving.id)
        raise
    finally:
        _tell(pruning)


def _tell(pruning: _Pruning) -> None:
    moved, changed = pruning.moved, pruning.changed
    left = len(pruning.found) - len(moved) - len(changed)
    if left:
        talk(f"Stopped: {left:,} of {counted(len(pruning.found), 'session')} not moved.")
    if len(moved) == 1:
        talk(f"Session {moved[0]} is in the trash; `hfs restore {moved[0]}` brings it back.")
    elif moved:
        back = "`hfs trash list` lists them, `hfs trash restore ID...` brings them back"
        talk(f"{counted(len(moved), 'session')} are in the trash; {back}.")
    if changed:
        ids = ", ".join(map(str, changed[:_SHOWN])) + (", …" if len(changed) > _SHOWN else "")
        stay = "was changed meanwhile, and stays" if len(changed) == 1 else "were changed meanwhile, and stay"
        talk(f"{counted(len(changed), 'session')} {stay}: {ids}.")


def _as_json(pruning: _Pruning, older_than: datetime, dry_run: bool) -> dict[str, object]:
    return {
        "idle_since": older_than.isoformat(),
        "dry_run": dry_run,
        "sessions": [
            {
                "id": one.id,
                "name": one.name,
                "last_activity": one.last_activity.isoformat(),
                "messages": one.message_count,
                "bytes": None if pruning.sizes is None else pruning.sizes[one.id],
            }
            for one in pruning.found
        ],
        "bytes": None if pruning.sizes is None else sum(pruning.sizes.values()),
        "pinned": pruning.pinned,
        "damaged": pruning.damaged,
        "moved": pruning.moved,
        "changed": pruning.changed,
    }
