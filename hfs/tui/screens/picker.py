"""Pick a session: by its name, or by what was said in it; name it, pin it, tag it, put it away, all in place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final, Literal

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from hfs.display import one_line
from hfs.errors import HfsError
from hfs.persistence import SessionRepository, SessionSummary
from hfs.tui.picker.changes import Change, SessionChanges, typed_tags
from hfs.tui.picker.finder import Listing, Row, SessionFinder
from hfs.tui.picker.lines import preview
from hfs.tui.picker.live_search import LiveSearch
from hfs.tui.widgets.session_list import SessionList

_GLANCE: Final = 0.08
"""How long a line must be highlighted before its session is read, in seconds."""
_WIDE: Final = 100
"""From so many cells on, what is highlighted is read beside the list."""
_ROOMY: Final = 116
"""From so many cells on, the keys stand on one line."""
_FILTER: Final = "Type a part of a name, or words that were said"
_NAME: Final = "Its new name; Esc leaves it as it was"
_TAGS: Final = "Its tags, with commas between; Esc leaves them as they were"
_KEYS: Final = (
    "Enter open  F2 name  F3 pin  F4 archive  F5 tags",
    "Ctrl+X trash  Ctrl+Z back  Ctrl+A archived  Esc",
)


@dataclass(frozen=True, slots=True)
class Picked:
    """What was chosen."""

    session_id: int
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Typed:
    """What is being typed of a session."""

    what: Literal["name", "tags"]
    summary: SessionSummary


class PickerScreen(ModalScreen[Picked | None]):
    """The sessions, pinned ones first, then the last used. It returns the chosen one, with the message that was found.

    Args:
        repo: The sessions.
        current: The session on the screen.
        words: What to look for at first.
    """

    CSS_PATH = "choosing.tcss"
    TAKEN: ClassVar[tuple[Binding, ...]] = (Binding("enter", "submit", "Open it; store a name or tags"),)
    """Keys that the input takes."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Leave; leave a name or tags as they were", priority=True),
        Binding("up", "list('cursor_up')", "Go up", priority=True, show=False),
        Binding("down", "list('cursor_down')", "Go down", priority=True, show=False),
        Binding("pageup", "list('page_up')", "Go a page up", priority=True, show=False),
        Binding("pagedown", "list('page_down')", "Go a page down", priority=True, show=False),
        Binding("f2", "type('name')", "Give it another name", priority=True),
        Binding("f3", "pin", "Pin it, or no longer", priority=True),
        Binding("f4", "archive", "Archive it, or bring it back", priority=True),
        Binding("f5", "type('tags')", "Change its tags", priority=True),
        Binding("ctrl+x", "delete", "Move it to the trash", priority=True),
        Binding("ctrl+z", "undo", "Undo the last change that was made here", priority=True),
        Binding("ctrl+a", "show_archived", "List archived ones too, or no longer", priority=True),
    ]

    def __init__(self, repo: SessionRepository, current: int | None, words: str = "") -> None:
        super().__init__()
        self._repo = repo
        self._current = current
        self._search = LiveSearch(SessionFinder(repo), words, self._show, self._open, self._say)
        self._changes = SessionChanges(repo)
        self._listing = Listing()
        self._highlight: int | None = 0
        """The line to highlight next; None keeps the session that is."""
        self._typed: _Typed | None = None
        self._told = ""
        # Kept at hand: what was asked may be answered when the screen is being left.
        self._box = Input(words, placeholder=_FILTER)
        self._list = SessionList(current)
        self._beside = Static(id="preview", markup=False)
        self._count = Static(classes="hint", id="count", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="choosing"):
            yield self._box
            with Horizontal(id="lists"):
                yield self._list
                yield self._beside
            with Container(id="keys"):
                for keys in _KEYS:
                    yield Static(keys, classes="hint", markup=False)
            yield self._count

    def on_mount(self) -> None:
        self.run_worker(self._search.run(), group="look")

    def on_resize(self, event: events.Resize) -> None:
        self.query(".choosing").set_class(event.size.width >= _ROOMY, "-roomy")
        self.query(".choosing").set_class(event.size.width >= _WIDE, "-wide")
        # The list has its new width only after this.
        self.call_after_refresh(self._list.draw_again)

    # What is listed

    def _show(self, listing: Listing) -> None:
        self._listing = listing
        self._list.show(listing.rows, self._search.words, self._highlight)
        self._highlight = None
        if not listing.rows:
            self._beside.update(Content(""))
        self._say_counts()

    def _say_counts(self) -> None:
        self._say(f"{self._told}{self._listing.counts(looked_for=bool(self._search.words.strip()))}")

    def _tell(self, text: str) -> None:
        """Says what became of a key, until something is typed."""
        self._told = f"{text} " if text else ""
        self._say_counts()

    def _say(self, text: str) -> None:
        self._count.update(Content(one_line(text, 300)))

    def show_indexing(self, text: str) -> None:
        """Says how far the reading of many sessions is, on which the list waits."""
        if text:
            self._say(text)
        else:
            self._say_counts()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        words = event.input.value
        if self._typed is None and words != self._search.words:
            self._told, self._highlight = "", 0
            self._search.look_for(words)

    def action_show_archived(self) -> None:
        """Lists archived sessions too, or no longer."""
        self._search.archived = not self._search.archived
        self._look_again("Archived ones too:" if self._search.archived else "")

    def _look_again(self, told: str) -> None:
        self._told = f"{told} " if told else ""
        self._search.look_again()

    async def action_list(self, action: str) -> None:
        """Moves in the list."""
        await self._list.run_action(action)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        chosen = self._list.chosen
        if chosen is not None and self.size.width >= _WIDE:
            self._preview(chosen)

    @work(exclusive=True, group="preview")
    async def _preview(self, row: Row) -> None:
        await asyncio.sleep(_GLANCE)
        try:
            session = await self._repo.rescue(row.summary.id)
            text = preview(row, session.messages if session else [])
        except HfsError as error:
            text = one_line(str(error), 1000)
        self._beside.update(Content(text))

    # What is opened

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._open()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._typed is not None:
            self._save(self._typed, event.value)
        elif self._search.is_looking:
            self._search.opens_first = True
        else:
            self._open()

    def _open(self) -> None:
        chosen = self._list.chosen
        if chosen is not None and self.is_current:
            self.dismiss(Picked(chosen.summary.id, chosen.hit.message_id if chosen.hit else None))

    def action_back(self) -> None:
        """Leaves what is being typed of a session, or the screen."""
        if self._typed is not None:
            self._end_typing()
        else:
            self.dismiss(None)

    # What is done with the highlighted one

    @property
    def _free(self) -> SessionSummary | None:
        """The highlighted session; None while something is being typed of one."""
        chosen = self._list.chosen
        return chosen.summary if chosen is not None and self._typed is None else None

    def action_type(self, what: Literal["name", "tags"]) -> None:
        """Lets the person type another name for the session, or its tags."""
        summary = self._free
        if summary is not None:
            self._typed = _Typed(what, summary)
            box = self._box
            box.placeholder = _NAME if what == "name" else _TAGS
            box.value = one_line(summary.name, 2000) if what == "name" else ", ".join(typed_tags(summary))
            box.cursor_position = len(box.value)
            box.focus()

    def _end_typing(self) -> None:
        self._typed = None
        box = self._box
        box.placeholder, box.value = _FILTER, self._search.words

    def _save(self, typed: _Typed, text: str) -> None:
        change = self._changes.rename if typed.what == "name" else self._changes.retag
        self._do(change(typed.summary, text))

    def action_pin(self) -> None:
        """Pins the session, or unpins it."""
        if self._free is not None:
            self._do(self._changes.pin(self._free))

    def action_archive(self) -> None:
        """Archives the session, or brings it back."""
        if self._free is not None:
            self._do(self._changes.archive(self._free))

    def action_delete(self) -> None:
        """Moves the session to the trash."""
        if self._free is not None and self._free.id == self._current:
            self._tell("This session is open: /delete in the chat moves it to the trash.")
        elif self._free is not None:
            self._do(self._changes.delete(self._free))

    def action_undo(self) -> None:
        """Undoes what was changed here last."""
        if self._typed is None:
            self._change(self._changes.undo)

    def _do(self, change: Change) -> None:
        self._change(partial(self._changes.do, change))

    @work(group="change")
    async def _change(self, work: Callable[[], Awaitable[str | None]]) -> None:
        try:
            told = await work()
        except HfsError as error:
            self._tell(str(error))
            return
        if told is None:
            self._tell("Nothing was changed here; /undo in the chat brings back what was deleted.")
            return
        if self._typed is not None:
            self._end_typing()
        self._look_again(told)
