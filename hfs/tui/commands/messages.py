"""Slash commands on what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hfs.tui.commands.chat import Chat
from hfs.tui.commands.registry import Command

if TYPE_CHECKING:
    from hfs.persistence import MessageModel


async def _retry(chat: Chat, argument: str) -> None:
    chat.retry()


async def _edit(chat: Chat, argument: str) -> None:
    words = argument.split()
    fork = "nofork" not in words
    message = await _chosen(chat, [word for word in words if word != "nofork"], "user", "/edit [<n>] [nofork]")
    if message is not None:
        chat.begin_edit(message.id, message.content, fork=fork)


async def _goto(chat: Chat, argument: str) -> None:
    message = await _chosen(chat, argument.split(), "user", "/goto <n>")
    if message is not None and not chat.transcript.jump(message.id):
        await chat.note("It is not on the screen: /clear took it away; /resume shows it again.", "error")


async def _copy(chat: Chat, argument: str) -> None:
    message = await _chosen(chat, argument.split(), "assistant", "/copy [<n>]")
    if message is not None:
        chat.copy(message.content)
        await chat.note(f"Message {message.id} is on the clipboard.")


async def _unfold(chat: Chat, argument: str) -> None:
    await _set_folds(chat, argument, unfolded=True)


async def _fold(chat: Chat, argument: str) -> None:
    await _set_folds(chat, argument, unfolded=False)


async def _set_folds(chat: Chat, argument: str, *, unfolded: bool) -> None:
    command = "unfold" if unfolded else "fold"
    message = None
    if argument:
        message = await _chosen(chat, argument.split(), "", f"/{command} [<n>]")
        if message is None:
            return
    if not chat.transcript.unfold(unfolded, message.id if message else None):
        chat.transcript.action_follow()
        what = f"There is nothing to {command}"
        await chat.note(f"{what} in message {message.id}." if message else f"{what}.")


async def _chosen(chat: Chat, words: list[str], role: str, usage: str) -> MessageModel | None:
    """The message of a number, or the last of a role; says what is wrong where there is none."""
    if len(words) > 1 or not all(word.isascii() and word.isdigit() for word in words):
        chat.transcript.action_follow()
        await chat.note(f"Usage: {usage}; <n> stands before each message.", "error")
        return None
    messages = chat.session.messages
    fitting = [m for m in messages if (str(m.id) == words[0] if words else m.role == role and not m.hidden)]
    if not fitting:
        chat.transcript.action_follow()
        await chat.note(f"There is no message {words[0]}." if words else "There is no such message yet.", "error")
        return None
    return fitting[-1]


COMMANDS: Final = (
    Command("retry", "/retry", "Ask the last question again; the old answer stays in a fork.", _retry),
    Command("edit", "/edit [<n>] [nofork]", "Change a message; the old text stays in a fork unless `nofork`.", _edit),
    Command("goto", "/goto [<n>]", "Go to message <n>, or to your last one.", _goto, while_answering=True),
    Command(
        "unfold",
        "/unfold [<n>]",
        "Show what is folded: tool calls, reasoning, attachments.",
        _unfold,
        keeps_place=True,
        while_answering=True,
    ),
    Command("fold", "/fold [<n>]", "Fold it again.", _fold, keeps_place=True, while_answering=True),
    Command("copy", "/copy [<n>]", "Copy the last answer, or message <n>.", _copy, while_answering=True),
)
