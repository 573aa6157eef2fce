"""ChatGPT's data export: ``conversations.json``, or ``conversations-000.json`` and so on. Each record is a tree."""

from __future__ import annotations

from typing import Any, Final

from hfs.transfer.conversation import Conversation, Tally
from hfs.transfer.fields import as_dict, as_name, as_text, as_time
from hfs.transfer.importers._chatgpt_message import read_message
from hfs.transfer.importers._kinds import Importer, RecordFormat, SourceFile
from hfs.transfer.tree import Node, branches

_FAR: Final = 50
"""How far above an answer its thoughts are looked for, in nodes."""


def _fits(record: Any) -> bool:
    return isinstance(record, dict) and isinstance(record.get("mapping"), dict)


def _read(record: dict[str, Any], source: SourceFile) -> Conversation:
    tally = Tally()
    nodes: dict[str, Node] = {}
    thoughts: list[Node] = []
    for key, raw in as_dict(record.get("mapping")).items():
        nodes[key] = node = _node(key, raw, tally)
        if node.message is not None and node.message.hidden == "thinking":
            thoughts.append(node)
    if thoughts:
        _attach(nodes, thoughts)
    conversation = Conversation(
        "chatgpt",
        as_name(record.get("conversation_id")) or as_name(record.get("id")),
        name=as_name(record.get("title")),
        created_at=as_time(record.get("create_time")),
        tally=tally,
    )
    conversation.branches = branches(nodes.values(), as_text(record.get("current_node")) or None, tally)
    if record.get("is_archived") is True:
        conversation.extra["archived"] = True
    if record.get("is_starred") is True or as_time(record.get("pinned_time")) is not None:
        conversation.extra["pinned"] = True
    return conversation


def _node(key: str, raw: object, tally: Tally) -> Node:
    if not isinstance(raw, dict):
        tally.unknown["node that is no object"] += 1
        return Node(key, None, None)
    parent = raw.get("parent")
    message = raw.get("message")
    node = Node(key, parent if isinstance(parent, str) else None, None)
    if isinstance(message, dict):
        node.message = read_message(key, message, tally)
        if node.message is None:
            node.created_at = as_time(message.get("create_time"))
    elif message is not None:
        tally.unknown["message that is no object"] += 1
    return node


def _attach(nodes: dict[str, Node], thoughts: list[Node]) -> None:
    """Gives thoughts to the answers right below them; those that no answer follows stay messages of their own."""
    given: list[Node] = []
    for node in nodes.values():
        message = node.message
        if message is not None and message.role == "assistant" and message.hidden != "thinking":
            found = _above(node, nodes)
            message.reasoning = "\n\n".join(one.message.reasoning for one in reversed(found) if one.message)
            given += found
    for node in given:
        if node.message is not None:
            node.created_at, node.message = node.message.created_at, None


def _above(node: Node, nodes: dict[str, Node]) -> list[Node]:
    """The thoughts between a node and the message before it, the last first."""
    found: list[Node] = []
    at = node.parent
    for _ in range(_FAR):
        before = nodes.get(at) if at is not None else None
        if before is None or any(before is one for one in found):
            break
        if before.message is not None:
            if before.message.hidden != "thinking":
                break
            found.append(before)
        at = before.parent
    return found


FORMATS: Final[tuple[Importer, ...]] = (RecordFormat("chatgpt", "ChatGPT export", _fits, _read),)
