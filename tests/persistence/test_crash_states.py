"""A crash at any moment of any operation: what was acknowledged is there, and nothing is invented."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hfs.errors import HfsError
from hfs.persistence import NewMessage, SessionStore
from hfs.persistence.files import salvage
from hfs.persistence.files.reader import APPEND_THRESHOLD
from tests.support.crash_model import Op, RecordingOps, Tree, crash_states
from tests.support.engines import files_of

pytestmark = pytest.mark.any_python

Told = tuple[str, tuple[str, ...]]
LONG = "first line\n" + "a long message, " * 60 + "\n]\n}\n"


@dataclass
class Held:
    """What a home folder holds."""

    sessions: dict[int, Told] = field(default_factory=dict)
    trash: dict[int, Told] = field(default_factory=dict)
    drafts: list[str] = field(default_factory=list)


@dataclass
class Record:
    """An operation as it was seen by the file system."""

    base: Tree
    log: list[Op]
    acknowledged: int
    """How many calls were done when the operation returned."""
    before: Held
    after: Held
    threshold: float


class Violation(AssertionError):
    """A crash state that breaks the promise."""


def held(store: SessionStore) -> Held:
    found = Held(drafts=[draft.content for draft in store.list_drafts()])
    for summary in store.list_recent(None):
        session = store.get(summary.id)
        assert session is not None
        found.sessions[session.id] = (session.name, tuple(message.content for message in session.messages))
    for trashed in store.list_trash():
        document = files_of(store).trash.read(Path(trashed.path))
        found.trash[trashed.id] = (trashed.name, tuple(message["content"] for message in document["messages"]))
    return found


def start(store: SessionStore) -> None:
    store.create("one", messages=[NewMessage("user", "first")])
    store.add_message(1, "assistant", LONG, model="local/x")
    store.create("two", messages=[NewMessage("user", "other")])
    store.create("three", messages=[NewMessage("user", "deleted")])
    store.delete(3)


def torn(home: Path) -> None:
    path = home / "sessions" / "1.json"
    path.write_bytes(path.read_bytes()[:-7] + b',\n    {"id": 3, "role": "us')


def copied(home: Path) -> None:
    """What a sync program leaves: the session with a message of another machine."""
    path = home / "sessions" / "1.json"
    document = json.loads(path.read_bytes())
    there = {"id": 3, "role": "user", "created_at": "2030-01-01T00:00:00Z", "content": "there"}
    document["messages"].append(there)
    (home / "sessions" / "1 (of a laptop).json").write_text(json.dumps(document))


def edit_outside(store: SessionStore) -> object:
    """A message changed, one added and one taken out in an editor."""
    base = store.editable(1)
    assert base is not None
    changed = {**base["messages"][0], "content": LONG}
    return store.merge_edited(1, base, {**base, "messages": [changed, {"role": "user", "content": "added"}]})


DOCUMENT: dict[str, Any] = {"name": "in", "messages": [{"role": "user", "content": "imported"}]}
OPERATIONS: dict[str, Callable[[SessionStore], object]] = {
    "create": lambda store: store.create("new", messages=[NewMessage("user", LONG)]),
    "append": lambda store: store.add_message(1, "user", LONG),
    "append two": lambda store: [store.add_message(1, "user", text) for text in ("short", LONG)],
    "rename": lambda store: store.rename(1, "another name"),
    "delete": lambda store: store.delete(1),
    "restore": lambda store: store.restore(3),
    "import": lambda store: store.import_document(DOCUMENT),
    "repair": lambda store: store.check(repair=True),
    "draft": lambda store: store.keep_draft(1, NewMessage("user", LONG)),
    "save a draft": lambda store: store.save_drafts(),
    "fork": lambda store: store.fork(1),
    "edit": lambda store: store.edit_message(1, 1, LONG),
    "take out": lambda store: store.remove_messages(1, [2]),
    "edit outside": edit_outside,
    "merge a copy": lambda store: [store.merge_copy(*copy) for copy in store.conflict_copies()],
}
PATHS = {"whole file": float("inf"), "tail": 0.0}


def set_up(home: Path, name: str, threshold: float = APPEND_THRESHOLD) -> None:
    """What an operation needs to find."""
    home.mkdir(mode=0o700)
    # Where its folder can't be, the index stays in memory: thousands of homes are made here, and it is never trusted.
    (home / "index").touch(mode=0o600)
    with SessionStore(home, threshold=threshold) as store:
        start(store)
        if name == "save a draft":
            store.keep_draft(1, NewMessage("user", "kept"))
    if name == "repair":
        torn(home)
    if name == "merge a copy":
        copied(home)


def record(home: Path, name: str, threshold: float) -> Record:
    set_up(home, name, threshold)
    shutil.rmtree(home / "locks")
    with SessionStore(home, threshold=0) as store:
        before = held(store)
    ops = RecordingOps(home)
    with SessionStore(home, ops=ops, threshold=threshold) as store:
        OPERATIONS[name](store)
        acknowledged = len(ops.log)
    with SessionStore(home, threshold=threshold) as store:
        after = held(store)
    return Record(ops.base, ops.log, acknowledged, before, after, threshold)


def require(record: Record, home: Path, at: int) -> None:
    """Opens a state after a crash, and raises Violation if it breaks the promise."""
    try:
        with SessionStore(home, threshold=record.threshold) as store:
            found = held(store)
    except HfsError as error:
        raise Violation(f"after {at} calls: {error}") from error
    sure, coming = record.before, record.after
    if at >= record.acknowledged:
        sure = coming
        # The removal of a draft that was saved need not be durable: it is known for a twin when it is found again.
        drafts = set(sure.drafts) <= set(found.drafts) <= {*record.before.drafts, *sure.drafts}
        if found.sessions != sure.sessions or not drafts:
            raise Violation(f"after {at} calls, acknowledged: {found} instead of {sure}")
    for session_id, told in (sure.sessions | sure.trash).items():
        now = found.sessions.get(session_id) or found.trash.get(session_id)
        if not _is_between(now, told, (coming.sessions | coming.trash).get(session_id, told)):
            raise Violation(f"after {at} calls: session {session_id} holds {now} instead of {told}")
    for session_id, now in found.sessions.items():
        told = (coming.sessions | coming.trash).get(session_id, ("", ()))
        if not _is_between(now, ("", ()), told) and now != sure.sessions.get(session_id):
            raise Violation(f"after {at} calls: session {session_id} was invented: {now}")
    for text in sure.drafts:
        saved = any(text in texts for _, texts in found.sessions.values())
        if text not in found.drafts and not saved:
            raise Violation(f"after {at} calls: the draft {text!r} is lost")


def _is_between(now: Told | None, sure: Told, coming: Told) -> bool:
    """Whether nothing that was sure is missing, and nothing is there that was not coming."""
    if now in (sure, coming):
        return True
    if now is None or now[0] not in (sure[0], coming[0]):
        return False
    return now[1][: len(sure[1])] == sure[1] and now[1] == coming[1][: len(now[1])]


def examine(record: Record, folder: Path, mutate: Callable[[Op], bool] = lambda op: True) -> int:
    """Opens every state; returns how many there were."""
    log = [op for op in record.log if mutate(op)]
    acknowledged = sum(mutate(op) for op in record.log[: record.acknowledged])
    checked = Record(record.base, log, acknowledged, record.before, record.after, record.threshold)
    home = next(iter(sorted(record.base.folders, key=len)))
    seen: set[tuple[bool, frozenset[tuple[str, bytes]]]] = set()
    for at in range(len(log) + 1):
        for state in crash_states(record.base, log, at):
            key = (at >= acknowledged, frozenset(state.items()))
            if key in seen:
                continue
            seen.add(key)
            root = folder / str(len(seen))
            for path, data in state.items():
                file = root / Path(path).relative_to(home)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
                # A file that was changed just now is looked at again for a moment, in case it is being written.
                os.utime(file, (1e9, 1e9))
            require(checked, root, at)
            shutil.rmtree(root, ignore_errors=True)
    return len(seen)


@pytest.mark.parametrize(
    ("name", "path"),
    [(name, path) for name in OPERATIONS for path in PATHS if (name, path) != ("repair", "whole file")],
)
def test_after_a_crash_at_any_moment_everything_acknowledged_is_there(
    home: Path, tmp_path: Path, name: str, path: str, record_property: Callable[[str, object], None]
) -> None:
    states = examine(record(home, name, PATHS[path]), tmp_path / "states")
    record_property("states", states)
    assert states >= 3


@pytest.mark.parametrize(
    ("name", "path", "removed"),
    [
        ("append", "whole file", "fsync"),
        ("create", "whole file", "fsync"),
        ("append", "tail", "fdatasync"),
        ("append", "whole file", "fsync_folder"),
        ("create", "whole file", "fsync_folder"),
        ("rename", "whole file", "fsync_folder"),
        ("draft", "whole file", "fdatasync"),
    ],
)
def test_the_suite_fails_if_a_sync_is_left_out(home: Path, tmp_path: Path, name: str, path: str, removed: str) -> None:
    recorded = record(home, name, PATHS[path])
    assert any(op.kind == removed for op in recorded.log)
    with pytest.raises(Violation):
        examine(recorded, tmp_path / "states", lambda op: op.kind != removed)


def test_the_suite_fails_if_salvage_goes_by_lines(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leading = salvage._leading

    def by_line(segment: bytes, layout: Any) -> tuple[Any, int]:
        item, length = leading(segment, layout)
        return (item, length) if segment[length : length + 1] == b"\n" else (None, 0)

    recorded = record(home, "append", 0.0)
    monkeypatch.setattr(salvage, "_leading", by_line)
    with pytest.raises(Violation):
        examine(recorded, tmp_path / "states")


class EditorOps(RecordingOps):
    """Somebody else saves the file in the moment before ours takes its place."""

    def __init__(self, root: Path, path: Path, *, blind: bool) -> None:
        super().__init__(root)
        self.path = path
        self.blind = blind
        self.status = path.stat()
        self.edits = 0

    def fsync(self, fd: int) -> None:
        super().fsync(fd)
        if self.edits == 0:
            self.edits += 1
            self.path.write_bytes(self.path.read_bytes().replace(b'"first"', b'"edited by hand"'))

    def stat(self, path: str) -> Any:
        return self.status if self.blind and path == str(self.path) else super().stat(path)


@pytest.mark.parametrize("blind", [False, True], ids=["as it is", "without the identity check"])
def test_what_an_editor_saves_during_a_write_survives_by_the_identity_check(home: Path, blind: bool) -> None:
    with SessionStore(home) as store:
        start(store)
    path = home / "sessions" / "1.json"
    ops = EditorOps(home, path, blind=blind)
    with SessionStore(home, ops=ops) as store:
        store.rename(1, "another name")
    assert ops.edits == 1
    with SessionStore(home) as store:
        found = store.get(1)
    assert found is not None
    assert found.name == "another name"
    assert (found.messages[0].content == "edited by hand") is not blind
