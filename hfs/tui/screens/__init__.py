"""The screens of the chat."""

from __future__ import annotations

from hfs.tui.screens.chat import ChatScreen

__all__ = ["ChatScreen"]
