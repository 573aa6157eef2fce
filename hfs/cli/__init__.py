"""The commands. Data goes to stdout, talk to stderr; 0 is done, 1 failed, 2 bad usage or no such session."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Runs the command line, and turns errors into one line and an exit code."""
    # Imports make many objects, and none that could be freed.
    gc.disable()
    asked = os.environ.get("_HFS_COMPLETE")
    if asked:
        # A shell, while somebody types: no command is run, whatever else stands there.
        from hfs.cli._shells import answer

        sys.exit(answer(asked))
    try:
        from hfs.cli._group import cli
        from hfs.cli._output import complain, exit_code, make_printable
        from hfs.errors import HfsError
    except KeyboardInterrupt:
        # Nothing was begun that could be told.
        sys.exit(1)

    make_printable()
    try:
        cli.main(prog_name="hfs")
    except HfsError as error:
        complain(error)
        sys.exit(exit_code(error))
    finally:
        # What is left is given back by the system, and quicker than by a last look at each of it.
        gc.freeze()
    sys.exit(0)
