"""ShareGPT's shape, which programs that train models read: a list of sessions, each with ``from`` and ``value``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from hfs.persistence import SessionModel, exact_float, render_json
from hfs.transfer.exporters._kinds import Exporter, Frame
from hfs.transfer.exporters._turns import Call, Turn, turns

_SPEAKERS: Final = {"system": "system", "user": "human", "assistant": "gpt", "tool": "tool"}


def body(session: SessionModel) -> bytes:
    """``{"id": its uid, "conversations": [{"from", "value"}, …]}``."""
    said = [part for turn in turns(session) for part in _parts(turn)]
    return render_json({"id": session.uid, "conversations": said}).rstrip(b"\n")


def frame(name: str | None) -> Frame:
    """A list, also around a single session."""
    return Frame(b"[\n", b",\n", b"\n]\n")


def _parts(turn: Turn) -> Iterator[dict[str, str]]:
    if turn.content or turn.call_id:
        yield {"from": _SPEAKERS[turn.role], "value": turn.content}
    if turn.calls:
        calls = [{"name": call.name, "arguments": _arguments(call)} for call in turn.calls]
        value = render_json(calls[0] if len(calls) == 1 else calls)
        yield {"from": "function_call", "value": value.decode().rstrip("\n")}


def _arguments(call: Call) -> Any:
    """The arguments as values; as the text that they are, if that is no JSON."""
    try:
        value = json.loads(call.arguments, parse_float=exact_float)
        render_json([value])
    except (ValueError, TypeError, RecursionError):
        return call.arguments
    return value


EXPORTER: Final = Exporter(
    "sharegpt", "json", "ShareGPT's conversations: for programs that train models", False, body, frame
)
