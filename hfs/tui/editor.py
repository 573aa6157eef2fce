"""The person's own editor, for a text."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from hfs.errors import HfsError


def edit_outside(app: App[Any], text: str) -> str:
    """Opens ``$VISUAL``, ``$EDITOR`` or ``vi`` on a text, in the place of the chat, until the person closes it.

    Args:
        app: The program, which makes room.
        text: What is in the editor at first.

    Returns:
        What the person saved.

    Raises:
        HfsError: There is no such editor, or it failed.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="hfs-") as folder:
        path = Path(folder) / "message.md"
        path.write_text(text, "utf-8")
        try:
            with app.suspend():
                done = subprocess.run([*shlex.split(editor), str(path)], check=False)
        except (OSError, ValueError) as error:
            raise HfsError(f"The editor {editor!r} can't be run: {error}. Set $EDITOR.") from error
        except SuspendNotSupported as error:
            raise HfsError("An editor can't be opened from here.") from error
        if done.returncode:
            raise HfsError(f"The editor {editor!r} ended with {done.returncode}; your text is as it was before.")
        return path.read_text("utf-8", "replace").rstrip("\n")
