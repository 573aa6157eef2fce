"""Every folder and file name that hfs writes.

The home folder is ``$HFS_HOME``, else ``~/.hfs``. Nothing here touches the disk.
"""

from __future__ import annotations

import os
from pathlib import Path

from hfs.errors import StoreError

SESSIONS = "sessions"
TRASH = "trash"
DRAFTS = "drafts"
DAMAGED = "damaged"
INDEX = "index"
MODELS = "models"
LOCKS = "locks"
STORES = "stores"
CLAIMED_IDS = "claimed-ids"
CONFIG = "config.toml"
CRASH_LOG = "crash.log"


def home_folder(home: str | os.PathLike[str] | None = None) -> Path:
    """The folder that holds everything hfs keeps.

    Args:
        home: A folder to use instead of ``$HFS_HOME`` and ``~/.hfs``.

    Returns:
        An absolute path. The folder need not exist.

    Raises:
        StoreError: The folder is said by ``~`` and nothing says which that is: for a user id that no user has, as in a
            container, without ``$HOME``.
    """
    chosen = home or os.environ.get("HFS_HOME") or "~/.hfs"
    try:
        return Path(chosen).expanduser().absolute()
    except RuntimeError as error:
        raise StoreError(
            f"No home folder is known for {chosen}. Set HFS_HOME to the folder that hfs is to use."
        ) from error
