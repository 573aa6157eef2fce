"""Slash commands on the program itself."""

from __future__ import annotations

from typing import Final

from hfs.display import one_line
from hfs.tui.commands.chat import Chat
from hfs.tui.commands.registry import Command


async def _model(chat: Chat, argument: str) -> None:
    await chat.note(f"Model: {one_line(await chat.choose_model(argument or None))}")


async def _system(chat: Chat, argument: str) -> None:
    if argument:
        chat.session.system = None if argument == "none" else argument
    told = chat.session.system
    await chat.note(f"The model is told first: {told}" if told else "The model is told nothing first.")


async def _theme(chat: Chat, argument: str) -> None:
    if not chat.choose_theme(argument):
        await chat.note(
            f"There are no colours called {one_line(argument, 40)!r}. /theme alone lets you choose.", "error"
        )


async def _config(chat: Chat, argument: str) -> None:
    await chat.note(f"Settings: {chat.repo.home / 'config.toml'}. `hfs config show` says what holds.")


async def _clear(chat: Chat, argument: str) -> None:
    await chat.transcript.show_messages([])


async def _exit(chat: Chat, argument: str) -> None:
    await chat.leave()


def _themes() -> list[str]:
    from textual.theme import BUILTIN_THEMES

    return ["hfs-dark", "hfs-light", *sorted(BUILTIN_THEMES)]


def _models() -> list[str]:
    from hfs.models.providers import provider_names

    return ["local", *(f"{name}/" for name in provider_names())]


COMMANDS: Final = (
    Command("model", "/model [<name>]", "Show or change the model, as provider/name.", _model, choices=_models),
    Command("system", "/system [<text>|none]", "Show or change what the model is told first, in this chat.", _system),
    Command("theme", "/theme [<name>]", "Choose the colours.", _theme, choices=_themes, while_answering=True),
    Command("config", "/config", "Say where the settings are.", _config, while_answering=True),
    Command("clear", "/clear", "Empty the screen; the session goes on.", _clear),
    Command("exit", "/exit", "Quit.", _exit, while_answering=True),
)
