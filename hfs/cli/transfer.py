"""Commands that take conversations out and bring them in."""

from __future__ import annotations

import os
from pathlib import Path

import click

from hfs.cli._output import out_bytes, talk
from hfs.display import counted, one_line
from hfs.errors import HfsError, SessionNotFoundError
from hfs.persistence import open_store
from hfs.redaction import Redactor
from hfs.transfer import export_session, formats, import_bytes, read_import, write_export
from hfs.transfer.redacting import redacted


@click.command("export")
@click.argument("session")
@click.option("-f", "--format", "chosen", type=click.Choice(formats()), default="json", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file to write; stdout without it.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--redact", is_flag=True, help="Mask keys, tokens, e-mail addresses and home folders.")
def export_command(session: str, chosen: str, output: Path | None, force: bool, redact: bool) -> None:
    """Write a session to stdout or a file.

    \b
    Examples:
      hfs export 1 -f md | less
      hfs export last -o talk.json
      hfs export last -f md --redact -o to-share.md
    """
    with open_store() as store:
        found = store.get(store.resolve(session))
    if found is None:
        raise SessionNotFoundError(f"Session {session} was just removed.", session=session)
    if redact:
        redactor = Redactor(os.environ, Path.home())
        found = redacted(found, redactor)
        masked = [counted(number, what) for what, number in redactor.counts.items() if number]
        talk(f"Masked: {', '.join(masked) or 'nothing'}. Look it over before you share it.")
    data = export_session(found, chosen)
    if output is None:
        out_bytes(data)
    else:
        write_export(output, data, force=force)
        talk(f"Wrote {output}.")


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
