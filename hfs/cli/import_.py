"""The command that brings conversations in."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Final

import click

from hfs.cli._completions import complete_file
from hfs.cli._output import FAILED, INTERRUPTED, out, out_json, talk
from hfs.cli._progress import make_bar
from hfs.cli._store import open_store
from hfs.transfer.files.source import Source, Unusable
from hfs.transfer.files.sources import open_sources
from hfs.transfer.importing.report import ImportReport
from hfs.transfer.importing.run import ImportOptions, importer_names, run_import

_WORTH_A_BAR: Final = 8 << 20
"""From how many bytes on a bar is shown."""


@click.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=complete_file)
@click.option(
    "--from",
    "form",
    type=click.Choice(importer_names()),
    metavar="FORMAT",
    help=f"Read it as one of {', '.join(importer_names())}; told by its shape without.",
)
@click.option(
    "--branches",
    type=click.Choice(["all", "none"]),
    default="all",
    show_default=True,
    help="Other branches become forks, or stay out.",
)
@click.option("--dry-run", is_flag=True, help="Say what would come in; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON, for programs.")
@click.option(
    "--max-size",
    type=click.IntRange(min=1),
    metavar="N",
    default=64,
    show_default=True,
    help="In MiB, of one conversation.",
)
@click.pass_context
def import_command(
    ctx: click.Context,
    paths: tuple[str, ...],
    form: str | None,
    branches: str,
    dry_run: bool,
    as_json: bool,
    max_size: int,
) -> None:
    """Bring in conversations from other programs.

    PATH is a file, a folder, a ZIP archive, or `-` for stdin: what another program, or hfs, exported or keeps. The
    format is told by the shape of the data. What is here already is not added twice; a newer export adds what is new.

    \b
    Examples:
      hfs import ~/Downloads/chatgpt-export.zip --dry-run
      hfs import ~/.claude/projects ~/.codex/sessions
      llm logs list --json -n 0 | hfs import -
    """
    options = ImportOptions(form, branches == "all", max_size << 20, dry_run)
    with (
        open_store(on_notice=lambda notice: talk(notice.text)) as store,
        open_sources(paths) as sources,
        store.begin_import(dry_run=dry_run) as target,
        _progress(sources) as progress,
    ):
        report = run_import(target, sources, options, progress)
    _print(report, as_json)
    if report.interrupted:
        talk("Stopped. Every conversation above came in whole; the same command goes on with the others.")
        ctx.exit(INTERRUPTED)
    if not report.succeeded:
        ctx.exit(FAILED)


def _print(report: ImportReport, as_json: bool) -> None:
    if as_json:
        out_json(report.to_json())
        return
    for line in report.lines():
        out(line)


@contextlib.contextmanager
def _progress(sources: list[Source | Unusable]) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where that is a terminal and there is enough to read that a person would wait."""
    total = sum(source.size for source in sources if isinstance(source, Source))
    if not sys.stderr.isatty() or total < _WORTH_A_BAR:
        yield lambda count: None
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("Importing"),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with make_bar(*columns) as bar:
        task = bar.add_task("import", total=total)
        yield lambda count: bar.advance(task, count)
