"""One message of ChatGPT: what of it is chat, and what is kept folded."""

from __future__ import annotations

from typing import Any, Final

from hfs.transfer.conversation import ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_dicts, as_list, as_name, as_text, as_time
from hfs.transfer.importers._chatgpt_assets import attachments, is_asset
from hfs.transfer.importers._chatgpt_text import citations, without_marks
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._fencing import fenced

_ROLES: Final = frozenset(("user", "assistant", "system", "tool"))
_SHOWN_OF_TOOLS: Final = frozenset(("execution_output", "tether_quote", "multimodal_text"))
_CONTEXT: Final = frozenset(("user_editable_context", "model_editable_context"))
_THINKING: Final = frozenset(("thoughts", "reasoning_recap"))
_KNOWN: Final = frozenset(
    ("text", "multimodal_text", "code", "execution_output", "tether_quote", "tether_browsing_display", "sonic_webpage",
     "system_error", *_CONTEXT, *_THINKING)
)  # fmt: skip
_CUT_SHORT: Final = frozenset(("interrupted", "max_tokens"))
_NOTHING: Final[dict[str, Any]] = {}


def read_message(node: str, raw: dict[str, Any], tally: Tally) -> ForeignMessage | None:
    """The message of a node; None where nothing was said, or what was said is left out.

    What the model thought comes as a message that is hidden as ``thinking``.
    """
    author = raw.get("author")
    role = author.get("role") if isinstance(author, dict) else None
    if not isinstance(role, str) or role not in _ROLES:
        count_unknown(tally, "message", "role", role)
        return None
    content = raw.get("content")
    if isinstance(content, str):
        content = {"content_type": "text", "parts": [content]}
    elif not isinstance(content, dict):
        tally.skipped["empty message"] += 1
        return None
    metadata = raw.get("metadata")
    if not isinstance(metadata, dict):
        metadata = _NOTHING
    kind = as_text(content.get("content_type")) or "text"
    message = ForeignMessage(role, "", node or None, as_time(raw.get("create_time")))
    message.hidden = _label(role, kind, raw, metadata)
    message.content = _text(kind, content, metadata, tally)
    if message.hidden == "thinking":
        message.reasoning, message.content = message.content.strip(), ""
    elif role == "assistant":
        _answer(message, kind, raw, content, metadata)
    elif role == "tool" and (name := as_name(as_dict(author).get("name"))):
        message.extra["name"] = name
    if role in ("user", "system") and kind in _CONTEXT:
        message.role = "system"
    if metadata.get("attachments") or kind == "multimodal_text":
        message.attachments = attachments(content, metadata)
    if message.content.strip() or message.reasoning or message.tool_calls or message.attachments:
        return message
    if kind in _KNOWN:
        tally.skipped["empty message"] += 1
    else:
        count_unknown(tally, "content", "type", kind)
    return None


def _label(role: str, kind: str, raw: dict[str, Any], metadata: dict[str, Any]) -> str | None:
    flagged = bool(metadata.get("is_visually_hidden_from_conversation"))
    if kind in _CONTEXT:
        return "context"
    if role == "tool":
        return None if kind in _SHOWN_OF_TOOLS and not flagged else "tool result"
    if role == "system":
        return None if metadata.get("is_user_system_message") and not flagged else "system prompt"
    if role == "assistant":
        if raw.get("recipient") not in ("all", None, ""):
            return "tool call"
        if kind in _THINKING or raw.get("channel") == "analysis":
            return "thinking"
    if kind == "tether_browsing_display":
        return "tool result"
    if flagged:
        return "hidden message"
    return None if kind in _KNOWN else "unknown content"


def _answer(
    message: ForeignMessage, kind: str, raw: dict[str, Any], content: dict[str, Any], metadata: dict[str, Any]
) -> None:
    message.model = as_name(metadata.get("model_slug"))
    if message.hidden == "tool call":
        call = {"name": as_name(raw.get("recipient")) or "?", "arguments": message.content}
        message.tool_calls, message.content = [call], ""
        return
    if kind == "code":
        if message.content:
            message.content = fenced(message.content, as_text(content.get("language")))
    else:
        message.content = without_marks(message.content)
    details = metadata.get("finish_details")
    if raw.get("status") == "in_progress" or (isinstance(details, dict) and as_text(details.get("type")) in _CUT_SHORT):
        message.status = "interrupted"
    if metadata.get("citations") or metadata.get("content_references"):
        if sources := citations(metadata):
            message.extra["citations"] = sources


def _text(kind: str, content: dict[str, Any], metadata: dict[str, Any], tally: Tally) -> str:
    parts = content.get("parts")
    if isinstance(parts, list):
        if len(parts) == 1 and isinstance(parts[0], str):
            return parts[0]
        return "\n\n".join(filter(None, (_part(part, tally) for part in parts)))
    if kind == "thoughts":
        return "\n\n".join(filter(None, (_thought(thought) for thought in as_dicts(content.get("thoughts")))))
    if kind in _CONTEXT:
        return _context(content, metadata)
    if kind == "execution_output":
        output = as_text(content.get("text"))
        return fenced(output) if output.strip() else ""
    names = ("title", "name", "url", "content", "summary", "result", "text")
    return "\n".join(filter(None, (as_text(content.get(name)) for name in names)))


def _part(part: object, tally: Tally) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    # What was spoken comes with its transcription.
    text = as_text(part.get("text"))
    if not text and not is_asset(part):
        kind = as_name(part.get("content_type")) or "?"
        count_unknown(tally, "content", "type", kind)
    return text


def _thought(thought: dict[str, Any]) -> str:
    summary, text = as_text(thought.get("summary")), as_text(thought.get("content"))
    if not text:
        text = "\n".join(filter(None, map(as_text, as_list(thought.get("chunks")))))
    return f"{summary}\n{text}" if summary and text and not text.startswith(summary) else text or summary


def _context(content: dict[str, Any], metadata: dict[str, Any]) -> str:
    names = ("user_profile", "user_instructions", "model_set_context", "text")
    pieces = [as_text(content.get(name)) for name in names]
    if not any(pieces):
        data = as_dict(metadata.get("user_context_message_data"))
        pieces = [as_text(data.get(name)) for name in ("about_user_message", "about_model_message")]
    return "\n\n".join(filter(None, pieces))
