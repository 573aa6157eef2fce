"""A session as a model would be told it: what was said, and the tools that were called with what they gave back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hfs.persistence import MessageModel, SessionModel, render_json
from hfs.transfer.folding import function_of

_SPEAKERS: Final = frozenset(("system", "user", "assistant"))
_AT_ONCE: Final = 32
"""In how many messages calls that were made at once are looked for."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool."""

    id: str
    name: str
    arguments: str
    """JSON, as a model writes it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A message of the chat."""

    role: str
    """``system``, ``user``, ``assistant`` or ``tool``."""
    content: str
    calls: list[Call] = field(default_factory=list)
    """What an assistant called; each has its result in one of the next turns."""
    call_id: str = ""
    """The call that a tool's turn is the result of."""


def turns(session: SessionModel) -> list[Turn]:
    """What of a session a model may be told.

    System prompts are in it, also those that are folded: a model was told them. Tools are, where each call of a
    message is followed by its result. Everything else that is folded is left out, and so are reasoning, attachments,
    messages without text, and roles that no API knows.
    """
    found: list[Turn] = []
    messages = session.messages
    number = 0
    while number < len(messages):
        message = messages[number]
        exchange, end = _exchange(messages, number)
        if exchange:
            found += exchange
        elif message.hidden == "system prompt":
            found.append(Turn("system", message.content))
        elif message.hidden is None and message.role in _SPEAKERS:
            found.append(Turn(message.role, message.content))
        number = end
    return [turn for turn in found if turn.content or turn.calls or turn.call_id]


def _exchange(messages: Sequence[MessageModel], start: int) -> tuple[list[Turn], int]:
    """The calls that begin at a message with their results, and where they end; none, and the next message, else.

    Calls that were made at once may stand in a message each, before the first result.
    """
    calls: list[Call] = []
    for number in range(start, min(start + _AT_ONCE, len(messages))):
        message = messages[number]
        more = _calls(message)
        if not more or (number > start and message.content):
            break
        calls += more
        end = number + 1 + len(calls)
        results = _results(messages[number + 1 : end], calls)
        if results:
            return [Turn("assistant", messages[start].content, calls), *results], end
    return [], start + 1


def _calls(message: MessageModel) -> list[Call]:
    """The calls of a message; none unless each has a name and an id."""
    listed = message.extra.get("tool_calls")
    if message.role != "assistant" or message.hidden not in (None, "tool call") or not isinstance(listed, list):
        return []
    calls = [_call(item) for item in listed]
    known = [call for call in calls if call is not None]
    return known if len(known) == len(listed) else []


def _call(item: object) -> Call | None:
    if not isinstance(item, dict):
        return None
    inner = function_of(item)
    identity, name, arguments = item.get("id"), inner.get("name"), inner.get("arguments")
    if not (isinstance(identity, str) and identity and isinstance(name, str) and name):
        return None
    return Call(identity, name, _as_json(arguments))


def _as_json(arguments: Any) -> str:
    if isinstance(arguments, str):
        return arguments if arguments.strip() else "{}"
    return "{}" if arguments is None else render_json(arguments).decode().rstrip("\n")


def _results(messages: Sequence[MessageModel], calls: list[Call]) -> list[Turn]:
    """The results of calls, if the messages are exactly those, one of each; else none."""
    results = [Turn("tool", message.content, call_id=_call_id(message)) for message in messages]
    wanted = {call.id for call in calls}
    return results if len(wanted) == len(calls) and {turn.call_id for turn in results} == wanted else []


def _call_id(message: MessageModel) -> str:
    identity = message.extra.get("tool_call_id")
    return identity if message.role == "tool" and isinstance(identity, str) else ""
