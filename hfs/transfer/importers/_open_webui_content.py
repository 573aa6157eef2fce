"""What Open WebUI keeps in one message: ``content`` with ``<details>`` in it, and in newer ones ``output``, a list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from hfs.transfer.conversation import Tally
from hfs.transfer.fields import as_dict, as_dicts, as_name, as_text
from hfs.transfer.importers._counted import count_unknown
from hfs.transfer.importers._fencing import fenced
from hfs.transfer.importers._tags import Element, split_elements, unescaped
from hfs.transfer.importers._turn import Turn

_KINDS: Final = frozenset(("reasoning", "tool_calls", "code_interpreter"))
_SUMMARY: Final = re.compile(r"\s*+(?:<summary>[^<]*+</summary>\s*+)?+")
_QUOTE: Final = re.compile("^>[ \t]?", re.MULTILINE)
_INTERPRETER: Final = "code_interpreter"


@dataclass(frozen=True, slots=True)
class _Part:
    """Something in a turn: what was said or thought, a call of a tool, or what it gave back."""

    kind: str
    text: str
    id: str | None = None
    name: str | None = None


def say(turn: Turn, content: str, output: object, tally: Tally) -> None:
    """Adds what a message says.

    Args:
        turn: What it becomes.
        content: Its text.
        output: The list that a newer version keeps of it.
        tally: Counts what is not known.
    """
    written = list(_written(content))
    kept = list(_kept(as_dicts(output), tally))
    if kept and _said(written) in ("", _said(kept)):
        parts = kept
    elif any(part.kind != "text" for part in written):
        parts = written
    else:
        # The text was edited: it counts, with what was thought and called before it.
        parts = [part for part in kept if part.kind != "text"] + written
    for part in parts:
        if part.kind == "text":
            turn.text(part.text.strip("\n"))
        elif part.kind == "thought":
            turn.thought(part.text)
        elif part.kind == "call":
            turn.call(part.id, part.name, part.text or None)
        else:
            turn.result(part.text, part.id, part.name, [])


def _said(parts: list[_Part]) -> str:
    return "".join("".join(part.text.split()) for part in parts if part.kind == "text")


def _written(content: str) -> Iterator[_Part]:
    if "<details" not in content:
        yield _Part("text", content)
        return
    wanted = split_elements(
        content, "details", lambda found: found.get("type") in _KINDS, at_line_start=True, unclosed=True
    )
    for piece in wanted:
        if isinstance(piece, str):
            yield _Part("text", piece)
        else:
            yield from _element(piece)


def _element(element: Element) -> Iterator[_Part]:
    attributes = {name: unescaped(value) for name, value in element.attributes.items()}
    summary = _SUMMARY.match(element.body)
    body = element.body[summary.end() :] if summary else element.body
    kind = attributes["type"]
    if kind == "reasoning":
        # Older versions don't escape what is quoted.
        text = unescaped(body) if body.startswith("&gt;") else body
        yield _Part("thought", _QUOTE.sub("", text).strip())
        return
    if kind == _INTERPRETER:
        yield _Part("call", body.strip(), attributes.get("id"), _INTERPRETER)
        if output := attributes.get("output"):
            yield _Part("result", _decoded(output), attributes.get("id"), _INTERPRETER)
        return
    id, name = as_name(attributes.get("id")), as_name(attributes.get("name"))
    yield _Part("call", _decoded(attributes.get("arguments", "")), id, name)
    result = _decoded(attributes.get("result", "")) or _decoded(unescaped(body).strip())
    if result:
        yield _Part("result", result, id, name)


def _decoded(text: str) -> str:
    """A text that is written as a JSON string is that string; else it stays as it is."""
    if text.startswith('"'):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return found if isinstance(found, str) else text
    return text


def _kept(output: list[dict[str, Any]], tally: Tally) -> Iterator[_Part]:
    names = {as_name(item.get("call_id")): as_name(item.get("name")) for item in output if "name" in item}
    for item in output:
        kind = as_text(item.get("type"))
        id = as_name(item.get("call_id"))
        if kind == "message":
            yield _Part("text", _texts(item.get("content")))
        elif kind == "reasoning":
            yield _Part("thought", _texts(item.get("summary")) or _texts(item.get("content")))
        elif kind == "function_call":
            yield _Part("call", _arguments(item.get("arguments")), id or as_name(item.get("id")), names.get(id))
        elif kind == "function_call_output":
            yield _Part("result", _texts(item.get("output")), id, names.get(id))
        elif kind == f"open_webui:{_INTERPRETER}":
            code = as_text(item.get("code"))
            yield _Part("call", fenced(code, as_text(item.get("lang"))) if code else "", None, _INTERPRETER)
            if result := _output(item.get("output")):
                yield _Part("result", result, None, _INTERPRETER)
        else:
            count_unknown(tally, "content", "type", kind)


def _texts(value: object) -> str:
    parts = value if isinstance(value, list) else [value]
    return "\n".join(filter(None, (as_text(as_dict(part).get("text")) or as_text(part) for part in parts)))


def _arguments(value: object) -> str:
    return as_text(value) or (json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else "")


def _output(value: object) -> str:
    names = ("stdout", "stderr", "result", "output")
    return as_text(value) or "\n".join(filter(None, (as_text(as_dict(value).get(name)) for name in names)))
