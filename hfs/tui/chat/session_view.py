"""The session on the screen: gone to, shown as it is, changed by the person; and what stands unsent in the prompt."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from hfs.chat import CurrentSession
from hfs.display import one_line
from hfs.errors import HfsError
from hfs.persistence import SessionRepository
from hfs.tui.chat.sentences import warnings_of
from hfs.tui.chat.session_watch import SessionWatch
from hfs.tui.widgets.composer import Edit

if TYPE_CHECKING:
    from hfs.tui.screens.chat import ChatScreen
    from hfs.tui.screens.picker import Picked


class SessionView:
    """Shows the current session.

    Args:
        screen: The chat.
        repo: The sessions.
        current: The one on the screen.
    """

    def __init__(self, screen: ChatScreen, repo: SessionRepository, current: CurrentSession) -> None:
        self._screen = screen
        self.repo = repo
        """The sessions."""
        self.current = current
        """The one on the screen."""
        self.watch = SessionWatch(screen, self)
        """What looks for the changes of others."""

    async def open(self, session_id: int | None, message_id: int | None = None) -> None:
        """Shows a session, or an empty screen; goes to a message, where one is named.

        Raises:
            HfsError: It can't be read, or what was said last is saved nowhere yet.
        """
        prompt = self._screen.composer.prompt
        await self.keep_typed()
        opened = await self.current.open(session_id)
        self._screen.composer.end_edit()
        # What was measured was another session's.
        self._screen.status.context = ""
        await self._show()
        unsent = await self.repo.unsent(session_id)
        if self._screen.resources.is_ready or not prompt.text:
            prompt.put(unsent)
        if opened is not None:
            for told in warnings_of(opened):
                await self._screen.say(told)
            await self.watch.save_kept()
        if message_id is not None:
            self._go_to(message_id)

    def _go_to(self, message_id: int) -> None:
        transcript = self._screen.transcript
        if any(one.id == message_id and one.hidden for one in self.current.messages):
            # The words that were looked for stand in what is folded.
            transcript.unfold(True, message_id)
        transcript.jump(message_id)

    async def show_again(self) -> None:
        """Shows the session as it is now.

        Raises:
            HfsError: It can't be read.
        """
        await self.current.reread()
        await self._show()

    async def _show(self) -> None:
        self.show_name()
        if self.current.messages:
            self._screen.welcome.end()
        await self._screen.transcript.show_messages(self.current.messages)
        self._screen.hfs.settle_memory()

    def show_name(self) -> None:
        """Says which session this is."""
        self._screen.hfs.set_current_session_id(self.current.session_id)
        self._screen.status.session = self.current.name or "new session"

    async def take(self, picked: Picked | None) -> None:
        """Goes to what was chosen in the picker; None where nothing was."""
        try:
            if picked is not None:
                await self.open(picked.session_id, picked.message_id)
                if picked.message_id is None:
                    await self._screen.note(f"Resumed session: {one_line(self.current.name or '', 255)}")
            elif self.current.session_id is not None:
                # It may have been renamed in the picker.
                await self.current.reread()
                self.show_name()
        except HfsError as error:
            await self._screen.note(str(error), "error")

    async def change_message(self, edit: Edit, text: str) -> None:
        """Gives a message another text; where that fails, it stays in the prompt."""
        try:
            kept = await self.current.edit(edit.message_id, text, fork=edit.fork)
            await self._show()
            where = f"; the old text stays in session {kept.id}" if kept else ""
            await self._screen.note(f"Message {edit.message_id} is changed{where}.")
        except HfsError as error:
            self._screen.composer.begin_edit(edit, text)
            await self._screen.note(str(error), "error")

    async def keep_typed(self) -> None:
        """Keeps what stands in the prompt, so that a crash doesn't take it."""
        # Until then the prompt may hold what belongs to no session yet.
        if self._screen.resources.is_ready:
            with contextlib.suppress(HfsError):
                await self.repo.keep_unsent(self.current.session_id, self._screen.composer.unsent)
