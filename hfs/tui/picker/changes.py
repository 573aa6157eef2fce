"""What a person changes of sessions in the picker, and takes back again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from hfs.display import one_line
from hfs.errors import HfsError
from hfs.persistence import SessionRepository, SessionSummary

_UNDONE: Final = "Undone."


@dataclass(frozen=True, slots=True)
class Change:
    """Something to do with one session. Doing or undoing gives nothing where there is no such session."""

    session_id: int
    do: Callable[[], Awaitable[object]]
    done: str
    """What to say of it then."""
    undo: Callable[[], Awaitable[object]]
    undone: str = _UNDONE


class SessionChanges:
    """Changes sessions, and undoes that, the last change first.

    Args:
        repo: The sessions.
    """

    def __init__(self, repo: SessionRepository) -> None:
        self._repo = repo
        self._done: list[Change] = []

    async def do(self, change: Change) -> str:
        """Makes a change; returns what to say of it.

        Raises:
            HfsError: It can't be made.
        """
        if not await change.do():
            return _is_gone(change)
        self._done.append(change)
        return change.done

    async def undo(self) -> str | None:
        """Undoes the last change; returns what to say of it, or None where there is none.

        Raises:
            HfsError: It can't be undone now; it may be tried again.
        """
        if not self._done:
            return None
        change = self._done.pop()
        try:
            undone = await change.undo()
        except HfsError:
            self._done.append(change)
            raise
        return change.undone if undone else _is_gone(change)

    def rename(self, summary: SessionSummary, name: str) -> Change:
        """Another name."""
        rename = partial(self._repo.rename, summary.id)
        return Change(summary.id, partial(rename, name), "Renamed.", partial(rename, summary.name))

    def retag(self, summary: SessionSummary, text: str) -> Change:
        """Other tags, typed with commas between. Those that can't be typed stay."""
        shown = typed_tags(summary)
        tags = [tag for tag in map(str.strip, text.split(",")) if tag]
        added = [tag for tag in tags if tag not in shown]
        removed = [tag for tag in shown if tag not in tags]
        tag = partial(self._repo.tag, summary.id)
        return Change(summary.id, partial(tag, added, removed), "Tagged.", partial(tag, removed, added))

    def pin(self, summary: SessionSummary) -> Change:
        """A pin, or none any more."""
        pin, pinned = partial(self._repo.pin, summary.id), summary.pinned
        done = "No longer pinned." if pinned else "Pinned."
        return Change(summary.id, partial(pin, not pinned), done, partial(pin, pinned))

    def archive(self, summary: SessionSummary) -> Change:
        """Into the archive, or out of it."""
        archive, archived = partial(self._repo.archive, summary.id), summary.archived
        done = "No longer archived." if archived else "Archived."
        return Change(summary.id, partial(archive, not archived), done, partial(archive, archived))

    def delete(self, summary: SessionSummary) -> Change:
        """Into the trash."""
        number = summary.id
        restore = partial(self._repo.restore, number)
        return Change(number, partial(self._repo.delete, number), "In the trash.", restore, "Brought back.")


def typed_tags(summary: SessionSummary) -> list[str]:
    """The tags that can be typed as they are: others, which another program wrote, are neither shown nor taken off."""
    return [tag for tag in summary.tags if "," not in tag and one_line(tag, len(tag) + 1) == tag]


def _is_gone(change: Change) -> str:
    return f"There is no session {change.session_id} any more."
