"""Exports on their way out: to a stream, a file, a folder or an archive. One session at a time is in memory."""

from __future__ import annotations

import contextlib
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from hfs.errors import TransferError
from hfs.persistence import SessionModel, SessionSummary
from hfs.transfer.exporters import Exporter
from hfs.transfer.exporting.naming import file_name, is_folder
from hfs.transfer.exporting.new_file import FILE_MODE, NewFile, make_folder, require_free, writing_to

STDOUT: Final = "-"
_COMPRESSION: Final = 6
_UNIX: Final = 3
"""What every archive says it was made on: its bytes are the same everywhere, and modes are kept."""


class Destination(Protocol):
    """Where sessions are written to, one after the other."""

    @property
    def path(self) -> Path | None:
        """The file that was written to last; None where it is none."""
        ...

    def add(self, session: SessionModel) -> None:
        """Writes a session.

        Raises:
            TransferError: It can't be written.
        """
        ...


@contextlib.contextmanager
def open_destination(
    target: str,
    exporter: Exporter,
    sessions: Sequence[SessionSummary],
    *,
    together: bool,
    force: bool = False,
    stdout: Callable[[bytes], object] | None = None,
) -> Iterator[Destination]:
    """Where sessions go. What is written appears when the block ends well; nothing if no session was added.

    Args:
        target: ``-``, a folder (there already, or ending in a slash), a file ending in ``.zip``, or another file.
        exporter: The format.
        sessions: All that will be added, in their order; they name the files.
        together: Whether several sessions share a stream or file, which then has the format's frame around them.
        force: Replace files that are there already.
        stdout: Takes the bytes where the target is ``-``.

    Raises:
        TransferError: A file is there already and ``force`` is not given, or something can't be written.
    """
    summaries = sessions if together else None
    if target == STDOUT:
        assert stdout is not None
        stream = _Stream(exporter, stdout, summaries)
        yield stream
        stream.finish()
    elif is_folder(target):
        yield _Folder(Path(target), exporter, _names(sessions, exporter), force)
    else:
        with NewFile(Path(target), force=force) as new:
            made = _opened(new, Path(target), exporter, sessions, summaries)
            with contextlib.closing(made):
                yield made
                made.finish()
            if made.is_empty:
                new.discard()


def write_session(session: SessionModel, exporter: Exporter, target: str) -> Path:
    """Writes one session to a folder or file that is not there yet; returns what was written.

    Raises:
        TransferError: The file is there already, or can't be written; or as ``require_known``.
    """
    require_known(session, exporter)
    with open_destination(target, exporter, [summary_of(session)], together=False) as destination:
        destination.add(session)
    return destination.path or Path(target)


def require_known(session: SessionModel, exporter: Exporter) -> None:
    """Checks that a format keeps what it promises to keep.

    Raises:
        TransferError: The session is of a newer format, of which this hfs doesn't know everything.
    """
    if exporter.lossless and session.read_only:
        raise TransferError(
            f"This session is of a newer format, and would not come back whole from {exporter.name}. Copy its file "
            f"instead (`hfs path {session.id}`), or export it to be read: as txt or html."
        )


def summary_of(session: SessionModel) -> SessionSummary:
    """What a list shows of a session."""
    return SessionSummary(
        session.id, session.uid, session.name, session.created_at, session.updated_at, session.message_count
    )


def _names(sessions: Sequence[SessionSummary], exporter: Exporter) -> dict[int, str]:
    return {session.id: file_name(session.id, session.name, exporter.extension) for session in sessions}


def _opened(
    new: NewFile,
    path: Path,
    exporter: Exporter,
    sessions: Sequence[SessionSummary],
    summaries: Sequence[SessionSummary] | None,
) -> _Archive | _Stream:
    if path.name.lower().endswith(".zip"):
        return _Archive(new, path, exporter, _names(sessions, exporter))
    return _Stream(exporter, new.write, summaries, path)


class _Stream:
    """Sessions one after the other, in the format's frame."""

    def __init__(
        self,
        exporter: Exporter,
        write: Callable[[bytes], object],
        summaries: Sequence[SessionSummary] | None,
        path: Path | None = None,
    ) -> None:
        self._exporter = exporter
        self._write = write
        self._summaries = summaries
        self._frame = exporter.frame(None)
        self.path = path
        self.is_empty = True

    def add(self, session: SessionModel) -> None:
        if self._summaries is None:
            self._write(self._exporter.render(session))
        else:
            body = (self._exporter.among or self._exporter.body)(session)
            self._write(self._before(self._summaries))
            self._write(body)
        self.is_empty = False

    def _before(self, summaries: Sequence[SessionSummary]) -> bytes:
        if not self.is_empty:
            return self._frame.between
        return self._frame.before + (self._exporter.contents(summaries) if self._exporter.contents else b"")

    def finish(self) -> None:
        if self._summaries is not None and not self.is_empty:
            self._write(self._frame.after)

    def close(self) -> None:
        pass


class _Folder:
    """A file for each session in a folder."""

    def __init__(self, folder: Path, exporter: Exporter, names: Mapping[int, str], force: bool) -> None:
        self._folder = folder
        self._exporter = exporter
        self._names = names
        self._force = force
        self.path: Path | None = None
        require_free((folder / name for name in names.values()), force=force)

    def add(self, session: SessionModel) -> None:
        data = self._exporter.render(session)
        make_folder(self._folder)
        path = self._folder / self._names[session.id]
        with NewFile(path, force=self._force) as new:
            new.write(data)
        self.path = path


class _Archive:
    """A file for each session in a ZIP archive, which says nothing of when and where it was made."""

    def __init__(self, new: NewFile, path: Path, exporter: Exporter, names: Mapping[int, str]) -> None:
        self.path = path
        self.is_empty = True
        self._zip = zipfile.ZipFile(new.file, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION)
        self._exporter = exporter
        self._names = names

    def add(self, session: SessionModel) -> None:
        entry = zipfile.ZipInfo(self._names[session.id], _zip_time(session.updated_at or session.created_at))
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system = _UNIX
        entry.external_attr = (stat.S_IFREG | FILE_MODE) << 16
        data = self._exporter.render(session)
        with writing_to(self.path):
            self._zip.writestr(entry, data, compresslevel=_COMPRESSION)
        self.is_empty = False

    def finish(self) -> None:
        with writing_to(self.path):
            self._zip.close()

    def close(self) -> None:
        """Lets go of an archive that could not be finished; it is not kept."""
        with contextlib.suppress(OSError, ValueError):
            self._zip.close()


def _zip_time(moment: datetime) -> tuple[int, int, int, int, int, int]:
    """A moment as archives can hold it: from 1980 to 2107."""
    if not 1980 <= moment.year <= 2107:
        moment = datetime(1980 if moment.year < 1980 else 2107, 1, 1, tzinfo=UTC)
    return moment.astimezone(UTC).timetuple()[:6]
