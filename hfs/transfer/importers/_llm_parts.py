"""The parts of a message of llm 0.32 and later, into messages: texts, fragments, calls, results, attachments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from hfs.transfer.conversation import ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_dicts, as_name, as_text
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._llm_responses import read_attachment, read_fragment
from hfs.transfer.importers._llm_turns import ToolResult, call_of, output_text, own_words, result_message
from hfs.transfer.importers._sqlite import Database, column_object, column_text

_PART: Final = ("type", "tool_name", "text", "payload")
_ROLES: Final = ("user", "assistant", "system", "tool")


@dataclass(slots=True)
class _Content:
    """What the parts of a message have in them."""

    texts: list[str] = field(default_factory=list)
    reasoning: list[str] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    results: list[ToolResult] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)


def read_message(database: Database, identity: str, role: str, tally: Tally) -> list[ForeignMessage]:
    """The messages that a stored one becomes: more than one where it holds results of tools."""
    if role not in _ROLES:
        count_unknown(tally, "message", "role", role)
        return []
    content = _Content()
    if database.has("parts", "message_hash"):
        order = "position" if database.has("parts", "position") else "rowid"
        for row in database.rows("parts", _PART, f"WHERE message_hash = ? ORDER BY {order}", (identity,)):
            _read_part(database, row["type"], dict(row), role, content, tally)
    own = _own_message(role, content)
    results = [result_message(result) for result in content.results]
    # The provider ran these tools itself, after the answer called them; others answer a call of the message before.
    found = [*own, *results] if role == "assistant" else [*results, *own]
    if not found:
        tally.skipped["empty message"] += 1
    for number, message in enumerate(found):
        message.id = f"{identity}:{number}" if number else identity
    return found


def _own_message(role: str, content: _Content) -> list[ForeignMessage]:
    text = "".join(content.texts)
    if role == "assistant":
        reasoning = "\n\n".join(content.reasoning)
        if not text and not reasoning and not content.calls and not content.attachments:
            return []
        hidden = None if text or content.attachments else "tool call" if content.calls else "thinking"
        return [
            ForeignMessage(
                role,
                text,
                hidden=hidden,
                reasoning=reasoning,
                tool_calls=content.calls,
                attachments=content.attachments,
            )
        ]
    hidden = {"system": "system prompt", "tool": "tool result"}.get(role)
    text, attachments = own_words(text, content.attachments)
    return [ForeignMessage(role, text, hidden=hidden, attachments=attachments)] if text or attachments else []


def _read_part(
    database: Database, kind: object, row: dict[str, Any], role: str, content: _Content, tally: Tally
) -> None:
    payload = column_object(row["payload"])
    if kind == "text":
        _read_text(database, row, payload, role, content, tally)
    elif kind == "reasoning":
        text = column_text(row["text"], tally) or as_text(payload.get("text"))
        if text:
            content.reasoning.append(text)
        else:
            tally.skipped["reasoning that the provider withheld"] += 1
    elif kind == "tool_call":
        name = as_name(payload.get("name")) or row["tool_name"]
        content.calls.append(call_of(name, payload.get("arguments"), payload.get("tool_call_id")))
    elif kind == "tool_result":
        linked = [item.get("id") for item in as_dicts(payload.get("attachments"))]
        content.results.append(
            ToolResult(
                as_name(payload.get("name")) or as_name(row["tool_name"]),
                as_name(payload.get("tool_call_id")),
                output_text(payload.get("output")) or column_text(row["text"], tally),
                as_name(payload.get("exception")),
                attachments=_attachments(database, linked, tally),
            )
        )
    elif kind == "attachment":
        content.attachments += _attachments(database, [as_dict(payload.get("attachment")).get("id")], tally)
    else:
        count_unknown(tally, "part", "type", kind)


def _attachments(database: Database, ids: list[object], tally: Tally) -> list[dict[str, Any]]:
    found = (read_attachment(database, as_name(identity), tally) for identity in ids)
    return [attachment for attachment in found if attachment is not None]


def _read_text(
    database: Database, row: dict[str, Any], payload: dict[str, Any], role: str, content: _Content, tally: Tally
) -> None:
    """A text; the fragments that it begins with are kept beside it, as files that came along with it."""
    text = column_text(row["text"], tally) or as_text(payload.get("text"))
    pieces = [] if text else as_dicts(payload.get("text_ref"))
    beginning = role == "user" and not content.texts
    rest: list[str] = []
    for at, piece in enumerate(pieces):
        if "literal" in piece:
            literal = as_text(piece["literal"])
            between = (
                beginning and not rest and literal == "\n" and "fragment" in as_dict((pieces[at + 1 :] or [{}])[0])
            )
            rest += [] if between else [literal]
            continue
        fragment = read_fragment(database, as_name(piece.get("fragment")), tally)
        if fragment is None:
            continue
        if beginning and not rest:
            content.attachments.append(fragment)
        else:
            rest.append(fragment["content"])
    joined = "".join(rest)
    text = text or (joined.removeprefix("\n") if content.attachments and beginning else joined)
    if text:
        content.texts.append(text)
