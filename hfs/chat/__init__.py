"""A conversation: a question saved, an answer streamed and saved. No screen."""

from __future__ import annotations

from hfs.chat.conversation import Conversation

__all__ = ["Conversation"]
