"""The commands that what is typed may become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from rich.console import Group
from rich.table import Table
from rich.text import Text
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
    """A few lines above the prompt; nothing where no command is typed."""

    def show(self, commands: Sequence[Usable]) -> None:
        """Shows these commands."""
        shown = commands[:_MOST]
        lines = Table.grid(padding=(0, 2, 0, 0), expand=True)
        lines.add_column(no_wrap=True)
        # A line each: what is taller than the hint may be would be cut off unseen.
        lines.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        for command in shown:
            lines.add_row(Text(command.usage), Text(command.help))
        more = len(commands) - len(shown)
        self.update(Group(lines, Text(f"and {more} more; Tab completes")) if more else lines)
        self.display = bool(commands)
