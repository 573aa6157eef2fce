"""The lines of the picker: cut to their width, with the words in view."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from rich.cells import cell_len

from hfs.persistence import SearchHit, SessionSummary
from hfs.tui.picker.finder import Row, spelled
from hfs.tui.picker.lines import LineDrawing, marks_of

MOMENT = datetime(2026, 1, 1, 12, tzinfo=UTC)


def summary(name: str, **fields: object) -> SessionSummary:
    return SessionSummary(1, "u", name, MOMENT, None, 0, **fields)  # type: ignore[arg-type]


def hit(line: str, words: str) -> Row:
    marks = tuple(marks_of(words, line))
    return Row(summary("name"), SearchHit(1, "name", 3, "user", line, marks, MOMENT, MOMENT))


@pytest.mark.parametrize(
    ("letters", "text", "places"),
    [
        ("rbs", "Rebase", [0, 2, 4]),
        ("ase", "a ase", [2, 3, 4]),
        ("xyz", "Rebase", []),
        ("i", "İstanbul", []),
        ("ß", "Straße", [4]),
        ("a" * 40 + "b", "a" * 255, []),
    ],
)
def test_letters_are_found_in_their_order_and_close_together(letters: str, text: str, places: list[int]) -> None:
    assert spelled(letters, text) == places


@pytest.mark.parametrize(
    ("words", "text", "marked"),
    [
        ("loffel", "zwei Löffel", ["Löffel"]),
        ("ÖL öl", "Öl und ÖL", ["Öl", "ÖL"]),
        ("漢字", "これは漢字です", ["漢字"]),
        ("both missing", "both", []),
    ],
)
def test_words_are_marked_in_any_case_and_with_accents(words: str, text: str, marked: list[str]) -> None:
    assert [text[start:end] for start, end in marks_of(words, text)] == marked


@pytest.mark.parametrize("width", [30, 48, 80])
def test_a_name_and_its_tags_share_the_line(width: int) -> None:
    row = Row(summary("a name that is rather long for a line", tags=("work", "to do"), pinned=True))
    line, _ = LineDrawing(width, 1, today=date(2026, 1, 1)).draw(row)
    assert line.startswith("* 1  ")
    assert " a name" in line
    assert " #w" in line
    assert cell_len(line) <= max(width, 42)


@pytest.mark.parametrize("filling", ["far away ", "遠い"])
@pytest.mark.parametrize("width", [30, 60])
def test_the_words_are_in_view_however_far_they_stand(filling: str, width: int) -> None:
    row = hit(f"{filling * 30}rebase on it{filling * 30}", "rebase it")
    text, _ = LineDrawing(width, 1).draw(row)
    first, second = text.split("\n")
    assert first == "  1  name"
    shown = "".join(second[:at] for at in range(len(second) + 1) if cell_len(second[:at]) == width) or second
    assert "rebase on it" in shown


def test_no_character_moves_the_marks() -> None:
    text = "tab\there \x1b[2J\u2028 [b]rebase[/b]"
    drawn, spans = LineDrawing(80, 1).draw(hit(text, "rebase"))
    assert [drawn[span.start : span.end] for span in spans if span.style != "dim"] == ["rebase"]
    assert "\x1b" not in drawn
    assert drawn.count("\n") == 1
