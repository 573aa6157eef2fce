"""The chat: what was said, where one types, and the truth about saving. It routes; the engine works."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hfs.display import one_line
from hfs.errors import HfsError, SessionNotFoundError, StoreError
from hfs.tui.commands import run_command
from hfs.tui.indexing import Waiting
from hfs.tui.leaving import Leaving
from hfs.tui.options import ChatOptions
from hfs.tui.widgets.composer import Composer, Edit
from hfs.tui.widgets.prompt import Prompt
from hfs.tui.widgets.status import StatusBar
from hfs.tui.widgets.transcript import Transcript

# What the first paint does not need is imported where it is used: start-up is a feature.
if TYPE_CHECKING:
    from hfs.chat import CurrentSession
    from hfs.persistence import SessionRepository
    from hfs.tui.app import HFSApp
    from hfs.tui.model_switch import ModelSwitch
    from hfs.tui.screens.picker import Picked
    from hfs.tui.telling import Sentence
    from hfs.tui.watching import Watch

_POLL = 0.5
"""How often the session is looked at, in seconds."""
_OPEN_AGAIN = 5.0
"""After how many seconds it is tried again to open the store, where that failed."""


class ChatScreen(Screen[None]):
    """One conversation at a time.

    Args:
        home: The home folder.
        options: How it begins.
    """

    AUTO_FOCUS = "Prompt"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_answer", "Stop the answer", priority=True),
        Binding("ctrl+c", "stop_or_quit", "Stop, or quit", priority=True),
        Binding("ctrl+o", "pick_session", "Pick a session", priority=True),
        Binding("ctrl+end", "follow", "Newest", priority=True),
        Binding("pageup", "scroll_transcript(-1)", "Scroll up", priority=True),
        Binding("pagedown", "scroll_transcript(1)", "Scroll down", priority=True),
    ]

    def __init__(self, home: Path, options: ChatOptions) -> None:
        super().__init__()
        self._home = home
        self._options = options
        self._model: ModelSwitch | None = None
        self._watch: Watch | None = None
        # What is typed while the program starts waits for this: it belongs into the session that is being opened.
        self._begun = asyncio.Event()
        self._waiting = Waiting()
        self._session: CurrentSession | None = None
        self._answering = False
        self._opening = asyncio.Lock()
        self._open_tried_at = float("-inf")
        self._leaving = Leaving(self)
        self.stop_import: Callable[[], None] | None = None

    @property
    def _app(self) -> HFSApp:
        return cast("HFSApp", self.app)

    @property
    def transcript(self) -> Transcript:
        """What was said."""
        return self.query_one(Transcript)

    @property
    def _status(self) -> StatusBar:
        return self.query_one(StatusBar)

    @property
    def _composer(self) -> Composer:
        return self.query_one(Composer)

    def compose(self) -> ComposeResult:
        yield Transcript(id="transcript")
        yield Composer()
        yield StatusBar()

    async def on_mount(self) -> None:
        self._status.badge = "NOTHING IS SAVED" if self._options.no_save else ""
        self.call_after_refresh(self._begin)

    # Starting

    # A worker: the screen is drawn meanwhile, however long the session to go on with takes to be found.
    @work(group="begin")
    async def _begin(self) -> None:
        from hfs.tui.model_switch import ModelSwitch

        def in_background(work: Awaitable[None]) -> None:
            self.run_worker(work, group="model", exclusive=True)

        async def say(text: str) -> None:
            await self.note(text, "error")

        model = self._model = ModelSwitch(self._home, self._options, self._status, say, in_background)
        await model.load_config()
        await self._open_store(model)
        await model.open(self._session.messages if self._session else ())
        self._begun.set()
        self.set_interval(_POLL, self._poll)

    async def _open_store(self, model: ModelSwitch, *, quietly: bool = False) -> bool:
        """Opens the store, and the session to begin with; says whether there is a store now."""
        from hfs.chat import CurrentSession
        from hfs.tui.telling import without_address
        from hfs.tui.watching import Watch

        async with self._opening:
            if self._session is not None:
                return True
            try:
                repo = await self._app.initialize_persistence()
                saved = await repo.save_drafts()
            except HfsError as error:
                self._status.trouble = f"Persistence not available: {without_address(error)}"
                if not quietly:
                    await self.note(f"Persistence not available: {error}", "error")
                return False
            finally:
                self._open_tried_at = time.monotonic()
            self._status.trouble, self._status.store = "", self._app.store_label
            self._session = CurrentSession(repo, model.config.system)
            self._watch = Watch(self, self._session)
            await self._open_first_session()
            for message in saved:
                await self.note(f"An unsaved message of an earlier run was kept in session {message.session_id}.")
            self._look_around()
            return True

    async def _open_store_later(self, *, quietly: bool) -> bool:
        assert self._model is not None
        # What is sent meanwhile belongs into the session that is being opened, and what is typed stays in the prompt.
        self._begun.clear()
        try:
            return await self._open_store(self._model, quietly=quietly)
        finally:
            self._begun.set()

    # Workers: a server that is away may be waited for, and keys must not be.

    @work(group="begin")
    async def _try_to_open(self) -> None:
        if await self._open_store_later(quietly=True):
            await self.note(f"The sessions are there now: {self.repo.place}.")

    @work(group="look")
    async def _look(self, watch: Watch) -> None:
        await watch.look()

    def _poll(self) -> None:
        if self._watch is not None:
            # A store that is being closed answers nobody.
            if self._app.get_session_repo() is not None:
                self._look(self._watch)
        elif self._begun.is_set() and time.monotonic() - self._open_tried_at >= _OPEN_AGAIN:
            self._open_tried_at = time.monotonic()
            self._try_to_open()

    @work(group="look around")
    async def _look_around(self) -> None:
        from hfs.tui.looking_around import look_around

        await look_around(self.repo, self._composer, self._say)

    async def _open_first_session(self) -> None:
        session_id = self._options.session
        try:
            if self._options.continue_last:
                session_id = await self._waiting.wait(self.repo.resolve("last"))
            await self.open_session(session_id)
            if self._options.continue_last and session_id is None:
                await self.note("A new session begins with your next message; Ctrl+O picks one that is there.")
        except SessionNotFoundError:
            await self.note("There is no session yet to go on with: the first message makes one.")
        except HfsError as error:
            await self.note(str(error), "error")
        if self._options.pick:
            self.pick_session()

    def show_indexing(self, text: str) -> None:
        """Says how far the reading of many sessions is, on which a list of them waits."""
        self._status.indexing = f"{text} Esc: don't wait" if text and self._waiting.is_on else text

    # What commands need

    @property
    def repo(self) -> SessionRepository:
        """The sessions.

        Raises:
            StoreError: There is no store.
        """
        repo = self._app.get_session_repo()
        if repo is None:
            raise StoreError("Persistence not available: there are no sessions to work with.")
        return repo

    @property
    def current(self) -> CurrentSession | None:
        """The session on the screen, or None while there is no store."""
        return self._session

    @property
    def session(self) -> CurrentSession:
        """The session on the screen.

        Raises:
            StoreError: There is no store.
        """
        if self._session is None:
            raise StoreError("Persistence not available: there are no sessions to work with.")
        return self._session

    @property
    def _watched(self) -> Watch:
        assert self._watch is not None
        return self._watch

    @property
    def is_answering(self) -> bool:
        """Whether an answer is coming."""
        return self._answering

    async def note(self, text: str, kind: Literal["note", "error"] = "note") -> None:
        """Says something in the transcript."""
        await self.transcript.note(text, kind)

    async def _say(self, told: Sentence | None) -> None:
        if told is not None:
            await self.note(told.text, told.kind)

    async def open_session(self, session_id: int | None, message_id: int | None = None) -> None:
        """Shows a session, or an empty screen; goes to a message, where one is named.

        Raises:
            HfsError: It can't be read, or what was said last is saved nowhere yet.
        """
        from hfs.tui.telling import warnings_of

        await self._keep_typed()
        opened = await self.session.open(session_id)
        self._composer.end_edit()
        await self._show()
        unsent = await self.repo.unsent(session_id)
        if self._begun.is_set() or not self._composer.prompt.text:
            self._composer.prompt.put(unsent)
        if opened is not None:
            for told in warnings_of(opened):
                await self._say(told)
            await self._watched.save_kept()
        if message_id is not None:
            if opened is not None and any(one.id == message_id and one.hidden for one in opened.messages):
                # The words that were looked for stand in what is folded.
                self.transcript.unfold(True, message_id)
            self.transcript.jump(message_id)

    async def show_again(self) -> None:
        """Shows the session as it is now.

        Raises:
            HfsError: It can't be read.
        """
        await self.session.reread()
        await self._show()

    async def choose_model(self, name: str | None) -> str:
        """Changes the model, if one is named; returns its name.

        Raises:
            HfsError: There is no such model, or it can't be used.
        """
        assert self._model is not None
        if name:
            await self._model.change(name)
        return self._model.name

    def retry(self) -> None:
        """Asks the last question again; the answer that was there stays in a fork."""
        self._talk(None)

    def begin_edit(self, message_id: int, text: str, *, fork: bool) -> None:
        """Lets the person change a message's text in the prompt."""
        self._composer.begin_edit(Edit(message_id, fork), text)

    def copy(self, text: str) -> None:
        """Puts a text on the clipboard."""
        self.app.copy_to_clipboard(text)

    def pick_session(self, words: str = "") -> None:
        """Lets the person pick a session, also by words that were said in it."""
        from hfs.tui.screens.picker import PickerScreen

        if self._answering:
            self.notify("An answer is coming: Esc stops it.", markup=False)
        elif self._session is not None:
            self.app.push_screen(PickerScreen(self.repo, self._session.session_id, words), self._picked)

    def _picked(self, picked: Picked | None) -> None:
        self._show_picked(picked)

    @work(group="command")
    async def _show_picked(self, picked: Picked | None) -> None:
        try:
            if picked is not None:
                await self.open_session(picked.session_id, picked.message_id)
                if picked.message_id is None:
                    await self.note(f"Resumed session: {one_line(self.session.name or '', 255)}")
            elif self.session.session_id is not None:
                # It may have been renamed in the picker.
                await self.session.reread()
                self.show_session_name()
        except HfsError as error:
            await self.note(str(error), "error")

    def choose_theme(self, name: str) -> bool:
        """Changes the colours; says whether there are such."""
        return self._app.choose_theme(name)

    def type_command(self, name: str) -> None:
        """Begins a command in the prompt."""
        self._composer.prompt.put(f"/{name} ")

    # Talking

    @on(Composer.Sent)
    async def _sent(self, event: Composer.Sent) -> None:
        event.stop()
        text = event.text
        if text.startswith("/") and not text.startswith("//"):
            self._run_command(text.strip())
            return
        self.transcript.action_follow()
        if self._answering:
            self._composer.prompt.load_text(text)
            self.notify("An answer is coming: Esc stops it.", markup=False)
        else:
            # It is no longer unsent, and the first message gives the session a number.
            await self._keep_typed()
            self._talk(text.removeprefix("/") if text.startswith("//") else text)

    @work(group="command")
    async def _run_command(self, line: str) -> None:
        await self._begun.wait()
        await run_command(self, line)

    @on(Composer.Edited)
    def _edited(self, event: Composer.Edited) -> None:
        event.stop()
        self._edit(event.edit, event.text)

    @work(group="command")
    async def _edit(self, edit: Edit, text: str) -> None:
        try:
            kept = await self.session.edit(edit.message_id, text, fork=edit.fork)
            await self._show()
            where = f"; the old text stays in session {kept.id}" if kept else ""
            await self.note(f"Message {edit.message_id} is changed{where}.")
        except HfsError as error:
            self._composer.begin_edit(edit, text)
            await self.note(str(error), "error")

    @work(group="answer")
    async def _talk(self, text: str | None) -> None:
        """Says something and shows the answer; asks the last question again, where it is None."""
        from hfs.tui.following import Follower

        await self._begun.wait()
        switch = self._model
        assert switch is not None
        if self._session is None and not await self._open_store_later(quietly=False):
            self._composer.prompt.load_text(text or "")
            return
        if switch.backend is None:
            await switch.open(self.session.messages)
        model = switch.backend
        if model is None:
            await self.note(f"Not sent: {one_line(text or '/retry', 60)}", "error")
            self._composer.prompt.load_text(text or "")
            return
        self._answering = True
        follower = Follower(self.transcript, self._status, self.show_again)
        try:
            events = self.session.retry(model) if text is None else self.session.say(text, model)
            await follower.follow(events, text or "")
        except HfsError as error:
            self._status.saving = ""
            await self.note(str(error), "error")
        finally:
            self._answering = False
            self._watched.something_waits = self._watched.something_waits or follower.unsaved
            self.show_session_name()

    def show_session_name(self) -> None:
        """Says which session this is."""
        self._app.set_current_session_id(self.session.session_id)
        self._status.session = self.session.name or "new session"

    async def _show(self) -> None:
        self.show_session_name()
        await self.transcript.show_messages(self.session.messages)
        self._app.settle_memory()

    # What is typed

    @on(Composer.Paused)
    async def _keep_typed(self) -> None:
        """Keeps what stands in the prompt, so that a crash doesn't take it."""
        if self._session is not None and self._begun.is_set():
            with contextlib.suppress(HfsError):
                await self.repo.keep_unsent(self._session.session_id, self._composer.unsent)

    @on(Prompt.HistoryRequested)
    def _search_history(self, event: Prompt.HistoryRequested) -> None:
        from hfs.tui.screens.history import HistoryScreen

        event.stop()
        self.app.push_screen(HistoryScreen(self._composer.prompt.said_before), self._put)

    @on(Prompt.EditorRequested)
    async def _write_outside(self, event: Prompt.EditorRequested) -> None:
        from hfs.tui.editor import edit_outside

        event.stop()
        try:
            self._put(edit_outside(self.app, event.text))
        except HfsError as error:
            await self.note(str(error), "error")

    def _put(self, text: str | None) -> None:
        if text is not None:
            self._composer.prompt.put(text)

    @on(Transcript.FollowingChanged)
    def _scrolled(self, event: Transcript.FollowingChanged) -> None:
        event.stop()
        self._status.scrolled = not event.following
        if event.following:
            self._status.unseen = 0

    # Keys

    def action_scroll_transcript(self, direction: int) -> None:
        """Scrolls what was said by a page."""
        if direction < 0:
            self.transcript.scroll_page_up(animate=False)
        else:
            self.transcript.scroll_page_down(animate=False)

    def action_follow(self) -> None:
        """Goes to the newest and stays there."""
        self.transcript.action_follow()

    def action_pick_session(self) -> None:
        """Lets the person pick a session."""
        self.pick_session()

    def action_stop_answer(self) -> None:
        """Stops an import and the answer, and what came is saved; or leaves an edit, or waits no longer."""
        self._waiting.stop()
        if self.stop_import is not None:
            self.stop_import()
        if self._session is not None and self._answering:
            self._session.stop()
        else:
            self._composer.end_edit()

    async def action_stop_or_quit(self) -> None:
        """Copies what is marked, stops the answer, empties the prompt, or, the second time, quits."""
        marked = self.get_selected_text()
        if marked:
            self.copy(marked)
            self.clear_selection()
        elif self._answering:
            self.action_stop_answer()
        elif self._composer.prompt.text:
            self._composer.end_edit()
            self._composer.prompt.clear()
        else:
            await self._leaving.ask()

    async def leave(self) -> None:
        """Ends the program; an answer that is coming is saved first."""
        self.action_stop_answer()
        if await self._leaving.may_leave():
            await self._keep_typed()
            if self._model is not None:
                await self._model.close()
            await self._app.close_persistence()
            self.app.exit(0)
