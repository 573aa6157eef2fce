"""A home folder in one screen: its store, its parts, and what each is for. What is shown was measured elsewhere."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hfs import paths
from hfs.cli._columns import cells
from hfs.display import byte_count, counted, local_time, one_line
from hfs.errors import ConfigError
from hfs.models import weights
from hfs.persistence import CheckReport, Finding, SessionStore
from hfs.persistence.home_folder import HomePart, measure_part
from hfs.persistence.store_location import StoreLocation
from hfs.user_config import load_config

_WIDEST: Final = 79
"""Of a line, whatever the terminal's width."""
_NARROWEST: Final = 20
"""Of what is said beside a part, in cells; with less room it stands below."""
_UNUSED: Final = "of the store `documents`, not in use"
_FOR: Final = {
    paths.TRASH: "deleted sessions: `hfs trash`",
    paths.DRAFTS: "words on their way into a session",
    paths.DAMAGED: "originals of mended files; yours to remove",
    paths.MODELS: "models that run here",
    paths.INDEX: "for lists and searches; made again if removed",
    paths.STORES: "what belongs to a database and stays here",
    paths.LOCKS: "keep two programs from writing at once",
    paths.CONFIG: "your settings",
    paths.CRASH_LOG: "what went wrong in hfs; yours to remove",
}
"""What the parts are for, in the order in which they are shown."""
_OF_DOCUMENTS: Final = (paths.SESSIONS, paths.TRASH, paths.DRAFTS, paths.DAMAGED, paths.INDEX)
"""What a database has no use for."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a home folder, and what is said of it."""

    measured: HomePart
    what: str
    """What it is for, or holds."""
    sessions: int | None = None
    """How many sessions it has, where it has rows in place of files."""


@dataclass(frozen=True, slots=True)
class HomeParts:
    """A home folder as it is shown."""

    home: HomePart | None
    """The folder itself; None where there is none yet."""
    store: StoreLocation
    source: str
    """What named the store."""
    parts: list[Part]

    def to_json(self, report: CheckReport) -> dict[str, object]:
        """The figures, for programs.

        Args:
            report: What the check read.
        """
        return {
            "path": self.home.path if self.home else None,
            "mode": f"{self.home.mode:04o}" if self.home else None,
            "store": {"kind": self.store.kind, "name": self.store.shown, "named_by": self.source},
            "oldest": report.oldest.isoformat() if report.oldest else None,
            "newest": report.newest.isoformat() if report.newest else None,
            "parts": [
                {
                    "name": part.measured.name,
                    "path": part.measured.path,
                    "files": part.measured.files,
                    "bytes": part.measured.size,
                    "mode": f"{part.measured.mode:04o}",
                }
                for part in self.parts
            ],
        }


def measure_home(
    home: Path, report: CheckReport, location: StoreLocation, source: str, store: SessionStore
) -> HomeParts:
    """What is in a home folder.

    Args:
        home: The folder.
        report: What a check of all of it read; what is wrong with the settings is added to it.
        location: The store that holds the sessions.
        source: What named it.
        store: The same, opened.
    """
    whole = _folder(home)
    is_files = location.kind == "documents"
    parts = [_sessions(home, report)] if is_files else list(_database(home, report, location, store))
    for name in (paths.SESSIONS, *_FOR):
        measured = measure_part(home / name) if not (is_files and name == paths.SESSIONS) else None
        if measured is not None:
            parts.append(Part(measured, _what(home, name, report, is_files=is_files)))
    return HomeParts(whole, location, source, [part for part in parts if part is not None])


def _is_shut(home: Path) -> bool:
    folder = _folder(home)
    return folder is not None and folder.is_for_its_owner_alone


def _folder(home: Path) -> HomePart | None:
    """The folder itself, with none of what is in it."""
    try:
        mode = home.stat().st_mode & 0o7777
    except OSError:
        return None
    return HomePart(home.name, str(home), 0, 0, mode)


def _sessions(home: Path, report: CheckReport) -> Part | None:
    """The folder of sessions, from what the check has read: there may be very many."""
    folder = _folder(home / paths.SESSIONS)
    if folder is None:
        return None
    return Part(replace(folder, files=report.sessions, size=report.size), _conversations(report))


