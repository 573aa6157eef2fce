"""The chat: what was said, where one types, and the truth about saving. It routes; the engine works."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from hfs.chat import CurrentSession
from hfs.chat.events import (
    AnswerChunk,
    AnswerFailed,
    AnswerStarted,
    ConversationTrimmed,
    MessageNotSaved,
    MessageSaved,
    SessionBroken,
    SessionRemoved,
    SessionStarted,
    SessionTrouble,
)
from hfs.display import counted, one_line
from hfs.errors import HfsError, ModelError, SessionNotFoundError, StoreError
from hfs.models import ModelBackend, choose_model, open_model
from hfs.persistence import Notice, SessionRepository
from hfs.tui.commands import completions, run_command
from hfs.tui.options import ChatOptions
from hfs.tui.widgets.prompt import Prompt
from hfs.tui.widgets.status import StatusBar
from hfs.tui.widgets.transcript import GrowingAnswer, Transcript
from hfs.user_config import Config, load_config

if TYPE_CHECKING:
    from hfs.tui.app import HFSApp

_POLL = 1.0
"""How often the session's file is looked at, in seconds."""
_QUIT_AGAIN_WITHIN = 2.0
_LEAVE_AGAIN_WITHIN = 10.0


class ChatScreen(Screen[None]):
    """One conversation at a time.

    Args:
        home: The home folder.
        options: How it begins.
    """

    CSS_PATH = "chat.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop_answer", "Stop the answer", priority=True),
        Binding("ctrl+c", "stop_or_quit", "Stop, or quit", priority=True),
        Binding("pageup", "scroll_transcript(-1)", "Scroll up", priority=True),
        Binding("pagedown", "scroll_transcript(1)", "Scroll down", priority=True),
    ]

    @dataclass
    class StoreNotice(Message):
        """The store did or saw something that a person should be told."""

        notice: Notice

    def __init__(self, home: Path, options: ChatOptions) -> None:
        super().__init__()
        self._home = home
        self._options = options
        self._config = Config(home)
        self._model: ModelBackend | None = None
        self._current: CurrentSession | None = None
        self._answering = False
        self._unsaved = False
        self._quit_asked_at = float("-inf")
        self._leave_asked_at = float("-inf")

    @property
    def _app(self) -> HFSApp:
        return cast("HFSApp", self.app)

    @property
    def _transcript(self) -> Transcript:
        return self.query_one(Transcript)

    @property
    def _status(self) -> StatusBar:
        return self.query_one(StatusBar)

    def compose(self) -> ComposeResult:
        yield Transcript(id="transcript")
        yield Prompt(completions, id="prompt")
        yield StatusBar()

    async def on_mount(self) -> None:
        self.query_one(Prompt).focus()
        self.call_after_refresh(self._begin)

    # Starting

    async def _begin(self) -> None:
        try:
            self._config = load_config(self._home)
            for warning in self._config.warnings:
                await self.note(warning, "error")
        except HfsError as error:
            await self.note(str(error), "error")
        if await self._open_store():
            await self._open_first_session()
            self._tell_what_needs_care()
        await self._open_model()
        self.set_interval(_POLL, self._poll)

    async def _open_store(self) -> bool:
        try:
            repo = await self._app.initialize_persistence()
            self._current = CurrentSession(repo, self._config.system)
            for saved in await repo.save_drafts():
                await self.note(f"An unsaved message of an earlier run was kept in session {saved.session_id}.")
        except HfsError as error:
            self._status.trouble = f"Persistence not available: {error}"
            await self.note(f"Persistence not available: {error}", "error")
            return False
        self._status.trouble = ""
        return True

    @work(group="care")
    async def _tell_what_needs_care(self) -> None:
        with contextlib.suppress(HfsError):
            copies = await self.repo.conflict_copies()
            if copies:
                await self.note(
                    f"A sync program left files beside your sessions ({len(copies)}): `hfs merge` brings them together."
                )
            damaged = [summary for summary in await self.repo.list_recent(None) if summary.problem]
            if damaged:
                which = ", ".join(str(summary.id) for summary in damaged[:5]) + ("…" if len(damaged) > 5 else "")
                files = counted(len(damaged), "session file")
                await self.note(f"{files} can't be read as a whole ({which}): `hfs check` says why.", "error")

    async def _open_first_session(self) -> None:
        session_id = self._options.session
        try:
            if self._options.continue_last:
                session_id = await self.repo.resolve("last")
            if session_id is not None:
                await self.open_session(session_id)
            elif self._options.pick:
                await run_command(self, "/sessions")
                await self.note("/resume <id> goes on with one.")
        except SessionNotFoundError:
            await self.note("There is no session yet to go on with: the first message makes one.")
        except HfsError as error:
            await self.note(str(error), "error")

    async def _open_model(self) -> None:
        spoke = [message.model for message in self._current.messages if message.model] if self._current else []
        choice = choose_model(self._options.model, spoke[-1] if spoke else None, self._config, os.environ)
        try:
            self._use(
                await asyncio.to_thread(
                    open_model, choice.name, self._config, home=self._home, base_url=self._options.base_url
                )
            )
        except HfsError as error:
            self._status.model = "no model"
            await self.note(str(error), "error")

    def _use(self, model: ModelBackend) -> None:
        self._model = model
        self._status.model = f"{model.name} @ {model.destination}"
        self._warm_up(model)

    @work(group="model", exclusive=True)
    async def _warm_up(self, model: ModelBackend) -> None:
        try:
            await model.start()
        except ModelError as error:
            await self.note(str(error), "error")
        self._status.model = f"{model.name} @ {model.destination}"

    # What commands need

    @property
    def repo(self) -> SessionRepository:
        """The sessions."""
        repo = self._app.get_session_repo()
        if repo is None:
            raise StoreError("Persistence not available: there are no sessions to work with.")
        return repo

    @property
    def session_id(self) -> int | None:
        """The session on the screen."""
        return self._app.get_current_session_id()

    async def note(self, text: str, kind: Literal["note", "error"] = "note") -> None:
        """Says something in the transcript."""
        await self._transcript.note(text, kind)

    async def show_table(self, header: list[str], rows: list[list[str]]) -> None:
        """Shows a table in the transcript."""
        await self._transcript.show_table(header, rows)

    async def clear(self) -> None:
        """Empties the screen; the session goes on."""
        await self._transcript.show_messages([])

    async def open_session(self, session_id: int | None) -> None:
        """Shows a session, or an empty screen.

        Raises:
            HfsError: It can't be read, or what was said last is saved nowhere yet.
        """
        current = self._require_current()
        session = await current.open(session_id)
        await self._show()
        if session is not None:
            for text in (session.read_only, _RECOVERED if session.recovered else None):
                if text:
                    await self.note(text, "error")
            await self._save_kept()

    def _require_current(self) -> CurrentSession:
        if self._current is None:
            raise StoreError("Persistence not available: there are no sessions to work with.")
        return self._current

    async def choose_model(self, name: str | None) -> str:
        """Changes the model, if one is named; returns its name.

        Raises:
            HfsError: There is no such model, or it can't be used.
        """
        if name:
            opened = await asyncio.to_thread(open_model, name, self._config, home=self._home)
            if self._model is not None:
                await self._model.aclose()
            self._use(opened)
            if self._current is not None:
                self._current.use(opened)
        return self._model.name if self._model else "none: `hfs models` lists what can be used"

    # Talking

    @on(Prompt.Submitted)
    async def _submitted(self, event: Prompt.Submitted) -> None:
        event.stop()
        text = event.text.strip("\n")
        if text.startswith("/") and not text.startswith("//"):
            self._run_command(text.strip())
        elif self._answering:
            self.query_one(Prompt).load_text(event.text)
            self.notify("An answer is coming: Esc stops it.", markup=False)
        else:
            self._talk(text.removeprefix("/") if text.startswith("//") else text)

    @work(group="command")
    async def _run_command(self, line: str) -> None:
        if self._answering and not line.startswith(("/help", "/exit", "/sessions")):
            self.notify("An answer is coming: Esc stops it.", markup=False)
            return
        await run_command(self, line)

    @work(group="answer")
    async def _talk(self, text: str) -> None:
        if self._current is None and not await self._open_store():
            self.query_one(Prompt).load_text(text)
            return
        model = await self._require_model(text)
        if model is None:
            return
        current = self._require_current()
        self._answering = True
        self._status.saving = "saving…"
        growing: GrowingAnswer | None = None
        try:
            async with contextlib.aclosing(current.say(text, model)) as events:
                async for event in events:
                    if isinstance(event, AnswerStarted):
                        growing = await self._transcript.begin_answer(event.model_name)
                    elif isinstance(event, AnswerChunk) and growing is not None:
                        growing.write(event.text)
                    else:
                        await self._tell(event, text)
        finally:
            if growing is not None:
                growing.stop()
            self._answering = False
            with contextlib.suppress(HfsError):
                await current.reread()
                self._show_session_name()

    async def _require_model(self, text: str) -> ModelBackend | None:
        if self._model is None:
            await self._open_model()
        if self._model is None:
            await self._transcript.note(f"Not sent: {one_line(text, 60)}", "error")
            self.query_one(Prompt).load_text(text)
        return self._model

    async def _tell(self, event: object, text: str) -> None:
        if isinstance(event, SessionStarted):
            self._app.set_current_session_id(event.session.id)
            self._status.session = event.session.name
        elif isinstance(event, MessageSaved):
            self._status.saving, self._status.trouble = "saved", ""
            if event.message.role == "user":
                await self._transcript.add_message(event.message)
            elif event.message.status:
                await self.note(f"The answer was cut short; what came is saved ({one_line(event.message.status)}).")
        elif isinstance(event, MessageNotSaved):
            since = time.strftime("%H:%M")
            kept = "kept in drafts" if event.draft else "kept in memory only: stay until it is saved"
            self._status.trouble = f"not saved since {since}, {kept}"
            self._unsaved = True
            await self.note(f"{one_line(text, 60)}\nnot saved, {kept}: {event.error}", "error")
        elif isinstance(event, ConversationTrimmed):
            await self.note(
                f"The {event.dropped} oldest messages don't fit into the model's context and were left out."
            )
        elif isinstance(event, AnswerFailed):
            await self.note(str(event.error), "error")

    def _show_session_name(self) -> None:
        assert self._current is not None
        self._app.set_current_session_id(self._current.session_id)
        self._status.session = self._current.name or "new session"

    async def _show(self) -> None:
        assert self._current is not None
        self._show_session_name()
        await self._transcript.show_messages(self._current.messages)

    # What others do to the file

    async def _poll(self) -> None:
        current = self._current
        if current is None or self._answering:
            return
        if self._unsaved:
            await self._save_kept()
        event = await current.look()
        if event is None:
            return
        if isinstance(event, SessionBroken):
            error = event.error
            self._status.trouble = f"{error.path.name}, line {error.line}, column {error.column}: {error.reason}"
            await self.note(str(error), "error")
        elif isinstance(event, SessionTrouble):
            self._status.trouble = str(event.error)
        elif isinstance(event, SessionRemoved):
            self._clear_trouble()
            await self.note("The file of this session was removed. What you say next begins a new one.", "error")
        else:
            self._clear_trouble()
            self._show_session_name()
            if event.changes:
                await self._show()
                await self.note(f"Another program changed this session: {event.changes}.")
            await self._save_kept()

    def _clear_trouble(self) -> None:
        if not self._unsaved:
            self._status.trouble = ""

    async def _save_kept(self) -> None:
        current = self._require_current()
        try:
            saved = await current.save_kept()
        except HfsError:
            return
        if saved:
            self._unsaved, self._status.trouble = False, ""
            with contextlib.suppress(HfsError):
                await current.reread()
                await self._show()
            await self.note(f"Saved now: {counted(len(saved), 'message')} that could not be saved before.")

    @on(StoreNotice)
    async def _told(self, event: StoreNotice) -> None:
        await self.note(event.notice.text)

    # Keys

    def action_scroll_transcript(self, direction: int) -> None:
        """Scrolls what was said by a page."""
        if direction < 0:
            self._transcript.scroll_page_up(animate=False)
        else:
            self._transcript.scroll_page_down(animate=False)

    def action_stop_answer(self) -> None:
        """Stops the answer; what came is saved."""
        if self._current is not None and self._answering:
            self._current.stop()

    async def action_stop_or_quit(self) -> None:
        """Stops the answer, empties the prompt, or, the second time, quits."""
        prompt = self.query_one(Prompt)
        if self._answering:
            self.action_stop_answer()
        elif prompt.text:
            prompt.clear()
        elif time.monotonic() - self._quit_asked_at < _QUIT_AGAIN_WITHIN:
            await self.leave()
        else:
            self._quit_asked_at = time.monotonic()
            self.notify("Press Ctrl+C again to quit.", markup=False)

    async def leave(self) -> None:
        """Ends the program; an answer that is coming is saved first."""
        self.action_stop_answer()
        for _ in range(100):
            if not self._answering:
                break
            await asyncio.sleep(0.05)
        if not await self._may_leave():
            return
        if self._model is not None:
            await self._model.aclose()
        await self._app.close_persistence()
        self.app.exit(0)

    async def _may_leave(self) -> bool:
        """Whether nothing is lost by leaving, or the user said twice that it may be."""
        current = self._current
        if current is None or not current.unkept:
            return True
        with contextlib.suppress(HfsError):
            await current.save_kept()
        if not current.unkept or time.monotonic() - self._leave_asked_at < _LEAVE_AGAIN_WITHIN:
            return True
        self._leave_asked_at = time.monotonic()
        lost = counted(current.unkept, "message")
        self.notify(f"Not saved: {lost}. Quit again to lose what was said.", severity="error", markup=False)
        return False


_RECOVERED = (
    "The last write to this session was interrupted; this is what was saved before it. The next message mends the "
    "file, and the original is kept."
)
