"""What the chat needs: settings, store, session and model, opened in this order while the screen is there already."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hfs.errors import HfsError, SessionNotFoundError
from hfs.tui.options import ChatOptions

# What the first paint does not need is imported where it is used: start-up is a feature.
if TYPE_CHECKING:
    from hfs.persistence import SessionRepository
    from hfs.tui.chat.model_switch import ModelSwitch
    from hfs.tui.chat.session_view import SessionView
    from hfs.tui.screens.chat import ChatScreen

_POLL: Final = 0.5
"""How often the session is looked at, in seconds."""
_AGAIN_AFTER: Final = 5.0
"""After how many seconds it is tried again to open the store, where that failed."""


class ChatResources:
    """The session and the model that are open. A store that could not be opened is tried again.

    Args:
        screen: The chat.
        home: The home folder.
        options: How it begins.
    """

    def __init__(self, screen: ChatScreen, home: Path, options: ChatOptions) -> None:
        self._screen = screen
        self._home = home
        self._options = options
        # What is typed meanwhile waits for this: it belongs into the session that is being opened.
        self._ready = asyncio.Event()
        self._opening = asyncio.Lock()
        self._tried_at = float("-inf")
        self._finding_last: asyncio.Task[int] | None = None
        self.view: SessionView | None = None
        """The session on the screen; None while there is no store."""
        self.model: ModelSwitch | None = None
        """The model that answers; None until the settings are read."""

    @property
    def is_ready(self) -> bool:
        """Whether nothing is being opened."""
        return self._ready.is_set()

    @property
    def is_waiting(self) -> bool:
        """Whether the session to go on with is being looked for, which a person needn't wait for."""
        return self._finding_last is not None

    async def wait(self) -> None:
        """Waits until nothing is being opened."""
        await self._ready.wait()

    def stop_waiting(self) -> None:
        """Gives up to look for the session to go on with."""
        if self._finding_last is not None:
            self._finding_last.cancel()

    def start(self) -> None:
        """Opens everything; what fails is said, and the chat goes on without it. From then on looks what others do."""
        # In a worker: the screen is drawn meanwhile, however long the session to go on with takes to be found.
        self._screen.run_worker(self._open(), group="begin")

    async def _open(self) -> None:
        from hfs.tui.chat.model_switch import ModelSwitch

        screen = self._screen

        def in_background(work: Awaitable[None]) -> None:
            screen.run_worker(work, group="model", exclusive=True)

        async def say(text: str) -> None:
            await screen.note(text, "error")

        async def say_trouble(text: str) -> None:
            if not screen.welcome.take_trouble(text):
                await say(text)

        self.model = ModelSwitch(self._home, self._options, screen.status, say, say_trouble, in_background)
        await self.model.load_config()
        await self._open_store(self.model, quietly=False)
        await self.model.open(self.view.current.messages if self.view else ())
        self._ready.set()
        screen.set_interval(_POLL, self._poll)
        screen.run_worker(self._greet(self.model), group="welcome")

    def _poll(self) -> None:
        # In workers: a server that is away may be waited for, and keys must not be.
        if self.view is not None:
            self._screen.run_worker(self.view.watch.look(), group="look")
        elif self.is_ready and time.monotonic() - self._tried_at >= _AGAIN_AFTER:
            self._screen.run_worker(self._try_store_again(), group="begin")

    async def _try_store_again(self) -> None:
        if await self.open_store(quietly=True):
            await self._screen.note(f"The sessions are there now: {self._screen.view.repo.place}.")

    async def close(self) -> None:
        """Gives back the model and the store; nothing is opened after that."""
        self._ready.clear()
        self.view = None
        if self.model is not None:
            await self.model.close()
        await self._screen.hfs.close_persistence()

    async def open_store(self, *, quietly: bool) -> bool:
        """Tries again to open the store; says whether it is there now.

        Args:
            quietly: Say nothing in the transcript where that fails.
        """
        assert self.model is not None
        # What is sent meanwhile belongs into the session that is being opened, and what is typed stays in the prompt.
        self._ready.clear()
        try:
            return await self._open_store(self.model, quietly=quietly)
        finally:
            self._ready.set()

    async def _open_store(self, model: ModelSwitch, *, quietly: bool) -> bool:
        from hfs.chat import CurrentSession
        from hfs.tui.chat.sentences import without_address
        from hfs.tui.chat.session_view import SessionView

        screen, status = self._screen, self._screen.status
        async with self._opening:
            if self.view is not None:
                return True
            try:
                repo = await screen.hfs.initialize_persistence()
                saved = await repo.save_drafts()
            except HfsError as error:
                status.trouble = f"Persistence not available: {without_address(error)}"
                if not quietly:
                    await screen.note(f"Persistence not available: {error}", "error")
                return False
            finally:
                self._tried_at = time.monotonic()
            status.trouble, status.store = "", screen.hfs.store_label
            self.view = SessionView(screen, repo, CurrentSession(repo, model.config.system))
            await self._open_first_session(self.view)
            for message in saved:
                await screen.note(f"An unsaved message of an earlier run was kept in session {message.session_id}.")
            screen.run_worker(self._read_more(self.view), group="after start")
            return True

    async def _open_first_session(self, view: SessionView) -> None:
        session_id, note = self._options.session, self._screen.note
        try:
            if self._options.continue_last:
                session_id = await self._find_last(view.repo)
            elif self._options.resume is not None:
                session_id = await view.repo.resolve(self._options.resume)
            await view.open(session_id)
            if self._options.continue_last and session_id is None:
                await note("A new session begins with your next message; Ctrl+O picks one that is there.")
        except SessionNotFoundError as error:
            none = "There is no session yet to go on with: the first message makes one."
            await note(none if self._options.continue_last else str(error))
        except HfsError as error:
            await note(str(error), "error")
        if self._options.pick:
            self._screen.pick_session()

    async def _greet(self, model: ModelSwitch) -> None:
        from hfs.tui.chat.welcome import greet

        repo = self.view.repo if self.view is not None else None
        await greet(self._screen.welcome, model, repo, self._home, is_kept=not self._options.no_save)

    async def _find_last(self, repo: SessionRepository) -> int | None:
        """The last session; None where nobody waits for it any more."""
        finding = self._finding_last = asyncio.ensure_future(repo.resolve("last"))
        try:
            await asyncio.wait([finding])
        finally:
            self._finding_last = None
            finding.cancel()
        return None if finding.cancelled() else finding.result()

    async def _read_more(self, view: SessionView) -> None:
        from hfs.tui.chat.after_start import read_after_start

        await read_after_start(view.repo, self._screen.composer, self._screen.say)
