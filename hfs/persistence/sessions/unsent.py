"""What was typed and not sent yet, a file for each session and one for a session to come."""

from __future__ import annotations

import contextlib
from pathlib import Path

from hfs.persistence._file_ops import FileOps, explained, look
from hfs.persistence._files import ChangedMeanwhile, NotRegularError, make_folder, read_file, replace_file


def _path(folder: Path, session_id: int | None) -> Path:
    return folder / f"unsent-{'new' if session_id is None else session_id}.txt"


def keep_unsent(ops: FileOps, folder: Path, session_id: int | None, text: str) -> None:
    """Keeps what stands in the prompt; an empty text removes what was kept.

    Raises:
        StoreIOError: It can't be written.
    """
    path = _path(folder, session_id)
    with explained(path, "keep what you type in"):
        if not text:
            with contextlib.suppress(FileNotFoundError):
                ops.unlink(str(path))
            return
        make_folder(ops, str(folder))
        data = text.encode("utf-8", "replace")
        # Another hfs that types into the same session may be quicker: the last one stays.
        with contextlib.suppress(ChangedMeanwhile):
            replace_file(ops, str(path), data, expected=look(ops, str(path)))


def read_unsent(ops: FileOps, folder: Path, session_id: int | None) -> str:
    """What was typed and not sent; empty if there is nothing."""
    try:
        data, _ = read_file(ops, str(_path(folder, session_id)))
    except (OSError, NotRegularError):
        return ""
    return data.decode("utf-8", "replace")
