"""Pick a session: by its name, or by what was said in it; name it, pin it, tag it, put it away, all in place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from hfs.display import counted, one_line
from hfs.errors import BadQueryError, HfsError
from hfs.persistence import SessionRepository, SessionSummary
from hfs.tui.screens.finding import Listing, Row, SessionFinder
from hfs.tui.screens.lines import LineDrawing, preview

_PAUSE = 0.15
"""How long typing must pause before words that were said are looked for, in seconds."""
_GLANCE = 0.08
"""How long a line must be highlighted before its session is read, in seconds."""
_PATIENCE = 1.0
"""How long a list may be waited for without a word, in seconds."""
_WIDE = 100
_FILTER = "Type a part of a name, or words that were said"
_NAME = "Its new name; Esc leaves it as it was"
_TAGS = "Its tags, with commas between; Esc leaves them as they were"
_ROOMY = 116
"""From so many cells on, the keys stand on one line."""
_KEYS = (
    "Enter open  F2 name  F3 pin  F4 archive  F5 tags",
    "Ctrl+X trash  Ctrl+Z back  Ctrl+A archived  Esc",
)


@dataclass(frozen=True, slots=True)
class Picked:
    """What was chosen."""

    session_id: int
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Change:
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
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", priority=True),
        Binding("up", "move(-1)", "Up", priority=True, show=False),
        Binding("down", "move(1)", "Down", priority=True, show=False),
        Binding("pageup", "page(-1)", "Page up", priority=True, show=False),
        Binding("pagedown", "page(1)", "Page down", priority=True, show=False),
        Binding("f2", "change('name')", "Rename", priority=True),
        Binding("f3", "pin", "Pin", priority=True),
        Binding("f4", "archive", "Archive", priority=True),
        Binding("f5", "change('tags')", "Tags", priority=True),
        Binding("ctrl+x", "delete", "To the trash", priority=True),
        Binding("ctrl+z", "undo", "Bring back", priority=True),
        Binding("ctrl+a", "show_archived", "Archived ones too", priority=True),
    ]

    def __init__(self, repo: SessionRepository, current: int | None, words: str = "") -> None:
        super().__init__()
        self._repo = repo
        self._finder = SessionFinder(repo)
        self._current = current
        self._words = words
        self._archived = False
        self._wanted = asyncio.Event()
        self._looking = True
        """Whether what is listed is not yet what was typed last."""
        self._opening = False
        """Whether the first that is found is opened."""
        self._listing = Listing()
        self._highlight: int | None = 0
        """The line to highlight next; None keeps the session that is."""
        self._deleted: list[int] = []
        self._changing: _Change | None = None
        self._told = ""
        self._is_wide = False
        # Kept at hand: what was asked may be answered when the screen is being left.
        self._box = Input(words, placeholder=_FILTER)
        self._options = OptionList(markup=False)
        self._beside = Static(id="preview", markup=False)
        self._count = Static(classes="hint", id="count", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(classes="choosing"):
            yield self._box
            with Horizontal(id="lists"):
                yield self._options
                yield self._beside
            with Container(id="keys"):
                for keys in _KEYS:
                    yield Static(keys, classes="hint", markup=False)
            yield self._count

    def on_mount(self) -> None:
        self._wanted.set()
        self._look()

    def on_resize(self, event: events.Resize) -> None:
        self._is_wide = event.size.width >= _WIDE
        self.query(".choosing").set_class(event.size.width >= _ROOMY, "-roomy")
        self.query(".choosing").set_class(self._is_wide, "-wide")
        # The list has its new width only after this.
        self.call_after_refresh(self._draw)

    # What is listed

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        """Lists what is wanted. One question at a time: what is typed meanwhile takes the place of what was before."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            # A server that is away is waited for: that is said where nothing is listed yet.
            waiting = self.set_timer(_PATIENCE, self._say_waiting)
            try:
                await self._list(self._words)
            except HfsError as error:
                self._say(str(error))
            finally:
                waiting.stop()
            if not self._wanted.is_set():
                self._looking = self._opening = False

    def _say_waiting(self) -> None:
        if not self._listing.rows:
            self._say("Waiting for the sessions…")

    async def _list(self, words: str) -> None:
        if not words.strip():
            self._show(await self._finder.newest(archived=self._archived))
            return
        named = await self._finder.named(words, archived=self._archived)
        if self._wanted.is_set():
            return
        self._show(named)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), _PAUSE)
            return
        with contextlib.suppress(BadQueryError):
            named += await self._finder.said(words, archived=self._archived)
        if not self._wanted.is_set():
            self._show(named)

    def _show(self, listing: Listing) -> None:
        kept = self._chosen()
        self._listing = listing
        at, self._highlight = self._highlight, None
        if at is None:
            at = self._options.highlighted or 0
            ids = [row.summary.id for row in listing.rows]
            if kept is not None and kept.summary.id not in [one.summary.id for one in listing.rows[at : at + 1]]:
                at = ids.index(kept.summary.id) if kept.summary.id in ids else at
        self._draw(at)
        self._say_counts()
        if listing.rows:
            self._looking = False
            if self._opening:
                self._open()

    def _draw(self, at: int | None = None) -> None:
        options = self._options
        at = options.highlighted if at is None else at
        rows = self._listing.rows
        numbers = max((len(str(row.summary.id)) for row in rows), default=1)
        # What is left of it beside the scroll bar.
        width = max(options.scrollable_content_region.width - 2, 20)
        drawing = LineDrawing(width, numbers, self._words.strip(), self._current)
        options.set_options(
            Option(Content(*drawing.draw(row, above))) for row, above in zip(rows, [None, *rows], strict=False)
        )
        options.highlighted = min(at or 0, len(rows) - 1) if rows else None
        if not rows:
            self._beside.update(Content(""))

    def _say_counts(self) -> None:
        listing = self._listing
        listed = len(listing.rows)
        if self._words.strip():
            count = f"{listing.fitting:,} fit" if listing.is_exact else f"more than {listing.fitting:,} fit"
            text = count if listing.fitting else "nothing fits"
        else:
            text = counted(listing.fitting, "session")
        more = f", {listed} listed" if listed < listing.fitting else ""
        archived = f"; {listing.archived:,} archived: Ctrl+A" if listing.archived else ""
        self._say(f"{self._told}{text}{more}{archived}")

    def _tell(self, text: str) -> None:
        """Says what became of a key, until something is typed."""
        self._told = f"{text} "
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
        if self._changing is None and words != self._words:
            self._words, self._told, self._highlight = words, "", 0
            self._opening, self._looking = False, True
            self._wanted.set()

    def _look_again(self, told: str = "") -> None:
        self._told = f"{told} " if told else ""
        self._wanted.set()

    def action_show_archived(self) -> None:
        """Lists archived sessions too, or no longer."""
        self._archived = not self._archived
        self._look_again("Archived ones too:" if self._archived else "")

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        # The list may have changed since.
        if event.option_index < len(self._listing.rows) and self._is_wide:
            self._preview(self._listing.rows[event.option_index])

    @work(exclusive=True, group="preview")
    async def _preview(self, row: Row) -> None:
        await asyncio.sleep(_GLANCE)
        try:
            session = await self._repo.rescue(row.summary.id)
            text = preview(row, session.messages if session else [])
        except HfsError as error:
            text = one_line(str(error), 1000)
        self._beside.update(Content(text))

    # What is done with the highlighted one

    def action_move(self, step: int) -> None:
        """Goes up or down in the list."""
        options = self._options
        if step < 0:
            options.action_cursor_up()
        else:
            options.action_cursor_down()

    async def action_page(self, step: int) -> None:
        """Goes up or down by as much as is in view."""
        await self._options.run_action("page_up" if step < 0 else "page_down")

    def _chosen(self) -> Row | None:
        at = self._options.highlighted
        return self._listing.rows[at] if at is not None and at < len(self._listing.rows) else None

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._open()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._changing is not None:
            self._save(self._changing, event.value)
        elif self._looking:
            self._opening = True
        else:
            self._open()

    def _open(self) -> None:
        chosen = self._chosen()
        if chosen is not None and self.is_current:
            self.dismiss(Picked(chosen.summary.id, chosen.hit.message_id if chosen.hit else None))

    def action_back(self) -> None:
        """Leaves a change, or the screen."""
        if self._changing is not None:
            self._end_change()
        else:
            self.dismiss(None)

    def action_change(self, what: Literal["name", "tags"]) -> None:
        """Lets the person type another name for the session, or its tags."""
        chosen = self._chosen()
        if chosen is not None and self._changing is None:
            summary = chosen.summary
            self._changing = _Change(what, summary)
            box = self._box
            box.placeholder = _NAME if what == "name" else _TAGS
            box.value = one_line(summary.name, 2000) if what == "name" else ", ".join(_shown_tags(summary))
            box.cursor_position = len(box.value)
            box.focus()

    def _end_change(self) -> None:
        self._changing = None
        box = self._box
        box.placeholder, box.value = _FILTER, self._words

    def _save(self, change: _Change, text: str) -> None:
        session_id = change.summary.id
        if change.what == "name":
            self._do(session_id, partial(self._repo.rename, session_id, text), "Renamed.")
            return
        shown = _shown_tags(change.summary)
        tags = [tag for tag in map(str.strip, text.split(",")) if tag]
        added = [tag for tag in tags if tag not in shown]
        removed = [tag for tag in shown if tag not in tags]
        self._do(session_id, partial(self._repo.tag, session_id, added, removed), "Tagged.")

    def action_pin(self) -> None:
        """Pins the session, or unpins it."""
        chosen = self._chosen()
        if chosen is not None and self._changing is None:
            session_id, pinned = chosen.summary.id, not chosen.summary.pinned
            self._do(
                session_id, partial(self._repo.pin, session_id, pinned), "Pinned." if pinned else "No longer pinned."
            )

    def action_archive(self) -> None:
        """Archives the session, or brings it back."""
        chosen = self._chosen()
        if chosen is not None and self._changing is None:
            session_id, archived = chosen.summary.id, not chosen.summary.archived
            self._do(
                session_id,
                partial(self._repo.archive, session_id, archived),
                "Archived." if archived else "No longer archived.",
            )

    def action_delete(self) -> None:
        """Moves the session to the trash."""
        chosen = self._chosen()
        if chosen is None or self._changing is not None:
            return
        session_id = chosen.summary.id
        if session_id == self._current:
            self._tell("This session is open: /delete in the chat moves it to the trash.")
        else:
            self._do(session_id, partial(self._delete, session_id), "In the trash.")

    async def _delete(self, session_id: int) -> bool:
        deleted = await self._repo.delete(session_id)
        if deleted:
            self._deleted.append(session_id)
        return deleted

    def action_undo(self) -> None:
        """Brings back the session that was deleted here last."""
        if self._deleted:
            session_id = self._deleted.pop()
            self._do(session_id, partial(self._repo.restore, session_id), "Brought back.")
        else:
            self._tell("Nothing was deleted here; /undo in the chat goes further.")

    @work(group="change")
    async def _do(self, session_id: int, work: Callable[[], Awaitable[object]], told: str) -> None:
        try:
            done = await work()
        except HfsError as error:
            self._tell(str(error))
            return
        if self._changing is not None:
            self._end_change()
        self._look_again(told if done else f"There is no session {session_id} any more.")


def _shown_tags(summary: SessionSummary) -> list[str]:
    """The tags that can be typed as they are: others, which another program wrote, are neither shown nor taken off."""
    return [tag for tag in summary.tags if "," not in tag and one_line(tag, len(tag) + 1) == tag]
