"""Plots for a terminal."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import wcswidth

from hfs.cli._plots import bars, over_time

_widths = st.integers(40, 200)
_labels = st.text(st.characters(exclude_categories=["C", "Z", "M"]), min_size=1, max_size=70)
_NO_DOT = " ⠀"


def _columns(lines: list[str]) -> list[str]:
    """What is drawn above the axis, column by column."""
    rows = [line.split("|", 1)[1][1:] for line in lines[2:-2]]
    return ["".join(column) for column in zip(*(row.ljust(max(map(len, rows))) for row in rows), strict=True)]


@pytest.mark.parametrize(
    ("span", "unit"),
    [(1, "day"), (51, "day"), (52, "week"), (350, "week"), (360, "month"), (1500, "month"), (1600, "year")],
)
def test_bars_stand_for_more_days_where_there_are_many(span: int, unit: str) -> None:
    first = date(2020, 1, 6)
    assert over_time({first: 1, first + timedelta(days=span - 1): 2}, 80)[0] == unit


def test_each_bar_stands_above_its_day() -> None:
    first = date(2026, 2, 27)
    unit, lines = over_time({first: 8, first + timedelta(days=2): 2, first + timedelta(days=20): 4}, 60)
    assert unit == "day"
    assert lines[0].split() == ["(messages)", "^"]
    assert [line.split("|")[0].strip() for line in lines[1:-2]] == [str(number) for number in range(8, -1, -1)]
    assert [len(column.strip(_NO_DOT)) for column in _columns(lines)][:3] == [8, 0, 2]
    assert lines[-1].split("| ")[1].split() == ["02-27", "03-09", "03-19"]
    assert lines[-2].endswith("> (day)")


@settings(max_examples=40)
@given(st.dictionaries(st.dates(), st.integers(1, 10**9), min_size=1, max_size=8), _widths)
def test_every_day_of_the_calendar_is_drawn_and_fits_the_terminal(days: dict[date, int], width: int) -> None:
    unit, lines = over_time(days, width)
    assert max(map(len, lines)) <= width
    drawn = sum(bool(column.strip(_NO_DOT)) for column in _columns(lines))
    assert drawn >= 1
    assert unit != "day" or drawn >= len(days) // 2


@settings(max_examples=40)
@given(st.lists(st.tuples(_labels, st.integers(0, 10**12)), min_size=1, max_size=6), _widths)
def test_bars_stand_below_each_other_and_fit_the_terminal(numbers: list[tuple[str, int]], width: int) -> None:
    rows = [(label, number, [f"{number:,}", "9"]) for label, number in numbers]
    lines = bars(rows, ("Model", "Messages", "Characters"), width)
    assert len(lines) == len(rows) + 1
    assert {wcswidth(line) for line in lines} == {width}
    assert all(line.split()[-2:] == list(said) for line, (_, _, said) in zip(lines[1:], rows, strict=True))


def test_bars_are_as_long_as_their_numbers() -> None:
    lines = bars([("a", 40, ["x"]), ("b", 20, ["x"]), ("c", 0, ["x"])], ("Model", "Messages"), 57)
    assert [line.count("⣿") for line in lines] == [0, 40, 20, 0]
