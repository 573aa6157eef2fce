"""Fields of foreign data, whatever type they turn out to have: nothing here raises."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_MILLISECONDS: Final = 1e11
"""From here on a number is no time in seconds: as one, it would be after the year 5000."""
_MICROSECONDS: Final = 1e14
_LATEST: Final = 253_402_300_799
"""The last second of the year 9999."""
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


def as_text(value: object) -> str:
    """The text, or an empty one for anything that is none."""
    return value if isinstance(value, str) else ""


def as_name(value: object) -> str | None:
    """A text that is not blank, or an integer as one; None for anything else. For ids, names and models."""
    if isinstance(value, str):
        return value if value.strip() else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def as_dict(value: object) -> dict[str, Any]:
    """The object, or an empty one for anything that is none."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """The list, or an empty one for anything that is none."""
    return value if isinstance(value, list) else []


def as_dicts(value: object) -> list[dict[str, Any]]:
    """The objects of a list; what is no object is left out."""
    return [item for item in as_list(value) if isinstance(item, dict)]


def as_time(value: object) -> datetime | None:
    """A moment, aware, UTC: ISO 8601, or seconds, milliseconds or microseconds since 1970, also as text.

    Without an offset it is UTC. None for anything else, and for what lies before 1970 or after 9999.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _from_number(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return moment if moment >= _EARLIEST else None
    except (ValueError, OverflowError):
        pass
    try:
        return _from_number(float(text))
    except ValueError:
        return None


def _from_number(number: float) -> datetime | None:
    try:
        seconds = float(number)
    except OverflowError:
        return None
    if not math.isfinite(seconds):
        return None
    if seconds >= _MICROSECONDS:
        seconds /= 1e6
    elif seconds >= _MILLISECONDS:
        seconds /= 1e3
    # Not `fromtimestamp`: on some systems it ends long before the calendar does.
    return _EARLIEST + timedelta(seconds=seconds) if 0 < seconds <= _LATEST else None
