"""The line that says which session this is, where text goes, and the truth about saving."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from hfs.display import one_line

_GAP = " | "
_SHORTEST_NAME = 8
_SHORTEST_TROUBLE = 30


class StatusBar(Static):
    """Whether everything is saved, the session, how much of the context is used, the model."""

    session: reactive[str] = reactive("new session")
    model: reactive[str] = reactive("")
    saving: reactive[str] = reactive("")
    trouble: reactive[str] = reactive("", toggle_class="-error")
    indexing: reactive[str] = reactive("")
    """How far the reading of many sessions is."""
    context: reactive[str] = reactive("")
    """Such as ``context 12%``."""
    store: reactive[str] = reactive("")
    """Where the sessions are, if not in files."""
    badge: reactive[str] = reactive("", toggle_class="-badge")
    """What must not be overlooked."""
    scrolled: reactive[bool] = reactive(False)
    """Whether the newest is out of view."""
    unseen: reactive[int] = reactive(0)
    """How many messages of others came there meanwhile."""

    def render(self) -> Content:
        saving = self.trouble or ("" if self.badge else self.saving)
        # Why something is wrong may be long: which session this is, and who answers, must be seen all the same.
        most = self._room([self.badge, one_line(self.model, 50)]) - _SHORTEST_NAME - len(_GAP)
        saving = one_line(saving, max(_SHORTEST_TROUBLE, most))
        saved = _GAP.join(part for part in (self.badge, saving) if part)
        newest = f"{self.unseen} new" if self.unseen else "newest"
        back = f"Ctrl+End: {newest}" if self.scrolled else ""
        model = one_line(self.model, 50)
        # The name gives way first, then context and store: where text goes and whether it is saved must be seen.
        for less in ((self.context, one_line(self.store, 50)), ("", one_line(self.store, 50)), ("", "")):
            parts = [part for part in (saved, back, self.indexing, *less, model) if part]
            if self._room(parts) >= _SHORTEST_NAME:
                break
        room = self._room(parts)
        name = one_line(self.session, max(_SHORTEST_NAME, room))
        return Content(_GAP.join([*parts[: bool(saved)], name, *parts[bool(saved) :]]))

    def _room(self, parts: list[str]) -> int:
        return self.content_size.width - sum(len(part) + len(_GAP) for part in parts)
