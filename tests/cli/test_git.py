"""Two machines that share their sessions by git: both sides' words survive every merge."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from hfs.persistence import NewMessage, SessionStore
from tests.cli.conftest import Run

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
WHO = ("-c", "user.name=x", "-c", "user.email=x@example.invalid", "-c", "commit.gpgsign=false")
ROUNDS = 100


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *WHO, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")


@pytest.fixture
def machines(hfs: Run, home: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Two clones of one home folder."""
    with SessionStore(home) as store:
        store.create("shared", messages=[NewMessage("user", "one")])
    assert hfs("git-setup").returncode == 0
    (home / "config.toml").write_text('[providers.x]\napi_key = "secret"\n')
    commit(home)
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "-q", home, other], check=True)
    assert hfs("--home", str(other), "git-setup").returncode == 0
    git(home, "config", "receive.denyCurrentBranch", "ignore")
    return home, other


def test_setup_is_done_once_and_keeps_a_persons_own_lines(hfs: Run, home: Path) -> None:
    home.mkdir()
    (home / ".gitignore").write_text("mine")
    assert hfs("git-setup").returncode == 0
    once = [(home / name).read_text() for name in (".gitignore", ".gitattributes")]
    assert once[0].startswith("mine\nlocks/\n")
    assert hfs("git-setup").returncode == 0
    assert [(home / name).read_text() for name in (".gitignore", ".gitattributes")] == once


def test_keys_and_drafts_stay_out_of_git(machines: tuple[Path, Path]) -> None:
    assert git(machines[0], "ls-files").split() == [".gitattributes", ".gitignore", "sessions/1.json"]


@pytest.mark.any_python
def test_a_hundred_random_histories_of_two_machines_lose_no_word(machines: tuple[Path, Path]) -> None:
    chooser = random.Random(5)
    said: set[str] = {"one"}
    for number in range(ROUNDS):
        for machine in machines:
            with SessionStore(machine) as store:
                for turn in range(chooser.randrange(3)):
                    text = f"{number} {machine.name} {turn}" + "\nsecond line" * chooser.randrange(2)
                    store.add_message(1, "user", text)
                    said.add(text)
                if chooser.random() < 0.2:
                    store.rename(1, f"name {number} {machine.name}")
            commit(machine)
        first, second = chooser.sample(machines, 2)
        git(second, "fetch", "-q", str(first), "HEAD")
        git(second, "merge", "-q", "-m", "x", "FETCH_HEAD")
        if chooser.random() < 0.5:
            git(first, "fetch", "-q", str(second), "HEAD")
            git(first, "merge", "-q", "-m", "x", "FETCH_HEAD")
    git(machines[0], "fetch", "-q", str(machines[1]), "HEAD")
    git(machines[0], "merge", "-q", "-m", "x", "FETCH_HEAD")
    with SessionStore(machines[0]) as store:
        found = store.get(1)
        assert store.check().sessions == 1
    assert found is not None
    texts = [message.content for message in found.messages]
    assert set(texts) == said
    assert len(texts) == len(said)
    assert len({message.id for message in found.messages}) == len(texts)


def test_two_sessions_that_got_one_number_are_both_kept(hfs: Run, machines: tuple[Path, Path]) -> None:
    for machine in machines:
        with SessionStore(machine) as store:
            store.create(messages=[NewMessage("user", f"of {machine.name}")])
        commit(machine)
    git(machines[0], "fetch", "-q", str(machines[1]), "HEAD")
    git(machines[0], "merge", "-q", "-m", "x", "FETCH_HEAD")
    assert hfs("check").returncode == 1
    merged = hfs("merge")
    assert merged.returncode == 0
    assert b"it is session 3 now" in merged.stdout
    with SessionStore(machines[0]) as store:
        found = [store.get(number) for number in (2, 3)]
    assert sorted(one.messages[0].content for one in found if one) == ["of home", "of other"]
    assert hfs("merge").stderr == b"There are no conflict copies.\n"
