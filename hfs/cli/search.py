"""The command that finds what was said."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

import click

from hfs.cli._columns import cells, fitted
from hfs.cli._completions import complete_model_heard, complete_session, complete_tag
from hfs.cli._output import FAILED, is_on_terminal, out_json, out_marked, talk
from hfs.cli._store import open_store
from hfs.cli.moments import MOMENT
from hfs.display import counted, display, local_time, one_line
from hfs.errors import BadQueryError
from hfs.persistence import ListQuery, SearchHit, SearchOptions, SearchResult, SessionFilter, SessionStore

_ROLES: Final = ("user", "assistant", "system", "tool", "name")
_PER_SESSION: Final = 3
_COMFORTABLE_LINE: Final = 30
_NARROWEST_LINE: Final = 12
_UNLIMITED: Final = 10_000
_MARK: Final = "1;33"
_HEADER: Final = "1"
_QUIET: Final = "2"
_SPACE: Final = re.compile(r"\s+")

Part = tuple[str, str | None]
"""A text, and the escape codes it has on a terminal."""


@click.command("search")
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@click.option("--role", type=click.Choice(_ROLES), help="Said by it; `name`: in names of sessions only.")
@click.option("--session", metavar="SESSION", shell_complete=complete_session, help="In this session only.")
@click.option("--since", type=MOMENT, metavar="WHEN", help="Said since then.")
@click.option(
    "--model",
    metavar="MODEL",
    shell_complete=complete_model_heard,
    help="In sessions in which it spoke, with or without its provider.",
)
@click.option("--tag", metavar="TAG", shell_complete=complete_tag, help="In sessions that have it.")
@click.option("--pinned", is_flag=True, help="In pinned sessions only.")
@click.option("--archived", is_flag=True, help="In archived sessions only; else in all.")
@click.option("--without", multiple=True, metavar="WORD", help="Nothing that has this word, too.")
@click.option("--regex", is_flag=True, help="WORDS is a regular expression, as Python has them.")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=50,
    show_default=True,
    help="How many at the most.",
)
@click.option(
    "--per-session",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"How many of one session at the most.  [default: {_PER_SESSION}; all with --session or --json]",
)
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.pass_context
def search_command(
    ctx: click.Context,
    /,
    words: tuple[str, ...],
    session: str | None,
    without: tuple[str, ...],
    as_json: bool,
    **asked: Any,
) -> None:
    """Find what was said.

    Finds messages, and names of sessions, that have all the words: whole words, with accents or without, in any case.
    Quotes keep words together: '"undo a rebase"'. A star stands for the rest of a word: reb*. If nothing has the whole
    words, what begins with them is found. The best comes first: names, then words side by side, then sessions that have
    them more often, then newer ones.

    WHEN is a date or a time, or how long ago: 2026-11-24, 7d, 2w, 6mo, yesterday.

    Exits with 1 if there is none.

    \b
    Examples:
      hfs search undo rebase
      hfs search '"merge conflict"' --without svn --role user --since 1y
      hfs search --regex 'error: \\d+'
      hfs search --json rebase | jq -r '.[].session_id'
    """
    if asked["regex"] and without:
        raise click.UsageError("--without and --regex don't go together: (?!…) in a pattern excludes.")
    try:
        result, unseen = _search(_query(words, without), session, as_json, asked)
    except BadQueryError as error:
        raise click.UsageError(str(error)) from error
    out_json([_as_json(hit) for hit in result]) if as_json else _print(result)
    told = " ".join([*_left_out(result), *unseen])
    if told:
        talk(told)
    if not result:
        ctx.exit(FAILED)


def _query(words: Sequence[str], without: Sequence[str]) -> str:
    # What is excluded comes first: a quote among the words that is not closed goes on to the end.
    return " ".join([*(f'-"{word.replace(chr(34), " ")}"' for word in without), *words])


def _search(text: str, session: str | None, as_json: bool, asked: dict[str, Any]) -> tuple[SearchResult, list[str]]:
    """What is found; and, if that is nothing, what there is where nobody looked."""
    sessions = SessionFilter(
        model=asked["model"], tag=asked["tag"], pinned=asked["pinned"] or None, archived=asked["archived"] or None
    )
    with open_store() as store:
        options = SearchOptions(
            role=asked["role"],
            session_id=None if session is None else store.resolve(session),
            since=asked["since"],
            sessions=sessions,
            per_session=asked["per_session"] or (None if as_json or session is not None else _PER_SESSION),
            regex=asked["regex"],
        )
        result = store.search(text, asked["limit"], options)
        return result, [] if result else list(_unseen(store, text, options))


def _unseen(store: SessionStore, text: str, options: SearchOptions) -> Iterator[str]:
    everywhere = SearchOptions(per_session=options.per_session, regex=options.regex)
    elsewhere = 0 if options.regex or options == everywhere else store.search(text, 1, everywhere).total
    if elsewhere:
        yield f"Without the options there {'is' if elsewhere == 1 else 'are'} {counted(elsewhere, 'place')}."
    ids = None if options.session_id is None else (options.session_id,)
    damaged = store.list_sessions(ListQuery(SessionFilter(damaged=True, ids=ids), limit=1)).matching
    if damaged:
        yield f"Not searched: {counted(damaged, 'damaged session')}. `hfs check` says what is wrong."


def _left_out(result: SearchResult) -> Iterator[str]:
    if not result:
        yield "Nothing was found."
        return
    if result.as_prefixes:
        yield "Nothing has the whole words: these begin with them."
    if len(result) < result.total or not result.exact:
        total = f"{counted(result.total, 'place')} in {counted(result.sessions, 'session')}"
        if not result.exact:
            total = f"more than {counted(max(result.total, len(result)), 'place')}"
        yield f"{len(result):,} of {total}: --limit or --per-session shows more, and more words show fewer."


def _print(result: SearchResult) -> None:
    """Prints each session with what was found in it below."""
    hits = list(result)
    for at, hit in enumerate(hits):
        if at == 0 or hits[at - 1].session_id != hit.session_id:
            _print_header(hit)
        if hit.message_id is not None:
            _print_hit(hit)
        if at + 1 == len(hits) or hits[at + 1].session_id != hit.session_id:
            shown = sum(one.session_id == hit.session_id for one in hits)
            more = result.in_session[hit.session_id] - shown
            if more:
                out_marked([(f"  … {more:,} more: --session {hit.session_id}", _QUIET)])


def _print_header(hit: SearchHit) -> None:
    """The session, with the words marked in its name where that is found."""
    moment = f"{local_time(hit.session_created_at):%Y-%m-%d}"
    number = f"{hit.session_id}  "
    width = _width(len(number) + 2 + len(moment))
    name = _fitted(hit.line, hit.marks, width) if hit.message_id is None else [(one_line(hit.name, width), None)]
    out_marked([(number, _HEADER), *((text, codes or _HEADER) for text, codes in name), (f"  {moment}", _QUIET)])


def _print_hit(hit: SearchHit) -> None:
    moment = f"{local_time(hit.created_at):%Y-%m-%d %H:%M}"
    place = f"  {hit.session_id}:{hit.message_id}  {one_line(hit.role, 20)}  "
    folded = f"[{one_line(hit.hidden, 40)}] " if hit.hidden else ""
    if _width(len(place) + len(moment) + 2 + len(folded)) < _COMFORTABLE_LINE:
        moment = moment.partition(" ")[0]
    width = _width(len(place) + len(moment) + 2 + len(folded))
    out_marked([(place, None), (f"{moment}  {folded}", _QUIET), *_fitted(hit.line, hit.marks, width)])


def _width(taken: int) -> int:
    """How many cells of a line are left."""
    if not is_on_terminal():
        return _UNLIMITED
    return max(shutil.get_terminal_size().columns - taken, _NARROWEST_LINE)


def _fitted(line: str, marks: tuple[tuple[int, int], ...], width: int) -> list[Part]:
    """The line on one line of a terminal, with the first words that are marked in sight."""
    if marks and marks[0][0] > width // 2 and _cells(line) > width:
        cut = marks[0][0] - width // 3
        line = f"…{line[cut:]}"
        marks = tuple((first - cut + 1, last - cut + 1) for first, last in marks if first >= cut)
    parts: list[Part] = []
    at = 0
    for first, last in marks:
        parts += [(line[at:first], None), (line[first:last], _MARK)]
        at = last
    parts.append((line[at:], None))
    shown: list[Part] = []
    for text, codes in parts:
        safe = _SPACE.sub(" ", display(text))
        safe = safe if shown else safe.lstrip()
        kept = safe if _cells(safe) <= width else fitted(safe, width)
        width -= _cells(kept)
        shown.append((kept, codes))
        if kept != safe or not width:
            break
    return shown


def _cells(text: str) -> int:
    # Counting the cells of what isn't ASCII costs an import, and an ellipsis is in every long line.
    return cells(text.replace("…", "_"))


def _as_json(hit: SearchHit) -> dict[str, Any]:
    found = asdict(hit)
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in found.items()}
