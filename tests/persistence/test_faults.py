"""The n-th call to the operating system fails, for n = 1, 2, … until the operation passes."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hfs.errors import HfsError
from hfs.persistence import SessionStore
from tests.persistence.test_crash_states import OPERATIONS, PATHS, Held, held, set_up
from tests.support.faults import FAULTS, FaultyOps

pytestmark = pytest.mark.any_python

READS: dict[str, Callable[[SessionStore], object]] = {
    "get": lambda store: store.get(1),
    "list": lambda store: store.list_recent(None),
    "resolve": lambda store: store.resolve("two"),
    "trash": lambda store: (store.list_trash(), store.list_taken_out()),
}
WORK = {**OPERATIONS, **READS}
LENIENT = ("save a draft", "repair", "merge a copy", *READS)
"""What goes on past a failure: the draft stays a draft, the report says what was not mended."""
CASES = [
    (name, path, fault, sticky)
    for name in WORK
    for path in PATHS
    for fault in FAULTS
    for sticky in (False, True)
    if not (sticky and fault in ("EINTR", "EMFILE", "EACCES", "MemoryError", "short write"))
]


def prepare(home: Path, name: str) -> Held:
    set_up(home, name)
    with SessionStore(home, threshold=0) as store:
        return held(store)


def require(home: Path, before: Held, after: Held, name: str) -> None:
    """Nothing is gone, nothing is invented, and the next one can write."""
    with SessionStore(home, threshold=0, lock_timeout=0.5) as store:
        found = held(store)
        for session_id, (_, texts) in (before.sessions | before.trash).items():
            now = found.sessions.get(session_id) or found.trash.get(session_id)
            assert now is not None, f"session {session_id} is gone"
            changed = after.sessions.get(session_id)
            assert now[1][: len(texts)] == texts or now == changed
        coming = after.sessions | after.trash
        for session_id, (_, texts) in found.sessions.items():
            said = coming.get(session_id, before.sessions.get(session_id, ("", ())))[1]
            # An error does not mean absent: what was written before it may be there, once.
            untouched = texts == before.sessions.get(session_id, ("", ()))[1]
            assert untouched or texts == said[: len(texts)], f"session {session_id} was invented"
        for text in before.drafts:
            assert text in found.drafts or any(text in texts for _, texts in found.sessions.values())
        assert store.add_message(2, "user", "the next one").content == "the next one"
        assert store.create("the next").id not in before.sessions


@pytest.mark.parametrize(
    ("name", "path", "fault", "sticky"),
    [pytest.param(*case, id=f"{'-'.join(case[:3])}-{'from then on' if case[3] else 'once'}") for case in CASES],
)
def test_a_call_that_fails_loses_nothing_and_leaves_nothing_behind(
    tmp_path: Path,
    name: str,
    path: str,
    fault: str,
    sticky: bool,
    record_property: Callable[[str, object], None],
) -> None:
    pristine = tmp_path / "pristine"
    before = prepare(pristine, name)
    done = tmp_path / "done"
    shutil.copytree(pristine, done)
    threshold = 0.0 if name == "repair" else PATHS[path]
    with SessionStore(done, threshold=threshold) as store:
        WORK[name](store)
    with SessionStore(done, threshold=0) as store:
        after = held(store)
    for number in itertools.count(1):
        home = tmp_path / f"home-{number}"
        shutil.copytree(pristine, home)
        ops = FaultyOps(number, FAULTS[fault], sticky=sticky)
        try:
            with SessionStore(home, ops=ops, threshold=threshold, lock_timeout=0.5) as store:
                WORK[name](store)
        except HfsError as error:
            assert str(home) in str(error), f"{error!r} names no file"
            assert str(error).endswith("."), f"{error} is no sentence"
        except (MemoryError, KeyboardInterrupt) as error:
            assert type(error) is FAULTS[fault]
        else:
            if name not in LENIENT and ops.failed and ops.failed[-1] not in ("unlink", "stat"):
                assert_same(home, after)
        if not sticky and "unlink" not in ops.failed:
            left = list(home.rglob(".*.tmp"))
            assert left == [], f"call {number} ({ops.failed}) left {left}"
        require(home, before, after, name)
        shutil.rmtree(home)
        if not ops.failed:
            record_property("faults", number - 1)
            assert number > 1 or name == "trash"
            return


def assert_same(home: Path, after: Held) -> None:
    """What returned without an error is done."""
    with SessionStore(home, threshold=0) as store:
        found = held(store)
    for session_id, (_, texts) in after.sessions.items():
        assert found.sessions[session_id][1] == texts
