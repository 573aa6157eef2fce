"""Imports whose n-th call to the operating system fails, for n = 1, 2, … until none does."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from hfs.errors import HfsError
from hfs.persistence import SessionStore
from hfs.transfer.files.sources import open_sources
from hfs.transfer.importing.report import ImportReport
from hfs.transfer.importing.run import ImportOptions, run_import
from tests.support.faults import FAULTS, FaultyOps
from tests.transfer.bringing import bring, chatgpt, said, sessions, write

pytestmark = pytest.mark.any_python

FIRST = (("n1", None, "hi"), ("n2", "n1", "hello"))
GROWN = (*FIRST, ("n3", "n2", "more?"), ("n9", "n1", "another answer"))
MAIN, FORK = ["hi", "hello", "more?"], ["hi", "another answer"]


def try_import(home: Path, export: Path, ops: FaultyOps) -> ImportReport | None:
    try:
        with (
            SessionStore(home, ops=ops, lock_timeout=0.5) as store,
            open_sources([str(export)]) as sources,
            store.begin_import() as target,
        ):
            return run_import(target, sources, ImportOptions())
    except HfsError as error:
        assert str(home) in str(error), f"{error!r} names no file"
        return None


def require_true(report: ImportReport, home: Path) -> None:
    """What is said to have come in is here."""
    here = {session.id: said(session) for session in sessions(home)}
    for one in report.conversations:
        if one.outcome in ("added", "updated"):
            assert here[one.session_id or 0] in (MAIN, FORK)
            assert all(here[fork] in (MAIN, FORK) for fork in one.forks)
        elif one.outcome == "failed":
            assert "Could not" in one.reason
    assert report.succeeded == (report.count("failed") == 0)


@pytest.mark.parametrize("sticky", [pytest.param(False, id="once"), pytest.param(True, id="from then on")])
@pytest.mark.parametrize("fault", ["EIO", "ENOSPC"])
def test_an_import_that_fails_tells_the_truth_and_can_be_run_again(tmp_path: Path, fault: str, sticky: bool) -> None:
    bring(tmp_path / "before", write(tmp_path / "a.json", [chatgpt(*FIRST, active="n2", name="known")]))
    # The last one twice: of the first, nobody may know whether it was written.
    talks = [chatgpt(*GROWN, active="n3", name=name) for name in ("known", "new", "newer", "newer")]
    export = write(tmp_path / "b.json", talks)
    for number in itertools.count(1):
        home = tmp_path / f"home-{number}"
        shutil.copytree(tmp_path / "before", home)
        ops = FaultyOps(number, FAULTS[fault], sticky=sticky)
        report = try_import(home, export, ops)
        if report is not None:
            require_true(report, home)
        assert bring(home, export).succeeded
        found = sorted(said(session) for session in sessions(home))
        assert found == [FORK] * 3 + [MAIN] * 3, f"call {number} ({ops.failed[:1]})"
        shutil.rmtree(home)
        if not ops.failed:
            return
