"""How the chat is left: not before what was said is saved, or the user said twice that it may be lost."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from hfs.display import counted

if TYPE_CHECKING:
    from hfs.tui.screens.chat import ChatScreen

_QUIT_AGAIN_WITHIN: Final = 2.0
"""Within how many seconds Ctrl+C must be pressed again."""
_LEAVE_AGAIN_WITHIN: Final = 10.0
"""The same, for losing what could not be saved."""
_SAVING_WAITS: Final = 2.0
"""How long a last attempt to save is waited for, in seconds."""
_ANSWER_WAITS: Final = 5.0
"""How long an answer that was stopped is waited for, until it is saved, in seconds."""
_LOOK: Final = 0.05


class Leaving:
    """Asks whether the chat may be left.

    Args:
        screen: The chat.
    """

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self._quit_asked_at = float("-inf")
        self._leave_asked_at = float("-inf")

    async def ask(self) -> None:
        """Leaves, where it is asked for a second time within two seconds."""
        if time.monotonic() - self._quit_asked_at < _QUIT_AGAIN_WITHIN:
            await self._screen.leave()
        else:
            self._quit_asked_at = time.monotonic()
            self._screen.notify("Press Ctrl+C again to quit.", markup=False)

    async def may_leave(self) -> bool:
        """Whether nothing is lost by leaving, or the user said twice that it may be."""
        until = time.monotonic() + _ANSWER_WAITS
        while self._screen.is_answering and time.monotonic() < until:
            await asyncio.sleep(_LOOK)
        view = self._screen.resources.view
        if view is None or not view.current.unkept:
            return True
        session = view.current
        # Whoever leaves does not wait long for a server that is away.
        saving = asyncio.ensure_future(session.save_kept())
        await asyncio.wait({saving}, timeout=_SAVING_WAITS)
        saving.add_done_callback(lambda done: done.cancelled() or done.exception())
        if not session.unkept or time.monotonic() - self._leave_asked_at < _LEAVE_AGAIN_WITHIN:
            return True
        self._leave_asked_at = time.monotonic()
        lost = counted(session.unkept, "message")
        self._screen.notify(f"Not saved: {lost}. Quit again to lose what was said.", severity="error", markup=False)
        return False
