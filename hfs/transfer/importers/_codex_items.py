"""Response items of Codex into messages; the same in every generation of its files."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from hfs.transfer.conversation import ForeignMessage, Tally
from hfs.transfer.fields import as_dict, as_dicts, as_list, as_name, as_text
from hfs.transfer.importers._agent_parts import (
    as_json,
    encoded_file,
    linked_image,
    tool_call,
    tool_result,
)
from hfs.transfer.importers._counted import count_unknown

_FRAGMENTS: Final = (
    ("# AGENTS.md instructions", "</INSTRUCTIONS>"),
    ("<INSTRUCTIONS>", "</INSTRUCTIONS>"),
    ("<user_instructions>", "</user_instructions>"),
    ("<environment_context>", "</environment_context>"),
    ("<permissions instructions>", "</permissions instructions>"),
    ("<collaboration_mode>", "</collaboration_mode>"),
    ("<skills_instructions>", "</skills_instructions>"),
    ("<skill>", "</skill>"),
    ("<user_shell_command>", "</user_shell_command>"),
    ("<turn_aborted>", "</turn_aborted>"),
    ("<subagent_notification>", "</subagent_notification>"),
    ("<codex_internal_context", "</codex_internal_context>"),
    ("<goal_context>", "</goal_context>"),
    ("<recommended_plugins>", "</recommended_plugins>"),
    ("<hook_prompt ", "</hook_prompt>"),
    ("<user_action>", "</user_action>"),
    ("<external_", ">"),
)
"""How texts begin and end that Codex puts into the conversation as if the person had said them."""
_REQUEST: Final = "## My request for Codex:"
"""In editors, what the person said follows this line, and what was open there stands before it."""
_SUMMARY: Final = "Another language model started to solve this problem and produced a summary of its thinking process"
_CWD: Final = re.compile(r"<cwd>([^<\n]{1,4096})</cwd>")
_OPAQUE: Final = frozenset(
    (
        "compaction", "compaction_summary", "context_compaction", "compaction_trigger", "configuration_update",
        "additional_tools", "ghost_snapshot", "other",
    )
)  # fmt: skip
"""Items that hold nothing to read."""
ITEM_TYPES: Final = frozenset(
    (
        "message", "reasoning", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output",
        "local_shell_call", "local_shell_call_output", "web_search_call", "tool_search_call", "tool_search_output",
        "image_generation_call", "agent_message", *_OPAQUE,
    )
)  # fmt: skip


class ItemReader:
    """Turns items into messages, and remembers what a later item refers to.

    Args:
        tally: Counts what is left out.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._tools: dict[str, str] = {}
        self.model: str | None = None
        """Whose the next answers are."""
        self.cwd: str | None = None
        """The folder that the injected context names."""

    def read(self, item: dict[str, Any], moment: datetime | None) -> list[ForeignMessage]:
        """The messages that an item is; their ids are still missing. Reasoning is a message without content."""
        kind = as_text(item.get("type"))
        if kind == "message":
            return self._message(item, moment)
        if kind == "agent_message":
            return [ForeignMessage("system", self._text(item, []), created_at=moment, hidden="agent message")]
        if kind == "reasoning":
            return self._reasoning(item, moment)
        if kind in _OPAQUE:
            self._tally.skipped[f"{kind} item"] += 1
            return []
        if kind.endswith("_output"):
            return [self._output(item, kind, moment)]
        if kind.endswith("_call"):
            return [self._call(item, kind, moment)]
        count_unknown(self._tally, "item", "type", kind)
        return []

    # What was said

    def _message(self, item: dict[str, Any], moment: datetime | None) -> list[ForeignMessage]:
        role = as_text(item.get("role"))
        if role == "user":
            return self._user(item, moment)
        files: list[dict[str, Any]] = []
        text = self._text(item, files)
        if role == "assistant":
            return [ForeignMessage("assistant", text, created_at=moment, model=self.model, attachments=files)]
        if role in ("developer", "system"):
            return [ForeignMessage("system", text, created_at=moment, hidden="system prompt", attachments=files)]
        count_unknown(self._tally, "message", "role", role)
        return []

    def _user(self, item: dict[str, Any], moment: datetime | None) -> list[ForeignMessage]:
        passthrough = as_dict(item.get("internal_chat_message_metadata_passthrough"))
        kinds = as_list(passthrough.get("content_item_kinds"))
        files: list[dict[str, Any]] = []
        context, said = [], []
        for number, text in enumerate(self._texts(item.get("content"), files)):
            kind = as_text(kinds[number]) if number < len(kinds) else ""
            own = kind.startswith("user.") or (kind in ("", "unknown") and not is_injected(text))
            before, request, after = text.partition(_REQUEST) if own else (text, "", "")
            if request:
                context.append(before)
                said.append(after.strip())
            else:
                (said if own else context).append(text)
        found = []
        folded = "\n\n".join(text for text in context if text.strip())
        if folded:
            self._look_for_cwd(folded)
            label = "summary" if folded.startswith(_SUMMARY) else "context"
            found.append(ForeignMessage("user", folded, created_at=moment, hidden=label))
        text = "\n\n".join(part for part in said if part)
        if text.strip() or files or not found:
            found.append(ForeignMessage("user", text, created_at=moment, attachments=files))
        return found

    def _look_for_cwd(self, text: str) -> None:
        place = _CWD.search(text)
        if place and self.cwd is None:
            self.cwd = place[1].strip()

    def _text(self, item: dict[str, Any], files: list[dict[str, Any]]) -> str:
        return "\n\n".join(text for text in self._texts(item.get("content"), files) if text)

    def _texts(self, content: object, files: list[dict[str, Any]]) -> list[str]:
        """The text of each block, empty for one that is none, so that each keeps its place."""
        if isinstance(content, str):
            return [content]
        texts = []
        for block in as_list(content):
            inner = as_dict(block)
            kind = as_text(inner.get("type"))
            text = inner.get("text", inner.get("refusal"))
            texts.append(as_text(text))
            if kind == "input_image":
                url = inner.get("image_url")
                files.append(linked_image(as_dict(url).get("url", url), self._tally))
            elif kind == "encrypted_content":
                self._tally.skipped["encrypted content"] += 1
            elif not isinstance(text, str):
                count_unknown(self._tally, "content", "type", kind)
        return texts

    def _reasoning(self, item: dict[str, Any], moment: datetime | None) -> list[ForeignMessage]:
        parts = as_dicts(item.get("summary")) + as_dicts(item.get("content"))
        text = "\n\n".join(part for part in (as_text(part.get("text")) for part in parts) if part)
        if text:
            return [ForeignMessage("assistant", "", created_at=moment, model=self.model, reasoning=text)]
        self._tally.skipped["encrypted reasoning" if item.get("encrypted_content") else "empty reasoning"] += 1
        return []

    # Tools

    def _call(self, item: dict[str, Any], kind: str, moment: datetime | None) -> ForeignMessage:
        name = as_name(item.get("name")) or kind.removesuffix("_call")
        call_id = as_name(item.get("call_id")) or as_name(item.get("id"))
        if call_id is not None:
            self._tools[call_id] = name
        given = (item.get(key) for key in ("arguments", "input", "action", "revised_prompt"))
        arguments = next((value for value in given if value is not None), None)
        message = ForeignMessage("assistant", "", created_at=moment, model=self.model, hidden="tool call")
        message.tool_calls.append(tool_call(call_id, name, arguments))
        if kind == "image_generation_call" and as_text(item.get("result")):
            message.attachments.append(encoded_file("image", "image", item["result"], self._tally))
        return message

    def _output(self, item: dict[str, Any], kind: str, moment: datetime | None) -> ForeignMessage:
        call_id = as_name(item.get("call_id"))
        name = self._tools.get(call_id) if call_id is not None else None
        files: list[dict[str, Any]] = []
        output = item.get("output", item.get("tools"))
        value = as_dict(output).get("content", output)
        if isinstance(value, list) and kind != "tool_search_output":
            content = "\n\n".join(text for text in self._texts(value, files) if text)
        else:
            content = as_json(value)
        result = tool_result(content, None, moment, name or as_name(item.get("name")), call_id)
        result.attachments = files
        return result


def is_injected(text: str) -> bool:
    """Whether Codex put a text in, and nobody typed it."""
    stripped = text.strip()
    if any(stripped.startswith(begin) and stripped.endswith(end) for begin, end in _FRAGMENTS):
        return True
    return stripped.startswith(_SUMMARY)
