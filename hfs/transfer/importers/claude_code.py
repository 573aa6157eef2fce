"""Transcripts of Claude Code: JSONL, a file per session under ``~/.claude/projects``, an internal format without a
version. What it says is taken; what the program put in beside it is folded or counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from hfs.transfer.conversation import Conversation, Tally
from hfs.transfer.fields import as_dict, as_name, as_text
from hfs.transfer.importers._agent_parts import path_parts, settle
from hfs.transfer.importers._claude_code_chain import Link, branches_of
from hfs.transfer.importers._claude_code_messages import MessageReader
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._kinds import Importer, SourceFile, StreamFormat

_NAME: Final = "claude-code"
_BOOKKEEPING: Final = frozenset(
    (
        "system", "attachment", "queue-operation", "last-prompt", "progress", "file-history-snapshot", "agent-name",
        "agent-color", "agent-setting", "mode", "permission-mode", "pr-link", "worktree-state", "content-replacement",
    )
)  # fmt: skip
"""Types of records that hold nothing that was said."""
_MARKS: Final = {
    "user": ("uuid", "sessionId"),
    "assistant": ("uuid", "sessionId"),
    "system": ("uuid", "sessionId"),
    "attachment": ("uuid", "sessionId"),
    "progress": ("uuid", "sessionId"),
    "summary": ("summary", "leafUuid"),
    "custom-title": ("customTitle",),
    "ai-title": ("aiTitle",),
    "queue-operation": ("operation", "sessionId"),
    "last-prompt": ("sessionId",),
    "file-history-snapshot": ("messageId",),
}
"""The texts by which a record of each type is told."""


def _fits(first: Sequence[Any]) -> bool:
    return any(isinstance(record, dict) and _is_record(record) for record in first)


def _is_record(record: dict[str, Any]) -> bool:
    kind = as_text(record.get("type"))
    told = kind in _MARKS and all(as_text(record.get(key)) for key in _MARKS[kind])
    return told and (kind not in ("user", "assistant") or isinstance(record.get("message"), dict))


def _read(records: Iterator[Any], source: SourceFile) -> Iterator[Conversation]:
    transcript = _Transcript()
    for record in records:
        transcript.take(record)
    yield transcript.conversation(source)


class _Transcript:
    """A session, while its records are read."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._reader = MessageReader(self._tally)
        self._links: list[Link] = []
        self._uuids: set[str] = set()
        self._sessions: dict[str, None] = {}
        self._extra: dict[str, Any] = {}
        self._titles: dict[str, str] = {}
        self._summaries: list[tuple[str, object]] = []

    def take(self, record: object) -> None:
        """Reads the next record."""
        if not isinstance(record, dict):
            self._tally.unknown["record that is no object"] += 1
            return
        kind = as_text(record.get("type"))
        session = as_name(record.get("sessionId"))
        if session is not None:
            self._sessions.setdefault(session)
        if kind in ("custom-title", "ai-title"):
            self._titles[kind] = as_text(record.get("customTitle" if kind == "custom-title" else "aiTitle"))
        elif kind == "summary":
            self._summaries.append((as_text(record.get("summary")), record.get("leafUuid")))
        else:
            self._place(record, kind)

    def _place(self, record: dict[str, Any], kind: str) -> None:
        uuid = as_name(record.get("uuid"))
        if uuid is not None and uuid in self._uuids:
            self._tally.skipped["repeated record"] += 1
            return
        link = Link(uuid or f"\0{len(self._links)}", as_name(record.get("parentUuid")))
        if link.parent is None:
            link.parent = as_name(record.get("logicalParentUuid"))
            link.compacted = link.parent is not None
        if uuid is None:
            # What has no name has no place in the chain: it goes with what stands before it.
            link.parent = self._links[-1].uuid if self._links else None
        if self._says(record, kind, link) or uuid is not None:
            self._uuids.add(link.uuid)
            self._links.append(link)

    def _says(self, record: dict[str, Any], kind: str, link: Link) -> bool:
        if kind in ("user", "assistant", "attachment") and record.get("isSidechain") is True:
            self._tally.skipped["sidechain record"] += 1
        elif kind in ("user", "assistant") and not isinstance(record.get("message"), dict):
            self._tally.unknown[f"{kind} record without a message"] += 1
        elif kind == "user":
            link.messages = self._reader.user(record)
            link.starts = any(one.role == "user" and one.hidden in (None, "command") for one in link.messages)
        elif kind == "assistant":
            link.messages = self._reader.assistant(record)
        elif kind == "attachment" and as_dict(record.get("attachment")).get("type") == "queued_command":
            link.messages = self._reader.queued(record)
        elif kind in _BOOKKEEPING:
            self._tally.skipped[f"{kind} record"] += 1
        else:
            count_unknown(self._tally, "record", "type", kind)
        if link.messages:
            for key, value in (("cwd", record.get("cwd")), ("git_branch", record.get("gitBranch"))):
                if as_text(value):
                    self._extra.setdefault(key, value)
        return bool(link.messages)

    def conversation(self, source: SourceFile) -> Conversation:
        """All that was read."""
        for link in self._links:
            said = [message for message in link.messages if settle(message)]
            if len(said) < len(link.messages):
                self._tally.skipped["empty message"] += len(link.messages) - len(said)
                link.messages = said
                link.starts = link.starts and bool(said)
        times = (message.created_at for link in self._links for message in link.messages)
        return Conversation(
            _NAME,
            self._session(source),
            self._title(),
            next((moment for moment in times if moment is not None), None),
            branches_of(self._links, self._tally),
            self._extra,
            self._tally,
        )

    def _session(self, source: SourceFile) -> str | None:
        # A session that was resumed may begin with lines that it copied from the one before it, ids included.
        stem = path_parts(source.name)[-1].split(".")[0]
        return stem if stem in self._sessions else next(iter(self._sessions), None)

    def _title(self) -> str | None:
        """The person's title, else the program's, else a summary of this very session: files collect others' too."""
        own = [text for text, leaf in self._summaries if isinstance(leaf, str) and leaf in self._uuids]
        everyone = list(dict.fromkeys(text for text, _ in self._summaries))
        summary = own[-1] if own else everyone[0] if len(everyone) == 1 else ""
        candidates = (self._titles.get("custom-title", ""), self._titles.get("ai-title", ""), summary)
        return next((title for title in candidates if title.strip()), None)


FORMATS: Final[tuple[Importer, ...]] = (StreamFormat(_NAME, "Claude Code transcript", _fits, _read),)
