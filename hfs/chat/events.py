"""What happens in a conversation, told in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hfs.errors import CorruptSessionError, HfsError, ModelError
from hfs.persistence import Draft, MessageModel, SessionModel


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The first message made a session."""

    session: SessionModel


@dataclass(frozen=True, slots=True)
class MessageSaved:
    """A message is durable."""

    message: MessageModel
    late: bool = False
    """Whether it was said earlier, and could not be saved then."""


@dataclass(frozen=True, slots=True)
class MessageNotSaved:
    """A message could not be saved."""

    error: HfsError
    draft: Draft | None
    """Where it is kept, unless that failed too."""
    role: str = "user"
    """Who said it."""


@dataclass(frozen=True, slots=True)
class ConversationTrimmed:
    """The oldest messages were left out, so that the others fit into the model's context."""

    dropped: int
    kept: int


@dataclass(frozen=True, slots=True)
class ContextUsed:
    """How much of the model's context the conversation takes."""

    tokens: int
    """About."""
    limit: int


@dataclass(frozen=True, slots=True)
class AnswerStarted:
    """The model was asked."""

    model_name: str


@dataclass(frozen=True, slots=True)
class AnswerChunk:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerFailed:
    """There is no answer, or not all of one. What came is saved, marked as interrupted."""

    error: ModelError


@dataclass(frozen=True, slots=True)
class AnswerForked:
    """The answer that is asked for again is kept in another session."""

    fork: SessionModel


Event = (
    AnswerForked
    | SessionStarted
    | MessageSaved
    | MessageNotSaved
    | ConversationTrimmed
    | ContextUsed
    | AnswerStarted
    | AnswerChunk
    | AnswerFailed
)


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """Another program changed the session."""

    session: SessionModel
    changes: str
    """What is different with its messages, in words; empty if nothing is."""
    kept_aside: int
    """How many messages that it took out are in the trash now."""
    added: Sequence[MessageModel] = ()
    """The messages that it added, if it did nothing else with messages."""


@dataclass(frozen=True, slots=True)
class SessionRemoved:
    """Another program removed the session."""

    session_id: int


@dataclass(frozen=True, slots=True)
class SessionBroken:
    """Another program left something in the file that doesn't parse."""

    error: CorruptSessionError


@dataclass(frozen=True, slots=True)
class SessionTrouble:
    """The session can't be read. When it can be again, ``SessionChanged`` says so."""

    error: HfsError


OutsideEvent = SessionChanged | SessionRemoved | SessionBroken | SessionTrouble
