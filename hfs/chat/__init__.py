"""A conversation: a question saved, an answer streamed and saved; and the session it belongs to. No screen."""

from __future__ import annotations

from hfs.chat.conversation import Conversation
from hfs.chat.current import CurrentSession
from hfs.chat.current_model import CurrentModel
from hfs.chat.recall import said_before

__all__ = ["Conversation", "CurrentModel", "CurrentSession", "said_before"]
