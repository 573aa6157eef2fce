"""Files into sessions: read, brought in by several threads, and reported."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hfs.errors import TransferError
from hfs.persistence import SessionImport
from hfs.transfer.files.source import Source, Unusable
from hfs.transfer.files.unpacking import Progress
from hfs.transfer.importers import IMPORTERS
from hfs.transfer.importing.landing import Landing
from hfs.transfer.importing.reading import LONGEST, Failed, Reading
from hfs.transfer.importing.report import ConversationReport, FileReport, ImportReport
from hfs.transfer.stopping import Stopping
from hfs.transfer.writers import ProcessWriter, ThreadWriter, Writer

_WORTH_A_PROCESS: Final = 32 << 20
"""From how much to read on, in bytes, starting a process that writes pays for itself."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How files are imported."""

    form: str | None = None
    """The format's name; told by the shape of each file, where it is None."""
    branches: bool = True
    """Whether other branches than the active one come in."""
    limit: int = LONGEST
    """The longest conversation that is taken, in bytes."""
    dry_run: bool = False


def importer_names() -> list[str]:
    """The names of the formats that can be imported."""
    return list(dict.fromkeys(importer.name for importer in IMPORTERS))


class Importing:
    """One import.

    Args:
        target: Where to.
        options: How.
        writer: Writes what is new.
        progress: Called with how many more bytes of the sources were read.
    """

    def __init__(
        self, target: SessionImport, options: ImportOptions, writer: Writer, progress: Progress = lambda count: None
    ) -> None:
        self._options = options
        self._writer = writer
        self._progress = progress
        self._landing = Landing(target, writer, branches=options.branches)
        self._stopping = Stopping()
        self.report = ImportReport(dry_run=options.dry_run, conversations=self._landing.reports)

    def run(self, sources: Iterable[Source | Unusable]) -> ImportReport:
        """Imports the sources. Ctrl-C stops it between two conversations, and is noted in the report."""
        with self._stopping, self._writer:
            try:
                self._read_all(sources)
            except KeyboardInterrupt:
                self._stopping.wanted = True
            self._landing.under_way.finish(0)
        self.report.interrupted = self._stopping.wanted
        return self.report

    def _read_all(self, sources: Iterable[Source | Unusable]) -> None:
        try:
            for source in sources:
                if self._stopping.wanted:
                    return
                self._read(source)
        finally:
            self._stopping.finishing = True

    def _read(self, source: Source | Unusable) -> None:
        if isinstance(source, Unusable):
            self.report.files.append(FileReport(source.name, None, source.reason))
            return
        entry = FileReport(source.name, None)
        reading = Reading(source, self._options.form, self._options.limit, self._progress)
        listed = False
        try:
            for found in reading.conversations():
                if reading.unknown and not source.chosen:
                    self.report.ignored.append(source.name)
                    return
                if not listed:
                    self.report.files.append(entry)
                    listed = True
                if isinstance(found, Failed):
                    self._note_failure(entry, reading, found)
                else:
                    self._landing.land(found, source.name, source.modified)
                    self._landing.under_way.relieve()
                if self._stopping.wanted:
                    return
        finally:
            entry.format = reading.importer.name if reading.importer is not None else None
            entry.left_out = dict(reading.left_out)
            entry.damaged = reading.damaged
        if not listed:
            entry.problem = "" if reading.importer else "it holds nothing"
            self.report.files.append(entry)

    def _note_failure(self, entry: FileReport, reading: Reading, failed: Failed) -> None:
        if not failed.place:
            entry.problem = failed.reason
            return
        form = reading.importer.name if reading.importer is not None else ""
        self.report.conversations.append(
            ConversationReport(entry.file, form, None, failed.place, "failed", reason=failed.reason)
        )


def run_import(
    target: SessionImport,
    sources: Iterable[Source | Unusable],
    options: ImportOptions,
    progress: Progress = lambda count: None,
) -> ImportReport:
    """Imports files into an open import.

    Raises:
        TransferError: There is no such format.
    """
    if options.form is not None and options.form not in importer_names():
        known = ", ".join(importer_names())
        raise TransferError(f"There is no import format {options.form!r}: expected one of {known}.")
    sources = list(sources)
    total = sum(source.size for source in sources if isinstance(source, Source))
    # On another thread than the first, a program with a screen of its own is running: it has put something in the place
    # of stderr that no new process can inherit.
    apart = total >= _WORTH_A_PROCESS and not options.dry_run and threading.current_thread() is threading.main_thread()
    home = target.by_a_process if apart else None
    writer: Writer = ThreadWriter(target.add) if home is None else ProcessWriter(home)
    return Importing(target, options, writer, progress).run(sources)
