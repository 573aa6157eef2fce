"""The command that reads every session."""

from __future__ import annotations

import click

from hfs.cli._output import out, out_json
from hfs.display import one_line
from hfs.persistence import open_store


@click.command("check")
@click.argument("sessions", nargs=-1, metavar="[SESSION]...")
@click.option("--json", "as_json", is_flag=True, help="JSON, for programs.")
@click.pass_context
def check_command(ctx: click.Context, sessions: tuple[str, ...], as_json: bool) -> None:
    """Read every session and say what is wrong. Nothing is written.

    \b
    Example:
      hfs check
    """
    with open_store() as store:
        chosen = {store.resolve(session) for session in sessions}
        summaries = [summary for summary in store.list_recent(None) if not chosen or summary.id in chosen]
    damaged = [summary for summary in summaries if summary.problem]
    if as_json:
        out_json({"sessions": len(summaries), "damaged": [{"id": s.id, "problem": s.problem} for s in damaged]})
    else:
        for summary in damaged:
            out(f"session {summary.id}: {one_line(summary.problem or '', 500)}")
        out(f"{len(summaries)} sessions read, {len(damaged)} damaged.")
    if damaged:
        ctx.exit(1)
