"""Claude's data export, ``conversations.json``: each record is a conversation, in newer ones a tree."""

from __future__ import annotations

from typing import Any, Final

from hfs.transfer.conversation import Conversation, Tally
from hfs.transfer.fields import as_dict, as_dicts, as_list, as_name, as_text, as_time
from hfs.transfer.importers._attachments import described, left_out
from hfs.transfer.importers._claude_ai_files import attach
from hfs.transfer.importers._claude_ai_text import say
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._kinds import Importer, RecordFormat, SourceFile
from hfs.transfer.importers._turn import Nodes, Turn
from hfs.transfer.tree import branches

_ROLES: Final = {"human": "user", "user": "user", "assistant": "assistant", "system": "system"}
_PARENT: Final = "parent_message_uuid"
_LEFT_OUT: Final = {
    "token_budget": "token budget",
    "flag": "flag",
    "redacted_thinking": "encrypted reasoning",
}


def _fits(record: Any) -> bool:
    return isinstance(record, dict) and isinstance(record.get("chat_messages"), list)


def _read(record: dict[str, Any], source: SourceFile) -> Conversation:
    tally = Tally()
    conversation = Conversation(
        "claude",
        as_name(record.get("uuid")),
        name=as_name(record.get("name")),
        created_at=as_time(record.get("created_at")),
        tally=tally,
    )
    nodes = Nodes(tally)
    model = as_name(record.get("model"))
    records = as_list(record.get("chat_messages"))
    is_tree = any(isinstance(raw, dict) and _PARENT in raw for raw in records)
    for raw in records:
        if not isinstance(raw, dict):
            tally.unknown["message that is no object"] += 1
            continue
        id = as_name(raw.get("uuid"))
        # The parent of a first message is an id that no message has.
        parent = as_name(raw[_PARENT]) if is_tree and _PARENT in raw else nodes.last
        nodes.add(id, parent, _turn(raw, id, model, tally))
    conversation.branches = branches(nodes.all(), nodes.end(as_name(record.get("current_leaf_message_uuid"))), tally)
    _describe(conversation, record)
    return conversation


def _describe(conversation: Conversation, record: dict[str, Any]) -> None:
    if record.get("is_starred") is True:
        conversation.extra["pinned"] = True
    for name, value in (("summary", record.get("summary")), ("project", as_dict(record.get("project")).get("name"))):
        if text := as_text(value).strip():
            conversation.extra[name] = text


def _turn(raw: dict[str, Any], id: str | None, model: str | None, tally: Tally) -> Turn | None:
    sender = as_text(raw.get("sender"))
    role = _ROLES.get(sender)
    if role is None:
        count_unknown(tally, "message", "role", sender)
        return None
    turn = Turn(role, id, as_time(raw.get("created_at")), as_name(raw.get("model")) or model)
    content = raw.get("content")
    sources: dict[str, str] = {}
    for block in content if isinstance(content, list) else [content]:
        if isinstance(block, dict):
            _block(turn, block, sources, tally)
        elif isinstance(block, str):
            say(turn, block)
        elif block is not None:
            tally.unknown["content that is no object"] += 1
    if turn.is_empty:
        # Where there are blocks, this has placeholders for those that are no text.
        say(turn, as_text(raw.get("text")))
    attach(turn, raw)
    if sources:
        turn.extra["citations"] = [{"title": title, "url": url} for url, title in sources.items()]
    if raw.get("truncated") is True and role == "assistant":
        turn.status = "interrupted"
    if raw.get("sync_sources"):
        tally.skipped["linked source"] += len(as_list(raw.get("sync_sources"))) or 1
    return turn


def _block(turn: Turn, block: dict[str, Any], sources: dict[str, str], tally: Tally) -> None:
    kind = as_text(block.get("type"))
    if kind == "text":
        say(turn, as_text(block.get("text")))
        for citation in as_dicts(block.get("citations")):
            _cite(citation, sources)
    elif kind == "voice_note":
        turn.text(as_text(block.get("text")) or as_text(block.get("transcript")))
    elif kind == "thinking":
        summaries = (as_text(item.get("summary")) for item in as_dicts(block.get("summaries")))
        turn.thought(as_text(block.get("thinking")) or "\n\n".join(filter(None, summaries)))
    elif kind == "tool_use":
        turn.call(as_name(block.get("id")), as_name(block.get("name")), block.get("input"))
    elif kind == "tool_result":
        text, attachments = _result(block, tally)
        failed = block.get("is_error") is True
        turn.result(text, as_name(block.get("tool_use_id")), as_name(block.get("name")), attachments, failed=failed)
    elif kind in _LEFT_OUT:
        tally.skipped[_LEFT_OUT[kind]] += 1
    else:
        count_unknown(tally, "content", "type", kind)


def _cite(citation: dict[str, Any], sources: dict[str, str]) -> None:
    details = as_dict(citation.get("details"))
    url = as_text(citation.get("url")) or as_text(details.get("url"))
    if url.startswith(("https://", "http://")):
        sources.setdefault(url, as_name(citation.get("title")) or as_name(details.get("title")) or url)


def _result(block: dict[str, Any], tally: Tally) -> tuple[str, list[dict[str, Any]]]:
    """What a tool gave back, as text, and the images in it, without their bytes."""
    content = block.get("content")
    texts: list[str] = []
    attachments: list[dict[str, Any]] = []
    for part in content if isinstance(content, list) else [content]:
        kind = as_text(part.get("type")) if isinstance(part, dict) else "?"
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and "image" in kind:
            attachments.append(_image(part, tally))
        elif text := _found(as_dict(part)):
            texts.append(text)
        elif part is not None and kind != "text":
            count_unknown(tally, "content", "type", kind)
    return "\n\n".join(filter(None, texts)), attachments


def _found(part: dict[str, Any]) -> str:
    """Of a page that was found: its title, its address, what it says."""
    return "\n".join(filter(None, (as_text(part.get(name)) for name in ("title", "url", "text"))))


def _image(part: dict[str, Any], tally: Tally) -> dict[str, Any]:
    image = as_dict(part.get("source"))
    item = {"type": "image", **described(image, type="media_type"), **described(part, ref="file_uuid")}
    data = as_text(image.get("data"))
    return {**item, **left_out(data, tally)} if data else item


FORMATS: Final[tuple[Importer, ...]] = (RecordFormat("claude", "Claude export", _fits, _read),)
