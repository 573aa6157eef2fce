"""What LibreChat keeps in one message: ``text``, or ``content``, a list of parts."""

from __future__ import annotations

import re
from typing import Any, Final

from hfs.transfer.conversation import Tally
from hfs.transfer.fields import as_dict, as_dicts, as_name, as_text
from hfs.transfer.importers._attachments import described, located
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._turn import Turn

_THINKING: Final = re.compile(r"\s*:::thinking[ \t]*\n(.*?)\n:::[ \t]*(?:\n|\Z)", re.DOTALL)
_MEDIA: Final = {"image_url": "image", "video_url": "video"}


def say(turn: Turn, raw: dict[str, Any], tally: Tally) -> None:
    """Adds what a message says, thinks, calls and shows."""
    content = raw.get("content")
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, dict):
            _part(turn, part, tally)
        elif isinstance(part, str):
            _text(turn, part)
        elif part is not None:
            tally.unknown["content that is no object"] += 1
    if not turn.has_text:
        _text(turn, as_text(raw.get("text")))
    for file in as_dicts(raw.get("files")):
        turn.attach(_file(file))
    for item in as_dicts(raw.get("attachments")):
        if file := _file(item):
            turn.attach(file)
        else:
            count_unknown(tally, "attachment", "type", item.get("type"))
    errors = [part for part in as_dicts(content) if part.get("type") == "error"]
    turn.fail("\n".join(_value(part.get("error")) or _value(part.get("text")) for part in errors))


def _text(turn: Turn, text: str) -> None:
    """Older versions put thoughts before the text, between lines of colons."""
    found = _THINKING.match(text) if turn.role == "assistant" and ":::thinking" in text[:100] else None
    if found:
        turn.thought(found[1])
        text = text[found.end() :].lstrip("\n")
    turn.text(text)


def _part(turn: Turn, part: dict[str, Any], tally: Tally) -> None:
    kind = as_text(part.get("type"))
    if kind == "text":
        _text(turn, _value(part.get("text")))
    elif kind == "think":
        turn.thought(_value(part.get("think")))
    elif kind == "tool_call":
        _call(turn, as_dict(part.get("tool_call")), tally)
    elif kind == "image_file":
        turn.attach({"type": "image", **_file(as_dict(part.get("image_file")))})
    elif kind in _MEDIA:
        value = part.get(kind)
        url = as_text(value) or as_text(as_dict(value).get("url"))
        turn.attach({"type": _MEDIA[kind], **located(url, tally)})
    elif kind == "agent_update":
        tally.skipped["agent update"] += 1
    elif kind != "error":
        count_unknown(tally, "content", "type", kind)


def _value(text: object) -> str:
    return as_text(text) or as_text(as_dict(text).get("value"))


def _call(turn: Turn, call: dict[str, Any], tally: Tally) -> None:
    """There are three shapes: of an agent, of a function, and of tools that a provider runs itself."""
    id = as_name(call.get("id"))
    function = as_dict(call.get("function"))
    interpreter = as_dict(call.get("code_interpreter"))
    if function:
        name, arguments, output = function.get("name"), function.get("arguments"), function.get("output")
    elif interpreter:
        name, arguments, output = "code_interpreter", interpreter.get("input"), _logs(interpreter, tally)
    else:
        name, arguments, output = call.get("name", call.get("type")), call.get("args"), call.get("output")
    turn.call(id, as_name(name), arguments)
    if text := _value(output):
        turn.result(text, id, as_name(name), [])


def _logs(interpreter: dict[str, Any], tally: Tally) -> str:
    texts = []
    for output in as_dicts(interpreter.get("outputs")):
        if text := as_text(output.get("logs")):
            texts.append(text)
        else:
            count_unknown(tally, "output", "type", output.get("type"))
    return "\n".join(texts)


def _file(file: dict[str, Any]) -> dict[str, Any]:
    item = {
        **described(file, ref="file_id"),
        **described(file, name="filename", type="type", size="bytes", width="width", height="height", ref="filepath"),
    }
    if "name" not in item and "ref" not in item:
        return {}
    text = as_text(file.get("text"))
    return {**item, "content": text} if text else item
