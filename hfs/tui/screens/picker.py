"""Pick a session: by its name, or by what was said in it; rename it and delete it in place."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from hfs.display import counted, display, local_time, one_line
from hfs.errors import HfsError
from hfs.persistence import SearchHit, SessionRepository, SessionSummary

_MOST = 300
"""How many are shown at once; how many more there are is said."""
_PAUSE = 0.15
"""How long typing must pause before files are searched, in seconds."""
_WIDE = 100
_FILTER = "Type a part of a name, or words that were said"


@dataclass(frozen=True, slots=True)
class Picked:
    """What was chosen."""

    session_id: int
    message_id: int | None = None


class PickerScreen(ModalScreen[Picked | None]):
    """The sessions, the last used first. It returns the chosen one, with the message in which the words stand.

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
        Binding("f2", "rename", "Rename", priority=True),
        Binding("ctrl+x", "delete", "To the trash", priority=True),
        Binding("ctrl+z", "undo", "Bring back", priority=True),
    ]

    def __init__(self, repo: SessionRepository, current: int | None, words: str = "") -> None:
        super().__init__()
        self._repo = repo
        self._current = current
        self._words = words
        self._summaries: list[SessionSummary] = []
        self._rows: list[tuple[SessionSummary, SearchHit | None]] = []
        self._deleted: list[int] = []
        self._renaming: SessionSummary | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="choosing"):
            yield Input(self._words, placeholder=_FILTER)
            with Horizontal(id="lists"):
                yield OptionList(markup=False)
                yield Static(id="preview", markup=False)
            yield Static("Enter: open  F2: rename  Ctrl+X: to the trash  Ctrl+Z: bring back  Esc", classes="hint")
            yield Static(classes="hint", id="count", markup=False)

    def on_mount(self) -> None:
        self._load()

    def on_resize(self, event: events.Resize) -> None:
        self.query_one(".choosing").set_class(event.size.width >= _WIDE, "-wide")

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        try:
            summaries = await self._repo.list_recent(None)
        except HfsError as error:
            self._say(str(error))
            return
        self._summaries = sorted(summaries, key=lambda one: one.last_activity, reverse=True)
        self._narrow(self._words)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._renaming is None:
            self._words = event.value
            self._narrow(event.value)

    def _narrow(self, words: str) -> None:
        rows: list[tuple[SessionSummary, SearchHit | None]]
        if words.strip():
            matcher = Matcher(words.strip())
            scored = [(matcher.match(summary.name), summary) for summary in self._summaries]
            by_id = [summary for summary in self._summaries if str(summary.id) == words.strip()]
            named = [one for score, one in sorted(scored, key=lambda pair: -pair[0]) if score > 0 and one not in by_id]
            rows = [(summary, None) for summary in [*by_id, *named]]
            self._search(words)
        else:
            rows = [(summary, None) for summary in self._summaries]
            self.workers.cancel_group(self, "search")
        self._show(rows)

    @work(exclusive=True, group="search")
    async def _search(self, words: str) -> None:
        await asyncio.sleep(_PAUSE)
        try:
            hits = await self._repo.search(words, _MOST)
        except HfsError as error:
            self._say(str(error))
            return
        known = {summary.id: summary for summary in self._summaries}
        found = [(known[hit.session_id], hit) for hit in hits if hit.message_id is not None and hit.session_id in known]
        if found:
            self._show([*(row for row in self._rows if row[1] is None), *found], keep=True)

    def _show(self, rows: Sequence[tuple[SessionSummary, SearchHit | None]], *, keep: bool = False) -> None:
        if not self.is_attached:
            return
        options = self.query_one(OptionList)
        at = options.highlighted if keep else None
        self._rows = list(rows)
        shown = self._rows[:_MOST]
        options.set_options(Option(Content(_row(summary, hit, self._current))) for summary, hit in shown)
        options.highlighted = (at or 0) if shown else None
        hidden = len(self._rows) - len(shown)
        more = f", {counted(hidden, 'other')} not shown: type to narrow" if hidden else ""
        self._say(f"{counted(len(self._summaries), 'session')}; {len(shown)} fit{more}." if self._words else more[2:])

    def _say(self, text: str) -> None:
        self.query_one("#count", Static).update(Content(one_line(text, 300)))

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        # The list may have changed since.
        if event.option_index < len(self._rows):
            self._preview(*self._rows[event.option_index])

    @work(exclusive=True, group="preview")
    async def _preview(self, summary: SessionSummary, hit: SearchHit | None) -> None:
        preview = self.query_one("#preview", Static)
        try:
            session = await self._repo.rescue(summary.id)
        except HfsError as error:
            preview.update(Content(display(str(error))))
            return
        messages = session.messages if session else []
        start = next((at for at, one in enumerate(messages) if hit and one.id == hit.message_id), len(messages) - 4)
        said = [
            f"{one.id} · {one_line(one.role)}\n{display(one.content[:600])}\n" for one in messages[max(0, start) :][:4]
        ]
        count = counted(len(messages), "message")
        preview.update(Content("\n".join([one_line(summary.name, 255), f"session {summary.id}, {count}", "", *said])))

    def action_move(self, step: int) -> None:
        """Goes up or down in the list."""
        options = self.query_one(OptionList)
        if step < 0:
            options.action_cursor_up()
        else:
            options.action_cursor_down()

    def _chosen(self) -> tuple[SessionSummary, SearchHit | None] | None:
        at = self.query_one(OptionList).highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._open()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._renaming is not None:
            self._rename(self._renaming.id, event.value)
        else:
            self._open()

    def _open(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            summary, hit = chosen
            self.dismiss(Picked(summary.id, hit.message_id if hit else None))

    def action_back(self) -> None:
        """Leaves a rename, or the screen."""
        if self._renaming is not None:
            self._end_rename()
        else:
            self.dismiss(None)

    def action_rename(self) -> None:
        """Lets the person type another name for the session."""
        chosen = self._chosen()
        if chosen is not None and self._renaming is None:
            self._renaming = chosen[0]
            box = self.query_one(Input)
            box.placeholder = "Its new name; Esc leaves it as it was"
            box.value = one_line(chosen[0].name, 255)
            box.focus()

    def _end_rename(self) -> None:
        self._renaming = None
        box = self.query_one(Input)
        box.placeholder, box.value = _FILTER, self._words

    @work(group="change")
    async def _rename(self, session_id: int, name: str) -> None:
        try:
            await self._repo.rename(session_id, name)
        except HfsError as error:
            self._say(str(error))
            return
        self._end_rename()
        self._load()

    @work(group="change")
    async def action_delete(self) -> None:
        """Moves the session to the trash."""
        chosen = self._chosen()
        if chosen is None or self._renaming is not None:
            return
        if chosen[0].id == self._current:
            self._say("This session is open: /delete in the chat moves it to the trash.")
            return
        try:
            if await self._repo.delete(chosen[0].id):
                self._deleted.append(chosen[0].id)
        except HfsError as error:
            self._say(str(error))
            return
        self._load()

    @work(group="change")
    async def action_undo(self) -> None:
        """Brings back the session that was deleted here last."""
        if not self._deleted:
            self._say("Nothing was deleted here. /undo in the chat brings back what was deleted before.")
            return
        try:
            await self._repo.restore(self._deleted.pop())
        except HfsError as error:
            self._say(str(error))
            return
        self._load()


def _row(summary: SessionSummary, hit: SearchHit | None, current: int | None) -> str:
    moment = local_time(summary.last_activity)
    mark = " (current)" if summary.id == current else ""
    damaged = f" [damaged: {one_line(summary.problem, 60)}]" if summary.problem else ""
    first = f"{summary.id:>4}  {moment:%Y-%m-%d %H:%M}  {one_line(summary.name, 70)}{mark}{damaged}"
    if hit is None:
        return first
    first = f"{summary.id:>4}  {one_line(summary.name, 70)}{mark}"
    return f"{first}\n      {hit.message_id} · {one_line(hit.role)}: {one_line(hit.line, 160)}"
