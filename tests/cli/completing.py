"""Completion as a shell asks for it, in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hfs.cli._group import cli
from hfs.cli._shells import VARIABLE
from hfs.cli._shells.asking import SEPARATOR
from hfs.cli._shells.bash import Bash
from hfs.cli._shells.fish import Fish
from hfs.cli._shells.zsh import Zsh

NORMAL, LISTING, MENU = "9", "63", "37"
"""What bash says of a first Tab, of a second, and of one that goes through the answers."""


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """The variables that a script sets."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


def zsh(*words: str) -> list[tuple[str, str]]:
    """The values that zsh is given for the last word, each with its description."""
    with environment(_HFS_WORDS=SEPARATOR.join(words)):
        _, *lines = Zsh(cli, {}, "hfs", VARIABLE).complete().split("\n")
    return list(zip(lines[::2], lines[1::2], strict=True))


def values(*words: str) -> list[str]:
    """The values that zsh is given for the last word."""
    return [value for value, _ in zsh(*words)]


def how(*words: str) -> str:
    """What zsh is told to do."""
    with environment(_HFS_WORDS=SEPARATOR.join(words)):
        return Zsh(cli, {}, "hfs", VARIABLE).complete().split("\n")[0]


def fish(*words: str) -> list[str]:
    """The lines that fish is given for the last word, which is as it is typed."""
    with environment(_HFS_WORDS=SEPARATOR.join(words)):
        return Fish(cli, {}, "hfs", VARIABLE).complete().split("\n")[2:]


def bash(line: str, replaced: str, kind: str = NORMAL) -> list[str]:
    """What bash is given for a line up to the cursor, of which the last part is replaced."""
    assert line.endswith(replaced)
    with environment(_HFS_LINE=line, _HFS_REPLACED=replaced, _HFS_TYPE=kind):
        return Bash(cli, {}, "hfs", VARIABLE).complete().split("\n")[1:]


def program_variables(shell: str, *words: str) -> dict[str, str]:
    """The environment in which the program itself answers."""
    return {**os.environ, VARIABLE: f"{shell}_complete", "_HFS_WORDS": SEPARATOR.join(words)}
