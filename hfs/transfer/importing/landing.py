"""Conversations into sessions: new ones are added, known ones get what is new, nothing comes in twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from hfs.display import counted
from hfs.errors import HfsError, TransferError
from hfs.persistence import NAME_LIMIT, SessionImport
from hfs.transfer.conversation import Branch, Conversation
from hfs.transfer.importing import documents
from hfs.transfer.importing.documents import Document
from hfs.transfer.importing.report import ConversationReport
from hfs.transfer.under_way import UnderWay, Writes
from hfs.transfer.writers import Writer


@dataclass(slots=True)
class _Way:
    """A branch, and the session that it is, or will be."""

    branch: Branch
    marks: list[str]
    uid: str
    session_id: int | None
    is_new: bool = False


class Landing:
    """Brings conversations in.

    Args:
        target: Where to.
        writer: Writes what is new.
        branches: Whether other branches than the active one come in.
    """

    def __init__(self, target: SessionImport, writer: Writer, *, branches: bool) -> None:
        self._target = target
        self._branches = branches
        self._claimed: set[str] = set()
        self.under_way: UnderWay[ConversationReport] = UnderWay(target, writer)
        self.reports: list[ConversationReport] = []
        """What became of each, in order. One is final once it is no longer under way."""

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
        writes = self.under_way.begin(report)
        try:
            if conversation.document is not None:
                self._land_document(conversation.document, writes)
            else:
                self._land_branches(conversation, modified or datetime.now(UTC), writes)
        except (HfsError, TypeError, ValueError, MemoryError) as error:
            report.fail(error)
        except KeyboardInterrupt:
            report.fail(TransferError("It was stopped in the middle; the same command goes on with it."))
            raise

    def _land_branches(
        self, conversation: Conversation, fallback: datetime, writes: Writes[ConversationReport]
    ) -> None:
        report = writes.report
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
                self._note_deleted(way.uid, report, is_fork=way is not first)
            else:
                fork = None if way is first else (first, taken := taken + 1)
                self._add(conversation, way, fallback, fork, writes)
            self._claimed.add(self._target.key(way.uid))

    def _way(self, conversation: Conversation, branch: Branch) -> _Way:
        marks = documents.marks(branch)
        candidates = iter(documents.uids(conversation, branch, marks))
        uid = next(candidates)
        session_id = self._find(uid)
        if session_id is None and self._target.find_deleted(uid) is None:
            shorter = next(filter(self._was_here, candidates), None)
            if shorter is not None:
                uid, session_id = shorter, self._target.find(shorter)
        return _Way(branch, marks, uid, session_id)

    def _was_here(self, uid: str) -> bool:
        """Whether there is, or was, a session of that uid before this import.

        Another conversation of this very import is no earlier state of one.
        """
        if self._target.key(uid) in self._claimed:
            return False
        return self._target.find(uid) is not None or self._target.find_deleted(uid) is not None

    def _find(self, uid: str) -> int | None:
        """The session of a uid. One that is on its way still is waited for: it may turn out that it can't be stored."""
        if self._target.key(uid) in self._claimed:
            self.under_way.finish(1)
        return self._target.find(uid)

    def _note_deleted(self, uid: str, report: ConversationReport, *, is_fork: bool = False) -> None:
        if report.outcome == "present" and not is_fork:
            report.outcome = "deleted"
        what = "another branch" if is_fork else "it"
        report.reason = f"{what} is in the trash; `hfs restore {self._target.find_deleted(uid)}` brings it back"

    def _add(
        self,
        conversation: Conversation,
        way: _Way,
        fallback: datetime,
        fork: tuple[_Way, int] | None,
        writes: Writes[ConversationReport],
    ) -> None:
        document = documents.to_document(conversation, way.branch, way.marks, way.uid, fallback)
        SessionImport.give_name(document)
        if fork is not None:
            self._name_origin(document, *fork, way)
        report = writes.report
        way.session_id, way.is_new = self.under_way.write(writes, way.uid, document), True
        report.count(document["messages"])
        if fork is None:
            report.outcome, report.session_id = "added", way.session_id or None
        else:
            report.branches += 1
            report.forks += [way.session_id] if way.session_id else []
            if report.outcome != "added":
                report.outcome = "updated"

    def _update(self, way: _Way, report: ConversationReport) -> None:
        document = self._target.document(way.session_id) if way.session_id else None
        if document is None or way.session_id is None:
            return
        items = documents.additions(document, way.branch, way.marks)
        if items is None:
            raise TransferError(
                f"Session {way.session_id} came from a conversation of this id, but nothing in it tells which of these "
                "messages are here. It is left as it is, and nothing was added."
            )
        longer = documents.go_on(document, way.branch, way.marks)
        if not items and not longer:
            return
        marks = set(way.marks)

        def change(document: Document) -> None:
            documents.go_on(document, way.branch, way.marks)
            fresh = documents.additions(document, way.branch, way.marks)
            if fresh:
                documents.bring_in(document, fresh, lambda item: documents.source_id(item) in marks)
                documents.note_last(document, way.marks[-1])

        self._target.change(way.session_id, change)
        report.outcome = "updated"
        if longer:
            report.reason = f"{counted(longer, 'message')} went on"
        report.count(items)

    def _land_document(self, document: Document, writes: Writes[ConversationReport]) -> None:
        report = writes.report
        given = document.get("uid")
        marks = documents.document_marks(document)
        if isinstance(given, str) and given:
            uid = given
        else:
            seeds = [f"hfs\0{mark}" for mark in reversed(marks)] or ["hfs"]
            uids = [self._target.derived_uid(None, seed) for seed in seeds]
            uid = next(filter(self._was_here, uids), uids[0])
        session_id = self._find(uid)
        if session_id is not None:
            self._update_document(document, session_id, report)
        elif self._target.find_deleted(uid) is not None:
            self._note_deleted(uid, report)
        else:
            report.session_id = self.under_way.write(writes, uid, {**document, "uid": uid}) or None
            report.outcome = "added"
            report.count(document.get("messages") or [])
        self._claimed.add(self._target.key(uid))

    def _update_document(self, theirs: Document, session_id: int, report: ConversationReport) -> None:
        report.session_id = session_id or None
        here = self._target.document(session_id) if session_id else None

        def additions(document: Document) -> list[Document]:
            found = documents.document_additions(document, theirs)
            gone = self._target.taken_out(session_id, document) if found else []
            return documents.document_additions(document, theirs, gone) if gone else found

        items = additions(here) if here is not None else []
        if not items:
            return
        known = {identity for item in theirs["messages"] for identity in documents.identities(item)}

        def change(document: Document) -> None:
            documents.bring_in(
                document, additions(document), lambda item: not known.isdisjoint(documents.identities(item))
            )

        self._target.change(session_id, change)
        report.outcome = "updated"
        report.count(items)

    def _name_origin(self, document: Document, origin: _Way, number: int, way: _Way) -> None:
        """Says which session a fork branched off, and where."""
        place = self._place(origin, documents.common(origin.marks, way.marks))
        document["forked_from"] = {"uid": origin.uid, **({"before_message": place} if place is not None else {})}
        suffix = " (fork)" if number == 1 else f" (fork {number})"
        document["name"] = document["name"][: NAME_LIMIT - len(suffix)] + suffix
        document["name_source"] = "user"

    def _place(self, way: _Way, shared: int) -> int | None:
        """The number in a session of its first message behind so many of the source; None where there is none."""
        here = self._target.document(way.session_id) if way.session_id and not way.is_new else None
        if here is None:
            return shared + 1 if shared < len(way.marks) else None
        numbers = {
            documents.source_id(item): item.get("id") for item in here.get("messages") or [] if isinstance(item, dict)
        }
        return next((numbers[mark] for mark in way.marks[shared:] if type(numbers.get(mark)) is int), None)


def _beginning(conversation: Conversation) -> str:
    if conversation.document is not None:
        name = conversation.document.get("name")
        return name if isinstance(name, str) else ""
    messages = conversation.branches[0].messages if conversation.branches else []
    spoken = (message.content for message in messages if message.role == "user" and message.hidden is None)
    return next(spoken, "")[:200]
