"""A picker of chat sessions: find one by its name, read it while others write to it, rename it.

python picker.py [HOME]
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from textual import events, on, work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from hfs.persistence import HfsError, ListQuery, SessionFilter, SessionRepository, SessionSummary, open_repository

POLL = 0.5  # How long until the store is looked at again, in seconds.


@contextmanager
def showing_problems(screen: Screen[None]) -> Iterator[None]:
    """Shows the sentence of an error, and clears it where all went well."""
    problem = screen.query_one("#problem", Static)
    try:
        yield
        problem.update("")
    except HfsError as error:
        problem.update(str(error))


class SessionList(OptionList):
    """Sessions, a line each. The highlighted one stays highlighted when they change."""

    def show(self, sessions: list[SessionSummary]) -> None:
        kept = self.highlighted_option.id if self.highlighted_option else None
        self.set_options(Option(Content(f"{each.name}  ({each.message_count})"), str(each.id)) for each in sessions)
        ids = [option.id for option in self.options]
        self.highlighted = ids.index(kept) if kept in ids else 0 if ids else None


class SessionScreen(Screen[None]):
    """The name and the messages of one session, as they are now. The name can be changed."""

    AUTO_FOCUS = "#messages"
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss", "Back"), ("f2", "app.focus_previous", "Rename")]

    def __init__(self, repo: SessionRepository, session_id: int) -> None:
        super().__init__()
        self._repo = repo
        self._session_id = session_id
        self._revision: str | None = None

    def compose(self) -> ComposeResult:
        yield Input()
        yield Static(id="problem", markup=False)
        yield VerticalScroll(id="messages")
        yield Footer()

    @on(events.Mount)
    @work
    async def follow(self) -> None:
        while True:
            with showing_problems(self):
                revision = await self._repo.revision(self._session_id)
                session = await self._repo.get(self._session_id) if revision != self._revision else None
                if session is not None:
                    lines = [Static(Content(f"{each.role}: {each.content}\n")) for each in session.messages]
                    self.query_one(Input).value = session.name
                    async with self.batch():
                        await self.query("#messages > *").remove()
                        await self.query_one("#messages").mount_all(lines)
                    self._revision = revision
            await asyncio.sleep(POLL)

    @on(Input.Submitted)
    @work(group="rename")
    async def rename(self, event: Input.Submitted) -> None:
        try:
            await self._repo.rename(self._session_id, event.value)
            self.query_one("#messages").focus()
        except HfsError as error:
            self.notify(str(error), severity="error", markup=False)


class PickerScreen(Screen[None]):
    """The sessions whose names hold the words that are typed, the last used first."""

    BINDINGS: ClassVar[list[BindingType]] = [("down", "app.focus_next", "List"), ("escape", "app.quit", "Quit")]

    def __init__(self, repo: SessionRepository) -> None:
        super().__init__()
        self._repo = repo
        self._sessions: list[SessionSummary] = []

    def compose(self) -> ComposeResult:
        yield Input(placeholder="Words of a name")
        yield Static(id="problem", markup=False)
        yield SessionList()
        yield Footer()

    @on(events.Mount)
    @on(Input.Changed)
    @work(exclusive=True)
    async def follow(self) -> None:
        while True:
            await self.list_sessions()
            await asyncio.sleep(POLL)

    async def list_sessions(self) -> None:
        wanted = SessionFilter(name=self.query_one(Input).value.strip() or None, archived=False)
        with showing_problems(self):
            page = await self._repo.list_sessions(ListQuery(wanted, sort="updated", limit=200, pinned_first=True))
            if page.sessions != self._sessions:
                self._sessions = page.sessions
                self.query_one(SessionList).show(page.sessions)

    @on(Input.Submitted)
    @work(exclusive=True, group="open")
    async def open_highlighted(self) -> None:
        await self.list_sessions()
        self.query_one(SessionList).action_select()

    @on(SessionList.OptionSelected)
    def open(self, event: SessionList.OptionSelected) -> None:
        self.app.push_screen(SessionScreen(self._repo, int(event.option_id or 0)))


class PickerApp(App[None]):
    CSS = "SessionList { height: 1fr; } #problem { height: auto; color: $text-error; }"

    def __init__(self, repo: SessionRepository) -> None:
        super().__init__()
        self._repo = repo

    def get_default_screen(self) -> PickerScreen:
        return PickerScreen(self._repo)


async def main(home: str | None = None) -> None:
    async with open_repository(home) as repo:
        await PickerApp(repo).run_async()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:2]))
