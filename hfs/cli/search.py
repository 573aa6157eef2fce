"""The command that finds what was said."""

from __future__ import annotations

from dataclasses import asdict

import click

from hfs.cli._output import out, out_json, talk
from hfs.cli._store import open_store
from hfs.display import counted, one_line


@click.command("search")
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@click.option("-n", "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at the most.")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.pass_context
def search_command(ctx: click.Context, words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find messages and names that hold all the words, in any case.

    A line says the session, the message, who spoke, and the line in which the words stand. Exits with 1 if there
    is none.

    \b
    Examples:
      hfs search undo rebase
      hfs search --json rebase | jq -r '.[].session_id'
    """
    with open_store() as store:
        hits = store.search(" ".join(words), limit + 1)
    more = len(hits) > limit
    hits = hits[:limit]
    if as_json:
        out_json([asdict(hit) for hit in hits])
    for hit in () if as_json else hits:
        place = (
            f"{hit.session_id}:{hit.message_id}  {one_line(hit.role)}" if hit.message_id else f"{hit.session_id}  name"
        )
        out(f"{place}: {one_line(hit.line, 200)}")
    if more:
        talk(f"There are more than {counted(limit, 'place')}: give more words, or --limit.")
    if not hits:
        talk("Nothing was found.")
        ctx.exit(1)
