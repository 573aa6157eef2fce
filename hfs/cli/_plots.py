"""Plots for a terminal, drawn by plotille: bars side by side over time, and bars below each other with their numbers.

Nothing is coloured. Labels are made safe by who asks for a plot.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import plotille

from hfs.cli._columns import cells, padded

_HEIGHT: Final = 8
_DOTS: Final = (2, 4)
"""How many dots a cell is wide and high."""
_WIDEST_BAR: Final = 6
"""In dots, the gap to the next one included."""
_AXIS: Final = len("9,999,999  | ") + len("|-> (millennium)")
"""How many cells a plot over time is wider than what is drawn in it."""
_NARROWEST: Final = 10
_NARROWEST_LABEL: Final = 6
_WEEK: Final = 7
_STEPS: Final = (1, 2, 5)
_YEARS: Final = {"year": 1, "decade": 10, "century": 100, "millennium": 1000}
_LONGEST: Final = {"day": 1, "week": _WEEK, "month": 31, **{unit: 366 * years for unit, years in _YEARS.items()}}
"""What a bar may stand for, and no fewer days than that has."""
_BLANK: Final = "\u2800"


def over_time(days: Mapping[date, int], width: int) -> tuple[str, list[str]]:
    """A bar for each day, or for each week, month or longer, where there are too many days.

    Args:
        days: A number for each day that has one.
        width: Of the terminal, in cells.

    Returns:
        What a bar stands for, as ``day``, and the lines of the plot.
    """
    room = max(width - _AXIS, _NARROWEST)
    unit, starts = _divided(min(days), max(days), room)
    at = {start: number for number, start in enumerate(starts)}
    numbers = [0] * len(starts)
    for day, number in days.items():
        numbers[at[_start(unit, day)]] += number
    dots = min(room * _DOTS[0] // len(starts), _WIDEST_BAR)
    figure = _figure(numbers, dots)
    figure.x_label = unit
    form = {"day": "%m-%d", "week": "%m-%d", "month": "%Y-%m"}.get(unit, "%Y")
    figure.x_ticks_fkt = lambda low, _: f"{starts[min(_rounded(low) // dots, len(starts) - 1)]:{form}}"
    return unit, _lines(figure.show())


def _figure(numbers: Sequence[int], dots: int) -> plotille.Figure:
    """Bars of so many dots each, the gap to the next included; a number above 0 shows, however small."""
    step = _step(-(-max(numbers) // _HEIGHT))
    figure = plotille.Figure()
    figure.linesep = "\n"
    figure.with_colors = figure.origin = False
    figure.height = max(-(-max(numbers) // step), 1)
    figure.width = -(-len(numbers) * dots // _DOTS[0])
    figure.set_x_limits(0, figure.width * _DOTS[0])
    figure.set_y_limits(0, figure.height * _DOTS[1])
    figure.y_label = "messages"
    figure.y_ticks_fkt = lambda low, _: f"{_rounded(low) // _DOTS[1] * step:,}"
    for at, number in enumerate(numbers):
        height = max(round(number * _DOTS[1] / step), 1)
        for column in range(at * dots, at * dots + dots - 1):
            if number:
                figure.plot([column, column], [0, height - 1])
    return figure


def _rounded(value: object) -> int:
    """A place on an axis, which plotille computes with fractions."""
    return round(value) if isinstance(value, float) else int(str(value))


def _step(least: int) -> int:
    """A round number that is no less."""
    power = 1
    while True:
        for factor in _STEPS:
            if power * factor >= least:
                return power * factor
        power *= 10


def _start(unit: str, day: date) -> date:
    """The first day of the week, month, … that a day is in."""
    if unit == "day":
        return day
    if unit == "week":
        return date.fromordinal(max(day.toordinal() - day.weekday(), 1))
    if unit == "month":
        return day.replace(day=1)
    years = _YEARS[unit]
    return date(max(day.year // years * years, 1), 1, 1)


def _divided(first: date, last: date, most: int) -> tuple[str, list[date]]:
    """The shortest unit of which there are no more than so many between two days, and the first day of each."""
    starts: list[date] = []
    for unit, longest in _LONGEST.items():
        if (last - first).days // longest < most:
            starts = list(_starts(unit, first, last))
            if len(starts) <= most:
                return unit, starts
    raise AssertionError("the calendar has ten millennia")


def _starts(unit: str, first: date, last: date) -> Iterator[date]:
    day = _start(unit, first)
    while day <= last:
        yield day
        try:
            day = _start(unit, _after(unit, day))
        except OverflowError:
            return


def _after(unit: str, day: date) -> date:
    """A day in the week, month, … after the one that begins with a day."""
    if unit in ("day", "week"):
        return day + timedelta(days=1 if unit == "day" else _WEEK)
    if unit == "month":
        return day + timedelta(days=calendar.monthrange(day.year, day.month)[1])
    return day + timedelta(days=_LONGEST[unit])


def bars(rows: Sequence[tuple[str, int, Sequence[str]]], heads: Sequence[str], width: int) -> list[str]:
    """A bar for each row, between its label and what is written about it, below the heads of these columns.

    Args:
        rows: Label, number, and what is written about it; at least one.
        heads: A head for the labels, and one for each thing that is written.
        width: Of the terminal, in cells.
    """
    columns = [max(map(cells, texts)) for texts in zip(heads[1:], *(said for _, _, said in rows), strict=True)]
    right = sum(columns) + 2 * len(columns)
    left = min(
        max(map(cells, [heads[0], *(label for label, _, _ in rows)])), max((width - right) // 2, _NARROWEST_LABEL)
    )
    room = max(width - left - right - 2, 1)
    drawn = plotille.hist_aggregated([number for _, number, _ in rows], labels=[""] * len(rows), width=room)
    found = [line.split("| ", 1)[1][:room] for line in _lines(drawn)[1:-1]]
    lines = [(heads[0], "", heads[1:]), *((row[0], bar, row[2]) for row, bar in zip(rows, found, strict=True))]
    return [f"{padded(label, left)}  {bar:<{room}}{_right(said, columns)}" for label, bar, said in lines]


def _right(texts: Sequence[str], columns: Sequence[int]) -> str:
    return "".join(f"  {text:>{width}}" for text, width in zip(texts, columns, strict=True))


def _lines(drawn: str) -> list[str]:
    """The lines, with spaces where nothing is drawn, which a terminal and a search know better."""
    return [line.rstrip() for line in drawn.replace(_BLANK, " ").splitlines()]
