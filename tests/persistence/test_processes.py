"""Several processes on one home folder, and processes that are killed."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from hfs.persistence import NewMessage, SessionStore
from tests.support.engines import files_of
from tests.support.processes import finish, move_over, start_python

APPEND = """
import sys, time
from hfs.persistence import SessionStore
home, writer, count, threshold = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
pause = float(sys.argv[5]) if len(sys.argv) > 5 else 0
with SessionStore(home, threshold=threshold) as store:
    for number in range(count):
        store.add_message(1, "user", f"{writer} {number}" + "\\nx" * (number % 3))
        time.sleep(pause)
"""
CREATE = """
import sys
from hfs.persistence import NewMessage, SessionStore
with SessionStore(sys.argv[1]) as store:
    for number in range(int(sys.argv[2])):
        print(store.create(messages=[NewMessage("user", "hi")]).id)
        store.delete(store.create("gone").id)
"""
TORTURE = """
import sys
from hfs.persistence import SessionStore
home, threshold = sys.argv[1], float(sys.argv[2])
with SessionStore(home, threshold=threshold) as store:
    number = 0
    while True:
        number += 1
        added = store.add_message(1, "user", f"text {number}\\n" + "x" * (number * 37 % 3000))
        print(f"{added.id} {number}", flush=True)
        if number % 5 == 0:
            store.rename(1, f"name {number}")
        if number % 7 == 0:
            store.import_document({"messages": [{"role": "user", "content": f"imported {number}"}]})
"""
KILLS = int(os.environ.get("HFS_TEST_KILLS", "150"))
"""On each save path."""


def start_session(home: Path) -> Path:
    with SessionStore(home) as store:
        store.create(messages=[NewMessage("system", "start")])
    return home / "sessions" / "1.json"


def require_all(home: Path, writers: int, count: int) -> None:
    with SessionStore(home, threshold=0) as store:
        found = store.get(1)
    assert found is not None
    said = [message.content.split("\n")[0].split() for message in found.messages[1:]]
    assert len(said) == writers * count
    assert len({message.id for message in found.messages}) == writers * count + 1
    for writer in range(writers):
        assert [int(number) for who, number in said if int(who) == writer] == list(range(count))


@pytest.mark.any_python
@pytest.mark.parametrize("threshold", [1 << 20, 0], ids=["whole file", "tail"])
def test_eight_processes_append_to_one_session(home: Path, threshold: float) -> None:
    start_session(home)
    finish(*[start_python(APPEND, home, writer, 100, threshold) for writer in range(8)])
    require_all(home, 8, 100)


@pytest.mark.any_python
@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_eight_processes_append_while_jq_reformats_the_file(home: Path) -> None:
    path = start_session(home)
    writers = [start_python(APPEND, home, writer, 100, 1 << 20, 0.01) for writer in range(8)]
    moved = 0
    # It stops while every writer still has something to say: what it took away last is then put back.
    while max(progress(path)) < 60:
        read = subprocess.run(["jq", ".", path], capture_output=True, check=False)
        if read.returncode == 0 and read.stdout:
            move_over(read.stdout, path)
            moved += 1
    finish(*writers)
    assert moved >= 3
    require_all(home, 8, 100)


def progress(path: Path) -> list[int]:
    """How far each of the eight writers has come."""
    try:
        messages = json.loads(path.read_bytes())["messages"]
    except ValueError:
        return [0]
    texts = [message["content"] for message in messages[1:]]
    said = [(text if isinstance(text, str) else text[0]).split() for text in texts]
    return [max((int(number) for who, number in said if int(who) == writer), default=0) for writer in range(8)]


def test_processes_that_create_and_delete_at_once_never_share_an_id(home: Path) -> None:
    processes = [start_python(CREATE, home, 15) for _ in range(4)]
    ids = []
    for process in processes:
        out, said = process.communicate(timeout=100)
        assert process.returncode == 0, said
        ids += [int(line) for line in out.split()]
    assert len(set(ids)) == 60
    with SessionStore(home) as store:
        assert {summary.id for summary in store.list_recent(None)} == set(ids)
        assert not set(ids) & {trashed.id for trashed in store.list_trash()}
        assert store.create().id == 121


@pytest.mark.any_python
@pytest.mark.parametrize("threshold", [1 << 20, 0], ids=["whole file", "tail"])
def test_a_hundred_and_fifty_kills_lose_nothing_that_was_acknowledged(home: Path, threshold: float) -> None:
    path = start_session(home)
    chooser = random.Random(7)
    expected: dict[int, str] = {}
    for _ in range(KILLS):
        process = start_python(TORTURE, home, threshold)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(chooser.randrange(1, 6))]
        time.sleep(chooser.random() * 0.004)
        process.kill()
        lines += process.stdout.readlines()
        process.communicate()
        acknowledged = [line.split() for line in lines if line.endswith("\n")]
        with SessionStore(home, threshold=threshold) as store:
            found = store.get(1)
            assert found is not None
            stored = {message.id: message.content.split("\n")[0] for message in found.messages}
            expected |= {int(message_id): f"text {number}" for message_id, number in acknowledged}
            assert expected.items() <= stored.items()
            if found.recovered:
                store.rename(1, "mended")
            imported = [summary.uid for summary in store.list_recent(None) if summary.id != 1]
            assert len(set(imported)) == len(imported)
            assert all(store.get(summary.id) for summary in store.list_recent(None))
        json.loads(path.read_bytes())
    assert len(expected) > KILLS


def test_a_process_that_holds_a_lock_and_is_killed_locks_nobody_out(home: Path) -> None:
    start_session(home)
    code = """
import sys, time
from hfs.persistence import SessionStore
store = SessionStore(sys.argv[1])
with store._engine.locks.everything():
    print("held", flush=True)
    time.sleep(100)
"""
    process = start_python(code, home)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.communicate()
    with SessionStore(home, lock_timeout=1) as store:
        store.add_message(1, "user", "hi")


def test_a_lock_that_is_held_too_long_is_a_clear_error(home: Path) -> None:
    start_session(home)
    with (
        SessionStore(home) as holder,
        files_of(holder).locks.document(1),
        SessionStore(home, lock_timeout=0.05) as store,
    ):
        with pytest.raises(TimeoutError, match=r"locked for 0\.05 seconds"):
            store.add_message(1, "user", "hi")
        assert store.get(1) is not None


def test_an_answer_that_was_streaming_when_its_process_was_killed_is_kept(home: Path) -> None:
    start_session(home)
    code = """
import sys, time
from hfs.persistence import SessionStore
store = SessionStore(sys.argv[1])
with store.streaming_draft(1, model="local/x") as draft:
    draft.write("half an ")
    draft.write("answer")
    draft.flush()
    print("written", flush=True)
    time.sleep(100)
"""
    process = start_python(code, home)
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    with SessionStore(home) as store:
        assert store.save_drafts() == []
        process.kill()
        process.communicate()
        (saved,) = store.save_drafts()
        assert (saved.role, saved.content, saved.status, saved.model) == (
            "assistant",
            "half an answer",
            "interrupted",
            "local/x",
        )
        assert store.list_drafts() == []
