"""A home folder for a chat that is not to be saved: in memory where the system offers that, and gone afterwards."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PREFIX: Final = "hfs-unsaved-"
_NAME: Final = re.compile(rf"^{_PREFIX}(\d+)-")
_MEMORY: Final = Path("/dev/shm")


@contextlib.contextmanager
def temporary_home(folder: Path | None = None) -> Iterator[Path]:
    """A folder that only its owner can enter, removed at the end. What a killed hfs left is removed first.

    Args:
        folder: Where to make it; a file system in memory, else the folder for temporary files, where it is None.
    """
    in_memory = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    where = folder or in_memory
    _sweep(where)
    made = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=where))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _sweep(where: Path) -> None:
    for path in where.glob(f"{_PREFIX}*"):
        match = _NAME.match(path.name)
        with contextlib.suppress(FileNotFoundError):
            owned = hasattr(os, "geteuid") and path.lstat().st_uid == os.geteuid()
            if match and owned and not _is_running(int(match[1])):
                shutil.rmtree(path, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
