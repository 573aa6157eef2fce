"""Markdown for people: a heading for each message, its text as it is."""

from __future__ import annotations

from hfs.display import display, one_line
from hfs.persistence import MessageModel, SessionModel


def export(session: SessionModel) -> bytes:
    """The conversation as Markdown."""
    parts = [f"# {_plain(session.name)}\n"]
    parts += [f"{_heading(message)}\n\n{display(message.content).rstrip()}\n" for message in session.messages]
    return "\n".join(parts).encode("utf-8", "replace")


def _heading(message: MessageModel) -> str:
    detail = [_plain(part) for part in (message.model, message.status) if part]
    moment = f"{message.created_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"## {_plain(message.role)} · {' · '.join([moment, *detail])}"


def _plain(text: str) -> str:
    """A name in a heading, so that nothing in it is markup."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#&" else c for c in one_line(text, 255))
