"""Files into sessions: read, brought in by several threads, and reported."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hfs.errors import HfsError, TransferError
from hfs.persistence import NAME_LIMIT, SessionImport
from hfs.transfer import landing
from hfs.transfer.conversation import Branch, Conversation
from hfs.transfer.importers import IMPORTERS
from hfs.transfer.landing import Document
from hfs.transfer.reading import LONGEST, Failed, Reading
from hfs.transfer.report import ConversationReport, FileReport, ImportReport
from hfs.transfer.sources import Progress, Source, Unusable

_THREADS: Final = 2
_WAITING: Final = 8
"""How many conversations may wait to be written: what memory holds beside the one that is read."""


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


@dataclass(slots=True)
class _Way:
    """A branch, and the session that it is, or will be."""

    branch: Branch
    marks: list[str]
    uid: str
    session_id: int | None


@dataclass(slots=True)
class _Waiting:
    """A conversation that is being written."""

    report: ConversationReport
    writes: list[tuple[str, Future[None]]]


class Importing:
    """One import.

    Args:
        target: Where to.
        options: How.
        progress: Called with how many more bytes of the sources were read.
    """

    def __init__(self, target: SessionImport, options: ImportOptions, progress: Progress = lambda count: None) -> None:
        self._target = target
        self._options = options
        self._progress = progress
        self._claimed: set[str] = set()
        self._waiting: deque[_Waiting] = deque()
        self.report = ImportReport(dry_run=options.dry_run)

    def run(self, sources: Iterable[Source | Unusable]) -> ImportReport:
        """Imports the sources. Ctrl-C leaves whole conversations, and is noted in the report."""
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="hfs-import") as self._pool:
            try:
                for source in sources:
                    self._read(source)
            except KeyboardInterrupt:
                self.report.interrupted = True
            self._finish(0)
        return self.report

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
                    self._land(found, source)
                    self._finish(_WAITING)
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

    # Landing

    def _land(self, conversation: Conversation, source: Source) -> None:
        report = ConversationReport(
            source.name,
            conversation.format,
            conversation.id,
            conversation.name or _beginning(conversation),
            skipped=dict(conversation.tally.skipped),
            unknown=dict(conversation.tally.unknown),
        )
        self.report.conversations.append(report)
        waiting = _Waiting(report, [])
        self._waiting.append(waiting)
        try:
            if conversation.document is not None:
                self._land_document(conversation.document, waiting)
            else:
                self._land_branches(conversation, source.modified or datetime.now(UTC), waiting)
        except (HfsError, TypeError, ValueError) as error:
            self._fail(report, error)

    def _fail(self, report: ConversationReport, error: Exception) -> None:
        reason = str(error) if isinstance(error, HfsError) else f"it can't be stored: {error}"
        report.outcome, report.reason = "failed", reason
        report.kept = report.hidden = 0

    def _land_branches(self, conversation: Conversation, fallback: datetime, waiting: _Waiting) -> None:
        report = waiting.report
        ways = [self._way(conversation, branch) for branch in conversation.branches if branch.messages]
        if not ways:
            report.outcome = "empty"
            return
        # Whichever branch is active now: the session that is here already is the one that others branched off.
        first = next((way for way in ways if way.session_id is not None), ways[0])
        report.session_id = first.session_id or None
        chosen = ways if self._options.branches else ways[:1]
        taken = 0
        for way in [first, *(way for way in chosen if way is not first)]:
            if way is first and way not in chosen and way.session_id is not None:
                continue
            if way.session_id is not None:
                self._update(way, report)
            elif self._target.find_deleted(way.uid) is not None:
                self._note_deleted(way.uid, report)
            else:
                fork = None if way is first else (first, taken := taken + 1)
                self._add(conversation, way, fallback, fork, waiting)
            self._claimed.add(way.uid)

    def _way(self, conversation: Conversation, branch: Branch) -> _Way:
        marks = landing.marks(branch)
        candidates = iter(landing.uids(conversation, branch, marks))
        uid = next(candidates)
        session_id = self._target.find(uid)
        if session_id is None:
            for shorter in candidates:
                # Another conversation of this very import is no earlier state of this one.
                found = None if shorter in self._claimed else self._target.find(shorter)
                if found is not None:
                    uid, session_id = shorter, found
                    break
        return _Way(branch, marks, uid, session_id)

    def _note_deleted(self, uid: str, report: ConversationReport) -> None:
        if report.outcome == "present":
            report.outcome = "deleted"
        report.reason = f"it is in the trash; `hfs restore {self._target.find_deleted(uid)}` brings it back"

    def _add(
        self,
        conversation: Conversation,
        way: _Way,
        fallback: datetime,
        fork: tuple[_Way, int] | None,
        waiting: _Waiting,
    ) -> None:
        document = landing.to_document(conversation, way.branch, way.marks, way.uid, fallback)
        SessionImport.give_name(document)
        if fork is not None:
            _name_origin(document, *fork, way)
        report = waiting.report
        way.session_id = self._write(document, way.uid, waiting)
        _count(report, way.branch)
        if fork is None:
            report.outcome, report.session_id = "added", way.session_id or None
        else:
            report.branches += 1
            report.forks += [way.session_id] if way.session_id else []
            if report.outcome != "added":
                report.outcome = "updated"

    def _write(self, document: Document, uid: str, waiting: _Waiting) -> int:
        session_id = self._target.reserve(uid)
        waiting.writes.append((uid, self._pool.submit(self._target.add, session_id, document)))
        return session_id

    def _update(self, way: _Way, report: ConversationReport) -> None:
        if way.uid in self._claimed and len(self._waiting) > 1:
            # It may be on its way still.
            self._finish(1)
        document = self._target.document(way.session_id) if way.session_id else None
        items = landing.additions(document, way.branch, way.marks) if document is not None else []
        if items is None:
            report.reason = "nothing tells which of its messages are here; it is left as it is"
        if not items or way.session_id is None:
            return
        marks = set(way.marks)

        def change(document: Document) -> None:
            fresh = landing.additions(document, way.branch, way.marks) or []
            landing.bring_in(document, fresh, lambda item: item.get(landing.SOURCE_ID) in marks)
            landing.note_last(document, way.marks[-1])

        self._target.change(way.session_id, change)
        report.outcome = "updated"
        report.hidden += sum("hidden" in item for item in items)
        report.kept += sum("hidden" not in item for item in items)

    def _land_document(self, document: Document, waiting: _Waiting) -> None:
        report = waiting.report
        given = document.get("uid")
        marks = landing.document_marks(document)
        if isinstance(given, str) and given:
            uid, session_id = given, self._target.find(given)
        else:
            seeds = [f"hfs\0{mark}" for mark in reversed(marks)] or ["hfs"]
            uids = [self._target.derived_uid(None, seed) for seed in seeds]
            uid = next((one for one in uids if self._target.find(one) and one not in self._claimed), uids[0])
            session_id = self._target.find(uid)
        if session_id is not None:
            self._update_document(document, uid, session_id, report)
        elif self._target.find_deleted(uid) is not None:
            self._note_deleted(uid, report)
        else:
            report.session_id = self._write({**document, "uid": uid}, uid, waiting) or None
            report.outcome = "added"
            _count_items(report, document.get("messages") or [])
        self._claimed.add(uid)

    def _update_document(self, theirs: Document, uid: str, session_id: int, report: ConversationReport) -> None:
        report.session_id = session_id or None
        if uid in self._claimed:
            self._finish(1)
        here = self._target.document(session_id) if session_id else None
        items = landing.document_additions(here, theirs) if here is not None else []
        if not items:
            return
        known = {identity for item in theirs["messages"] for identity in landing.identities(item)}

        def change(document: Document) -> None:
            fresh = landing.document_additions(document, theirs)
            landing.bring_in(document, fresh, lambda item: not known.isdisjoint(landing.identities(item)))

        self._target.change(session_id, change)
        report.outcome = "updated"
        _count_items(report, items)

    def _finish(self, most: int) -> None:
        """Waits until no more than so many conversations are being written."""
        while len(self._waiting) > most:
            waiting = self._waiting.popleft()
            for uid, write in waiting.writes:
                try:
                    write.result()
                except (HfsError, TypeError, ValueError) as error:
                    self._target.forget(uid)
                    self._fail(waiting.report, error)


def _beginning(conversation: Conversation) -> str:
    if conversation.document is not None:
        name = conversation.document.get("name")
        return name if isinstance(name, str) else ""
    messages = conversation.branches[0].messages if conversation.branches else []
    spoken = (message.content for message in messages if message.role == "user" and message.hidden is None)
    return next(spoken, "")[:200]


def _count(report: ConversationReport, branch: Branch) -> None:
    report.hidden += sum(message.hidden is not None for message in branch.messages)
    report.kept += sum(message.hidden is None for message in branch.messages)


def _count_items(report: ConversationReport, items: list[Document]) -> None:
    hidden = sum(isinstance(item, dict) and "hidden" in item for item in items)
    report.hidden += hidden
    report.kept += len(items) - hidden


def _name_origin(document: Document, origin: _Way, number: int, way: _Way) -> None:
    """Says which session a fork branched off, and where."""
    shared = landing.common(origin.marks, way.marks)
    document["forked_from"] = {"uid": origin.uid}
    if shared < len(origin.marks):
        document["forked_from"]["before_message"] = shared + 1
    suffix = " (fork)" if number == 1 else f" (fork {number})"
    document["name"] = document["name"][: NAME_LIMIT - len(suffix)] + suffix
    document["name_source"] = "user"


def run_import(
    target: SessionImport,
    sources: Iterable[Source | Unusable],
    options: ImportOptions,
    progress: Callable[[int], None] = lambda count: None,
) -> ImportReport:
    """Imports files into an open import.

    Raises:
        TransferError: There is no such format.
    """
    if options.form is not None and options.form not in importer_names():
        known = ", ".join(importer_names())
        raise TransferError(f"There is no import format {options.form!r}: expected one of {known}.")
    return Importing(target, options, progress).run(sources)
