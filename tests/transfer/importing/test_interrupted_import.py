"""Imports that are stopped, killed, or started twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hfs.persistence import SessionStore
from tests.transfer.bringing import bring, chatgpt, said, sessions, write

pytestmark = pytest.mark.any_python

COUNT = 1500


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Some hundred conversations, enough that one can stop in the middle of them."""
    turns = [(f"n{at}", f"n{at - 1}" if at else None, f"said {at} " + "x" * 1500) for at in range(18)]
    turns += [("f1", "n0", "another answer"), ("f2", "n0", "a third one")]
    talks = [chatgpt(*turns, active="n17", name=f"c{number}", title=f"Talk {number}") for number in range(COUNT)]
    return write(tmp_path / "export.json", talks)


def start(*arguments: object, home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hfs", "--home", str(home), "import", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_sessions(home: Path, count: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if (home / "sessions").is_dir() and len(os.listdir(home / "sessions")) >= count:
            return
        time.sleep(0.005)
    raise AssertionError(f"it ended too soon: {process.communicate()}")


def require_whole_conversations(home: Path) -> int:
    """Every session is whole, and so is every conversation: two forks for each."""
    found = sessions(home)
    with SessionStore(home) as store:
        assert store.check().findings == []
    by_origin: dict[str, int] = {}
    for session in found:
        assert len(said(session)) in (2, 18)
        origin = session.extra["imported_from"]["id"]
        by_origin[origin] = by_origin.get(origin, 0) + 1
    assert set(by_origin.values()) <= {3}
    return len(by_origin)


def test_ctrl_c_leaves_whole_conversations_and_the_same_command_goes_on(home: Path, export: Path) -> None:
    process = start(export, home=home)
    wait_for_sessions(home, 60, process)
    process.send_signal(signal.SIGINT)
    printed, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "goes on with the others" in told
    assert "Traceback" not in told
    count = require_whole_conversations(home)
    assert 0 < count < COUNT
    assert f"{count:,} new" in printed
    again = start(export, home=home)
    printed, told = again.communicate(timeout=100)
    assert again.returncode == 0, told
    assert f"{COUNT - count:,} new, {count:,} here already" in printed
    assert require_whole_conversations(home) == COUNT


def test_a_killed_import_leaves_whole_sessions_and_no_process_and_can_be_run_again(home: Path, export: Path) -> None:
    process = start(export, home=home)
    wait_for_sessions(home, 40, process)
    children = _children(process.pid)
    process.kill()
    process.communicate()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline, "the process that writes outlives the one that reads"
        time.sleep(0.05)
    with SessionStore(home) as store:
        # A file that was just being written is left under its temporary name, and swept later.
        assert [finding for finding in store.check().findings if finding.kind != "leftover"] == []
    bring(home, export)
    assert require_whole_conversations(home) == COUNT


def test_ctrl_c_while_the_process_that_writes_begins_does_not_end_it(home: Path, export: Path, tmp_path: Path) -> None:
    (tmp_path / "slow").mkdir()
    slow = "import sys, time\nif '--multiprocessing-fork' in sys.orig_argv:\n    time.sleep(1)\n"
    (tmp_path / "slow" / "sitecustomize.py").write_text(slow)
    command = [sys.executable, "-m", "hfs", "--home", str(home), "import", str(export)]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "slow")}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    while not any("spawn_main" in Path(f"/proc/{child}/cmdline").read_text() for child in _children(process.pid)):
        time.sleep(0.005)
    time.sleep(0.3)
    # A terminal sends it to every process.
    os.killpg(process.pid, signal.SIGINT)
    printed, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert "failed" not in printed
    assert require_whole_conversations(home) > 0


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_two_imports_of_one_export_at_once_bring_it_in_once(home: Path, tmp_path: Path) -> None:
    talks = [chatgpt(("a", None, "hi"), active="a", name=f"c{number}") for number in range(200)]
    export = write(tmp_path / "small.json", talks)
    both = [start(export, home=home) for _ in range(2)]
    for process in both:
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
    assert len(sessions(home)) == 200


def test_others_write_sessions_while_an_import_runs(home: Path, export: Path) -> None:
    process = start(export, home=home)
    wait_for_sessions(home, 30, process)
    with SessionStore(home) as store:
        mine = [store.create(f"Mine {number}").id for number in range(20)]
    process.communicate(timeout=100)
    assert process.returncode == 0
    with SessionStore(home) as store:
        assert [store.get(number).name for number in mine] == [f"Mine {number}" for number in range(20)]  # type: ignore[union-attr]
        assert store.count() == 3 * COUNT + 20
        uids = [summary.uid for summary in store.list_recent(None)]
    assert len(uids) == len(set(uids))


def test_much_is_imported_in_little_memory(home: Path, export: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom hfs.cli import main\n"
        f"sys.argv[1:] = ['--home', {str(home)!r}, 'import', '--json', {str(export)!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n"
        "    status = Path('/proc/self/status').read_text()\n"
        "    print(status.partition('VmHWM:')[2].split()[0], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=100)
    assert json.loads(done.stdout)["total"]["added"] == COUNT, done.stderr
    assert export.stat().st_size > 40 << 20
    assert int(done.stderr.split()[-1]) < 150 << 10
