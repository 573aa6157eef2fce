"""The command that takes conversations out."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import click

from hfs.cli._completions import complete_file, complete_session
from hfs.cli._output import FAILED, INTERRUPTED, is_on_terminal, out_bytes, talk
from hfs.cli._progress import make_bar
from hfs.cli._store import open_store
from hfs.display import counted, one_line
from hfs.errors import FileTakenError, SessionNotFoundError, StoreError, TransferError
from hfs.persistence import ListQuery, SessionFilter, SessionModel, SessionStore, SessionSummary
from hfs.redaction import Redactor
from hfs.transfer.exporters import EXPORTERS, Exporter, exporter_for, exporter_named
from hfs.transfer.exporting.redacting import redacted
from hfs.transfer.exporting.writing import STDOUT, open_destination, require_known, summary_of

_MANY: Final = 30
"""From how many sessions on progress is shown."""
_FORMATS: Final = "\n".join(f"  {exporter.name:<10}{exporter.title}" for exporter in EXPORTERS)
_HELP: Final = f"""Write sessions to stdout, a file, a folder or an archive.

SESSION is an id, `last`, a part of the name, or the start of a uid. Several in one file follow each other; a folder or
an archive has a file for each. No file is replaced without --force, and only you can read what is written.

\b
Formats:
{_FORMATS}

\b
Examples:
  hfs export last -f md | less
  hfs export last -o talk.html
  hfs export 3 7 -f md --redact -o to-share/
  hfs export --all -o backup.zip
"""


@click.command("export", help=_HELP)
@click.argument("sessions", nargs=-1, metavar="[SESSION]...", shell_complete=complete_session)
@click.option("--all", "everything", is_flag=True, help="All sessions.")
@click.option(
    "-f",
    "--format",
    "chosen",
    type=click.Choice([exporter.name for exporter in EXPORTERS]),
    help="The format. Without it: what the file's name ends in; json where that says nothing.",
)
@click.option(
    "-o",
    "--output",
    default=STDOUT,
    metavar="FILE",
    shell_complete=complete_file,
    help="A file, a folder (`x/`) or an archive (`x.zip`).",
)
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@click.option("--redact", is_flag=True, help="Mask keys, tokens, e-mail addresses and home folders.")
@click.pass_context
def export_command(
    ctx: click.Context,
    sessions: tuple[str, ...],
    everything: bool,
    chosen: str | None,
    output: str,
    force: bool,
    redact: bool,
) -> None:
    if everything == bool(sessions):
        raise click.UsageError("give a SESSION, or several, or --all. Example: hfs export last")
    if not output:
        raise click.UsageError("-o needs a file, a folder or an archive.")
    exporter = exporter_named(chosen) if chosen else exporter_for(output, "json")
    export = _Export(exporter, output, force, redact)
    try:
        with open_store() as store:
            if len(sessions) == 1:
                export.one(store, sessions[0])
            else:
                export.several(store, sessions)
    except FileTakenError as error:
        raise FileTakenError(f"{error} `--force` replaces what is there.") from error
    except KeyboardInterrupt:
        talk(f"Interrupted after {counted(export.done, 'session')}; no half file is left.")
        ctx.exit(INTERRUPTED)
    export.report()
    if export.failures:
        ctx.exit(FAILED)


def _redactor() -> Redactor:
    home = Path(os.path.expanduser("~"))
    # Without a home folder there is no path of it to mask.
    return Redactor(os.environ, home if home.is_absolute() else Path("/"))


@dataclass
class _Export:
    """An export, and what became of it."""

    exporter: Exporter
    output: str
    force: bool
    redact: bool
    done: int = 0
    failures: list[str] = field(default_factory=list)
    _masking: Redactor = field(default_factory=_redactor)
    _path: Path | None = None

    def one(self, store: SessionStore, wanted: str) -> None:
        session = self._masked(self._session(store, store.resolve(wanted)))
        with self._open([summary_of(session)], together=False) as add:
            add(session)

    def several(self, store: SessionStore, wanted: Sequence[str]) -> None:
        """All sessions, or those that are wanted; what can't be read is left out and named."""
        chosen = list(dict.fromkeys(map(store.resolve, wanted)))
        query = ListQuery(SessionFilter(ids=tuple(chosen) if wanted else None), limit=None)
        known = {summary.id: summary for summary in store.list_sessions(query).sessions}
        if not wanted or self.output.lower().endswith(".zip"):
            chosen = sorted(chosen or known)
        found = [self._named(known[session_id]) for session_id in chosen if session_id in known]
        self.failures += [f"Session {one} is left out: it was just removed." for one in chosen if one not in known]
        whole = [summary for summary in found if summary.problem is None]
        self.failures += [f"Session {one.id} is left out: {one.problem}." for one in found if one.problem is not None]
        with self._open(whole, together=True) as add, _progress(len(whole), self.output) as step:
            for summary in whole:
                try:
                    session = self._session(store, summary.id)
                except (StoreError, TransferError) as error:
                    self.failures.append(f"Session {summary.id} is left out: {error}")
                else:
                    add(self._masked(session))
                step()

    def _session(self, store: SessionStore, session_id: int) -> SessionModel:
        session = store.get(session_id)
        if session is None:
            raise SessionNotFoundError(f"Session {session_id} was just removed.", session=str(session_id))
        require_known(session, self.exporter)
        return session

    @contextlib.contextmanager
    def _open(self, sessions: Sequence[SessionSummary], *, together: bool) -> Iterator[Callable[[SessionModel], None]]:
        with open_destination(
            self.output, self.exporter, sessions, together=together, force=self.force, stdout=out_bytes
        ) as destination:

            def add(session: SessionModel) -> None:
                destination.add(session)
                self.done += 1

            yield add
            self._path = destination.path

    def _masked(self, session: SessionModel) -> SessionModel:
        return redacted(session, self._masking) if self.redact else session

    def _named(self, summary: SessionSummary) -> SessionSummary:
        """The same, masked where the session will be; that is not counted twice."""
        return replace(summary, name=_redactor().text(summary.name)[:255]) if self.redact else summary

    def report(self) -> None:
        """Says what was written where, what was masked, and what is missing."""
        if self.redact:
            masked = [counted(number, what) for what, number in self._masking.counts.items() if number]
            talk(f"Masked: {', '.join(masked) or 'nothing'}. Look it over before you share it.")
        if self.done == 1 and self._path is not None:
            talk(f"Wrote {one_line(str(self._path), 1000)}.")
        elif self.done and self._path is not None:
            talk(f"Wrote {counted(self.done, 'session')} to {one_line(self.output, 1000)}.")
        elif not self.done and not self.failures:
            talk("There are no sessions yet; nothing was written.")
        for failure in self.failures:
            talk(one_line(failure, 1000))


@contextlib.contextmanager
def _progress(count: int, output: str) -> Iterator[Callable[[], None]]:
    """A bar on stderr, if that is a terminal which nothing else writes to; returns what moves it."""
    if count < _MANY or not sys.stderr.isatty() or (output == STDOUT and is_on_terminal()):
        yield lambda: None
        return
    with make_bar() as progress:
        task = progress.add_task("Exporting", total=count)
        yield lambda: progress.advance(task)
