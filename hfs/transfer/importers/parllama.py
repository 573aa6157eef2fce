"""parllama: the session files in its ``chats`` folder."""

from __future__ import annotations

from typing import Any, Final

from hfs.transfer.conversation import Branch, Conversation, ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_name, as_text
from hfs.transfer.importers._agent_parts import UniqueIds, encoded_file, linked_image, settle, tool_call
from hfs.transfer.importers._counted import count_unknown, counted_objects, counted_text
from hfs.transfer.importers._kinds import Importer, RecordFormat, RefusedError, SourceFile

_ROLES: Final = ("user", "assistant", "system", "tool")
_NEWER: Final = frozenset(("id", "name", "last_updated"))
_OLDER: Final = frozenset(("session_id", "session_name"))


def _fits(record: Any) -> bool:
    if not isinstance(record, dict) or "messages" not in record:
        return False
    return _OLDER.issubset(record) or _NEWER.issubset(record)


def _read(record: dict[str, Any], source: SourceFile) -> Conversation:
    if record.get("__key__"):
        raise RefusedError("it is locked with a password")
    if "submit_on_load" in record:
        raise RefusedError("it is a prompt that can be loaded, no conversation")
    tally = Tally()
    config = as_dict(record.get("llm_config"))
    model = as_name(config.get("model_name")) or as_name(record.get("llm_model_name"))
    ids = UniqueIds()
    messages = []
    for item in counted_objects(record.get("messages"), "message", tally):
        message = _message(item, model, tally)
        if message is not None:
            message.id = ids.take(message.id) if message.id is not None else None
            messages.append(message)
    return Conversation(
        "parllama",
        as_name(record.get("id")) or as_name(record.get("session_id")),
        as_name(record.get("name")) or as_name(record.get("session_name")),
        # The one time that there is, ``last_updated``, is another in the next export.
        None,
        [Branch(messages)] if messages else [],
        tally=tally,
    )


def _message(item: dict[str, Any], model: str | None, tally: Tally) -> ForeignMessage | None:
    role = item.get("role")
    if role not in _ROLES:
        count_unknown(tally, "message", "role", role)
        return None
    message = ForeignMessage(
        role,
        counted_text(item.get("content"), "content", tally),
        as_name(item.get("id")) or as_name(item.get("message_id")),
        reasoning=counted_text(item.get("thinking"), "thinking", tally),
        tool_calls=[_call(call) for call in counted_objects(item.get("tool_calls"), "tool call", tally)],
        attachments=_attachments(item, tally),
    )
    if role == "assistant":
        message.model = model
    elif role != "user":
        message.hidden = "system prompt" if role == "system" else "tool result"
    if not settle(message):
        tally.skipped["empty message"] += 1
        return None
    if not message.content.strip():
        _speak_by_attachments(message)
    return message


def _call(call: dict[str, Any]) -> dict[str, Any]:
    function = as_dict(call.get("function"))
    return tool_call(call.get("id"), function.get("name"), function.get("arguments"))


def _attachments(item: dict[str, Any], tally: Tally) -> list[dict[str, Any]]:
    images = item.get("images")
    found = [linked_image(image, tally) for image in images or [] if as_text(image)] if isinstance(images, list) else []
    lost = len(images) - len(found) if isinstance(images, list) else images is not None
    if lost:
        tally.unknown["image of an unknown form"] += int(lost)
    return found + [_document(one, tally) for one in counted_objects(item.get("documents"), "document", tally)]


def _document(document: dict[str, Any], tally: Tally) -> dict[str, Any]:
    found = encoded_file(
        as_name(document.get("name")) or "document", document.get("mime_type"), document.get("data_b64"), tally
    )
    size = document.get("size_bytes")
    if isinstance(size, int) and not isinstance(size, bool) and size > 0:
        found["size"] = size
    text = counted_text(document.get("text"), "text of a document", tally)
    more = {"content": text or None, "url": as_name(document.get("source_url"))}
    return {**found, **{key: value for key, value in more.items() if value is not None}}


def _speak_by_attachments(message: ForeignMessage) -> None:
    """A message that is nothing but documents says what they say."""
    texts = [as_text(item.pop("content")) for item in message.attachments if "content" in item]
    message.content = "\n\n".join(texts)


FORMATS: Final[tuple[Importer, ...]] = (RecordFormat("parllama", "parllama session", _fits, _read),)
