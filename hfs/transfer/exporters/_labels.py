"""What the formats for people say about a session and its messages: the same words in each, times in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from hfs.display import counted, one_line
from hfs.persistence import MessageModel, SessionModel

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
"""Not ``strftime``'s, which follow the machine's language."""
_SPEAKERS: Final = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}


def day(moment: datetime) -> str:
    """A date: ``24 November 2026``."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def clock(moment: datetime) -> str:
    """A time of day: ``01:55``."""
    return f"{moment.astimezone(UTC):%H:%M}"


def when(session: SessionModel) -> str:
    """From when to when it was spoken."""
    times = [message.created_at for message in session.messages] or [session.created_at]
    first, last = min(times), max(times)
    begin, end = f"{day(first)}, {clock(first)}", f"{day(last)}, {clock(last)}"
    if day(first) != day(last):
        return f"{begin} – {end} UTC"
    return f"{begin} UTC" if begin == end else f"{begin}–{clock(last)} UTC"


def how_much(session: SessionModel) -> str:
    """How many messages there are, and how many of them are folded."""
    folded = sum(message.hidden is not None for message in session.messages)
    said = counted(len(session.messages) - folded, "message")
    return f"{said}, {folded:,} folded" if folded else said


def models(session: SessionModel) -> list[str]:
    """The models that spoke, in the order in which they did first."""
    return list(dict.fromkeys(one_line(message.model) for message in session.messages if message.model))


def speaker(message: MessageModel) -> str:
    """Who spoke."""
    return _SPEAKERS.get(message.role) or one_line(message.role, 40) or "?"


def marks(message: MessageModel) -> list[str]:
    """What is to be known of the text: ``interrupted``, ``edited``."""
    found = [one_line(message.status, 40)] if message.status else []
    return [*found, "edited"] if "edited_at" in message.extra else found
