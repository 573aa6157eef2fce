"""The command that prepares the home folder for git."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

import click

from hfs.cli._output import talk
from hfs.cli._store import require_files
from hfs.display import counted, one_line
from hfs.errors import HfsError
from hfs.paths import home_folder

_ATTRIBUTES: Final = ("sessions/*.json text eol=lf merge=hfs",)
_IGNORED: Final = (
    "locks/",
    "drafts/",
    "damaged/",
    "models/",
    "trash/",
    "config.toml",
    "crash.log",
    "index*",
    "sessions.db*",
    "stores/",
    "sessions/.next_id",
    "*.tmp",
)


@click.command("git-setup")
def git_setup_command() -> None:
    """Prepare the home folder for git.

    It says what git should leave out, and adds a driver that merges sessions. Run it once on every machine: git keeps
    merge drivers out of what it clones.

    \b
    Examples:
      hfs git-setup
      git -C ~/.hfs add -A && git -C ~/.hfs commit -m "My conversations"
    """
    require_files("git-setup", "`hfs copy` brings them into files, and `hfs export` writes them into a folder.")
    home = home_folder()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HfsError(f"Could not make the folder {home}: {error.strerror or error}.") from error
    if not (home / ".git").exists():
        _git(home, "init", "--quiet")
        talk(f"Made a git repository of {home}.")
    _add_lines(home / ".gitattributes", _ATTRIBUTES)
    _add_lines(home / ".gitignore", _IGNORED)
    _git(home, "config", "merge.hfs.name", "hfs sessions")
    _git(home, "config", "merge.hfs.driver", f"{shlex.quote(sys.executable)} -m hfs merge --driver %O %A %B %P")
    talk("git merges sessions by their messages now. Keys, drafts, weights and the trash are left out of it.")


def _add_lines(path: Path, lines: tuple[str, ...]) -> None:
    try:
        present = path.read_text("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise HfsError(f"Could not read {path}: {error}. Mend it, and try again.") from error
    missing = [line for line in lines if line not in present.split("\n")]
    if missing:
        gap = "" if present.endswith("\n") or not present else "\n"
        try:
            path.write_text(present + gap + "".join(f"{line}\n" for line in missing), "utf-8")
        except OSError as error:
            raise HfsError(f"Could not write {path}: {error.strerror or error}.") from error
        talk(f"Added {counted(len(missing), 'line')} to {path}.")


def _git(home: Path, *arguments: str) -> None:
    try:
        done = subprocess.run(["git", *arguments], cwd=home, capture_output=True, text=True, check=False)
    except OSError as error:
        raise HfsError(f"git can't be run: {error.strerror or error}. Install it, and try again.") from error
    if done.returncode:
        raise HfsError(f"git {arguments[0]} failed in {home}: {one_line(done.stderr, 500)}.")
