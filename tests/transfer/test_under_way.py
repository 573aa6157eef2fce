"""What is being written when somebody presses Ctrl-C."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from hfs.errors import StoreIOError
from hfs.persistence import SessionStore
from hfs.transfer.files.sources import open_sources
from hfs.transfer.importing.report import ConversationReport
from hfs.transfer.importing.run import Importing, ImportOptions
from hfs.transfer.under_way import UnderWay
from tests.transfer.bringing import chatgpt, write

TURNS = (("n1", None, "hi"), ("n2", "n1", "hello"))


class InterruptedOnce(Future[None]):
    """Ctrl-C comes while it is waited for; then it fails."""

    interrupted = False

    def result(self, timeout: float | None = None) -> None:
        if not self.interrupted:
            self.interrupted = True
            raise KeyboardInterrupt
        raise StoreIOError("Could not save it: the disk is full.", path=Path("x"))


class Stopped:
    """A writer that Ctrl-C reaches before it begins, or while it is waited for."""

    def __init__(self, write: Future[None] | None) -> None:
        self._write = write

    def __enter__(self) -> Stopped:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def submit(self, session_id: int, document: dict[str, Any]) -> Future[None]:
        if self._write is None:
            raise KeyboardInterrupt
        return self._write


def test_what_fails_after_ctrl_c_is_not_said_to_have_come_in(home: Path) -> None:
    with SessionStore(home) as store, store.begin_import() as target:
        under_way: UnderWay[ConversationReport] = UnderWay(target, Stopped(InterruptedOnce()))
        report = ConversationReport("a.json", "chatgpt", "c1", "Talk", "added", forks=[7])
        report.session_id = under_way.write(under_way.begin(report), "uid", {"messages": []})
        with pytest.raises(KeyboardInterrupt):
            under_way.finish(0)
        under_way.finish(0)
    told = asdict(report)
    assert (told["outcome"], told["session_id"], told["forks"]) == ("failed", None, [7])
    assert told["reason"] == "Could not save it: the disk is full."


def test_a_conversation_that_is_stopped_in_the_middle_is_not_said_to_be_here(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [chatgpt(*TURNS, active="n2")])
    with SessionStore(home) as store, open_sources([str(path)]) as sources, store.begin_import() as target:
        report = Importing(target, ImportOptions(), Stopped(None)).run(sources)
    assert report.interrupted
    assert [one.outcome for one in report.conversations] == ["failed"]


def test_ctrl_c_again_and_again_leaves_a_true_report(home: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", [chatgpt(*TURNS, active="n2", name=f"c{number}") for number in range(60)])
    code = (
        "import json, os, signal, time\nfrom hfs.persistence import SessionStore\n"
        "from hfs.transfer.importing.run import Importing, ImportOptions\n"
        "from hfs.transfer.files.sources import open_sources\n"
        "from hfs.transfer.writers import ThreadWriter\n"
        f"with SessionStore({str(home)!r}) as store, open_sources([{str(path)!r}]) as sources, "
        "store.begin_import() as target:\n"
        "    def add(number, document):\n"
        "        for _ in range(5 if number == 1 else 0):\n"
        "            time.sleep(0.2)\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "        target.add(number, document)\n"
        "    report = Importing(target, ImportOptions(), ThreadWriter(add)).run(sources)\n"
        "print(json.dumps(report.to_json()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["interrupted"]
    added = [one["session_id"] for one in report["conversations"] if one["outcome"] == "added"]
    with SessionStore(home) as store:
        assert added
        assert sorted(added) == sorted(summary.id for summary in store.list_recent(None))
