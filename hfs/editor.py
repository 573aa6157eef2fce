"""The person's own editor, on a private copy of a text."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

from hfs.errors import HfsError

_PLUS_LINE: Final = (
    "vi", "vim", "nvim", "view", "gvim", "mvim", "nvi", "vis", "nano", "rnano", "pico", "emacs", "emacsclient", "micro",
    "kak", "joe", "jed", "mg", "ne", "mcedit",
)  # fmt: skip
"""Editors that take ``+12 FILE``."""
_GOTO: Final = ("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf")
"""Editors that take ``--goto FILE:12``."""
_IN_NAME: Final = ("subl", "sublime_text", "hx", "helix", "zed", "zeditor")
"""Editors that take ``FILE:12``."""
_WAIT: Final = {
    **dict.fromkeys((*_GOTO, "subl", "sublime_text", "zed", "zeditor"), "--wait"),
    **dict.fromkeys(("gvim", "mvim"), "-f"),
}
"""Editors that open a window and return at once, unless they are told to wait."""


def editor_command(path: Path, line: int = 0) -> list[str]:
    """The command that opens ``$VISUAL``, ``$EDITOR`` or ``vi`` on a file.

    Args:
        path: The file.
        line: Where to open it, counted from 1; 0 leaves that to the editor.

    Raises:
        HfsError: What the variable holds is no command.
    """
    editor = _editor()
    try:
        words = shlex.split(editor)
    except ValueError as error:
        raise HfsError(f"The editor {editor!r} can't be run: {error}. Set $EDITOR.") from error
    if not words:
        raise HfsError(f"The editor {editor!r} can't be run: it is no command. Set $EDITOR.")
    name = os.path.basename(words[0]).lower().removesuffix(".exe")
    waiting = _WAIT.get(name)
    if waiting and not {waiting, "-w", "--wait", "--nofork"} & set(words):
        words.append(waiting)
    if line and name in _PLUS_LINE:
        return [*words, f"+{line}", str(path)]
    if line and name in _GOTO:
        return [*words, "--goto", f"{path}:{line}"]
    return [*words, f"{path}:{line}" if line and name in _IN_NAME else str(path)]


def _editor() -> str:
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"


def open_editor(path: Path, line: int = 0) -> None:
    """Opens the person's editor on a file, and returns when it is closed.

    Args:
        path: The file.
        line: Where to open it, counted from 1; 0 leaves that to the editor.

    Raises:
        HfsError: There is no such editor, or it failed.
    """
    command = editor_command(path, line)
    try:
        code = _run(command)
    except OSError as error:
        raise HfsError(f"The editor {_editor()!r} can't be run: {error.strerror or error}. Set $EDITOR.") from error
    if code:
        raise HfsError(f"The editor {_editor()!r} ended with {code}; what it saved is not taken.")


def _run(command: list[str]) -> int:
    editors: list[subprocess.Popen[bytes]] = []

    def end(number: int, _: FrameType | None) -> None:
        # hfs waits for the editor to save what it can, and then ends as well.
        for editor in editors:
            editor.send_signal(number)

    with _signals_handled(end):
        editors.append(subprocess.Popen(command))
        return editors[0].wait()


@contextlib.contextmanager
def _signals_handled(end: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Ctrl-C is the editor's while it runs. A handler, because what is ignored would be ignored by the editor too.

    Args:
        end: Called for signals that ask hfs to end: it would leave the editor alone with a copy that nobody takes back.
    """
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        before[signal.SIGINT] = signal.signal(signal.SIGINT, lambda *_: None)
        for number in filter(None, (signal.SIGTERM, getattr(signal, "SIGHUP", None))):
            before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


class PrivateCopy:
    """A file that only its owner can read, in a folder of its own that is removed at the end. A context manager.

    Args:
        name: The file's name: editors tell a language by its ending.

    Raises:
        HfsError: The folder can't be made.
    """

    def __init__(self, name: str) -> None:
        try:
            self._folder = tempfile.mkdtemp(prefix="hfs-")
        except OSError as error:
            raise HfsError(f"Could not make a private copy to edit: {error.strerror or error}.") from error
        self.path = Path(self._folder) / name
        self.stays = False
        """Whether it is left where it is at the end."""

    def __enter__(self) -> PrivateCopy:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.stays:
            shutil.rmtree(self._folder, ignore_errors=True)

    def edit(self, line: int = 0) -> None:
        """Opens the person's editor on it, as ``open_editor`` does."""
        try:
            open_editor(self.path, line)
        except HfsError as error:
            if len(os.listdir(self._folder)) < 2:
                raise
            # An editor that was killed leaves beside the copy what it had not saved.
            self.stays = True
            raise HfsError(f"{error} What it left is in {self._folder}.") from error

    def write(self, data: bytes) -> None:
        """Gives it another content.

        Raises:
            HfsError: It can't be written.
        """
        try:
            fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
            with open(fd, "wb") as file:
                file.write(data)
        except OSError as error:
            raise HfsError(f"Could not write {self.path}: {error.strerror or error}.") from error

    def read(self) -> bytes:
        """What is in it now.

        Raises:
            HfsError: The editor left nothing that can be read.
        """
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise HfsError(f"What the editor saved can't be read: {error.strerror or error}.") from error
