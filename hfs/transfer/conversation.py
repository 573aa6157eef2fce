"""What an importer reads: a conversation as its source has it, before it becomes a session. No input, no output."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class ForeignMessage:
    """A message of a source."""

    role: str
    """``user``, ``assistant``, ``system`` or ``tool``."""
    content: str
    id: str | None = None
    """The source's own id; None where the source has none."""
    created_at: datetime | None = None
    """Aware; None where the source doesn't say."""
    model: str | None = None
    status: str | None = None
    hidden: str | None = None
    """What it is, in one or two words (``tool result``, ``system prompt``), where it is kept but is no part of the
    chat: shown folded, never sent to a model."""
    reasoning: str = ""
    """What the model thought before it answered; shown folded."""
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    """Calls that an assistant made: ``{"id", "name", "arguments"}``; shown folded."""
    attachments: list[dict[str, Any]] = field(default_factory=list)
    """Files that went with it: ``{"name", "type", "size", …}``, without their bytes; shown folded."""
    extra: dict[str, Any] = field(default_factory=dict)
    """More keys worth keeping, JSON values; none of the names above."""


@dataclass(slots=True)
class Branch:
    """One way through a conversation, from its first message to a last one."""

    messages: list[ForeignMessage]
    key: str | None = None
    """The source's id of the node where it leaves an older branch, which stays the same while the conversation
    grows; None for the oldest branch."""


@dataclass(slots=True)
class Tally:
    """What of a source did not become a message, by reason, so that a report can say it."""

    skipped: Counter[str] = field(default_factory=Counter)
    """Left out on purpose: ``empty message``, ``sidechain record``, … in the singular."""
    unknown: Counter[str] = field(default_factory=Counter)
    """Left out because hfs doesn't know it: ``record of type "x"``, ``content of type "y"``, …"""


@dataclass(slots=True)
class Conversation:
    """A conversation of a source.

    Either ``branches`` or ``document`` is given.
    """

    format: str
    """The importer's name."""
    id: str | None
    """The source's own id of it; None where the source has none, and it is told by its messages."""
    name: str | None = None
    """Its title; None where the source has none, and it is named after its first user message."""
    created_at: datetime | None = None
    branches: list[Branch] = field(default_factory=list)
    """The active one first."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Keys of the session worth keeping: ``tags``, ``archived``, ``pinned``, ``cwd``, … as JSON values."""
    tally: Tally = field(default_factory=Tally)
    document: dict[str, Any] | None = None
    """A session document of hfs itself, as it was exported."""
