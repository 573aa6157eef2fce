"""What an import did, conversation by conversation: what came in, what did not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from hfs.display import counted, one_line
from hfs.errors import HfsError

Outcome = Literal["added", "updated", "present", "deleted", "empty", "failed"]
_SAID: dict[Outcome, str] = {
    "added": "new",
    "updated": "with new messages",
    "present": "here already",
    "deleted": "deleted here",
    "empty": "with nothing said",
    "failed": "failed",
}
_MOST_KNOWN = 5
"""How many conversations of a file, and files, are named though they are here already; more are counted."""


@dataclass(slots=True)
class ConversationReport:
    """What became of one conversation."""

    file: str
    format: str
    source_id: str | None
    name: str
    outcome: Outcome = "present"
    session_id: int | None = None
    """The session that holds it; None where it is in none, or in a dry run."""
    forks: list[int] = field(default_factory=list)
    """The sessions that its other branches became."""
    branches: int = 0
    """How many other branches came in."""
    kept: int = 0
    """Messages of the chat that came in."""
    hidden: int = 0
    """Messages that came in folded."""
    skipped: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    reason: str = ""

    def count(self, items: list[Any]) -> None:
        """Counts messages of a document that came in."""
        hidden = sum(isinstance(item, dict) and "hidden" in item for item in items)
        self.hidden += hidden
        self.kept += len(items) - hidden

    def fail(self, error: Exception, session_id: int | None = None) -> None:
        """Says that it failed.

        Args:
            error: Why.
            session_id: The session that could not be written.
        """
        self.outcome, self.kept, self.hidden = "failed", 0, 0
        why = str(error) or "there is not enough memory"
        self.reason = why if isinstance(error, HfsError) else f"it can't be stored: {why}"
        if session_id is not None:
            self.session_id = None if self.session_id == session_id else self.session_id
            self.forks = [number for number in self.forks if number != session_id]


@dataclass(slots=True)
class FileReport:
    """What was read of one file."""

    file: str
    format: str | None
    """None where its shape is not known."""
    problem: str = ""
    """Why it, or a part of it, could not be read."""
    left_out: dict[str, int] = field(default_factory=dict)
    """What of it could not be read, by what it is, and what of it was read in part."""
    damaged: list[str] = field(default_factory=list)
    """The first damaged lines."""

    @property
    def is_whole(self) -> bool:
        """Whether all of it could be read."""
        return not (self.problem or self.left_out)


@dataclass(slots=True)
class ImportReport:
    """What an import did."""

    dry_run: bool = False
    interrupted: bool = False
    files: list[FileReport] = field(default_factory=list)
    """Those with conversations, and those that could not be read."""
    ignored: list[str] = field(default_factory=list)
    """Files in folders and archives that hold no conversation."""
    conversations: list[ConversationReport] = field(default_factory=list)

    def count(self, *outcomes: Outcome) -> int:
        """How many conversations ended so."""
        return sum(one.outcome in outcomes for one in self.conversations)

    @property
    def succeeded(self) -> bool:
        """Whether nothing failed, and something is here that was asked for."""
        failed = self.interrupted or self.count("failed") or any(not file.is_whole for file in self.files)
        return not failed and bool(self.count("added", "updated", "present", "deleted"))

    def total(self) -> dict[str, int]:
        """The sums of everything."""
        outcomes: tuple[Outcome, ...] = ("added", "updated", "present", "deleted", "empty", "failed")
        sums: Counter[str] = Counter({outcome: self.count(outcome) for outcome in outcomes})
        for one in self.conversations:
            sums["branches"] += one.branches
            sums["messages_kept"] += one.kept
            sums["messages_hidden"] += one.hidden
            sums["skipped"] += sum(one.skipped.values())
            sums["unknown"] += sum(one.unknown.values())
        sums["files_failed"] = sum(not file.is_whole for file in self.files)
        sums["files_ignored"] = len(self.ignored)
        return dict(sums)

    def to_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {**asdict(self), "total": self.total(), "succeeded": self.succeeded}

    # For people

    def lines(self) -> Iterator[str]:
        """Everything, a line each."""
        of_file: dict[str, list[ConversationReport]] = {}
        for one in self.conversations:
            of_file.setdefault(one.file, []).append(one)
        known = [file for file in self.files if file.is_whole and _all_known(of_file.get(file.file, []))]
        silent = {id(file) for file in known} if len(known) > _MOST_KNOWN else set()
        for file in self.files:
            if id(file) in silent:
                continue
            yield f"{one_line(file.file, 500)}{f': {file.format}' if file.format else ''}"
            yield from self._conversations(of_file.pop(file.file, []))
            if file.left_out:
                yield f"  left out: {_listed(file.left_out)}"
            for place in file.damaged:
                yield f"    {one_line(place, 300)}"
            if file.problem:
                yield f"  failed: {one_line(file.problem, 2000)}"
        if silent:
            yield f"{counted(len(silent), 'file')} with nothing new"
        if self.ignored:
            yield f"{counted(len(self.ignored), 'file')} with no conversation: {_some(self.ignored)}"
        yield self.summary()

    def _conversations(self, found: list[ConversationReport]) -> Iterator[str]:
        known = [one for one in found if _is_known(one)]
        if len(known) <= _MOST_KNOWN:
            known = []
        told = {id(one) for one in known}
        for one in found:
            if id(one) not in told:
                yield from self._conversation(one)
        if known:
            yield f"  {counted(len(known), 'conversation')}: {_SAID['present']}"

    def _conversation(self, one: ConversationReport) -> Iterator[str]:
        name = one_line(one.name, 60) or "(no name)"
        if one.outcome == "failed":
            yield f"  {name}: failed: {one_line(one.reason, 2000)}"
            return
        where = f"session {one.session_id}" if one.session_id else ""
        if one.forks:
            numbers = ", ".join(map(str, one.forks[:5])) + (", …" if len(one.forks) > 5 else "")
            where += f"{', ' if where else ''}{'fork' if len(one.forks) == 1 else 'forks'} {numbers}"
        detail = [self._said(one)]
        if one.outcome in ("added", "updated"):
            detail += [f"{one.hidden:,} folded"] if one.hidden else []
        if one.branches and not one.forks:
            detail.append("1 other branch" if one.branches == 1 else f"{one.branches} other branches")
        if one.reason:
            detail.append(one_line(one.reason, 300))
        yield f"  {name}: {f'{where}: ' if where else ''}{'; '.join(detail)}"
        if one.skipped and one.outcome in ("added", "updated", "empty"):
            yield f"    left out: {_listed(one.skipped)}"
        if one.unknown and one.outcome in ("added", "updated", "empty"):
            yield f"    not understood, left out: {_listed(one.unknown)}"

    def _said(self, one: ConversationReport) -> str:
        if one.outcome == "added":
            return f"{'would be ' if self.dry_run else ''}new, {counted(one.kept, 'message')}"
        if one.outcome == "updated":
            return f"{'would get ' if self.dry_run else ''}{counted(one.kept, 'message')} more"
        return _SAID[one.outcome]

    def summary(self) -> str:
        """The total, on one line."""
        total = self.total()
        parts = [f"{total[outcome]:,} {said}" for outcome, said in _SAID.items() if total[outcome]]
        text = f"{counted(len(self.conversations), 'conversation')}: {', '.join(parts) or 'none came in'}."
        if self.count("added", "updated"):
            text += (
                f" {counted(total['messages_kept'], 'message')} kept, {total['messages_hidden']:,} folded, "
                f"{total['skipped']:,} left out, {total['unknown']:,} not understood."
            )
        if not self.conversations and not total["files_failed"]:
            text += " `hfs import --help` lists the formats that hfs knows."
        if total["files_failed"]:
            text += f" {counted(total['files_failed'], 'file')} could not be read whole."
        if self.dry_run:
            text += " Nothing was written: this was a dry run."
        return text


def _is_known(one: ConversationReport) -> bool:
    return one.outcome == "present" and not one.reason


def _all_known(found: list[ConversationReport]) -> bool:
    return bool(found) and all(map(_is_known, found))


def _listed(counts: dict[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{number:,} × {one_line(what, 80)}" for what, number in ordered[:8])
    return shown + (f" and {len(ordered) - 8} more kinds" if len(ordered) > 8 else "")


def _some(names: list[str]) -> str:
    shown = ", ".join(one_line(name, 100) for name in names[:5])
    return shown + (", …" if len(names) > 5 else "")
