"""Slash commands that put the open session in order: tags, a pin, the archive."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hfs.display import one_line
from hfs.errors import InvalidDocumentError, SessionNotFoundError
from hfs.tui.commands.chat import Chat
from hfs.tui.commands.registry import Command

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hfs.persistence import SessionModel

    _Change = Callable[[int, bool], Awaitable[SessionModel | None]]

_OFF: Final = "off"
_TAG: Final = re.compile(r"""(-?)"([^"]*)"|([^\s,"]+)""")


async def _tag(chat: Chat, argument: str) -> None:
    session_id = await _open_session(chat)
    if session_id is None:
        return
    words = _words(argument)
    removed = [word.removeprefix("-") for word in words if word.startswith("-")]
    added = [word for word in words if not word.startswith("-")]
    session = _present(session_id, await chat.repo.tag(session_id, added, removed))
    labels = " ".join(f"#{one_line(tag)}" for tag in session.tags)
    told = f"Tags of this session: {labels}." if labels else "This session has no tags."
    await chat.note(told if words else f"{told} /tag <tag> gives it one, /tag -<tag> takes it away.")


def _words(argument: str) -> list[str]:
    """Tags one by one: between spaces or commas, or in quotes.

    Raises:
        InvalidDocumentError: A quote is not closed.
    """
    if argument.count('"') % 2:
        raise InvalidDocumentError('A quote is not closed: /tag "to read".')
    return ["".join(parts) for parts in _TAG.findall(argument)]


async def _pin(chat: Chat, argument: str) -> None:
    on, off = "stays at the top of lists; /pin off undoes it", "is no longer pinned"
    await _switch(chat, "pin", argument, chat.repo.pin, on, off)


async def _archive(chat: Chat, argument: str) -> None:
    on, off = "is archived, and left out of lists; /archive off brings it back", "is back in lists"
    await _switch(chat, "archive", argument, chat.repo.archive, on, off)


async def _switch(chat: Chat, command: str, argument: str, change: _Change, on: str, off: str) -> None:
    """Switches a mark of the open session on, or off, and says what that means of it."""
    if argument not in ("", _OFF):
        await chat.note(f"Usage: /{command}, or /{command} {_OFF}, for this session.", "error")
        return
    session_id = await _open_session(chat)
    if session_id is not None:
        _present(session_id, await change(session_id, argument != _OFF))
        await chat.note(f"This session {off if argument == _OFF else on}.")


async def _open_session(chat: Chat) -> int | None:
    session_id = chat.session.session_id
    if session_id is None:
        await chat.note("There is no session yet: the first message makes one.", "error")
    return session_id


def _present(session_id: int, session: SessionModel | None) -> SessionModel:
    if session is None:
        raise SessionNotFoundError(f"There is no session {session_id}.", session=str(session_id))
    return session


COMMANDS: Final = (
    Command(
        "tag",
        "/tag [<tag>|-<tag>]...",
        "Give this session tags, or take them away; without one, show them.",
        _tag,
        while_answering=True,
    ),
    Command(
        "pin",
        "/pin [off]",
        "Keep this session at the top of lists.",
        _pin,
        choices=lambda: (_OFF,),
        while_answering=True,
    ),
    Command(
        "archive",
        "/archive [off]",
        "Take this session out of lists, or bring it back.",
        _archive,
        choices=lambda: (_OFF,),
        while_answering=True,
    ),
)
