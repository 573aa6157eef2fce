"""The command that says how much was said, when, and by which models."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

import click

from hfs.cli._completions import complete_model_heard, complete_tag
from hfs.cli._output import out, out_json, talk
from hfs.cli._store import open_store
from hfs.cli.moments import MOMENT
from hfs.display import counted, one_line
from hfs.persistence import Amount, SessionFilter, Statistics

_WIDEST: Final = 120
"""In cells: bars that are longer tell no more."""
_ROWS: Final = 10
"""How many models are shown."""
_LABEL: Final = 60


@click.command("stats")
@click.option("--since", type=MOMENT, metavar="WHEN", help="Only what was said then or later.")
@click.option("--until", type=MOMENT, metavar="WHEN", help="Only what was said before.")
@click.option(
    "--model", metavar="MODEL", shell_complete=complete_model_heard, help="Only sessions in which this model spoke."
)
@click.option("--tag", metavar="TAG", shell_complete=complete_tag, help="Only sessions with this tag.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
def stats_command(
    since: datetime | None, until: datetime | None, model: str | None, tag: str | None, as_json: bool
) -> None:
    """Draw how much was said, when, and by which models.

    Messages by day, by model and by role, and how long sessions are. Days are those of your time zone. WHEN is a date,
    or how long ago: 2026-11-24, 7d, 6mo.

    \b
    Examples:
      hfs stats
      hfs stats --since 30d --model local/smollm2
      hfs stats --json | jq '.days[-7:]'
    """
    wanted = SessionFilter(since=since, until=until, model=model, tag=tag)
    with open_store() as store:
        found = store.statistics(wanted)
    if as_json:
        out_json(_as_json(found))
    elif found.sessions:
        for line in _drawn(found, min(shutil.get_terminal_size().columns, _WIDEST)):
            out(line)
    elif not found.damaged:
        talk("There are no sessions yet. `hfs` starts one." if wanted == SessionFilter() else "No session fits.")
    if found.damaged:
        talk(f"Not counted: {counted(found.damaged, 'damaged session')}. `hfs check` says what is wrong.")


def _drawn(found: Statistics, width: int) -> Iterator[str]:
    from hfs.cli._plots import bars, over_time

    yield f"{counted(found.messages, 'message')} in {counted(found.sessions, 'session')}"
    if found.days:
        first, last = min(found.days), max(found.days)
        yield f"{first} to {last}: {counted(len(found.days), 'active day')}, up to {found.longest_streak:,} in a row"
        unit, lines = over_time({day: amount.messages for day, amount in found.days.items()}, width)
        yield from ("", f"Messages by {unit}", "", *lines)
    heads = ("Messages", "Characters")
    if found.models:
        yield from ("", *bars(_rows(found.models), ("Model", *heads), width))
        if len(found.models) > _ROWS:
            yield f"{counted(len(found.models) - _ROWS, 'more model')}: `hfs stats --json` has all."
    elif found.messages:
        yield from ("", "No message names the model it is of.")
    if found.roles:
        yield from ("", *bars(_rows(found.roles), ("Role", *heads), width))
    lengths = [(_between(first, last), number, [f"{number:,}"]) for first, last, number in _lengths(found)]
    yield from ("", *bars(lengths, ("Messages in a session", "Sessions"), width))


def _rows(amounts: Mapping[str, Amount]) -> list[tuple[str, int, list[str]]]:
    """The first rows of a plot. Names are untrusted."""
    return [
        (one_line(name, _LABEL) or "(none)", amount.messages, [f"{amount.messages:,}", f"{amount.characters:,}"])
        for name, amount in list(amounts.items())[:_ROWS]
    ]


def _lengths(found: Statistics) -> list[tuple[int, int, int]]:
    """How many sessions have from so many messages to so many: none, 1, 2 to 3, 4 to 7, and so on."""
    classes: dict[int, int] = {}
    for length, sessions in found.lengths.items():
        number = length.bit_length()
        classes[number] = classes.get(number, 0) + sessions
    numbers = range(min(classes), max(classes) + 1) if classes else range(0)
    return [(1 << number >> 1, (1 << number) - 1, classes.get(number, 0)) for number in numbers]


def _between(first: int, last: int) -> str:
    return f"{first:,}" if first == last else f"{first:,}–{last:,}"


def _as_json(found: Statistics) -> dict[str, object]:
    def listed(key: str, amounts: Mapping[str, Amount]) -> list[dict[str, object]]:
        return [
            {key: name, "messages": amount.messages, "characters": amount.characters}
            for name, amount in amounts.items()
        ]

    days = {day.isoformat(): amount for day, amount in found.days.items()}
    return {
        "sessions": found.sessions,
        "damaged": found.damaged,
        "messages": found.messages,
        "characters": found.characters,
        "first_day": next(iter(days), None),
        "last_day": next(reversed(days), None),
        "longest_streak": found.longest_streak,
        "median_length": found.median_length,
        "days": listed("day", days),
        "models": listed("model", found.models),
        "roles": listed("role", found.roles),
        "lengths": [{"from": first, "to": last, "sessions": number} for first, last, number in _lengths(found)],
    }
