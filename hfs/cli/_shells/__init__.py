"""What shells ask while somebody types: the scripts that they load, and the answers to a Tab.

A script runs ``hfs`` with ``$_HFS_COMPLETE`` set. What it has to know stands in the environment and not in arguments,
so that a wrapper which drops the one runs no command by the other. Nothing that goes wrong is told, and nothing takes
long: a shell that waits can't be typed in.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Final

from click.shell_completion import add_completion_class, get_completion_class, shell_complete

from hfs.cli._shells.bash import Bash
from hfs.cli._shells.fish import Fish
from hfs.cli._shells.zsh import Zsh

VARIABLE: Final = "_HFS_COMPLETE"
"""Holds what is asked, as ``bash_complete``."""
SHELLS: Final = ("bash", "zsh", "fish")
_PATIENCE: Final = 1.5
"""After so many seconds there is no answer."""

for _shell in (Bash, Zsh, Fish):
    add_completion_class(_shell)


def script(shell: str) -> str:
    """The script that a shell loads.

    Args:
        shell: One of ``SHELLS``.
    """
    from hfs.cli._group import cli

    found = get_completion_class(shell)
    assert found is not None
    return found(cli, {}, "hfs", VARIABLE).source()


def answer(asked: str) -> int:
    """Answers a shell on stdout.

    Args:
        asked: What ``$_HFS_COMPLETE`` holds.

    Returns:
        The exit code.
    """
    from hfs.cli._group import cli

    # A folder on a server that is away, or a pipe in the place of a file, is waited for by the system itself.
    timer = threading.Timer(_PATIENCE, os._exit, (1,))
    timer.daemon = True
    timer.start()
    try:
        return shell_complete(cli, {}, "hfs", VARIABLE, asked)
    except Exception:
        return 1
    finally:
        timer.cancel()
        sys.stdout.flush()
