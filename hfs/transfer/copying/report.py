"""What a copy from one store to another did, session by session, and what reading it back showed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hfs.display import counted, one_line
from hfs.errors import HfsError
from hfs.transfer.copying.differences import SAME, Differences

Outcome = Literal["added", "updated", "present", "deleted", "gone", "failed", "waiting"]
_SAID: Final[dict[Outcome, str]] = {
    "added": "new",
    "updated": "brought up to date",
    "present": "there already",
    "deleted": "deleted there",
    "gone": "just removed",
    "failed": "failed",
    "waiting": "not tried",
}
_MOST_NAMED: Final = 20
"""How many sessions are named with which nothing is the matter; of more, none is."""


class NotTriedError(HfsError):
    """A session was not written because those before it could not be."""


@dataclass(slots=True)
class SessionCopy:
    """What became of one session."""

    session_id: int
    """Its id in the source."""
    target_id: int | None = None
    """Its id in the target; None where it is not there, or in a dry run."""
    uid: str = ""
    name: str = ""
    outcome: Outcome = "present"
    messages: int | None = None
    """How many it has in the source; None where it could not be read."""
    there: int | None = None
    """How many it has in the target; None where it is not there."""
    brought: int = 0
    """How many messages came in."""
    taken_over: bool = False
    """Whether the copy got the name, tags and other fields of the source."""
    differences: Differences = SAME
    """What is another in the copy all the same."""
    is_wrong: bool = False
    """Whether another one was read back than was written."""
    reason: str = ""
    digest: bytes = b""
    """Of the session in the source."""

    def fail(self, error: Exception, session_id: int | None = None) -> None:
        """Says that it failed.

        Args:
            error: Why.
            session_id: The session that could not be written.
        """
        self.outcome, self.brought, self.taken_over = "failed", 0, False
        if isinstance(error, NotTriedError):
            self.outcome, self.target_id, self.there = "waiting", None, None
            return
        why = str(error) or "there is not enough memory"
        self.reason = why if isinstance(error, HfsError) else f"it can't be stored: {why}"
        if session_id is not None:
            self.target_id = self.there = None

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to say of it but that it is there now."""
        if self.outcome not in ("added", "present", "waiting") or self.reason or self.is_wrong:
            return False
        return self.differences == SAME and self.target_id in (None, self.session_id)

    def to_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "id": self.session_id,
            "target_id": self.target_id,
            "uid": self.uid,
            "name": self.name,
            "outcome": self.outcome,
            "messages": self.messages,
            "target_messages": self.there,
            "messages_brought": self.brought,
            "fields_taken_over": self.taken_over,
            "differs_in": list(self.differences.fields),
            "messages_changed": self.differences.changed,
            "messages_only_in_target": self.differences.more,
            "messages_not_in_target": self.differences.fewer,
            "wrong": self.is_wrong,
            "reason": self.reason,
            "digest": self.digest.hex(),
        }


@dataclass(slots=True)
class CopyReport:
    """What a copy did."""

    source: str
    """The store that was copied, as people are shown it."""
    target: str
    dry_run: bool = False
    interrupted: bool = False
    broken: str = ""
    """Why it ended before the last session; empty where it did not."""
    sessions: list[SessionCopy] = field(default_factory=list)
    checked: int = 0
    """How many sessions were read back and compared."""

    def count(self, *outcomes: Outcome) -> int:
        """How many sessions ended so."""
        return sum(one.outcome in outcomes for one in self.sessions)

    @property
    def succeeded(self) -> bool:
        """Whether every session is there, or was deleted there on purpose."""
        return not (
            self.interrupted or self.broken or self.count("failed") or any(one.is_wrong for one in self.sessions)
        )

    def totals(self) -> dict[str, int]:
        """The sums of everything."""
        read = [one.messages for one in self.sessions if one.messages is not None]
        # Several sessions of the source may be one in the target: they have the same uid.
        there = {
            one.session_id if one.target_id is None else one.target_id: one.there
            for one in self.sessions
            if one.there is not None
        }
        return {
            **{outcome: self.count(outcome) for outcome in _SAID},
            "messages_brought": sum(one.brought for one in self.sessions),
            "source_sessions": len(read),
            "source_messages": sum(read),
            "target_sessions": len(there),
            "target_messages": sum(there.values()),
            "checked": self.checked,
            "wrong": sum(one.is_wrong for one in self.sessions),
        }

    def to_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "from": self.source,
            "to": self.target,
            "dry_run": self.dry_run,
            "interrupted": self.interrupted,
            "broken": self.broken,
            "sessions": [one.to_json() for one in self.sessions],
            "total": self.totals(),
            "succeeded": self.succeeded,
        }

    # For people

    def lines(self) -> Iterator[str]:
        """Everything, a line each."""
        plain = sum(one.is_plain for one in self.sessions)
        for one in self.sessions:
            if plain <= _MOST_NAMED or not one.is_plain:
                yield self._line(one)
        total = self.totals()
        parts = [f"{total[outcome]:,} {said}" for outcome, said in _SAID.items() if total[outcome]]
        text = f"{counted(len(self.sessions), 'session')}: {', '.join(parts) or 'none'}."
        if self.dry_run:
            yield f"{text} Nothing was written: this was a dry run."
            return
        yield text
        if self.sessions:
            yield from self._table(total)
        if self.checked:
            yield self._check(total["wrong"])

    def _line(self, one: SessionCopy) -> str:
        start = f"  {one.session_id}  {one_line(one.name, 60)}".rstrip()
        detail = [f"failed: {one_line(one.reason, 2000)}"] if one.outcome == "failed" else list(self._detail(one))
        return f"{start}: {'; '.join(detail)}"

    def _detail(self, one: SessionCopy) -> Iterator[str]:
        if one.outcome == "added":
            yield f"{'would be ' if self.dry_run else ''}new, {counted(one.messages or 0, 'message')}"
        elif one.outcome == "updated":
            gets = [counted(one.brought, "message") + " more"] if one.brought else []
            gets += ["the name, tags and other fields of the source"] if one.taken_over else []
            yield f"{'would get' if self.dry_run else 'got'} {' and '.join(gets)}"
        else:
            yield _SAID[one.outcome]
        if one.target_id not in (None, one.session_id):
            yield f"there it is session {one.target_id}"
        yield from _told(one.differences)
        if one.reason:
            yield one_line(one.reason, 500)

    def _table(self, total: dict[str, int]) -> Iterator[str]:
        rows = [
            (one_line(self.source, 200), f"{total['source_sessions']:,}", f"{total['source_messages']:,}"),
            (one_line(self.target, 200), f"{total['target_sessions']:,}", f"{total['target_messages']:,}"),
        ]
        widths = [max(len(row[at]) for row in [("", "sessions", "messages"), *rows]) for at in range(3)]
        for where, sessions, messages in [("", "sessions", "messages"), *rows]:
            yield f"  {where:<{widths[0]}}  {sessions:>{widths[1]}}  {messages:>{widths[2]}}"

    def _check(self, wrong: int) -> str:
        text = f"Read back and compared: {counted(self.checked, 'session')}"
        return f"{text}, {counted(wrong, 'session')} of them not as written." if wrong else f"{text}, all as written."


def _told(differences: Differences) -> Iterator[str]:
    if differences.fields:
        yield f"differs in: {', '.join(one_line(key, 40) for key in differences.fields[:10])}"
    if differences.changed:
        yield f"{counted(differences.changed, 'message')} changed"
    if differences.more:
        yield f"it went on there: {counted(differences.more, 'message')} more"
    if differences.fewer:
        yield f"{counted(differences.fewer, 'message')} taken out there"
