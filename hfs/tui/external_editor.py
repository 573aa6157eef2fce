"""The person's own editor in the place of the chat, for a text."""

from __future__ import annotations

from typing import Any

from textual.app import App, SuspendNotSupported

from hfs.editor import PrivateCopy
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
    with PrivateCopy("message.md") as copy:
        copy.write(text.encode("utf-8", "replace"))
        try:
            with app.suspend():
                copy.edit()
        except SuspendNotSupported as error:
            raise HfsError("An editor can't be opened from here.") from error
        return copy.read().decode("utf-8", "replace").rstrip("\n")
