"""What happened, as sentences for a person."""

from __future__ import annotations

import re
import time
from typing import Final, Literal, NamedTuple

from hfs.chat.events import (
    AnswerFailed,
    AnswerForked,
    ConversationTrimmed,
    Event,
    MessageNotSaved,
    MessageSaved,
    OutsideEvent,
    SessionBroken,
    SessionChanged,
    SessionRemoved,
    SessionTrouble,
)
from hfs.display import counted, one_line
from hfs.persistence import SessionModel, SessionPage

_ADDRESS: Final = re.compile(r"^[a-z+]+://\S+: ")


class Sentence(NamedTuple):
    """Something to say in the transcript."""

    text: str
    kind: Literal["note", "error"] = "note"


def sentence(event: Event | OutsideEvent, said: str = "") -> Sentence | None:
    """What to say of an event, or None if it speaks for itself.

    Args:
        event: What happened.
        said: What the user had said.
    """
    match event:
        case MessageNotSaved():
            what = one_line(said, 60) + "\n" if event.role == "user" else "The answer is "
            return Sentence(f"{what}not saved, {where_kept(event)}: {event.error}", "error")
        case MessageSaved(message=message) if message.role != "user" and message.status:
            return Sentence(f"The answer was cut short; what came is saved ({one_line(message.status)}).")
        case ConversationTrimmed(dropped=dropped):
            return Sentence(f"The {dropped} oldest messages don't fit into the model's context and were left out.")
        case AnswerFailed(error=error):
            return Sentence(f"{error}\n/retry asks again.", "error")
        case AnswerForked(fork=fork):
            return Sentence(f"The old answer stays in session {fork.id}: {one_line(fork.name)}.")
        case SessionBroken(error=error):
            return Sentence(str(error), "error")
        case SessionRemoved():
            return Sentence("This session was removed. What you say next begins a new one.", "error")
        case SessionChanged(session=session, changes=changes, kept_aside=kept, added=added) if changes and not added:
            back = f" What was taken out is kept: /restore {session.id} puts it back." if kept else ""
            return Sentence(f"Another program changed this session: {changes}.{back}")
        case _:
            return None


def saved_late(count: int) -> Sentence:
    """What to say once messages are saved that could not be before."""
    return Sentence(f"Saved now: {counted(count, 'message')} that could not be saved before.")


def where_kept(event: MessageNotSaved) -> str:
    """Where a message is that could not be saved."""
    return "kept in drafts" if event.draft else "kept in memory only: stay until it is saved"


def trouble(event: MessageNotSaved | SessionBroken | SessionTrouble) -> str:
    """What the status bar says of it."""
    if isinstance(event, MessageNotSaved):
        return f"not saved since {time.strftime('%H:%M')}, {where_kept(event)}"
    if isinstance(event, SessionTrouble):
        return f"not readable since {time.strftime('%H:%M')}: {without_address(event.error)}"
    error = event.error
    return f"{error.path.name}, line {error.line}, column {error.column}: {error.reason}"


def without_address(error: Exception) -> str:
    """An error without the address of the database that it begins with: in the status bar there is no room for both."""
    return _ADDRESS.sub("", str(error))


def warnings_of(session: SessionModel) -> list[Sentence]:
    """What a person should know before they go on with a session."""
    told = [Sentence(session.read_only, "error")] if session.read_only else []
    if session.recovered:
        told.append(
            Sentence(
                "The last write to this session was interrupted; this is what was saved before it. The next message "
                "mends the file, and the original is kept.",
                "error",
            )
        )
    return told


def needs_care(copies: int, damaged: SessionPage) -> list[Sentence]:
    """What in the home folder needs a person.

    Args:
        copies: How many conflict copies there are.
        damaged: Sessions whose files can't be read as a whole, the first of them.
    """
    told = []
    if copies:
        text = f"A sync program left files beside your sessions ({copies}): `hfs merge` brings them together."
        told.append(Sentence(text))
    if damaged.matching:
        ids = [summary.id for summary in damaged.sessions]
        which = ", ".join(map(str, ids)) + ("…" if damaged.matching > len(ids) else "")
        files = counted(damaged.matching, "session file")
        told.append(Sentence(f"{files} can't be read as a whole ({which}): `hfs check` says why.", "error"))
    return told