def _database(home: Path, report: CheckReport, location: StoreLocation, store: SessionStore) -> Iterator[Part]:
    measured = measure_part(location.path) if location.path is not None else None
    if measured is None:
        measured = HomePart("database", location.shown, 0, 0, 0)
    for ending in ("-wal", "-shm"):
        beside = measure_part(Path(f"{location.path}{ending}")) if location.path is not None else None
        measured = replace(measured, size=measured.size + beside.size) if beside is not None else measured
    is_shut = location.path is not None and location.path.is_relative_to(home) and _is_shut(home)
    if not measured.is_for_its_owner_alone and not is_shut:
        text = f"others on this machine may use it: its mode is {measured.mode:04o}"
        remedy = f"chmod {measured.mode & 0o700:04o}, unless you share it"
        report.findings.append(Finding("mode", "remark", text, measured.path, remedy=remedy))
    yield Part(measured, _conversations(report), report.sessions)
    deleted = len(store.list_trash())
    if deleted:
        yield Part(HomePart("its trash", location.shown, 0, 0, 0), _FOR[paths.TRASH], deleted)


def _conversations(report: CheckReport) -> str:
    said = f"your conversations, {counted(report.messages, 'message')}"
    if report.oldest is None or report.newest is None:
        return said
    first, last = (f"{local_time(moment):%Y-%m-%d}" for moment in (report.oldest, report.newest))
    return f"{said}, of {first}" if first == last else f"{said}, begun {first} to {last}"


def _what(home: Path, name: str, report: CheckReport, *, is_files: bool) -> str:
    if not is_files and name in _OF_DOCUMENTS:
        return _UNUSED
    if name == paths.MODELS:
        names = [weights.model_name(path) for path in weights.installed(home)]
        return f"{_FOR[name]}: {one_line(', '.join(names), 60)}" if names else f"{_FOR[name]}: none yet"
    if name == paths.CONFIG:
        return _settings(home, report)
    return _FOR[name]


def _settings(home: Path, report: CheckReport) -> str:
    path = home / paths.CONFIG
    try:
        warnings = load_config(home).warnings
    except ConfigError as error:
        remedy = "mend it with an editor, or move it away: then every setting is as at the start"
        report.findings.append(Finding("settings", "problem", _told_of(path, str(error)), str(path), remedy=remedy))
        return f"{_FOR[paths.CONFIG]}, which can't be read"
    for warning in warnings:
        report.findings.append(Finding("settings", "remark", _told_of(path, warning), str(path)))
    return f"{_FOR[paths.CONFIG]}: `hfs config show`"


def _told_of(path: Path, sentence: str) -> str:
    """A sentence that begins with a path, for a line that has the path already."""
    rest = sentence.removeprefix(str(path))
    return f"it{rest}" if rest.startswith(" ") else rest.lstrip(",: ")


def lines_of(shown: HomeParts, width: int = _WIDEST) -> Iterator[str]:
    """A home folder as lines for a terminal.

    Args:
        shown: The folder.
        width: Of the terminal, in cells; wider than usual changes nothing.
    """
    if shown.home is None:
        yield "There is no home folder yet: the first message that is saved makes it."
    elif shown.home.is_for_its_owner_alone:
        yield f"{one_line(shown.home.path, 500)}  (only you may use it)"
    else:
        yield f"{one_line(shown.home.path, 500)}  (others may use it: its mode is {shown.home.mode:04o})"
    yield f"Store: {one_line(shown.store.shown, 500)}  ({shown.source})"
    if shown.parts:
        yield ""
    rows = [(one_line(part.measured.name), _count(part), _size(part), part.what) for part in shown.parts]
    widths = [max((cells(row[column]) for row in rows), default=0) for column in range(3)]
    for name, count, size, what in rows:
        start = f"  {name}{' ' * (widths[0] - cells(name))}  {count:>{widths[1]}}  {size:>{widths[2]}}  "
        room = min(width, _WIDEST)
        if room - len(start) < _NARROWEST:
            yield start.rstrip()
            start = " " * 4
        yield from textwrap.wrap(what, room, initial_indent=start, subsequent_indent=" " * len(start))


def _count(part: Part) -> str:
    if part.sessions is not None:
        return counted(part.sessions, "session")
    if Path(part.measured.path).is_file():
        return ""
    return counted(part.measured.files, "file") if part.measured.files else "empty"


def _size(part: Part) -> str:
    # Only a server knows how much its rows take.
    return byte_count(part.measured.size) if part.measured.files else ""
