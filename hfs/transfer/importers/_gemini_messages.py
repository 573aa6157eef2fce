"""Records of a Gemini CLI chat into messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from hfs.transfer.conversation import ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_dicts, as_list, as_name, as_text, as_time
from hfs.transfer.importers._agent_parts import as_json, encoded_file, tool_call, tool_result
from hfs.transfer.importers._counted import count_unknown

_NOTICES: Final = frozenset(("info", "warning", "error"))
_INJECTED: Final = (
    ("<session_context>", "context"),
    ("This is the Gemini CLI. We are setting up the context", "context"),
    ("<hook_context>", "context"),
    ("<state_snapshot>", "summary"),
)
"""How texts begin that the program put in as the user's."""


class MessageReader:
    """Turns records into messages.

    Args:
        tally: Counts what is left out.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def read(self, record: dict[str, Any]) -> list[ForeignMessage]:
        """The messages that a record is."""
        kind = as_text(record.get("type"))
        if kind == "user":
            return self._user(record)
        if kind == "gemini":
            return self._answer(record)
        if kind in _NOTICES:
            message = self._from_parts(record, "content", "system")
            message.hidden = kind
            return [message] if message.content.strip() else [ForeignMessage("system", "")]
        count_unknown(self._tally, "message", "type", kind)
        return []

    def _user(self, record: dict[str, Any]) -> list[ForeignMessage]:
        found: list[ForeignMessage] = []
        sent = self._from_parts(record, "content", "user", found)
        shown = self._from_parts(record, "displayContent", "user")
        if sent.tool_calls:
            self._tally.unknown["call of a tool by the user"] += len(sent.tool_calls)
            sent.tool_calls = []
        if shown.content.strip() and shown.content != sent.content:
            # What was typed, and what it became: the contents of files that it names were put in.
            sent.content, shown.content = shown.content, sent.content
            shown.hidden, shown.attachments = "context", []
            shown.id = f"{sent.id}/context" if sent.id is not None else None
            found += [shown] if shown.content.strip() else []
        else:
            sent.hidden = next((label for begin, label in _INJECTED if sent.content.startswith(begin)), None)
        if sent.content.strip() or sent.attachments or not found:
            found.append(sent)
        return found

    def _answer(self, record: dict[str, Any]) -> list[ForeignMessage]:
        results: list[ForeignMessage] = []
        message = self._from_parts(record, "content", "assistant", results)
        message.model = as_name(record.get("model"))
        thoughts = [_thought(thought) for thought in as_dicts(record.get("thoughts"))]
        message.reasoning = "\n\n".join(part for part in [*thoughts, message.reasoning] if part)
        known = {call.get("id") for call in message.tool_calls if "id" in call}
        for number, call in enumerate(as_dicts(record.get("toolCalls"))):
            call_id = as_name(call.get("id"))
            if call_id is None or call_id not in known:
                message.tool_calls.append(tool_call(call_id, call.get("name"), call.get("args")))
            result = self._result_of(call, f"{message.id}/{call_id or number}" if message.id else None)
            results += [result] if result is not None else []
        return [message, *results]

    def _result_of(self, call: dict[str, Any], message_id: str | None) -> ForeignMessage | None:
        given = call.get("result")
        texts: list[str] = []
        files: list[dict[str, Any]] = []
        for part in _parts(given):
            answer = as_dict(part.get("functionResponse"))
            if answer:
                texts.append(_answered(answer))
                for inner in as_dicts(answer.get("parts")):
                    files += self._file(inner)
            elif as_text(part.get("text")):
                texts.append(as_text(part.get("text")))
            else:
                files += self._file(part)
        text = "\n\n".join(part for part in texts if part) or as_text(call.get("resultDisplay"))
        if not text and not files:
            return None
        moment = as_time(call.get("timestamp"))
        result = tool_result(text, message_id, moment, call.get("name"), call.get("id"))
        result.attachments = files
        return result

    def _from_parts(
        self, record: dict[str, Any], key: str, role: str, results: list[ForeignMessage] | None = None
    ) -> ForeignMessage:
        """A message of the parts under a key; what tools answered goes to the results."""
        message_id, moment = as_name(record.get("id")), as_time(record.get("timestamp"))
        message = ForeignMessage(role, "", message_id, moment)
        texts: list[str] = []
        for number, part in enumerate(_parts(record.get(key))):
            text = part.get("text")
            call, answer = as_dict(part.get("functionCall")), as_dict(part.get("functionResponse"))
            if isinstance(text, str) and part.get("thought") is True:
                message.reasoning = f"{message.reasoning}\n\n{text}".strip()
            elif isinstance(text, str):
                texts.append(text)
            elif call:
                message.tool_calls.append(tool_call(call.get("id"), call.get("name"), call.get("args")))
            elif answer:
                if results is not None:
                    results.append(self._answer_part(answer, message_id, number, moment))
            elif isinstance(part.get("executableCode"), dict):
                message.tool_calls.append(tool_call(None, "code", part["executableCode"]))
            elif isinstance(part.get("codeExecutionResult"), dict) and results is not None:
                output = as_json(part["codeExecutionResult"].get("output"))
                own = f"{message_id}/{number}" if message_id is not None else None
                results.append(tool_result(output, own, moment, "code", None))
            else:
                files = self._file(part)
                message.attachments += files
                if not files:
                    count_unknown(self._tally, "content", "type", next(iter(part), None))
        message.content = "".join(texts)
        return message

    def _answer_part(
        self, answer: dict[str, Any], message_id: str | None, number: int, moment: datetime | None
    ) -> ForeignMessage:
        own = f"{message_id}/{number}" if message_id is not None else None
        return tool_result(_answered(answer), own, moment, answer.get("name"), answer.get("id"))

    def _file(self, part: dict[str, Any]) -> list[dict[str, Any]]:
        inline, linked = part.get("inlineData"), part.get("fileData")
        if isinstance(inline, dict):
            return [encoded_file("file", inline.get("mimeType"), inline.get("data"), self._tally)]
        if isinstance(linked, dict):
            address = as_text(linked.get("fileUri"))
            found = {"name": address.rsplit("/", 1)[-1] or "file", "url": address}
            return [{**found, "type": as_text(linked.get("mimeType"))}]
        return []


def _parts(content: object) -> list[dict[str, Any]]:
    """The parts of a content, whichever of its forms it has."""
    listed = as_list(content) if isinstance(content, list) else [content]
    found = [{"text": part} if isinstance(part, str) else part for part in listed]
    return [part for part in found if isinstance(part, dict) and part]


def _answered(answer: dict[str, Any]) -> str:
    response = answer.get("response")
    inner = as_dict(response)
    output = inner.get("output", inner.get("error"))
    return output if isinstance(output, str) else as_json(response)


def _thought(thought: dict[str, Any]) -> str:
    subject, description = as_text(thought.get("subject")), as_text(thought.get("description"))
    return "\n".join(part for part in (f"**{subject}**" if subject else "", description) if part)
