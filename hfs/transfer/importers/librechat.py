"""LibreChat's export of a conversation: ``messages``, a list, or ``messagesTree`` with children in children."""

from __future__ import annotations

from typing import Any, Final

from hfs.transfer.conversation import Conversation, Tally
from hfs.transfer.fields import as_dict, as_list, as_name, as_text, as_time
from hfs.transfer.importers._kinds import Importer, RecordFormat, SourceFile
from hfs.transfer.importers._librechat_content import say
from hfs.transfer.importers._turn import Nodes, Turn, put_before
from hfs.transfer.tree import branches

_LISTS: Final = ("messagesTree", "messages")


def _fits(record: Any) -> bool:
    return (
        isinstance(record, dict)
        and ("conversationId" in record or "exportAt" in record)
        and any(isinstance(record.get(name), list) for name in _LISTS)
    )


def _read(record: dict[str, Any], source: SourceFile) -> Conversation:
    tally = Tally()
    nodes = Nodes(tally)
    _add(nodes, next((as_list(record.get(name)) for name in _LISTS if record.get(name)), []), tally)
    # The export says nothing of which branch was shown; by default it is the last one at every fork.
    active = nodes.newest()
    conversation = Conversation(
        "librechat",
        as_name(record.get("conversationId")),
        name=as_name(record.get("title")),
        branches=branches(nodes.all(), active, tally),
        tally=tally,
    )
    options = as_dict(record.get("options"))
    put_before(conversation.branches, as_text(options.get("promptPrefix")) or as_text(options.get("system")))
    tags = [tag for tag in as_list(options.get("tags")) if isinstance(tag, str) and tag.strip()]
    if tags:
        conversation.extra["tags"] = tags
    if options.get("isArchived") is True:
        conversation.extra["archived"] = True
    return conversation


def _add(nodes: Nodes, messages: list[Any], tally: Tally) -> None:
    """Adds messages, and those in them, however deep: never by recursion, for a long chat is a deep one."""
    linked = any(isinstance(raw, dict) and ("parentMessageId" in raw or raw.get("children")) for raw in messages)
    stack: list[tuple[Any, str | None]] = [(raw, None) for raw in reversed(messages)]
    while stack:
        raw, above = stack.pop()
        if not isinstance(raw, dict):
            tally.unknown["message that is no object"] += 1
            continue
        parent = above
        if above is None:
            parent = as_name(raw.get("parentMessageId")) if linked else nodes.last
        id = as_name(raw.get("messageId"))
        node = nodes.add(id, parent, _turn(raw, id, tally))
        stack += [(child, node) for child in reversed(as_list(raw.get("children")))]


def _turn(raw: dict[str, Any], id: str | None, tally: Tally) -> Turn | None:
    sender = as_text(raw.get("sender"))
    by_user = raw.get("isCreatedByUser")
    if not isinstance(by_user, bool):
        if not sender:
            tally.unknown["message of nobody"] += 1
            return None
        by_user = sender.lower() == "user"
    turn = Turn("user" if by_user else "assistant", id, as_time(raw.get("createdAt")), as_name(raw.get("model")))
    say(turn, raw, tally)
    if raw.get("unfinished") is True:
        turn.status = "interrupted"
    if raw.get("error") is True:
        turn.hidden = "error"
    quotes = [quote for quote in as_list(raw.get("quotes")) if isinstance(quote, str) and quote.strip()]
    if quotes:
        turn.extra["quotes"] = quotes
    if as_text(raw.get("summary")):
        tally.skipped["summary"] += 1
    return turn


FORMATS: Final[tuple[Importer, ...]] = (RecordFormat("librechat", "LibreChat export", _fits, _read),)
