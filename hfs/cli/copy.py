"""The command that copies sessions from one store into another."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hfs import paths, persistence
from hfs.cli._completions import complete_session_of_source, complete_store
from hfs.cli._output import FAILED, INTERRUPTED, out, out_json, talk
from hfs.cli._progress import CopyBar, indexing_bar
from hfs.display import counted
from hfs.errors import HfsError
from hfs.stores import named_store, store_called, store_text
from hfs.transfer.copying.report import CopyReport
from hfs.transfer.copying.run import CopyOptions, run_copy

if TYPE_CHECKING:
    from hfs.persistence.store_location import StoreLocation


@click.command("copy")
@click.argument("sessions", nargs=-1, metavar="[SESSION]...", shell_complete=complete_session_of_source)
@click.option(
    "--from",
    "source",
    required=True,
    metavar="STORE",
    shell_complete=complete_store,
    help="The store that sessions are copied from.",
)
@click.option(
    "--to",
    "target",
    required=True,
    metavar="STORE",
    shell_complete=complete_store,
    help="The store that they are copied to.",
)
@click.option("--update", is_flag=True, help="Give sessions that are there already the name, tags… of the source.")
@click.option("--dry-run", is_flag=True, help="Say what would be copied; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON, for programs.")
@click.pass_context
def copy_command(
    ctx: click.Context,
    sessions: tuple[str, ...],
    source: str,
    target: str,
    update: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Copy sessions from one store into another.

    SESSION is an id, `last`, a part of the name, or the start of a uid. Without one, all are copied. STORE is
    documents, sqlite, sqlite:///FILE or postgresql://USER@HOST/DATABASE.

    They are copied to the letter, and nothing is taken out of either store. A session that is there already is known by
    its uid: it gets the messages that are new, and is not added twice. At the end everything is read back and compared.
    Run again after an interruption, it goes on.

    \b
    Examples:
      hfs copy --from documents --to sqlite --dry-run
      hfs copy --from sqlite --to documents last
      hfs copy --from documents --to postgresql://me@db.example.org/team
    """
    home = paths.home_folder()
    here, there = _stores(home, source, target)
    report = CopyReport(here.shown, there.shown, dry_run)
    with _opened_source(here, home) as opened, _opened_target(there, home, dry_run=dry_run) as destination:
        wanted = [opened.resolve(text) for text in sessions] or None
        left = 0 if wanted else len(opened.list_trash())
        note = home / paths.STORES / there.folder_name / paths.CLAIMED_IDS
        with contextlib.closing(CopyBar()) as bar:
            run_copy(opened, destination, wanted, CopyOptions(update, dry_run), report, note, bar)
    _print(report, as_json)
    _advise(report, there, home, left=left, update=update)
    if report.interrupted:
        ctx.exit(INTERRUPTED)
    if not report.succeeded:
        ctx.exit(FAILED)


def _stores(home: Path, source: str, target: str) -> tuple[StoreLocation, StoreLocation]:
    try:
        here, there = store_called(source, home, "--from"), store_called(target, home, "--to")
    except HfsError as error:
        raise click.UsageError(str(error)) from error
    if here.folder_name == there.folder_name or (here.path and there.path and _is_same_file(here.path, there.path)):
        raise click.UsageError(f"--from and --to are the same store: {there.shown}. Name another one to copy to.")
    return here, there


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


@contextlib.contextmanager
def _opened_source(location: StoreLocation, home: Path) -> Iterator[persistence.SessionStore]:
    if not persistence.store_exists(store_text(location), home):
        raise HfsError(f"There are no sessions in {location.shown} yet. Nothing was copied.")
    with (
        indexing_bar() as bar,
        persistence.open_store(home, on_notice=_tell, on_indexing=bar, store=store_text(location)) as opened,
    ):
        yield opened


@contextlib.contextmanager
def _opened_target(location: StoreLocation, home: Path, *, dry_run: bool) -> Iterator[persistence.SessionStore]:
    text = store_text(location)
    with contextlib.ExitStack() as stack:
        if dry_run and not persistence.store_exists(text, home):
            # Opening it would make it.
            home, text = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hfs-"))), "documents"
        bar = stack.enter_context(indexing_bar())
        yield stack.enter_context(persistence.open_store(home, on_notice=_tell, on_indexing=bar, store=text))


def _tell(notice: persistence.Notice) -> None:
    talk(notice.text)


def _print(report: CopyReport, as_json: bool) -> None:
    if as_json:
        out_json(report.to_json())
        return
    for line in report.lines():
        out(line)


def _advise(report: CopyReport, there: StoreLocation, home: Path, *, left: int, update: bool) -> None:
    """Says what to do next."""
    if report.broken:
        talk(f"Ended early: {report.broken} What came in is in whole; the same command goes on with the others.")
    if report.interrupted:
        talk("Stopped. What came in is in whole; the same command goes on with the others.")
    if not update and any(one.differences.fields for one in report.sessions):
        talk("`--update` gives the copies the name, tags and other fields of the source.")
    if report.dry_run or not report.succeeded:
        return
    if left:
        talk(f"The trash of {report.source} is not copied: {counted(left, 'session')} in it.")
    if named_store(home)[0].folder_name != there.folder_name:
        talk(f"To go on in this store: hfs config set store {there.shown}")
