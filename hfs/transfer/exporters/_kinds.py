"""What an export format is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hfs.persistence import SessionModel, SessionSummary


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around sessions in one file."""

    before: bytes = b""
    between: bytes = b""
    after: bytes = b""


def bare(name: str | None) -> Frame:
    """Nothing: sessions simply follow each other."""
    return Frame()


@dataclass(frozen=True, slots=True)
class Exporter:
    """A format that sessions are written in.

    The bytes are the same each time for the same sessions, on every machine.
    """

    name: str
    """As in ``--format``."""
    extension: str
    """Of a file's name, without the dot."""
    title: str
    """For people: what it is and for what it is good."""
    lossless: bool
    """Whether importing it elsewhere gives an equal session."""
    body: Callable[[SessionModel], bytes]
    """One session, without what stands around it."""
    frame: Callable[[str | None], Frame] = bare
    """What stands around the session of that name, if it is the only one in its file; around several, for None."""
    contents: Callable[[Sequence[SessionSummary]], bytes] | None = None
    """A table of contents, which comes before several sessions."""
    among: Callable[[SessionModel], bytes] | None = None
    """One of several sessions in a file, where that is written differently from ``body``."""

    def render(self, session: SessionModel) -> bytes:
        """A file with one session."""
        frame = self.frame(session.name)
        return frame.before + self.body(session) + frame.after
