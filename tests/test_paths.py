"""Where hfs keeps things, when nothing says where that is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hfs.errors import StoreError
from hfs.paths import home_folder

_AS_A_USER_ID_OF_NO_USER = """
import pwd
def unknown(uid):
    raise KeyError(uid)
pwd.getpwuid = unknown
from hfs.cli import main
main()
"""
FIXTURES = Path(__file__).parent.parent / "fixtures"


def run(*arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The commands, as in a container that runs them by a bare user id."""
    environment = {name: value for name, value in os.environ.items() if name not in {"HOME", "HFS_HOME"}}
    if home is not None:
        environment["HFS_HOME"] = str(home)
    command = [sys.executable, "-c", _AS_A_USER_ID_OF_NO_USER, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_folder_of_an_unknown_user_is_refused_with_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HFS_HOME", "~no-such-user-here/hfs")
    with pytest.raises(StoreError, match="~no-such-user-here/hfs"):
        home_folder()


def test_without_any_home_folder_a_command_says_in_one_line_what_to_set() -> None:
    done = run("list")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "hfs: No home folder is known for ~/.hfs. Set HFS_HOME to the folder that hfs is to use.\n"


def test_without_a_home_folder_the_one_that_is_named_serves(home: Path) -> None:
    brought = run("import", str(FIXTURES / "canonical.json"), home=home)
    assert brought.returncode == 0, brought.stderr
    exported = run("export", "1", "-f", "md", home=home)
    assert exported.returncode == 0, exported.stderr
    assert "rebase" in exported.stdout
