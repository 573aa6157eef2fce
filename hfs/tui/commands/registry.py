"""What a slash command is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from hfs.tui.commands.chat import Chat

Handler = Callable[[Chat, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: help, completion, the command palette and the command itself come from this one record."""

    name: str
    usage: str
    help: str
    run: Handler
    takes_session: bool = False
    """Whether its argument is a session, whose name can be completed."""
    choices: Callable[[], Sequence[str]] = lambda: ()
    """What its argument may be, where that can be listed."""
    takes_path: bool = False
    """Whether it ends in a path, which can be completed."""
    keeps_place: bool = False
    """Whether what is in view stays in view; else the newest is."""
    while_answering: bool = False
    """Whether it may be used while an answer is coming."""
