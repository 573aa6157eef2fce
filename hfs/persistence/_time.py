"""Moments as files have them: RFC 3339, UTC, microseconds. Python's are always aware."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

STAMP_PATTERN: Final = r"\d{8}T\d{12}Z"
_STAMP: Final = "%Y%m%dT%H%M%S%fZ"


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def format_time(moment: datetime) -> str:
    """A moment as it is written: RFC 3339, UTC, microseconds.

    Args:
        moment: Aware; one without a time zone counts as UTC.

    Returns:
        The text, 27 characters.

    Example:
        >>> from datetime import UTC, datetime
        >>> from hfs.persistence import format_time
        >>> format_time(datetime(2026, 11, 24, 1, 55, 12, tzinfo=UTC))
        '2026-11-24T01:55:12.000000Z'
    """
    if moment.tzinfo is UTC:
        return f"{moment.isoformat(timespec='microseconds')[:-6]}Z"
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def file_stamp(moment: datetime) -> str:
    """A moment as it stands in the name of a file: UTC, microseconds; in the order of names is the order of time."""
    return moment.astimezone(UTC).strftime(_STAMP)


def parse_stamp(stamp: str) -> datetime:
    """The moment of a stamp that fits ``STAMP_PATTERN``.

    Raises:
        ValueError: There is no such moment.
    """
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)


def parse_time(value: object) -> datetime | None:
    """A moment as a file has it.

    Args:
        value: What stands there.

    Returns:
        The moment, aware, UTC; one without an offset is UTC. None if it is none.

    Example:
        >>> from hfs.persistence import parse_time
        >>> parse_time("2026-11-24T02:55:12+01:00")
        datetime.datetime(2026, 11, 24, 1, 55, 12, tzinfo=datetime.timezone.utc)
        >>> parse_time("yesterday") is None
        True
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is UTC:
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
