"""The command that brings conversations in."""

from __future__ import annotations

import click

from hfs.cli._output import talk
from hfs.display import counted, one_line
from hfs.errors import HfsError
from hfs.persistence import open_store
from hfs.transfer import import_bytes, read_import


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--max-size", type=click.IntRange(min=1), default=16, show_default=True, help="In MiB, of one file.")
@click.pass_context
def import_command(ctx: click.Context, files: tuple[str, ...], max_size: int) -> None:
    """Add sessions from files that hfs exported; `-` is stdin.

    Each gets a new id. One that is here already, by its uid, is left as it is.

    \b
    Example:
      hfs import talk.json
    """
    added = present = failed = 0
    with open_store() as store:
        for name in files:
            try:
                results = import_bytes(store, read_import(name, max_size << 20), name)
            except HfsError as error:
                talk(f"{one_line(name)}: {one_line(str(error), 2000)}")
                failed += 1
                continue
            for session, is_new in results:
                added, present = added + is_new, present + (not is_new)
                what = "came in as" if is_new else "is here already as"
                count = counted(session.message_count, "message")
                talk(f"{one_line(session.name)} {what} session {session.id} ({count}).")
    talk(f"{added} added, {present} here already, {failed} failed.")
    if failed or not (added or present):
        ctx.exit(1)
