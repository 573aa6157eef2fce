"""Where a person types: Enter sends, Ctrl+J or Shift+Enter breaks the line, Tab completes a command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widgets import TextArea


class Prompt(TextArea):
    """The input of the chat.

    Args:
        complete: The commands that a beginning may become.
    """

    @dataclass
    class Submitted(Message):
        """The person sent something."""

        text: str

    def __init__(self, complete: Callable[[str], Sequence[str]], *, id: str | None = None) -> None:
        super().__init__(id=id, soft_wrap=True, show_line_numbers=False, placeholder="Ask something, or /help")
        self._complete = complete
        self._sent: list[str] = []
        self._recalled = 0

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            self._stop(event)
            self._submit()
        elif event.key in ("ctrl+j", "shift+enter"):
            self._stop(event)
            self.insert("\n")
        elif event.key == "tab":
            self._stop(event)
            self._complete_command()
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
            self._sent.append(text)
            self._recalled = len(self._sent)
            self.clear()
            self.post_message(self.Submitted(text))

    def _complete_command(self) -> None:
        found = self._complete(self.text)
        if len(found) == 1:
            self.load_text(f"{found[0]} ")
            self.move_cursor(self.document.end)

    def _recall(self, step: int) -> bool:
        """Brings back what was sent before, from the first or last line."""
        row = self.cursor_location[0]
        if (row != 0 if step < 0 else row != self.document.line_count - 1) or not self._sent:
            return False
        self._recalled = max(0, min(len(self._sent), self._recalled + step))
        self.load_text(self._sent[self._recalled] if self._recalled < len(self._sent) else "")
        self.move_cursor(self.document.end)
        return True
