"""The line that says which session this is, where text goes, and the truth about saving."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from hfs.display import one_line


class StatusBar(Static):
    """Session, model, and whether everything is saved."""

    session: reactive[str] = reactive("new session")
    model: reactive[str] = reactive("")
    saving: reactive[str] = reactive("")
    trouble: reactive[str] = reactive("", toggle_class="-error")

    def render(self) -> Content:
        saved = self.trouble or self.saving
        parts = [one_line(part, 200 if part is saved else 50) for part in (saved, self.session, self.model) if part]
        return Content("  |  ".join(parts))
