"""The chat: what was said, where one types, and the truth about saving. It routes; ``hfs.tui.chat`` works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hfs.errors import HfsError, StoreError
from hfs.tui.chat.leaving import Leaving
from hfs.tui.chat.resources import ChatResources
from hfs.tui.commands import Chat, run_command
from hfs.tui.options import ChatOptions
from hfs.tui.widgets.composer import Composer, Edit
from hfs.tui.widgets.prompt import Prompt
from hfs.tui.widgets.status import StatusBar
from hfs.tui.widgets.transcript import Transcript
from hfs.tui.widgets.welcome import Welcome

# What the first paint does not need is imported where it is used: start-up is a feature.
if TYPE_CHECKING:
    from hfs.tui.app import HFSApp
    from hfs.tui.chat.sentences import Sentence
    from hfs.tui.chat.session_view import SessionView
    from hfs.tui.screens.picker import Picked


class ChatScreen(Screen[None]):
    """One conversation at a time.

    Args:
        home: The home folder.
        options: How it begins.
    """

    AUTO_FOCUS = "Prompt"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "stop_answer", "Stop the answer, or an import, and keep what came; leave an edit", priority=True
        ),
        Binding("ctrl+c", "stop_or_quit", "Copy what is marked; stop; empty the line; twice: quit", priority=True),
        Binding("ctrl+o", "pick_session", "Pick a session", priority=True),
        Binding("ctrl+end", "follow", "Go to the newest", priority=True),
        Binding("pageup", "scroll_transcript(-1)", "Scroll up", priority=True),
        Binding("pagedown", "scroll_transcript(1)", "Scroll down", priority=True),
    ]

    def __init__(self, home: Path, options: ChatOptions) -> None:
        super().__init__()
        self._badge = "NOTHING IS SAVED" if options.no_save else ""
        self._leaving = Leaving(self)
        self.commands = Chat(self)
        """What slash commands see of it."""
        self.resources = ChatResources(self, home, options)
        """The session and the model that are open."""
        self.is_answering = False
        """Whether an answer is coming."""

    # What it consists of

    def compose(self) -> ComposeResult:
        yield Transcript(id="transcript")
        yield Welcome()
        yield Composer()
        yield StatusBar()

    @property
    def hfs(self) -> HFSApp:
        """The program."""
        return cast("HFSApp", self.app)

    @property
    def transcript(self) -> Transcript:
        """What was said."""
        return self.query_one(Transcript)

    @property
    def welcome(self) -> Welcome:
        """What is said at the start."""
        return self.query_one(Welcome)

    @property
    def composer(self) -> Composer:
        """Where the person types."""
        return self.query_one(Composer)

    @property
    def status(self) -> StatusBar:
        """The truth about saving."""
        return self.query_one(StatusBar)

    @property
    def view(self) -> SessionView:
        """The session on the screen.

        Raises:
            StoreError: There is no store.
        """
        if self.resources.view is None:
            raise StoreError("Persistence not available: there are no sessions to work with.")
        return self.resources.view

    def on_mount(self) -> None:
        self.status.badge = self._badge
        self.call_after_refresh(self.resources.start)

    # What it says

    async def note(self, text: str, kind: Literal["note", "error"] = "note") -> None:
        """Says something in the transcript."""
        await self.transcript.note(text, kind)

    async def say(self, told: Sentence) -> None:
        """Says what happened in the transcript."""
        await self.note(told.text, told.kind)

    def show_indexing(self, text: str) -> None:
        """Says how far the reading of many sessions is, on which a list of them waits."""
        self.status.indexing = f"{text} Esc: don't wait" if text and self.resources.is_waiting else text

    # What is typed

    @on(Composer.Sent)
    async def _sent(self, event: Composer.Sent) -> None:
        event.stop()
        self.welcome.end()
        text = event.text
        if text.startswith("/") and not text.startswith("//"):
            self._run_command(text.strip())
            return
        self.transcript.action_follow()
        if self.is_answering:
            self.composer.prompt.load_text(text)
            self._say_busy()
        else:
            # It is no longer unsent, and the first message gives the session a number.
            await self._keep_typed()
            self.take_turn(text.removeprefix("/") if text.startswith("//") else text)

    @work(group="command")
    async def _run_command(self, line: str) -> None:
        await self.resources.wait()
        await run_command(self.commands, line)

    @work(group="answer")
    async def take_turn(self, text: str | None) -> None:
        """Says something and shows the answer; asks the last question again, where it is None."""
        from hfs.tui.chat.answering import take_turn

        await take_turn(self, text)

    @on(Composer.Edited)
    def _edited(self, event: Composer.Edited) -> None:
        event.stop()
        self._change_message(event.edit, event.text)

    @work(group="command")
    async def _change_message(self, edit: Edit, text: str) -> None:
        if self.resources.view is not None:
            await self.resources.view.change_message(edit, text)

    @on(Composer.Paused)
    async def _keep_typed(self) -> None:
        if self.resources.view is not None:
            await self.resources.view.keep_typed()

    @on(Prompt.HistoryRequested)
    def _search_history(self, event: Prompt.HistoryRequested) -> None:
        from hfs.tui.screens.history import HistoryScreen

        event.stop()
        self.app.push_screen(HistoryScreen(self.composer.prompt.said_before), self._put)

    @on(Prompt.EditorRequested)
    async def _write_outside(self, event: Prompt.EditorRequested) -> None:
        from hfs.tui.external_editor import edit_outside

        event.stop()
        try:
            self._put(edit_outside(self.app, event.text))
        except HfsError as error:
            await self.note(str(error), "error")

    def _put(self, text: str | None) -> None:
        if text is not None:
            self.composer.prompt.put(text)

    def type_command(self, name: str) -> None:
        """Begins a command in the prompt."""
        self.composer.prompt.put(f"/{name} ")

    # Keys

    @on(Transcript.FollowingChanged)
    def _scrolled(self, event: Transcript.FollowingChanged) -> None:
        event.stop()
        self.status.scrolled = not event.following
        if event.following:
            self.status.unseen = 0

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

    def pick_session(self, words: str = "") -> None:
        """Lets the person pick a session, also by words that were said in it."""
        from hfs.tui.screens.picker import PickerScreen

        if self.is_answering:
            self._say_busy()
        elif self.resources.view is not None:
            view = self.resources.view
            self.app.push_screen(PickerScreen(view.repo, view.current.session_id, words), self._picked)

    def _picked(self, picked: Picked | None) -> None:
        if self.resources.view is not None:
            self.run_worker(self.resources.view.take(picked), group="command")

    def _say_busy(self) -> None:
        self.notify("An answer is coming: Esc stops it.", markup=False)

    def action_stop_answer(self) -> None:
        """Stops an import and the answer, and what came is saved; or leaves an edit, or waits no longer."""
        self.resources.stop_waiting()
        if self.commands.stop_import is not None:
            self.commands.stop_import()
        if not self.is_answering:
            self.composer.end_edit()
        elif self.resources.view is not None:
            self.resources.view.current.stop()

    async def action_stop_or_quit(self) -> None:
        """Copies what is marked, stops the answer, empties the prompt, or, the second time, quits."""
        marked = self.get_selected_text()
        if marked:
            self.app.copy_to_clipboard(marked)
            self.clear_selection()
        elif self.is_answering:
            self.action_stop_answer()
        elif self.composer.prompt.text:
            self.composer.end_edit()
            self.composer.prompt.clear()
        else:
            await self._leaving.ask()

    async def leave(self) -> None:
        """Ends the program; an answer that is coming is saved first."""
        self.action_stop_answer()
        if await self._leaving.may_leave():
            await self._keep_typed()
            await self.resources.close()
            self.app.exit(0)
