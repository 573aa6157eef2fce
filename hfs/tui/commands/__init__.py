"""The slash commands: one record each, from which help, completion and the command palette come too."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Final

from hfs.display import one_line
from hfs.errors import HfsError
from hfs.tui.commands import messages, organise, program, sessions, transfer
from hfs.tui.commands.chat import Chat
from hfs.tui.commands.paths import path_completions
from hfs.tui.commands.registry import Command

__all__ = ["COMMANDS", "Chat", "Command", "completions", "hints", "run_command"]


async def _help(chat: Chat, argument: str) -> None:
    # The screens whose keys are told import this module.
    from hfs.tui.keys import chat_keys

    first = chat.transcript.block_count
    await chat.transcript.show_table(
        ["Command", "What it does"], [[command.usage, command.help] for command in COMMANDS]
    )
    await chat.transcript.show_table(["Key", "What it does"], [list(row) for row in chat_keys().rows])
    chat.transcript.show_from(first)


COMMANDS: Final = (
    Command("help", "/help", "Show the commands and keys.", _help, while_answering=True),
    *sessions.COMMANDS,
    *transfer.COMMANDS,
    *organise.COMMANDS,
    *messages.COMMANDS,
    *program.COMMANDS,
)
_BY_NAME: Final = {command.name: command for command in COMMANDS}


async def run_command(chat: Chat, line: str) -> None:
    """Runs what a person typed after a slash; what fails is said in the transcript."""
    name, _, argument = line[1:].partition(" ")
    command = _BY_NAME.get(name)
    if command is None or not command.keeps_place:
        chat.transcript.action_follow()
    if command is None:
        near = difflib.get_close_matches(name, _BY_NAME, 3)
        hint = f"Did you mean {', '.join('/' + other for other in near)}?" if near else "/help lists the commands."
        await chat.note(f"There is no command /{one_line(name, 30)}. {hint} To send it as text, type //.", "error")
        return
    if chat.is_answering and not command.while_answering:
        await chat.note("An answer is coming: Esc stops it.")
        return
    try:
        await command.run(chat, argument.strip())
    except HfsError as error:
        await chat.note(str(error), "error")


def session_argument(beginning: str) -> str | None:
    """The part of a session's name that was typed after a command; None where no such name belongs."""
    name, space, argument = beginning[1:].partition(" ")
    command = _BY_NAME.get(name) if beginning.startswith("/") and space and "\n" not in beginning else None
    return argument if command is not None and command.takes_session else None


def completions(beginning: str, session_names: Sequence[str] = ()) -> list[str]:
    """What a beginning may become: a command, or a command with a session's name.

    Args:
        beginning: What was typed.
        session_names: The names that fit what was typed of one.
    """
    if not beginning.startswith("/") or "\n" in beginning:
        return []
    name, space, argument = beginning[1:].partition(" ")
    if not space:
        return [f"/{command.name} " for command in COMMANDS if command.name.startswith(name)]
    command = _BY_NAME.get(name)
    if command is None:
        return []
    names = session_names if command.takes_session else ()
    choices = [choice for choice in command.choices() if choice.startswith(argument)]
    paths = _paths(argument, command.choices()) if command.takes_path else []
    return [f"/{name} {one_line(known, 255)}" for known in [*names, *choices, *paths]][:20]


def _paths(argument: str, choices: Sequence[str]) -> list[str]:
    """What an argument may become that is a path, or a choice and a path."""
    first, space, rest = argument.partition(" ")
    before, typed = (f"{first} ", rest) if space and first in choices else ("", argument)
    return [f"{before}{path}" for path in path_completions(typed)] if typed else []


def hints(beginning: str) -> list[Command]:
    """The commands that a person may be typing."""
    if not beginning.startswith("/") or beginning.startswith("//") or "\n" in beginning:
        return []
    name, space, _ = beginning[1:].partition(" ")
    return [command for command in COMMANDS if (command.name == name if space else command.name.startswith(name))]
