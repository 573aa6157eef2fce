"""The chat as slash commands see it: what they read of it, and what they can do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hfs.chat import CurrentSession
    from hfs.persistence import SessionRepository
    from hfs.tui.screens.chat import ChatScreen
    from hfs.tui.widgets.transcript import Transcript


class Chat:
    """What is open on the chat's screen.

    Args:
        screen: The screen that commands are typed in.
    """

    def __init__(self, screen: ChatScreen) -> None:
        self._screen = screen
        self.stop_import: Callable[[], None] | None = None
        """Stops the import that is running; None where none is."""

    @property
    def repo(self) -> SessionRepository:
        """The sessions.

        Raises:
            StoreError: There is no store.
        """
        return self._screen.view.repo

    @property
    def session(self) -> CurrentSession:
        """The session on the screen.

        Raises:
            StoreError: There is no store.
        """
        return self._screen.view.current

    @property
    def transcript(self) -> Transcript:
        """What was said."""
        return self._screen.transcript

    @property
    def is_answering(self) -> bool:
        """Whether an answer is coming."""
        return self._screen.is_answering

    async def note(self, text: str, kind: Literal["note", "error"] = "note") -> None:
        """Says something in the transcript."""
        await self._screen.note(text, kind)

    async def open_session(self, session_id: int | None) -> None:
        """Shows a session, or an empty screen.

        Raises:
            HfsError: It can't be read, or what was said last is saved nowhere yet.
        """
        await self._screen.view.open(session_id)

    def pick_session(self, words: str = "") -> None:
        """Lets the person pick a session, also by words that were said in it."""
        self._screen.pick_session(words)

    def retry(self) -> None:
        """Asks the last question again; the answer that was there stays in a fork."""
        self._screen.take_turn(None)

    def begin_edit(self, message_id: int, text: str, *, fork: bool) -> None:
        """Lets the person change a message's text in the prompt.

        Args:
            message_id: The message.
            text: What it says now.
            fork: Whether the session is kept as it was, in a fork.
        """
        from hfs.tui.widgets.composer import Edit

        self._screen.composer.begin_edit(Edit(message_id, fork), text)

    def copy(self, text: str) -> None:
        """Puts a text on the clipboard."""
        self._screen.app.copy_to_clipboard(text)

    async def choose_model(self, name: str | None) -> str:
        """Changes the model, if one is named; returns its name.

        Raises:
            HfsError: There is no such model, or it can't be used.
        """
        model = self._screen.resources.model
        assert model is not None
        if name:
            await model.change(name)
        return model.name

    def choose_theme(self, name: str) -> bool:
        """Changes the colours; says whether there are such."""
        return self._screen.hfs.choose_theme(name)

    async def leave(self) -> None:
        """Ends the program; an answer that is coming is saved first."""
        await self._screen.leave()
