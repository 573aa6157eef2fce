"""What a person asked for on the command line that opens the chat."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """How the chat begins."""

    session: int | None = None
    """The session to resume."""
    continue_last: bool = False
    """Resume the last session."""
    pick: bool = False
    """Show the sessions first."""
    model: str | None = None
    """The model to talk to, as ``provider/name``."""
    base_url: str | None = None
    """The address of an OpenAI-compatible server."""
    no_save: bool = False
    """Whether nothing is kept of the chat."""
    resume: str | None = None
    """What names the session to resume, where the store could not be asked for it yet."""
