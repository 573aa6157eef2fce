"""The conversation as it was said. Long ones are mounted from the end, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text
from textual.containers import VerticalScroll
from textual.content import Content
from textual.css.query import NoMatches
from textual.widget import Widget
from textual.widgets import DataTable, Markdown, Static
from textual.widgets.markdown import MarkdownStream

from hfs.display import display, one_line
from hfs.persistence import MessageModel

PAGE: Final = 50
"""How many messages are mounted at once: a Markdown widget costs tens of milliseconds."""


class Transcript(VerticalScroll):
    """What was said, with notes of hfs between."""

    can_focus = True

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._older: list[MessageModel] = []
        self._loading = False

    async def show_messages(self, messages: Sequence[MessageModel]) -> None:
        """Shows these messages instead of what is there, the newest in view."""
        await self.remove_children()
        self._older = list(messages[:-PAGE])
        await self.mount_all(_widgets(messages[-PAGE:]))
        await self._show_older_line()
        self.scroll_end(animate=False)

    async def add_message(self, message: MessageModel) -> None:
        """Adds a message at the end."""
        await self.mount_all(_widgets([message]))
        self.scroll_end(animate=False)

    async def note(self, text: str, kind: str = "note") -> None:
        """Says something that is no message. ``kind`` is ``note`` or ``error``."""
        await self.mount(Static(Content(display(text)), classes=kind))
        self.scroll_end(animate=False)

    async def show_table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Shows a table."""
        table: DataTable[Text] = DataTable(cursor_type="none", zebra_stripes=True)
        await self.mount(table)
        table.add_columns(*(Text(name) for name in header))
        for row in rows:
            table.add_row(*(Text(one_line(cell)) for cell in row))
        self.scroll_end(animate=False)

    async def begin_answer(self, model: str) -> MarkdownStream:
        """Adds an answer that is still coming; write its text to the stream."""
        await self.mount(Static(Content(one_line(model)), classes="who"))
        markdown = Markdown("", open_links=False, classes="assistant")
        await self.mount(markdown)
        self.anchor()
        return Markdown.get_stream(markdown)

    async def load_older(self) -> None:
        """Mounts the page before the oldest message that is shown."""
        if not self._older or self._loading:
            return
        self._loading = True
        page, self._older = self._older[-PAGE:], self._older[:-PAGE]
        first = next(iter(self.query(".message, .who, .user")), None)
        before = self.max_scroll_y
        await self.mount_all(_widgets(page), before=first)
        await self._show_older_line()
        self.call_after_refresh(self._keep_place, before)

    def _keep_place(self, before: float) -> None:
        self.scroll_to(y=self.scroll_y + self.max_scroll_y - before, animate=False)
        self._loading = False

    async def _show_older_line(self) -> None:
        try:
            line = self.query_one("#older", Static)
        except NoMatches:
            if self._older:
                await self.mount(Static(Content(self._older_text()), id="older", classes="note"), before=0)
            return
        if self._older:
            line.update(Content(self._older_text()))
        else:
            await line.remove()

    def _older_text(self) -> str:
        return f"{len(self._older)} older messages: scroll up to see them"

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value < 1 and old_value > new_value and self._older:
            self.call_later(self.load_older)


def _widgets(messages: Sequence[MessageModel]) -> list[Widget]:
    widgets: list[Widget] = []
    for message in messages:
        who = one_line(message.model or message.role)
        mark = f"  ({one_line(message.status)})" if message.status else ""
        widgets.append(Static(Content(f"{who}{mark}"), classes="who"))
        if message.role == "assistant":
            widgets.append(Markdown(display(message.content), open_links=False, classes="assistant"))
        else:
            widgets.append(Static(Content(display(message.content)), classes="user"))
    return widgets
