"""What is left of a crash: a report without keys and without the values of variables."""

from __future__ import annotations

import os
import platform
import sys
import traceback
from pathlib import Path
from urllib.parse import quote

from hfs import __version__
from hfs.display import display, one_line
from hfs.paths import CRASH_LOG
from hfs.redaction import MASK, redact


def write_report(home: Path, secret: str | None = None) -> str:
    """Writes the exception that is being handled to ``crash.log``.

    Args:
        home: The home folder.
        secret: The password of the store, where there is one.

    Returns:
        What a person should be told.
    """
    error = sys.exception()
    body = _masked("".join(traceback.format_exception(error)), secret)
    head = f"hfs {__version__}, Python {platform.python_version()}, {platform.system()}\n\n"
    path = home / CRASH_LOG
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", errors="replace") as file:
            file.write(display(head + body))
        where = f"The details, without keys, are in {path}."
    except OSError as failure:
        where = f"The details could not be written to {path}: {failure.strerror or failure}."
    what = one_line(_masked(f"{type(error).__name__}: {error}", secret), 300)
    return f"hfs stopped because of a mistake of its own: {what}\nWhat was saved is there. {one_line(where, 500)}"


def _masked(text: str, secret: str | None) -> str:
    for form in (secret, quote(secret, safe="")) if secret else ():
        text = text.replace(form, MASK)
    return redact(text, os.environ)
