"""What was said before, to say it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from hfs.display import one_line

_MOST: Final = 200
"""How many texts are listed at once."""


class HistoryScreen(ModalScreen[str | None]):
    """A list of texts, narrowed by typing. It returns the chosen one.

    Args:
        texts: What was said, oldest first.
    """

    CSS_PATH = "choosing.tcss"
    TAKEN: ClassVar[tuple[Binding, ...]] = (Binding("enter", "submit", "Take it into the prompt"),)
    """Keys that the input takes."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Leave", priority=True),
        Binding("up,ctrl+r", "list('cursor_up')", "Go to one further back", priority=True, show=False),
        Binding("down", "list('cursor_down')", "Go to one less far back", priority=True, show=False),
    ]

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__()
        self._texts = list(dict.fromkeys(reversed(texts)))
        self._found: list[str] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="choosing"):
            yield Input(placeholder="Search what you said")
            yield OptionList(markup=False)

    def on_mount(self) -> None:
        self._show("")

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        event.stop()
        self._show(event.value)

    def _show(self, words: str) -> None:
        wanted = words.casefold().split()
        fitting = (text for text in self._texts if all(word in text.casefold() for word in wanted))
        self._found = [text for text, _ in zip(fitting, range(_MOST), strict=False)]
        options = self.query_one(OptionList)
        options.set_options(Option(Content(one_line(text, 200))) for text in self._found)
        options.highlighted = 0 if self._found else None

    async def action_list(self, action: str) -> None:
        """Moves in the list."""
        await self.query_one(OptionList).run_action(action)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._found[event.option_index])

    @on(Input.Submitted)
    def _submitted(self) -> None:
        at = self.query_one(OptionList).highlighted
        self.dismiss(self._found[at] if at is not None and self._found else None)
