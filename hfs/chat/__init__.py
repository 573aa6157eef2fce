"""A conversation: a question saved, an answer streamed and saved; and the session it belongs to. No screen."""

from __future__ import annotations

from hfs.chat.conversation import Conversation
from hfs.chat.current import CurrentSession, said_before
from hfs.chat.current_model import CurrentModel

__all__ = ["Conversation", "CurrentModel", "CurrentSession", "said_before"]
