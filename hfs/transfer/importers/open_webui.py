"""Open WebUI's export of chats: each record is a row of its database, with a tree in ``chat.history``."""

from __future__ import annotations

from typing import Any, Final

from hfs.transfer.conversation import Conversation, Tally
from hfs.transfer.fields import as_dict, as_dicts, as_list, as_name, as_text, as_time
from hfs.transfer.importers._attachments import described, located
from hfs.transfer.importers._chat_content import split_thinking
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._kinds import Importer, RecordFormat, SourceFile
from hfs.transfer.importers._open_webui_content import say
from hfs.transfer.importers._turn import Nodes, Turn, put_before
from hfs.transfer.tree import branches

_ROLES: Final = frozenset(("user", "assistant", "system", "tool"))


def _fits(record: Any) -> bool:
    if not isinstance(record, dict):
        return False
    chat = record.get("chat")
    if isinstance(chat, dict):
        return isinstance(chat.get("history"), dict) or isinstance(chat.get("messages"), list)
    history = record.get("history")
    return isinstance(history, dict) and "currentId" in history and "messages" in history


def _read(record: dict[str, Any], source: SourceFile) -> Conversation:
    tally = Tally()
    chat = as_dict(record.get("chat")) or record
    conversation = Conversation(
        "open-webui",
        as_name(record.get("id")),
        name=as_name(record.get("title")) or as_name(chat.get("title")),
        created_at=as_time(record.get("created_at")) or as_time(chat.get("timestamp")),
        tally=tally,
    )
    nodes = Nodes(tally)
    history = as_dict(chat.get("history"))
    active = as_name(history.get("currentId")) or as_name(record.get("current_message_id"))
    if not _tree(nodes, history.get("messages"), tally):
        _line(nodes, as_list(chat.get("messages")) or as_list(history.get("messages")), tally)
        active = nodes.last
    conversation.branches = branches(nodes.all(), nodes.end(active), tally)
    prompt = as_text(chat.get("system")) or as_text(as_dict(chat.get("params")).get("system"))
    put_before(conversation.branches, prompt)
    _describe(conversation, record, chat)
    return conversation


def _tree(nodes: Nodes, messages: object, tally: Tally) -> bool:
    """Adds the messages of a history; False where there is none."""
    if not isinstance(messages, dict):
        return False
    for key, raw in messages.items():
        if isinstance(raw, dict):
            nodes.add(as_name(key), as_name(raw.get("parentId")), _turn(raw, as_name(key), tally))
        else:
            tally.unknown["message that is no object"] += 1
    return nodes.last is not None


def _line(nodes: Nodes, messages: list[Any], tally: Tally) -> None:
    """Adds the messages of one branch, in their order."""
    for raw in messages:
        if isinstance(raw, dict):
            id = as_name(raw.get("id"))
            nodes.add(id, nodes.last, _turn(raw, id, tally))
        else:
            tally.unknown["message that is no object"] += 1


def _describe(conversation: Conversation, record: dict[str, Any], chat: dict[str, Any]) -> None:
    for name in ("archived", "pinned"):
        if record.get(name) is True:
            conversation.extra[name] = True
    named = [*as_list(as_dict(record.get("meta")).get("tags")), *as_list(chat.get("tags"))]
    tags = [as_text(tag) or as_text(as_dict(tag).get("name")) for tag in named]
    if found := list(dict.fromkeys(tag for tag in tags if tag.strip())):
        conversation.extra["tags"] = found


def _turn(raw: dict[str, Any], id: str | None, tally: Tally) -> Turn | None:
    role = as_text(raw.get("role"))
    if role not in _ROLES:
        count_unknown(tally, "message", "role", role)
        return None
    model = as_name(raw.get("model")) or as_name(raw.get("modelName"))
    turn = Turn("assistant" if role == "tool" else role, id, as_time(raw.get("timestamp")), model)
    content = _content(turn, raw.get("content"), tally)
    if role == "tool":
        turn.result(content, as_name(raw.get("tool_call_id")), as_name(raw.get("name")), [])
        return turn
    if role == "assistant":
        content, thought = split_thinking(content)
        turn.thought(thought)
        turn.thought(as_text(raw.get("reasoning_content")))
        say(turn, content, raw.get("output"), tally)
    else:
        turn.text(content)
    for file in as_dicts(raw.get("files")):
        turn.attach(_file(file, tally))
    if sources := _sources(raw):
        turn.extra["citations"] = sources
    if role == "assistant" and raw.get("done") is False:
        turn.status = "interrupted"
    error = raw.get("error")
    turn.fail(as_text(error) or as_text(as_dict(error).get("content")) or as_text(as_dict(error).get("message")))
    if as_text(as_dict(raw.get("merged")).get("content")):
        tally.skipped["merged answer"] += 1
    return turn


def _content(turn: Turn, content: object, tally: Tally) -> str:
    """The text of a content; what else a list of parts has goes into the turn."""
    texts = []
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            texts.append(part)
        elif text := as_text(as_dict(part).get("text")):
            texts.append(text)
        elif url := as_text(as_dict(as_dict(part).get("image_url")).get("url")):
            turn.attach({"type": "image", **located(url, tally)})
        elif part is not None:
            count_unknown(tally, "content", "type", as_dict(part).get("type"))
    return "\n\n".join(filter(None, texts))


def _file(file: dict[str, Any], tally: Tally) -> dict[str, Any]:
    inner = as_dict(file.get("file"))
    meta = as_dict(inner.get("meta"))
    item = {
        **described(file, type="type", ref="id"),
        **described(inner, name="filename"),
        **described(meta, name="name", type="content_type", size="size"),
        **described(file, name="name", type="content_type", size="size"),
        **located(as_text(file.get("url")), tally),
    }
    text = as_text(as_dict(inner.get("data")).get("content")) or as_text(file.get("content"))
    return {**item, "content": text} if text else item


def _sources(raw: dict[str, Any]) -> list[dict[str, str]]:
    """The pages that an answer names, each once."""
    found: dict[str, str] = {}
    for entry in as_dicts(raw.get("sources")) or as_dicts(raw.get("citations")):
        source = as_dict(entry.get("source"))
        named = [source, *as_dicts(entry.get("metadata"))]
        for item in named:
            for name in ("url", "source", "name"):
                url = as_text(item.get(name))
                if url.startswith(("https://", "http://")):
                    found.setdefault(url, as_name(item.get("title")) or as_name(source.get("name")) or url)
    return [{"title": title, "url": url} for url, title in found.items()]


FORMATS: Final[tuple[Importer, ...]] = (RecordFormat("open-webui", "Open WebUI export", _fits, _read),)
