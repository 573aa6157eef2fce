"""The list of the picker: a line for each session, and for each message of it that was found."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from hfs.tui.picker.finder import Row
from hfs.tui.picker.lines import LineDrawing


class SessionList(OptionList):
    """Shows what was found. The line that is highlighted follows its session.

    Args:
        current: The session on the screen.
    """

    def __init__(self, current: int | None) -> None:
        super().__init__(markup=False)
        self._current = current
        self._words = ""
        self.rows: list[Row] = []
        """What is listed."""

    @property
    def chosen(self) -> Row | None:
        """What is highlighted."""
        at = self.highlighted
        return self.rows[at] if at is not None and at < len(self.rows) else None

    def show(self, rows: list[Row], words: str, highlight: int | None) -> None:
        """Lists other rows.

        Args:
            rows: The rows.
            words: What was looked for.
            highlight: Which to highlight; None goes on with the session that is.
        """
        if highlight is None:
            highlight = self._place_of_chosen(rows)
        self.rows, self._words = rows, words.strip()
        self._draw(highlight)

    def _place_of_chosen(self, rows: list[Row]) -> int:
        at, chosen = self.highlighted or 0, self.chosen
        ids = [row.summary.id for row in rows]
        if chosen is None or chosen.summary.id not in ids or ids[at : at + 1] == [chosen.summary.id]:
            return at
        return ids.index(chosen.summary.id)

    def draw_again(self) -> None:
        """Draws what is listed for the width that there is now."""
        self._draw(self.highlighted)

    def _draw(self, highlight: int | None) -> None:
        rows = self.rows
        numbers = max((len(str(row.summary.id)) for row in rows), default=1)
        # What is left of it beside the scroll bar.
        width = max(self.scrollable_content_region.width - 2, 20)
        drawing = LineDrawing(width, numbers, self._words, self._current)
        self.set_options(
            Option(Content(*drawing.draw(row, above))) for row, above in zip(rows, [None, *rows], strict=False)
        )
        self.highlighted = min(highlight or 0, len(rows) - 1) if rows else None
