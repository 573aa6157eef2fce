"""The part of ``reference/slash-commands.md`` that is the registry of the chat's commands."""

from __future__ import annotations

from docs.generate.markdown import code, prose, table
from hfs.tui.commands import COMMANDS


def slash_commands() -> str:
    """A table of all slash commands."""
    rows = [
        [code(command.usage), prose(command.help), "yes" if command.while_answering else ""] for command in COMMANDS
    ]
    return table(["Command", "What it does", "While an answer comes"], rows)
