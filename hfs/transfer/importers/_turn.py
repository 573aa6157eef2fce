"""Records that hold a whole turn: text, thoughts, calls of tools and what they gave back, as messages in their order.

A result ends a message: what the assistant said before it and after it become messages of their own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hfs.transfer.conversation import Branch, ForeignMessage, Tally
from hfs.transfer.tree import Node

_JOINED_TO = tuple(" \t\n.,;:!?)]}’”»")


class Turn:
    """The messages of one record.

    Args:
        role: ``user``, ``assistant`` or ``system``.
        id: The record's; what follows its first message has it with a number, so that it is the same in each export.
        created_at: When it was said.
        model: Who said it.
    """

    def __init__(self, role: str, id: str | None, created_at: datetime | None, model: str | None = None) -> None:
        self.role = role
        self.id = id
        self.created_at = created_at
        self.model = model
        self.status: str | None = None
        self.hidden: str | None = None
        """What all of it is, where it is no chat."""
        self.extra: dict[str, Any] = {}
        self._done: list[ForeignMessage] = []
        self._open = self._message(role)
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._text_last = False

    def _message(self, role: str) -> ForeignMessage:
        return ForeignMessage(role, "", created_at=self.created_at, model=self.model if role == "assistant" else None)

    @property
    def has_text(self) -> bool:
        """Whether something was said."""
        return bool(self._texts) or any(one.content for one in self._done if one.role == self.role)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all."""
        return not (self._done or self._thoughts or self._has_more_than_thoughts())

    def _has_more_than_thoughts(self) -> bool:
        return bool(self._texts or self._open.tool_calls or self._open.attachments)

    def text(self, text: str) -> None:
        """Something that was said."""
        if not text.strip():
            return
        if self._texts:
            # A sentence may go on in the next block, where the first one ended for a source.
            flows = self._text_last and (self._texts[-1].endswith((" ", "\n")) or text.startswith(_JOINED_TO))
            self._texts.append("" if flows else "\n\n")
        self._texts.append(text)
        self._text_last = True

    def thought(self, text: str) -> None:
        """Something that the model thought."""
        if text.strip():
            self._text_last = False
            self._thoughts.append(text.strip())

    def call(self, id: str | None, name: str | None, arguments: object) -> None:
        """A call of a tool."""
        self._text_last = False
        call = {"id": id, "name": name, "arguments": arguments}
        self._open.tool_calls.append({key: value for key, value in call.items() if value is not None})

    def attach(self, attachment: dict[str, Any]) -> None:
        """A file that went with it."""
        if attachment:
            self._open.attachments.append(attachment)

    def result(
        self,
        text: str,
        call_id: str | None,
        name: str | None,
        attachments: list[dict[str, Any]],
        *,
        failed: bool = False,
    ) -> None:
        """What a tool gave back."""
        if self._has_more_than_thoughts():
            self._close()
        self._text_last = False
        message = self._message("tool")
        message.content, message.hidden, message.attachments = text, "tool result", attachments
        told = {"name": name, "tool_call_id": call_id, "is_error": failed or None}
        message.extra = {key: value for key, value in told.items() if value is not None}
        self._done.append(message)

    def fail(self, reason: str) -> None:
        """Why it failed, if it did; where nothing was said, this is all there is, and no chat. For the end."""
        if reason.strip() and self.is_empty:
            self.hidden = "error"
            self.text(reason)
        elif reason.strip():
            self.extra["error"] = reason

    def _close(self) -> None:
        self._open.content = "".join(self._texts)
        self._open.reasoning = "\n\n".join(self._thoughts)
        self._done.append(self._open)
        self._open, self._texts, self._thoughts = self._message(self.role), [], []

    def messages(self, tally: Tally) -> list[ForeignMessage]:
        """All of it, in order; none where there is nothing, which is counted. Comes last."""
        if self._thoughts or self._has_more_than_thoughts():
            self._close()
        found = self._done
        own = [message for message in found if message.role == self.role]
        for message in own:
            message.hidden = self.hidden or _label(message)
        if own:
            own[-1].status = self.status
            own[-1].extra = self.extra
        for number, message in enumerate(found, 1):
            if self.id is not None:
                message.id = self.id if number == 1 else f"{self.id}#{number}"
        if not found:
            tally.skipped["empty message"] += 1
        return found


def _label(message: ForeignMessage) -> str | None:
    if message.role == "system":
        return "system prompt"
    if message.content or message.attachments:
        return None
    return "tool call" if message.tool_calls else "thinking"


class Nodes:
    """The nodes of a conversation that branches, of which each may be more than one message."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._heads: list[Node] = []
        self._inner: list[Node] = []
        self._ends: dict[str, str] = {}
        self.last: str | None = None
        """The node that was added last."""

    def add(self, id: str | None, parent: str | None, turn: Turn | None) -> str:
        """Adds a record.

        Args:
            id: Its own; None where it has none.
            parent: The record that it follows; None, or one that is not there, at a root.
            turn: What was said; None where it is left out.

        Returns:
            What its children name as their parent.
        """
        # Where it stands in the file is all that tells a record without an id.
        known = id if id is not None else f"#{len(self._heads)}"
        if known in self._ends:
            self._tally.skipped["message that is there twice"] += 1
            return known
        messages = turn.messages(self._tally) if turn is not None else []
        self._heads.append(Node(known, parent, messages[0] if messages else None, turn.created_at if turn else None))
        at = known
        for number, message in enumerate(messages[1:], 2):
            self._inner.append(Node(f"{known}#{number}", at, message))
            at = f"{known}#{number}"
        self._ends[known] = at
        self.last = known
        return known

    def all(self) -> list[Node]:
        """The nodes, in the order in which they were added."""
        for node in self._heads:
            node.parent = self.end(node.parent)
        return [*self._heads, *self._inner]

    def newest(self) -> str | None:
        """The last node of the record that was added last, if nothing follows it."""
        return None if any(node.parent == self.last for node in self._heads) else self.end(self.last)

    def end(self, id: str | None) -> str | None:
        """The last node of a record."""
        return self._ends.get(id, id) if id is not None else None


def put_before(branches: list[Branch], prompt: str) -> None:
    """Keeps a conversation's system prompt, hidden, before all of its branches."""
    if prompt.strip():
        for branch in branches:
            message = ForeignMessage("system", prompt, "system prompt", hidden="system prompt")
            message.created_at = branch.messages[0].created_at
            branch.messages.insert(0, message)
