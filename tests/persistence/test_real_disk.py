"""Limits of a real system: a largest file size, and a file system that is full."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hfs.persistence import NewMessage, SessionStore

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
LIMITED = """
import resource, sys
from hfs.errors import StoreIOError
from hfs.persistence import SessionStore
home, threshold = sys.argv[1], float(sys.argv[2])
with SessionStore(home, threshold=threshold) as store:
    store.add_message(1, "user", "before")
    size = (store.home / "sessions" / "1.json").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300, resource.RLIM_INFINITY))
    try:
        store.add_message(1, "user", "x" * 5000)
    except StoreIOError as error:
        print(error)
    store.add_message(1, "user", "after")
"""
FULL = """
import sys
from hfs.errors import StoreIOError
from hfs.persistence import NewMessage, SessionStore
home, threshold = sys.argv[1], float(sys.argv[2])
with SessionStore(home, threshold=threshold) as store:
    store.create(messages=[NewMessage("user", "first")])
    saved = 1
    try:
        while True:
            store.add_message(1, "user", f"{saved} " + "x" * 3000)
            saved += 1
    except StoreIOError as error:
        print(error)
    found = store.get(1)
    assert found is not None and found.message_count == saved, (found.message_count, saved)
    assert not list(store.home.rglob(".*.tmp"))
    (store.home / "ballast").unlink()
    store.add_message(1, "user", "after")
    assert store.get(1).message_count == saved + 1
    assert store.check().is_well
    print("done", saved)
"""


@pytest.mark.parametrize("threshold", [float("inf"), 0.0], ids=["whole file", "tail"])
def test_a_file_that_would_grow_too_large_stays_as_it_was(home: Path, threshold: float) -> None:
    with SessionStore(home) as store:
        store.create(messages=[NewMessage("user", "first")])
    command = [sys.executable, "-c", LIMITED, str(home), str(threshold)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "larger than this system allows" in done.stdout
    assert str(home) in done.stdout
    with SessionStore(home) as store:
        found = store.get(1)
    assert found is not None
    assert [message.content for message in found.messages] == ["first", "before", "after"]


@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare is not installed")
@pytest.mark.parametrize("threshold", [float("inf"), 0.0], ids=["whole file", "tail"])
def test_on_a_file_system_that_is_full_nothing_is_lost_and_saving_goes_on_once_there_is_room(
    tmp_path: Path, threshold: float
) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    script = 'mount -t tmpfs -o size=700k tmpfs "$1" && mkdir -m 700 "$1/home" && dd if=/dev/zero of="$1/home/ballast" '
    script += 'bs=1k count=450 2>/dev/null && chmod 600 "$1/home/ballast" && exec "$2" -c "$3" "$1/home" "$4"'
    command = ["unshare", "-r", "-m", "sh", "-c", script, "sh", str(mount), sys.executable, FULL, str(threshold)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert "the disk is full: free some space" in done.stdout
    assert "done" in done.stdout
