"""Real programs that write the files while hfs does, and readers that take no lock."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hfs.errors import HfsError
from hfs.persistence import NewMessage, SessionStore
from tests.support.processes import finish, start_python

APPEND = """
import sys, time
from hfs.persistence import SessionStore
home, writer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
with SessionStore(home) as store:
    # git takes the file away before it makes it anew: who has never seen it is told that there is none.
    while store.get(1) is None:
        time.sleep(0.01)
    for number in range(count):
        store.add_message(1, "user", f"{writer} {number}")
        time.sleep(0.02)
"""


def run(*command: str | Path, cwd: Path | None = None) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def vim(path: Path) -> None:
    # It fails where the file changes under it, as a person would be asked; what it wrote by then counts.
    command: list[str | Path] = ["vim", "-u", "NONE", "-n", "-es", "-c", "%s/hello/hallo/ge", "-c", "wq!", path]
    subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)


def sed(path: Path) -> None:
    run("sed", "-i", "s/hello/hallo/", path)


def jq(path: Path) -> None:
    beside = path.with_name("beside.new")
    with beside.open("wb") as stream:
        done = subprocess.run(["jq", ".", path], stdout=stream, stderr=subprocess.DEVNULL, check=False)
    if done.returncode == 0 and beside.stat().st_size:
        beside.replace(path)


def git(path: Path) -> None:
    environment = ["-c", "user.name=x", "-c", "user.email=x@example.invalid", "-c", "commit.gpgsign=false"]
    if not (path.parent / ".git").exists():
        run("git", "init", "-q", cwd=path.parent)
    run("git", "add", path.name, cwd=path.parent)
    run("git", *environment, "commit", "-q", "--allow-empty", "-m", "x", cwd=path.parent)
    checkout = ["git", "checkout", "-q", "HEAD", "--", path.name]
    done = subprocess.run(checkout, cwd=path.parent, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    # git takes the file away before it makes it anew, and leaves the one that hfs made in between as it is.
    assert done.returncode == 0 or b"File exists" in done.stderr, done.stderr


EDITORS = {"vim": vim, "sed": sed, "jq": jq, "git": git}


@pytest.mark.parametrize("name", EDITORS)
def test_writers_and_readers_and_another_program_lose_no_message(home: Path, name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    edit: Callable[[Path], None] = EDITORS[name]
    with SessionStore(home) as store:
        store.create(messages=[NewMessage("system", "hello")])
    path = home / "sessions" / "1.json"
    writers = [start_python(APPEND, home, writer, 40) for writer in range(2)]
    stopped = threading.Event()
    seen: list[int] = []
    failures: list[HfsError] = []

    def read() -> None:
        with SessionStore(home) as reader:
            while not stopped.is_set():
                try:
                    found = reader.get(1)
                    seen.append(found.message_count if found else 0)
                except HfsError as error:
                    failures.append(error)
                time.sleep(0.005)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        edits = 0
        while (not seen or max(seen) < 60) and all(writer.poll() in (None, 0) for writer in writers):
            edit(path)
            edits += 1
            time.sleep(0.05)
        finish(*writers)
    finally:
        stopped.set()
        reader.join()
    assert edits >= 2
    assert failures == []
    assert all(seen)
    with SessionStore(home) as store:
        found = store.get(1)
    assert found is not None
    said = [message.content.split() for message in found.messages[1:]]
    for writer in range(2):
        assert [int(number) for who, number in said if int(who) == writer] == list(range(40))
    assert len({message.id for message in found.messages}) == len(found.messages) == 81
    if name in ("vim", "sed"):
        assert found.messages[0].content == "hallo"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_session_brought_back_by_git_checkout_is_gone_on_from(home: Path) -> None:
    with SessionStore(home) as store:
        store.create(messages=[NewMessage("user", "one")])
    path = home / "sessions" / "1.json"
    git(path)
    with SessionStore(home) as store:
        store.add_message(1, "user", "two")
    run("git", "checkout", "-q", "HEAD", "--", path.name, cwd=path.parent)
    with SessionStore(home) as store:
        store.add_message(1, "user", "three")
        found = store.get(1)
    assert found is not None
    assert [message.content for message in found.messages] == ["one", "three"]
    assert os.stat(path).st_mode & 0o077 in (0, 0o044)
