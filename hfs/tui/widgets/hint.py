"""The commands that what is typed may become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from textual.content import Content
from textual.widgets import Static

_MOST: Final = 6


class Usable(Protocol):
    """A command as a person sees it."""

    @property
    def usage(self) -> str:
        """How it is typed."""
        ...

    @property
    def help(self) -> str:
        """What it does."""
        ...


class CommandHint(Static):
    """A few lines above the prompt; nothing where no command is typed.

    Each command has a line: what is taller than the hint may be would be cut off unseen.
    """

    def show(self, commands: Sequence[Usable]) -> None:
        """Shows these commands."""
        shown = commands[:_MOST]
        width = max((len(command.usage) for command in shown), default=0)
        lines = [f"{command.usage:{width}}  {command.help}" for command in shown]
        if len(commands) > len(shown):
            lines.append(f"and {len(commands) - len(shown)} more; Tab completes")
        self.update(Content("\n".join(lines)))
        self.display = bool(commands)
