"""Where a person types: Enter sends, Ctrl+J or Shift+Enter breaks the line, Tab completes a command."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

_PLACEHOLDER = "Ask something, or /help"


class Prompt(TextArea):
    """The input of the chat. It grows to ten lines.

    Args:
        complete: What a beginning may become.
    """

    TAKEN: ClassVar[tuple[Binding, ...]] = (
        Binding("enter", "submit", "Send; //text sends /text"),
        Binding("ctrl+j,shift+enter", "break_line", "Break the line"),
        Binding("tab", "complete", "Complete a command, a session's name or a path; again: the next that fits"),
        Binding("up,down", "recall", "Bring back what you said before, in any session"),
    )
    """Keys that are taken in the order of what is typed, which bindings would overtake."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "search_history", "Search what you said"),
        Binding("ctrl+g", "edit_outside", "Write in $EDITOR"),
    ]

    @dataclass
    class Submitted(Message):
        """The person sent something."""

        text: str

    @dataclass
    class HistoryRequested(Message):
        """The person wants to look for something that they said before."""

    @dataclass
    class EditorRequested(Message):
        """The person wants to write in their own editor."""

        text: str

    def __init__(self, complete: Callable[[str], Awaitable[Sequence[str]]], *, id: str | None = None) -> None:
        super().__init__(id=id, soft_wrap=True, show_line_numbers=False, placeholder=_PLACEHOLDER)
        self._complete = complete
        self._completing: tuple[str, int, str] | None = None
        self._unsent = ""
        self._recalled = 0
        self.said_before: list[str] = []
        """What was said before, oldest first."""

    def set_history(self, texts: Sequence[str]) -> None:
        """Takes what was said in other sessions; what was said here comes after it."""
        self.said_before = [*texts, *self.said_before]
        self._recalled = len(self.said_before)

    def put(self, text: str) -> None:
        """Puts a text in, the cursor behind it."""
        self.load_text(text)
        self.move_cursor(self.document.end)
        self.focus()

    async def _on_key(self, event: events.Key) -> None:
        if event.key != "tab":
            self._completing = None
        if event.key == "enter":
            self._stop(event)
            self._submit()
        elif event.key in ("ctrl+j", "shift+enter"):
            self._stop(event)
            self.insert("\n")
        elif event.key == "tab":
            self._stop(event)
            await self._complete_next()
        elif event.key in ("up", "down") and self._recall(-1 if event.key == "up" else 1):
            self._stop(event)
        else:
            await super()._on_key(event)

    def _stop(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()

    def _submit(self) -> None:
        text = self.text
        if text.strip():
            if not self.said_before or self.said_before[-1] != text:
                self.said_before.append(text)
            self._recalled = len(self.said_before)
            self.clear()
            self.post_message(self.Submitted(text))

    async def _complete_next(self) -> None:
        """Completes what was typed; pressed again, takes the next that fits."""
        beginning, turn, shown = self._completing or (self.text, 0, self.text)
        if shown != self.text:
            beginning, turn = self.text, 0
        found = await self._complete(beginning)
        if found:
            chosen = found[turn % len(found)]
            self._completing = (beginning, turn + 1, chosen)
            self.load_text(chosen)
            self.move_cursor(self.document.end)

    def _recall(self, step: int) -> bool:
        """Brings back what was sent before, from the first or last line."""
        row = self.cursor_location[0]
        if (row != 0 if step < 0 else row != self.document.line_count - 1) or not self.said_before:
            return False
        if self._recalled == len(self.said_before):
            self._unsent = self.text
        self._recalled = max(0, min(len(self.said_before), self._recalled + step))
        at_end = self._recalled == len(self.said_before)
        self.load_text(self._unsent if at_end else self.said_before[self._recalled])
        self.move_cursor(self.document.end if step < 0 else (0, 0))
        if step > 0:
            self.move_cursor(self.document.end)
        return True

    def action_search_history(self) -> None:
        """Looks for something that was said before."""
        self.post_message(self.HistoryRequested())

    def action_edit_outside(self) -> None:
        """Writes in the person's own editor."""
        self.post_message(self.EditorRequested(self.text))
