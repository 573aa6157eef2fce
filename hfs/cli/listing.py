"""The command that lists sessions. What is left out of a list is counted, and why is said."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import click

from hfs.cli._columns import cells, padded
from hfs.cli._completions import complete_model_heard, complete_tag
from hfs.cli._output import is_on_terminal, out, out_json, talk
from hfs.cli._store import open_store
from hfs.cli.moments import MOMENT
from hfs.display import counted, local_time, one_line
from hfs.persistence import SORTS, ListQuery, SessionFilter, SessionPage, SessionStore, SessionSummary, Sort

_NAME_WIDTH: Final = 50
_TAGS_WIDTH: Final = 30
_NARROWEST_NAME: Final = 12
_GAP: Final = "  "
_PINNED: Final = "* "
_ASKED: Final = ("since", "until", "model", "tag", "pinned", "archived")
"""What of a filter is an option of that name."""


@click.command("list")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=20,
    show_default=True,
    help="How many at the most.",
)
@click.option("--all", "everything", is_flag=True, help="All of them, archived ones too.")
@click.option("--sort", type=click.Choice(SORTS), default="created", show_default=True, help="In which order.")
@click.option("--since", type=MOMENT, metavar="WHEN", help="Those in which something happened since then.")
@click.option("--until", type=MOMENT, metavar="WHEN", help="Those begun before.")
@click.option(
    "--model",
    metavar="MODEL",
    shell_complete=complete_model_heard,
    help="Those in which it spoke, with or without its provider.",
)
@click.option("--tag", metavar="TAG", shell_complete=complete_tag, help="Those that have it.")
@click.option("--pinned", is_flag=True, help="Pinned ones only.")
@click.option("--archived", is_flag=True, help="Archived ones only; else they are left out.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def list_command(
    limit: int, everything: bool, sort: Sort, pinned: bool, archived: bool, as_json: bool, **asked: Any
) -> None:
    """List sessions.

    Pinned ones come first, marked *, then the newest. WHEN is a date or a time, or how long ago: 2026-11-24, 7d, 2w,
    6mo, yesterday.

    \b
    Examples:
      hfs list --limit 5
      hfs list --tag work --since 2w --sort updated
      hfs list --all --json | jq -r '.[].name'
    """
    wanted = SessionFilter(**asked, pinned=pinned or None, archived=True if archived else None if everything else False)
    query = ListQuery(wanted, sort, None if everything else limit, pinned_first=True, thorough=bool(_options(wanted)))
    with open_store() as store:
        page = store.list_sessions(query)
        reasons = [] if page.sessions else list(_reasons(store, page, wanted))
    if as_json:
        out_json([_as_json(summary) for summary in page.sessions])
    elif page.sessions:
        _print_table(page.sessions, by_activity=sort == "updated")
    told = " ".join(reasons or _left_out(page, wanted))
    if told:
        talk(told)


def _options(wanted: SessionFilter) -> dict[str, str]:
    """The options that a filter was asked for by, each as it is typed."""
    options = {}
    for name in _ASKED:
        value = getattr(wanted, name)
        if value is not None and value is not False:
            text = f"{local_time(value):%Y-%m-%dT%H:%M}" if isinstance(value, datetime) else one_line(str(value), 60)
            options[name] = f"--{name}" if value is True else f"--{name} {text or repr(text)}"
    return options


def _left_out(page: SessionPage, wanted: SessionFilter) -> Iterator[str]:
    """How many sessions a list doesn't show, and why."""
    if len(page.sessions) < page.matching:
        yield f"{len(page.sessions):,} of {page.matching:,} sessions; `hfs list --all` shows the others."
    unfit = page.total - page.matching - page.archived
    if unfit:
        yield f"{_are(unfit, 'session')} left out by {' '.join(_options(wanted).values())}."
    if page.archived:
        yield f"{_are(page.archived, 'archived session')} not shown: --archived."


