"""A few lines for who has just opened the chat, gone with the first thing that is sent."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content, Span
from textual.widgets import Static


class Welcome(Static):
    """What answers here, where it is kept, and how one goes on. It is no part of the conversation."""

    def __init__(self) -> None:
        super().__init__()
        self.is_over = False
        """Whether it has gone."""
        self._trouble = ""
        self._lines: Sequence[str] = ()

    @property
    def text(self) -> str:
        """What it says; nothing, where it isn't shown."""
        return "\n".join(part for part in (self._trouble, *self._lines) if part) if self.display else ""

    def tell(self, lines: Sequence[str], trouble: str = "") -> None:
        """Shows lines, unless it is over.

        Args:
            lines: What to say.
            trouble: Why no model can answer, and what changes that; it stands before them.
        """
        self._lines = lines
        self._trouble = trouble or self._trouble
        self._draw()

    def take_trouble(self, trouble: str) -> bool:
        """Says before all that no model can answer; returns whether it did, which it does until it is over.

        Args:
            trouble: Why, and what changes that.
        """
        if not self.is_over:
            # What was found out by looking is shorter than what failed for the same reason.
            self._trouble = self._trouble or trouble
            self._draw()
        return not self.is_over

    def end(self) -> None:
        """Goes, and doesn't come back."""
        self.is_over = True
        self.display = False

    def _draw(self) -> None:
        lines = [self._trouble, *self._lines] if self._trouble else self._lines
        self.update(Content("\n".join(lines), [Span(0, len(self._trouble), "$text-error")]))
        self.display = bool(lines) and not self.is_over
