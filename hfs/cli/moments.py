"""Moments as a person types them: a date, a time, or how long ago.

Without an offset they are in the time zone of this computer; what comes out is aware, in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from hfs.display import one_line

_AGO: Final = re.compile(r"(\d{1,9})\s*([a-z]+?)s?(?:\s+ago)?")
_PARTIAL: Final = re.compile(r"(\d{4})(?:-(\d{1,2}))?")
_SPANS: Final = {
    **dict.fromkeys(("min", "minute"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hr", "hour"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day"), timedelta(days=1)),
    **dict.fromkeys(("w", "wk", "week"), timedelta(weeks=1)),
}
_MONTHS: Final = {**dict.fromkeys(("mo", "month"), 1), **dict.fromkeys(("y", "yr", "year"), 12)}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_USUAL: Final = (
    ("today", "since midnight"),
    ("yesterday", "since the midnight before"),
    ("24h", "one day"),
    ("7d", "one week"),
    ("30d", "thirty days"),
    ("6mo", "half a year"),
    ("1y", "one year"),
)
_FORMS: Final = "write a date such as 2026-11-24, or how long ago: 12h, 7d, 2w, 6mo, 1y, yesterday"


def parse_moment(text: str, now: datetime | None = None) -> datetime:
    """The moment that a person means.

    Args:
        text: ``2026``, ``2026-11``, ``2026-11-24``, ``2026-11-24 10:00``, with an offset or without; ``7d``,
            ``2 weeks ago``; ``today``, ``yesterday``, ``monday``; ``now``.
        now: The present; the clock's, where it is None.

    Returns:
        Aware, UTC. A day, month or year stands for its beginning.

    Raises:
        ValueError: It is none of these, or out of the calendar's range.
    """
    present = (now or datetime.now(UTC)).astimezone()
    wanted = " ".join(text.lower().split())
    try:
        found = _named(wanted, present) or _ago(wanted, present) or _written(wanted)
        if found is not None:
            return found.astimezone(UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{one_line(text, 60)!r} is out of the calendar's range") from error
    raise ValueError(f"{one_line(text, 60)!r} is no moment: {_FORMS}")


def _named(wanted: str, present: datetime) -> datetime | None:
    if wanted == "now":
        return present
    days = {"today": 0, "yesterday": 1}.get(wanted)
    for name in (wanted, wanted.removeprefix("last ")):
        if name in _WEEKDAYS:
            days = (present.weekday() - _WEEKDAYS.index(name)) % 7 or 7
    return None if days is None else _midnight(present - timedelta(days=days))


def _midnight(moment: datetime) -> datetime:
    # The offset of that day may be another one than today's.
    return datetime(moment.year, moment.month, moment.day).astimezone()


def _ago(wanted: str, present: datetime) -> datetime | None:
    match = _AGO.fullmatch(wanted)
    if match is None:
        return None
    number, unit = int(match[1]), match[2]
    if unit == "m":
        raise ValueError(f"{wanted!r} could be minutes or months: write {number}min or {number}mo")
    if unit in _SPANS:
        return present - number * _SPANS[unit]
    return _months_before(present, number * _MONTHS[unit]) if unit in _MONTHS else None


def _months_before(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    if year < 1:
        raise OverflowError
    from calendar import monthrange

    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day, tzinfo=None).astimezone()


def _written(wanted: str) -> datetime | None:
    partial = _PARTIAL.fullmatch(wanted)
    try:
        if partial is not None:
            found = datetime(int(partial[1]), int(partial[2] or 1), 1)
        else:
            found = datetime.fromisoformat(wanted.upper())
    except ValueError:
        return None
    try:
        return found.astimezone()
    except ValueError as error:
        raise OverflowError from error


if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    _ParamType = click.ParamType[datetime]
else:
    _ParamType = click.ParamType


class Moment(_ParamType):
    """A moment on the command line: a ``datetime``, aware, in UTC."""

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment; a bad one is bad usage, with what can be written."""
        if isinstance(value, datetime):
            return value
        try:
            return parse_moment(str(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Moments as they are typed most often."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(text, help=what) for text, what in _USUAL if text.startswith(incomplete)]


MOMENT: Final = Moment()