def _are(number: int, what: str) -> str:
    return f"{counted(number, what)} {'is' if number == 1 else 'are'}"


def _reasons(store: SessionStore, page: SessionPage, wanted: SessionFilter) -> Iterator[str]:
    """Why a list is empty."""
    if not page.total:
        yield "There are no sessions yet. `hfs` starts one."
        return
    options = _options(wanted)
    if options:
        yield f"None of {counted(page.total, 'session')} fits {' '.join(options.values())}."
    if wanted.tag is not None:
        yield from _known_tags(store, wanted.tag)
    for name, option in options.items() if len(options) > 1 else ():
        found = store.list_sessions(ListQuery(replace(wanted, **{name: None}), limit=1)).matching
        if found:
            yield f"Without {option}: {found:,}."
    if page.archived:
        yield f"{_are(page.archived, 'archived session')} not shown: --archived."


def _known_tags(store: SessionStore, tag: str) -> Iterator[str]:
    import difflib

    known = {found.casefold(): found for found in store.tags()}
    folded = tag.lstrip("# ").rstrip().casefold()
    if folded not in known:
        near = [f"#{known[one]}" for one in difflib.get_close_matches(folded, known, 3)]
        hint = f"Did you mean {one_line(', '.join(near))}?" if near else "`hfs tag` lists the tags."
        yield f"There is no such tag. {hint}"


def _print_table(sessions: Sequence[SessionSummary], *, by_activity: bool) -> None:
    rows = [("ID", "Messages", "Updated" if by_activity else "Created"), *(_row(one, by_activity) for one in sessions)]
    widths = [max(cells(row[column]) for row in rows) for column in range(3)]
    room = _NAME_WIDTH + _TAGS_WIDTH
    if is_on_terminal():
        # A line that is broken is no line of a table: the name gives way, as far as it can still be told.
        others = sum(widths) + 3 * len(_GAP)
        room = max(min(room, shutil.get_terminal_size().columns - others), _NARROWEST_NAME)
    indent = "" if not any(one.pinned for one in sessions) else " " * len(_PINNED)
    names = ["Name", *(_named(one, _PINNED if one.pinned else indent, room) for one in sessions)]
    width = min(max(map(cells, names)), room)
    for name, (number, count, moment) in zip(names, rows, strict=True):
        out(f"{number:>{widths[0]}}{_GAP}{padded(name, width)}{_GAP}{count:>{widths[1]}}{_GAP}{moment}")


def _row(summary: SessionSummary, by_activity: bool) -> tuple[str, str, str]:
    count = "damaged" if summary.problem else str(summary.message_count)
    moment = summary.last_activity if by_activity else summary.created_at
    return str(summary.id), count, f"{local_time(moment):%Y-%m-%d %H:%M}"


def _named(summary: SessionSummary, mark: str, room: int) -> str:
    """The name, and the tags as far as there is room; of the others it says how many there are."""
    name = one_line(f"{summary.name}: {summary.problem}" if summary.problem else summary.name, _NAME_WIDTH)
    text = f"{mark}{name}{' (archived)' if summary.archived else ''}"
    tags = [f" #{one_line(tag)}" for tag in summary.tags]
    for shown in range(len(tags), -1, -1):
        more = f" +{len(tags) - shown}" if shown < len(tags) else ""
        labelled = text + "".join(tags[:shown]) + more
        if cells(labelled) <= room:
            return labelled
    return text


def _as_json(summary: SessionSummary) -> dict[str, object]:
    return {
        "id": summary.id,
        "uid": summary.uid,
        "name": summary.name,
        "messages": summary.message_count,
        "created_at": summary.created_at.isoformat(),
        "updated_at": summary.updated_at.isoformat() if summary.updated_at else None,
        "tags": summary.tags,
        "models": summary.models,
        "pinned": summary.pinned,
        "archived": summary.archived,
        "problem": summary.problem,
    }
