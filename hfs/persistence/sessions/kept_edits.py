"""Texts that came out of an editor and could not be stored: each a file under ``drafts/``, beside what it began as."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Final

from hfs.persistence._file_ops import FileOps, explained
from hfs.persistence._files import NotRegularError, make_folder, read_file, replace_file
from hfs.persistence._format import Document, parse, render
from hfs.persistence._json import JSONError
from hfs.persistence._time import STAMP_PATTERN, file_stamp, now
from hfs.persistence.session_document.layout import SESSION_LAYOUT

_NAME: Final = re.compile(rf"edit-[0-9]+-{STAMP_PATTERN}\.[a-z]+")
_BASE: Final = ".base.json"


def keep_edited(
    ops: FileOps, folder: Path, session_id: int, text: bytes, extension: str, base: Document | None
) -> Path:
    """Keeps a text, and what it began as.

    Raises:
        StoreIOError: It can't be written.
    """
    path = folder / f"edit-{session_id}-{file_stamp(now())}.{extension}"
    with explained(path, "keep your text in"):
        make_folder(ops, str(folder))
        if base is not None:
            replace_file(ops, str(path.with_suffix(_BASE)), render(base, SESSION_LAYOUT), expected=None)
        replace_file(ops, str(path), text, expected=None)
    return path


def kept_base(ops: FileOps, path: Path) -> Document | None:
    """What a kept text began as; None for a text that is none of ours."""
    if not _NAME.fullmatch(path.name):
        return None
    try:
        return parse(read_file(ops, str(path.with_suffix(_BASE)))[0], SESSION_LAYOUT)
    except (OSError, NotRegularError, JSONError):
        return None


def discard_edited(ops: FileOps, folder: Path, path: Path) -> None:
    """Removes a kept text that is stored now; any other file stays."""
    if _NAME.fullmatch(path.name) and path.parent.absolute() == folder:
        for doomed in (path, path.with_suffix(_BASE)):
            with contextlib.suppress(OSError):
                ops.unlink(str(doomed))
