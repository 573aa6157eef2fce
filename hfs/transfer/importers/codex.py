"""Rollouts of Codex: JSONL, packed or not, with an envelope around each line; the older ones without one, and the
oldest, which are one JSON object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from hfs.transfer.conversation import Conversation, ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_list, as_name, as_text, as_time
from hfs.transfer.importers._agent_parts import UniqueIds, settle
from hfs.transfer.importers._codex_items import ITEM_TYPES, ItemReader
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._kinds import Importer, SourceFile, StreamFormat
from hfs.transfer.tree import Node, branches

_NAME: Final = "codex"
_INDEX: Final = "session_index.jsonl"
_BOOKKEEPING: Final = frozenset(
    (
        "world_state", "inter_agent_communication_metadata", "token_usage_record", "retained_context",
        "security_risk_score", "realtime_item", "rollout_reference",
    )
)  # fmt: skip
_ENVELOPES: Final = _BOOKKEEPING | {
    "session_meta", "response_item", "turn_context", "event_msg", "compacted", "inter_agent_communication",
}  # fmt: skip
_COPIES: Final = frozenset(("user_message", "agent_message", "agent_reasoning", "agent_reasoning_raw_content"))
"""Events that say again what the items say."""
_BARE_HEADER: Final = frozenset(("id", "timestamp", "instructions", "git"))


def _fits(first: Sequence[Any]) -> bool:
    return any(isinstance(record, dict) and _is_record(record) for record in first)


def _is_record(record: dict[str, Any]) -> bool:
    if isinstance(record.get("payload"), dict):
        return as_text(record.get("type")) in _ENVELOPES and isinstance(record.get("timestamp"), str)
    return _is_bare_header(record) or record == {"record_type": "state"} or _is_whole(record)


def _is_bare_header(record: dict[str, Any]) -> bool:
    told = isinstance(record.get("id"), str) and isinstance(record.get("timestamp"), str)
    return told and "instructions" in record and _BARE_HEADER.issuperset(record)


def _is_whole(record: dict[str, Any]) -> bool:
    """Whether a record is a file of the first generation."""
    session = as_dict(record.get("session"))
    items = record.get("items")
    if not isinstance(session.get("id"), str) or not isinstance(items, list):
        return False
    return not items or any(as_text(as_dict(item).get("type")) in ITEM_TYPES for item in items[:20])


def _read(records: Iterator[Any], source: SourceFile) -> Iterator[Conversation]:
    rollout = _Rollout()
    for record in records:
        rollout.take(record)
    yield rollout.conversation(source)


class _Rollout:
    """A session, while its lines are read."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._items = ItemReader(self._tally)
        self._ids = UniqueIds()
        self._meta: dict[str, Any] | None = None
        self._cwd: str | None = None
        self._nodes: list[Node] = []
        self._path: list[Node] = []
        """The nodes of the way that is gone now."""
        self._starts: list[int] = []
        """Where in it the person spoke."""
        self._thoughts: list[ForeignMessage] = []
        """Reasoning that belongs to an answer still to come."""
        self._position = 0

    def take(self, record: object) -> None:
        """Reads the next line."""
        self._position += 1
        if not isinstance(record, dict):
            self._tally.unknown["record that is no object"] += 1
        elif isinstance(record.get("payload"), dict):
            self._enveloped(as_text(record.get("type")), record["payload"], record.get("timestamp"))
        elif _is_whole(record):
            self._take_meta(record["session"])
            for item in as_list(record["items"]):
                self._position += 1
                self._take_item(as_dict(item), None)
        elif as_text(record.get("type")) in ITEM_TYPES:
            self._take_item(record, record.get("timestamp"))
        elif _is_bare_header(record):
            self._take_meta(record)
        elif "record_type" in record:
            self._tally.skipped["state record"] += 1
        else:
            count_unknown(self._tally, "record", "type", record.get("type"))

    def _enveloped(self, kind: str, payload: dict[str, Any], timestamp: object) -> None:
        if kind == "response_item":
            self._take_item(payload, timestamp)
        elif kind == "session_meta":
            self._take_meta(payload, timestamp)
        elif kind == "turn_context":
            self._items.model = as_name(payload.get("model")) or self._items.model
            self._cwd = self._cwd or as_name(payload.get("cwd"))
        elif kind == "event_msg":
            self._take_event(payload, timestamp)
        elif kind == "compacted":
            self._fold("summary", payload.get("message"), payload, timestamp)
        elif kind == "inter_agent_communication":
            self._fold("agent message", payload.get("content"), payload, timestamp)
        elif kind in _BOOKKEEPING:
            self._tally.skipped[f"{kind} record"] += 1
        else:
            count_unknown(self._tally, "record", "type", kind)

    def _take_meta(self, payload: dict[str, Any], timestamp: object = None) -> None:
        if self._meta is not None:
            # A fork begins with a copy of what it was forked from, this record included.
            self._tally.skipped["copied session_meta record"] += 1
            return
        self._meta = payload
        self._cwd = as_name(payload.get("cwd"))
        if payload.get("history_base") is not None:
            self._tally.skipped["history that lies in another file"] += 1
        prompt = as_dict(payload.get("base_instructions")).get("text", payload.get("instructions"))
        if as_text(prompt).strip():
            self._fold("system prompt", prompt, {}, timestamp)

    def _take_event(self, payload: dict[str, Any], timestamp: object) -> None:
        kind = as_text(payload.get("type"))
        item = as_dict(payload.get("item"))
        turns = payload.get("num_turns")
        if kind == "thread_rolled_back" and isinstance(turns, int):
            self._roll_back(turns)
        elif kind == "item_completed" and item.get("type") == "Plan":
            self._fold("plan", item.get("text"), item, timestamp)
        else:
            self._tally.skipped["event that repeats a message" if kind in _COPIES else "event record"] += 1

    def _roll_back(self, turns: int) -> None:
        """Steps back before so many of the person's last messages; what followed them is another branch."""
        if turns > 0 and self._starts:
            self._release_thoughts()
            first = max(len(self._starts) - turns, 0)
            del self._path[self._starts[first] :]
            del self._starts[first:]

    # Messages

    def _take_item(self, item: dict[str, Any], timestamp: object) -> None:
        for message in self._items.read(item, as_time(timestamp)):
            message.id = self._ids.take(self._id_of(item, timestamp, message))
            if item.get("type") == "reasoning":
                self._thoughts.append(message)
            else:
                self._add(message)

    def _id_of(self, item: dict[str, Any], timestamp: object, message: ForeignMessage) -> str:
        """The item's own id, else the call's, else its place: lines are only ever added to a file."""
        own = as_name(item.get("id"))
        call = as_name(item.get("call_id"))
        if own is None and call is not None:
            own = f"{call}/output" if message.role == "tool" else call
        found = own or f"{as_text(timestamp)[:40]}#{self._position}"
        return f"{found}/{message.hidden}" if message.hidden in ("context", "summary") else found

    def _fold(self, label: str, content: object, record: dict[str, Any], timestamp: object) -> None:
        if not as_text(content).strip():
            self._tally.skipped[f"{label} that can't be read"] += 1
            return
        role = "assistant" if label == "plan" else "system"
        message = ForeignMessage(role, as_text(content), created_at=as_time(timestamp), hidden=label)
        message.id = self._ids.take(self._id_of(record, timestamp, message))
        self._add(message)

    def _add(self, message: ForeignMessage) -> None:
        if message.role == "assistant" and self._thoughts and message.hidden in (None, "tool call"):
            message.reasoning = "\n\n".join(thought.reasoning for thought in self._thoughts)
            self._thoughts.clear()
        elif message.role == "user" and message.hidden is None:
            self._release_thoughts()
        if settle(message):
            self._append(message)
        else:
            self._tally.skipped["empty message"] += 1

    def _release_thoughts(self) -> None:
        """Keeps reasoning that no answer followed."""
        for thought in self._thoughts:
            thought.hidden = "thinking"
            self._append(thought)
        self._thoughts.clear()

    def _append(self, message: ForeignMessage) -> None:
        if message.role == "user" and message.hidden is None:
            self._starts.append(len(self._path))
        node = Node(message.id or "", self._path[-1].id if self._path else None, message)
        self._nodes.append(node)
        self._path.append(node)

    # The whole

    def conversation(self, source: SourceFile) -> Conversation:
        """All that was read."""
        self._release_thoughts()
        meta = self._meta or {}
        own_id = as_name(meta.get("id")) or as_name(meta.get("session_id"))
        if self._nodes and _is_of_subagent(meta):
            # Its "user" is the agent that sent it: nobody spoke with it.
            self._tally.skipped["message of a sub-agent"] += len(self._nodes)
            self._nodes.clear()
        extra = {
            "cwd": self._cwd or self._items.cwd,
            "git_branch": as_name(as_dict(meta.get("git")).get("branch")),
        }
        return Conversation(
            _NAME,
            own_id,
            _indexed_name(source, own_id) if own_id is not None else None,
            as_time(meta.get("timestamp")),
            branches(self._nodes, self._nodes[-1].id if self._nodes else None, self._tally),
            {key: value for key, value in extra.items() if value is not None},
            self._tally,
        )


def _is_of_subagent(meta: dict[str, Any]) -> bool:
    where = meta.get("source")
    return meta.get("thread_source") == "subagent" or (isinstance(where, dict) and "subagent" in where)


def _indexed_name(source: SourceFile, session: str) -> str | None:
    """The name that the list of sessions gives last."""
    index = source.above(_INDEX) or source.beside(_INDEX) or b""
    wanted = session.encode("utf-8", "replace")
    end = len(index)
    while (found := index.rfind(wanted, 0, end)) >= 0:
        begin = index.rfind(b"\n", 0, found) + 1
        stop = index.find(b"\n", found)
        try:
            entry = as_dict(json.loads(index[begin : stop if stop >= 0 else None]))
        except (ValueError, RecursionError):
            entry = {}
        if entry.get("id") == session and as_name(entry.get("thread_name")):
            return as_name(entry.get("thread_name"))
        end = begin
    return None


FORMATS: Final[tuple[Importer, ...]] = (StreamFormat(_NAME, "Codex rollout", _fits, _read),)
