"""What a check of a store reads and finds, as values, whichever engine keeps the sessions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from hfs.persistence._time import parse_time
from hfs.persistence.models import Draft

Level = Literal["damage", "problem", "remark"]


@dataclass(slots=True)
class Finding:
    """One thing that is not as it should be.

    Example:
        >>> from pathlib import Path
        >>> from hfs.persistence import open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread")
        ...     Path("chats/sessions/1.json").write_text("{") and None
        ...     report = store.check()
        >>> [(finding.kind, finding.level, finding.session_id) for finding in report.findings]
        [('damaged', 'damage', 1)]
    """

    kind: str
    """``damaged``, ``interrupted-write``, ``newer-format``, ``wrong-id``, ``message-ids``, ``same-uid``, ``mode``,
    ``conflict-copy``, ``stray-file``, ``leftover``, ``draft``, ``settings``, ``network-file-system`` or
    ``unreadable``."""
    level: Level
    """``damage``: words may be lost. ``problem``: it should be mended. ``remark``: worth knowing."""
    text: str
    """What was found, in a sentence without its place."""
    path: str
    """The file or folder, or the address of a database."""
    session_id: int | None = None
    """The session; None where it is about no single one."""
    line: int = 0
    """Counted from 1; 0 where there is no such place."""
    column: int = 0
    """In characters, counted from 1; 0 where there is no such place."""
    remedy: str | None = None
    """What a repair does, or what a person can do."""
    mended: bool = False
    """Whether a repair has done it."""


@dataclass(slots=True)
class CheckReport:
    """What a check read and found.

    Example:
        >>> from hfs.persistence import open_store
        >>> with open_store("chats") as store:
        ...     session = store.create("Bread")
        ...     report = store.check()
        >>> report.sessions, report.messages, report.is_well
        (1, 0, True)
    """

    home: str
    """What was checked: a folder, or the address of a database."""
    sessions: int = 0
    """How many sessions were read."""
    messages: int = 0
    """How many messages they have."""
    findings: list[Finding] = field(default_factory=list)
    """What is not as it should be."""
    size: int = 0
    """Of the files of the sessions, in bytes; 0 where they are rows."""
    oldest: datetime | None = None
    """When the first of the sessions was begun; None where that is not known."""
    newest: datetime | None = None
    """When the last of them was begun."""

    @property
    def is_well(self) -> bool:
        """Whether nothing but remarks is left."""
        return all(finding.mended or finding.level == "remark" for finding in self.findings)

    def add_session(self, messages: int = 0, created_at: object = None, size: int = 0) -> None:
        """Counts a session. For the engines of hfs.

        Args:
            messages: How many messages it has.
            created_at: When it was begun, as its document has it; anything else counts as not known.
            size: Of its file, in bytes.
        """
        self.sessions += 1
        self.messages += messages
        self.size += size
        begun = parse_time(created_at)
        if begun is not None:
            self.oldest = begun if self.oldest is None else min(self.oldest, begun)
            self.newest = begun if self.newest is None else max(self.newest, begun)

    def add_drafts(self, drafts: Iterable[Draft]) -> None:
        """Notes words that are not in their session yet. For the store itself.

        Args:
            drafts: What is kept outside the sessions.
        """
        for draft in drafts:
            text = f"words that are not in session {draft.session_id} yet ({len(draft.content)} characters)"
            remedy = "the next hfs saves them, once the session can be written"
            self.findings.append(Finding("draft", "remark", text, draft.path, draft.session_id, remedy=remedy))
