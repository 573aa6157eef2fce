"""What llm logs since 0.32: threads, whose messages are linked from the last one back to the first, and shared.

A message has neither time nor model: the turn has that begins or ends with it. What a thread went through before 0.32
is in its messages too, and as responses of a conversation with its id.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from hfs.transfer.conversation import Branch, Conversation, ForeignMessage, Tally
from hfs.transfer.fields import as_name, as_time
from hfs.transfer.importers._llm_parts import read_message
from hfs.transfer.importers._llm_responses import Responses
from hfs.transfer.importers._llm_turns import Turn, messages_of, ulid_time
from hfs.transfer.importers._sqlite import Database
from hfs.transfer.tree import Node, branches

_TURN: Final = ("id", "tip_message_hash", "parent_message_hash", "model", "datetime_utc")
_MOST_FORKS: Final = 100
"""How many threads a thread may be forked from, one from the other."""


@dataclass(slots=True)
class _Call:
    """One call of a model: where it ends, where what it was given ends, and what it says of both."""

    id: str | None
    tip: str | None
    given: str | None
    model: str | None
    created_at: datetime | None


@dataclass(slots=True)
class _Stored:
    """A message as it is stored, and what it becomes."""

    parent: str | None
    role: str
    messages: list[ForeignMessage]
    stamped: bool = False
    """Whether a turn or response said when it was made."""


@dataclass(slots=True)
class _Thread:
    """A thread while it is read."""

    tally: Tally = field(default_factory=Tally)
    stored: dict[str, _Stored] = field(default_factory=dict)
    """By hash, parents before what follows them."""


class Threads:
    """The threads of a database.

    Args:
        database: The database.
        responses: Its older tables.
    """

    def __init__(self, database: Database, responses: Responses) -> None:
        self._database = database
        self._responses = responses

    def conversations(self) -> Iterator[Conversation]:
        """Each thread, oldest first."""
        if self._database.has("threads", "id"):
            wanted = ("id", "name", "tip_message_hash", "forked_from", "datetime_utc")
            for row in self._database.rows("threads", wanted, "ORDER BY id"):
                yield self._conversation(dict(row))

    def _conversation(self, row: dict[str, Any]) -> Conversation:
        thread = _Thread()
        tip = as_name(row["tip_message_hash"])
        own = self._calls(row["id"])
        for end in [tip, *(call.tip for call in own)]:
            self._read_chain(end, thread)
        if tip not in thread.stored and own:
            tip = own[-1].tip
        calls = own + self._earlier_calls(row["forked_from"], row["id"])
        for call in calls:
            _stamp(call, thread.stored)
        turns = self._responses.turns_of_thread(row["id"], thread.tally)
        lost = _stamp_by_responses(turns, tip, thread.stored, {call.id for call in calls})
        found = _ways(thread, tip)
        if lost is not None:
            found.append(Branch(messages_of(turns, thread.tally), lost))
        elif turns:
            thread.tally.skipped["older copy of a conversation"] += 1
        key = as_name(row["id"])
        times = [turn.created_at for turn in turns] + [as_time(row["datetime_utc"])] + [call.created_at for call in own]
        created = ulid_time(key) or next((time for time in times if time is not None), None)
        name = self._responses.name_of(row["id"]) or as_name(row["name"])
        return Conversation("llm", key, name, created, found, tally=thread.tally)

    def _calls(self, thread: object) -> list[_Call]:
        if not self._database.has("turns", "thread_id", "id"):
            return []
        rows = self._database.rows("turns", _TURN, "WHERE thread_id = ? ORDER BY id", (thread,))
        return [
            _Call(
                as_name(row["id"]),
                as_name(row["tip_message_hash"]),
                as_name(row["parent_message_hash"]),
                as_name(row["model"]),
                as_time(row["datetime_utc"]),
            )
            for row in rows
        ]

    def _earlier_calls(self, thread: object, fork: object) -> list[_Call]:
        """Those of the threads that a thread was forked from, which has their messages too."""
        found: list[_Call] = []
        seen = {fork}
        while thread is not None and thread not in seen and len(seen) <= _MOST_FORKS:
            seen.add(thread)
            found += self._calls(thread)
            row = self._database.row("threads", ("forked_from",), "id", thread)
            thread = row[0] if row is not None else None
        return found

    def _read_chain(self, tip: str | None, thread: _Thread) -> None:
        """Reads the messages up to one, as far as they were not read yet."""
        links: list[tuple[str, str | None, str]] = []
        met: set[str] = set()
        at = tip
        while at is not None and at not in thread.stored and at not in met:
            met.add(at)
            row = self._database.row("messages", ("parent_hash", "role"), "hash", at)
            if row is None:
                thread.tally.skipped["missing message"] += 1
                break
            parent = as_name(row["parent_hash"])
            links.append((at, parent, as_name(row["role"]) or ""))
            at = parent
        for identity, parent, role in reversed(links):
            messages = read_message(self._database, identity, role, thread.tally)
            thread.stored[identity] = _Stored(parent, role, messages)


def _stamp(call: _Call, stored: dict[str, _Stored]) -> None:
    """Says of what a call added when it was made: its answer, and what it was given since the answer before."""
    at = call.tip
    while at in stored and at != call.given and stored[at].role == "assistant" and not stored[at].stamped:
        for message in stored[at].messages:
            message.model = call.model if message.role == "assistant" else None
            message.created_at = call.created_at
        stored[at].stamped = True
        at = stored[at].parent
    while at in stored and stored[at].role != "assistant" and not stored[at].stamped:
        for message in stored[at].messages:
            message.created_at = call.created_at
        stored[at].stamped = True
        at = stored[at].parent


def _stamp_by_responses(
    turns: list[Turn], tip: str | None, stored: dict[str, _Stored], known: set[str | None]
) -> str | None:
    """Gives the messages from before 0.32 the ids and times that they had as responses.

    So a conversation that was imported before llm was upgraded is found again, message by message.

    Returns:
        The first response that is not among the messages; None where all are.
    """
    waiting: dict[str, deque[Turn]] = {}
    for turn in turns:
        if turn.id not in known:
            waiting.setdefault(turn.response, deque()).append(turn)
    given: list[ForeignMessage] = []
    for at in _path(tip, stored):
        one = stored[at]
        if one.stamped:
            given = []
        elif one.role != "assistant":
            given += one.messages
        elif queue := waiting.get("".join(message.content for message in one.messages if message.role == "assistant")):
            _name_like_response(queue.popleft(), given, one)
            given = []
    left = min((queue[0].id or "" for queue in waiting.values() if queue), default=None)
    return left if left is None else left or "older"


def _name_like_response(turn: Turn, given: list[ForeignMessage], answer: _Stored) -> None:
    results = 0
    taken: set[str] = set()
    for message in given:
        part = {"user": "prompt", "tool": f"result:{results}"}.get(message.role, message.role)
        results += message.role == "tool"
        message.created_at = turn.created_at
        if turn.id is not None and part not in taken:
            message.id = f"{turn.id}:{part}"
            taken.add(part)
    for message in answer.messages[:1]:
        message.id, message.created_at, message.model = turn.id or message.id, turn.created_at, turn.model
    answer.stamped = True


def _path(tip: str | None, stored: dict[str, _Stored]) -> list[str]:
    path: list[str] = []
    met: set[str] = set()
    while tip is not None and tip in stored and tip not in met:
        met.add(tip)
        path.append(tip)
        tip = stored[tip].parent
    return path[::-1]


def _ways(thread: _Thread, tip: str | None) -> list[Branch]:
    """The thread, and what else its turns came to."""
    nodes: list[Node] = []
    last: dict[str, str] = {}
    for identity, one in thread.stored.items():
        parent = last.get(one.parent or "", one.parent)
        for number, message in enumerate(one.messages or [None]):
            name = f"{identity}:{number}" if number else identity
            nodes.append(Node(name, parent, message))
            last[identity] = parent = name
    _join_thinking(nodes)
    found = branches(nodes, last.get(tip or ""), thread.tally)
    return found[:1] + [branch for branch in found[1:] if not _is_earlier_state(branch, found[0], thread.tally)]


def _join_thinking(nodes: list[Node]) -> None:
    """Thinking that is a message of its own goes to the answer after it."""
    thoughts = {node.id: node for node in nodes if node.message is not None and node.message.hidden == "thinking"}
    for node in nodes:
        before = thoughts.get(node.parent or "")
        if before is None or before is node or node.message is None or node.message.role != "assistant":
            continue
        if before.message is not None:
            kept = before.message.reasoning
            node.message.reasoning = f"{kept}\n\n{node.message.reasoning}" if node.message.reasoning else kept
            before.message = None


def _is_earlier_state(branch: Branch, active: Branch, tally: Tally) -> bool:
    """Whether nothing is said in a branch that the active one doesn't begin with."""
    said = [(one.role, one.content) for one in branch.messages if one.role != "system"]
    begins = [(one.role, one.content) for one in active.messages if one.role != "system"][: len(said)]
    if said == begins:
        tally.skipped["earlier state of the conversation"] += 1
        return True
    return False
