"""What a message carries besides what was said: reasoning, calls of tools, attachments. Shown folded, never as chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hfs.display import counted, one_line
from hfs.transfer.fields import as_dicts

if TYPE_CHECKING:
    from hfs.persistence import MessageModel


_REASONING: Final = "reasoning"


@dataclass(frozen=True, slots=True)
class Fold:
    """Something that a person may unfold."""

    label: str
    """On one line: ``reasoning``, ``tool call: web.run``, ``attachment: a.png (image/png)``. Untrusted text in it."""
    text: str
    """What is in it; empty where the label says everything."""

    @property
    def summary(self) -> str:
        """The label, and how much is in it."""
        lines = self.text.count("\n") + 1
        return f"{self.label} ({counted(lines, 'line')})" if self.text else self.label


def folds(message: MessageModel) -> list[Fold]:
    """What is folded of a message: first the whole message, if it is no part of the chat, then what it carries."""
    found = []
    if message.hidden is not None:
        name = message.extra.get("name")
        label = f"{message.hidden}: {name}" if isinstance(name, str) and name else message.hidden
        found.append(Fold(one_line(label), message.content))
    reasoning = message.extra.get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        found.append(Fold(_REASONING, reasoning))
    found += [_call(call) for call in as_dicts(message.extra.get("tool_calls"))]
    found += [_attachment(item) for item in as_dicts(message.extra.get("attachments"))]
    return found


def shown_folds(message: MessageModel) -> list[Fold]:
    """The same, where a message that has no text and only carries something is told by what it carries."""
    found = folds(message)
    return found[1:] if message.hidden is not None and not message.content and len(found) > 1 else found


def folds_around(message: MessageModel) -> tuple[list[Fold], list[Fold]]:
    """What is shown before the text of a message, and after it: a model thinks first, and then calls tools."""
    shown = shown_folds(message)
    if message.hidden is not None:
        return shown, []
    return [fold for fold in shown if fold.label == _REASONING], [fold for fold in shown if fold.label != _REASONING]


def function_of(call: dict[str, Any]) -> dict[str, Any]:
    """What has the name and arguments of a call: the call itself, or ``function`` in it, as in OpenAI's API."""
    function = call.get("function")
    return function if isinstance(function, dict) else call


def _call(call: dict[str, Any]) -> Fold:
    name, arguments = function_of(call).get("name"), function_of(call).get("arguments")
    text = arguments if isinstance(arguments, str) else "" if arguments is None else _json(arguments)
    return Fold(f"tool call: {one_line(name) if isinstance(name, str) else 'unnamed'}", text)


def _attachment(item: dict[str, Any]) -> Fold:
    name, kind, content = item.get("name"), item.get("type"), item.get("content")
    shown = one_line(name) if isinstance(name, str) and name else "unnamed"
    detail = f" ({one_line(kind)})" if isinstance(kind, str) and kind else ""
    return Fold(f"attachment: {shown}{detail}", content if isinstance(content, str) else "")


def _json(value: object) -> str:
    from hfs.persistence import render_json

    try:
        return render_json(value).decode().strip()
    except (TypeError, ValueError):
        return "?"
