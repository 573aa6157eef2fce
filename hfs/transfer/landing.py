"""Conversations into sessions: new ones are added, known ones get what is new, nothing comes in twice."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from hfs.errors import HfsError
from hfs.persistence import NAME_LIMIT, SessionImport
from hfs.transfer import documents
from hfs.transfer.conversation import Branch, Conversation
from hfs.transfer.documents import Document
from hfs.transfer.report import ConversationReport
from hfs.transfer.writers import Writer

_MOST_WAITING: Final = 32
"""How many conversations may wait to be written: what memory holds beside the one that is read."""
_MOST_WEIGHT: Final = 16 << 20
"""How many characters they may have together."""


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
    writes: list[tuple[str, Future[None]]] = field(default_factory=list)
    weight: int = 0
    """How many characters its messages have."""


class Landing:
    """Brings conversations in.

    Args:
        target: Where to.
        writer: Writes what is new.
        branches: Whether other branches than the active one come in.
    """

    def __init__(self, target: SessionImport, writer: Writer, *, branches: bool) -> None:
        self._target = target
        self._writer = writer
        self._branches = branches
        self._claimed: set[str] = set()
        self._waiting: deque[_Waiting] = deque()
        self.reports: list[ConversationReport] = []
        """What became of each, in order. One is final once ``finish`` has waited for it."""

    def land(self, conversation: Conversation, file: str, modified: datetime | None) -> None:
        """Brings a conversation in, or what is new of it.

        Args:
            conversation: What was read.
            file: Where, for the report.
            modified: When that was changed last: when it was said, where nothing else tells.
        """
        report = ConversationReport(
            file,
            conversation.format,
            conversation.id,
            conversation.name or _beginning(conversation),
            skipped=dict(conversation.tally.skipped),
            unknown=dict(conversation.tally.unknown),
        )
        self.reports.append(report)
        waiting = _Waiting(report)
        self._waiting.append(waiting)
        try:
            if conversation.document is not None:
                self._land_document(conversation.document, waiting)
            else:
                self._land_branches(conversation, modified or datetime.now(UTC), waiting)
        except (HfsError, TypeError, ValueError) as error:
            _fail(report, error)

    def _land_branches(self, conversation: Conversation, fallback: datetime, waiting: _Waiting) -> None:
        report = waiting.report
        ways = [self._way(conversation, branch) for branch in conversation.branches if branch.messages]
        if not ways:
            report.outcome = "empty"
            return
        # Whichever branch is active now: the session that is here already is the one that others branched off.
        first = next((way for way in ways if way.session_id is not None), ways[0])
        report.session_id = first.session_id or None
        chosen = ways if self._branches else ways[:1]
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
            self._claimed.add(self._target.key(way.uid))

    def _way(self, conversation: Conversation, branch: Branch) -> _Way:
        marks = documents.marks(branch)
        candidates = iter(documents.uids(conversation, branch, marks))
        uid = next(candidates)
        session_id = self._find(uid)
        if session_id is None:
            for shorter in candidates:
                # Another conversation of this very import is no earlier state of this one.
                found = None if self._target.key(shorter) in self._claimed else self._target.find(shorter)
                if found is not None:
                    uid, session_id = shorter, found
                    break
        return _Way(branch, marks, uid, session_id)

    def _find(self, uid: str) -> int | None:
        """The session of a uid. One that is on its way still is waited for: it may turn out that it can't be stored."""
        if self._target.key(uid) in self._claimed:
            self.finish(1)
        return self._target.find(uid)

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
        document = documents.to_document(conversation, way.branch, way.marks, way.uid, fallback)
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
        waiting.weight += sum(len(item["content"]) for item in document["messages"])
        session_id = self._target.reserve(uid)
        waiting.writes.append((uid, self._writer.submit(session_id, document)))
        return session_id

    def _update(self, way: _Way, report: ConversationReport) -> None:
        document = self._target.document(way.session_id) if way.session_id else None
        items = documents.additions(document, way.branch, way.marks) if document is not None else []
        if items is None:
            report.reason = "nothing tells which of its messages are here; it is left as it is"
        goes_on = document is not None and documents.go_on(document, way.branch, way.marks)
        if not (items or goes_on) or way.session_id is None:
            return
        marks = set(way.marks)

        def change(document: Document) -> None:
            documents.go_on(document, way.branch, way.marks)
            fresh = documents.additions(document, way.branch, way.marks) or []
            documents.bring_in(document, fresh, lambda item: documents.source_id(item) in marks)
            documents.note_last(document, way.marks[-1])

        self._target.change(way.session_id, change)
        report.outcome = "updated"
        if goes_on:
            report.reason = "its last message went on"
        _count_items(report, items or [])

    def _land_document(self, document: Document, waiting: _Waiting) -> None:
        report = waiting.report
        given = document.get("uid")
        marks = documents.document_marks(document)
        if isinstance(given, str) and given:
            uid = given
        else:
            seeds = [f"hfs\0{mark}" for mark in reversed(marks)] or ["hfs"]
            uids = [self._target.derived_uid(None, seed) for seed in seeds]
            uid = next(
                (one for one in uids if self._target.find(one) and self._target.key(one) not in self._claimed), uids[0]
            )
        session_id = self._find(uid)
        if session_id is not None:
            self._update_document(document, session_id, report)
        elif self._target.find_deleted(uid) is not None:
            self._note_deleted(uid, report)
        else:
            report.session_id = self._write({**document, "uid": uid}, uid, waiting) or None
            report.outcome = "added"
            _count_items(report, document.get("messages") or [])
        self._claimed.add(self._target.key(uid))

    def _update_document(self, theirs: Document, session_id: int, report: ConversationReport) -> None:
        report.session_id = session_id or None
        here = self._target.document(session_id) if session_id else None
        items = documents.document_additions(here, theirs) if here is not None else []
        if not items:
            return
        known = {identity for item in theirs["messages"] for identity in documents.identities(item)}

        def change(document: Document) -> None:
            fresh = documents.document_additions(document, theirs)
            documents.bring_in(document, fresh, lambda item: not known.isdisjoint(documents.identities(item)))

        self._target.change(session_id, change)
        report.outcome = "updated"
        _count_items(report, items)

    def relieve(self) -> None:
        """Waits until so little is being written that memory is no worry."""
        while len(self._waiting) > _MOST_WAITING or sum(one.weight for one in self._waiting) > _MOST_WEIGHT:
            if len(self._waiting) == 1:
                return
            self.finish(len(self._waiting) - 1)

    def finish(self, most: int) -> None:
        """Waits until no more than so many conversations are being written."""
        while len(self._waiting) > most:
            waiting = self._waiting.popleft()
            for uid, write in waiting.writes:
                try:
                    write.result()
                except (HfsError, TypeError, ValueError) as error:
                    self._target.forget(uid)
                    _fail(waiting.report, error)


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
    shared = documents.common(origin.marks, way.marks)
    document["forked_from"] = {"uid": origin.uid}
    if shared < len(origin.marks):
        document["forked_from"]["before_message"] = shared + 1
    suffix = " (fork)" if number == 1 else f" (fork {number})"
    document["name"] = document["name"][: NAME_LIMIT - len(suffix)] + suffix
    document["name_source"] = "user"


def _fail(report: ConversationReport, error: Exception) -> None:
    reason = str(error) if isinstance(error, HfsError) else f"it can't be stored: {error}"
    report.outcome, report.reason = "failed", reason
    report.kept = report.hidden = 0
