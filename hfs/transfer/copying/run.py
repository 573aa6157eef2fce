"""Sessions from one store into another: to the letter, each once by its uid, and looked at again at the end.

Nothing in the target is lost, whatever it holds. Run again after anything, it does what is left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hfs.errors import HfsError, StoreError, StoreIOError, TransferError
from hfs.persistence import SessionImport, SessionStore
from hfs.transfer.copying import differences as differing
from hfs.transfer.copying.claimed_ids import ClaimedIds
from hfs.transfer.copying.read_back import ReadBack
from hfs.transfer.copying.report import CopyReport, NotTriedError, SessionCopy
from hfs.transfer.stopping import Stopping
from hfs.transfer.under_way import UnderWay, Writes
from hfs.transfer.writers import ThreadWriter

_MOST_FAILED: Final = 4
"""How many writes in a row may fail, or looks at the end, before the target counts as one that is away."""

Document = dict[str, Any]
Progress = Callable[[str, int, int], None]
"""Told what is done, how many sessions are, and of how many."""


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """How sessions are copied."""

    update: bool = False
    """Whether sessions that are there already get the name, tags and other fields of the source."""
    dry_run: bool = False


class Copying:
    """One copy.

    Args:
        source: Where from.
        target: Where to.
        options: How.
        note: A file on this computer for the ids that were claimed, until it is done.
        progress: Told how far it is.
    """

    def __init__(
        self,
        source: SessionStore,
        target: SessionStore,
        options: CopyOptions,
        note: Path,
        progress: Progress = lambda what, done, total: None,
    ) -> None:
        self._source = source
        self._target = target
        self._options = options
        self._note = ClaimedIds(note)
        self._progress = progress
        self._stopping = Stopping()
        self._read_back = ReadBack(source, target)
        self._claimed: set[str] = set()
        self._refused = 0
        self._why = ""
        self._highest: int | None = None

    def run(self, session_ids: Sequence[int], report: CopyReport) -> CopyReport:
        """Copies sessions. Ctrl-C stops it between two of them, and is noted in the report.

        Args:
            session_ids: Which, ascending.
            report: What is told.

        Raises:
            StoreError: The target can't be opened for it.
        """
        self._highest = session_ids[-1] if session_ids else None
        opened = self._target.begin_import(dry_run=self._options.dry_run, by_whole_uid=True)
        with self._stopping, opened as target, ThreadWriter(lambda *written: self._write(target, *written)) as writer:
            self._under_way: UnderWay[SessionCopy] = UnderWay(target, writer)
            try:
                self._copy_all(target, session_ids, report)
            except KeyboardInterrupt:
                self._stopping.wanted = True
            self._stopping.finishing = True
            self._under_way.finish(0)
            if not report.broken and not self._stopping.wanted:
                self._progress("Copying", len(session_ids), len(session_ids))
            report.interrupted = self._stopping.wanted
            if not self._options.dry_run and not report.interrupted and not report.broken:
                self._note.forget()
        if not self._options.dry_run and not report.interrupted and not self._is_refused:
            self._check(report)
        return report

    @property
    def _is_refused(self) -> bool:
        """Whether the target takes no more."""
        return self._refused >= _MOST_FAILED

    def _copy_all(self, target: SessionImport, session_ids: Sequence[int], report: CopyReport) -> None:
        for at, session_id in enumerate(session_ids):
            self._progress("Copying", at, len(session_ids))
            entry = SessionCopy(session_id)
            report.sessions.append(entry)
            report.broken = self._copy(target, entry)
            self._under_way.relieve()
            if self._is_refused:
                # What a database says begins with its place.
                report.broken = (
                    f"{self._target.place} takes no more: {self._why.removeprefix(f'{self._target.place}: ')}"
                )
            if report.broken or self._stopping.wanted:
                return

    def _copy(self, target: SessionImport, entry: SessionCopy) -> str:
        """Copies a session; returns why no other can be."""
        writes = self._under_way.begin(entry)
        try:
            document = self._source.whole_document(entry.session_id)
        except (HfsError, MemoryError) as error:
            entry.fail(error)
            return self._reason_to_end(error)
        if document is None:
            entry.outcome = "gone"
            return ""
        try:
            self._land(target, document, writes)
        except (HfsError, TypeError, ValueError, MemoryError) as error:
            self._note_refusal(error)
            entry.fail(error)
        except KeyboardInterrupt:
            entry.fail(TransferError("It was stopped in the middle; the same command goes on with it."))
            raise
        return ""

    def _reason_to_end(self, error: Exception) -> str:
        """Why nothing more can be read; empty where it was this session alone."""
        if isinstance(error, StoreIOError):
            try:
                self._source.require_readable()
            except StoreError as refused:
                return str(refused)
        return ""

    def _land(self, target: SessionImport, document: Document, writes: Writes[SessionCopy]) -> None:
        entry, uid = writes.report, str(document["uid"])
        entry.uid, entry.name = uid, str(document["name"])
        entry.messages, entry.digest = differing.count(document), differing.digest(document)
        if target.key(uid) in self._claimed:
            # Another session of the source has this uid: it may turn out that it can't be stored.
            self._under_way.finish(1)
        found = target.find(uid)
        self._claimed.add(target.key(uid))
        if found is not None:
            self._update(target, document, found, entry)
        elif (deleted := target.find_deleted(uid)) is not None:
            entry.outcome = "deleted"
            entry.reason = f"it is in the trash there, as session {deleted}; restore it first to copy it"
        else:
            self._add(target, document, writes)

    def _add(self, target: SessionImport, document: Document, writes: Writes[SessionCopy]) -> None:
        if self._highest is not None and not self._options.dry_run:
            self._note.note(target.claim(self._highest, self._note.earlier()))
            self._highest = None
        entry = writes.report
        entry.outcome, entry.brought = "added", entry.messages or 0
        number = self._under_way.write(writes, entry.uid, document, entry.session_id)
        entry.target_id, entry.there = number or None, entry.messages if number else None
        self._read_back.expect(entry, entry.digest)

    def _write(self, target: SessionImport, session_id: int, document: Document) -> None:
        """Called by the threads that write."""
        if self._is_refused:
            raise NotTriedError("It was not tried.")
        try:
            target.add(session_id, document)
        except StoreIOError as error:
            self._note_refusal(error)
            raise
        self._note_answer()
        if session_id:
            self._read_back.written(session_id)

    def _note_answer(self) -> None:
        if not self._is_refused:
            self._refused = 0

    def _note_refusal(self, error: Exception) -> None:
        if isinstance(error, StoreIOError):
            self._refused += 1
            self._why = str(error)

    def _update(self, target: SessionImport, document: Document, session_id: int, entry: SessionCopy) -> None:
        """Brings what is new into a session that is there."""
        entry.target_id = session_id or None
        here = self._target.whole_document(session_id)
        self._note_answer()
        if here is None:
            # A dry run adds nothing: this is the second session of the source with that uid.
            entry.reason = "another session of the source has the same uid" if not session_id else "just removed there"
            return
        entry.there = differing.count(here)
        if differing.digest(here) == entry.digest:
            return
        entry.differences = differing.differences(document, here)
        items = self._new_items(target, session_id, document, here)
        takes_over = self._options.update and bool(entry.differences.fields)
        if not items and not takes_over:
            return
        made: list[Document] = []

        def change(copy: Document) -> None:
            # Of the copy as it is now: this may be called again.
            if fresh := self._new_items(target, session_id, document, copy):
                differing.bring_in(copy, document, fresh)
                SessionImport.give_name(copy)
            if takes_over:
                differing.take_over(copy, document)
            made[:] = [copy]

        before = differing.digest(here)
        stored = target.change(session_id, change) or made[0]
        after = differing.digest(stored)
        entry.differences = differing.differences(document, stored)
        if after == before:
            return
        entry.outcome, entry.brought = "updated", len(items)
        entry.taken_over, entry.there = takes_over, differing.count(stored)
        if not self._options.dry_run:
            self._read_back.expect(entry, after)
            self._read_back.written(session_id)

    def _new_items(self, target: SessionImport, session_id: int, document: Document, copy: Document) -> list[Document]:
        found = differing.additions(document, copy)
        gone = target.taken_out(session_id, copy) if found else []
        return differing.additions(document, copy, gone) if gone else found

    def _check(self, report: CopyReport) -> None:
        wanted = [one for one in report.sessions if self._read_back.is_expected(one)]
        failed = 0
        try:
            for at, entry in enumerate(wanted):
                self._progress("Checking", at, len(wanted))
                report.checked += 1
                try:
                    self._read_back.check(entry)
                    failed = 0
                except StoreError:
                    failed += 1
                if failed >= _MOST_FAILED:
                    report.broken = f"{self._target.place} can't be read back."
                    return
            self._progress("Checking", len(wanted), len(wanted))
        except KeyboardInterrupt:
            report.interrupted = True


def run_copy(
    source: SessionStore,
    target: SessionStore,
    session_ids: Sequence[int] | None,
    options: CopyOptions,
    report: CopyReport,
    note: Path,
    progress: Progress = lambda what, done, total: None,
) -> CopyReport:
    """Copies sessions from one store into another.

    Args:
        source: Where from.
        target: Where to.
        session_ids: Which; all, where it is None.
        options: How.
        report: What is told.
        note: A file on this computer for the ids that were claimed, until it is done.
        progress: Told what is done, how many sessions are, and of how many.

    Raises:
        StoreError: A store can't be read, or not be opened for it.
    """
    if session_ids is None:
        session_ids = [summary.id for summary in source.list_recent(None)]
    return Copying(source, target, options, note, progress).run(sorted(set(session_ids)), report)
