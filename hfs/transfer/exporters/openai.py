"""OpenAI's messages: a line of JSON for each session, as fine-tuning and the API take them."""

from __future__ import annotations

from typing import Any, Final

from hfs.persistence import SessionModel, render_json
from hfs.transfer.exporters._kinds import Exporter
from hfs.transfer.exporters._turns import Turn, turns


def body(session: SessionModel) -> bytes:
    """A line: ``{"messages": [{"role", "content"}, …]}``."""
    return render_json({"messages": [_message(turn) for turn in turns(session)]})


def _message(turn: Turn) -> dict[str, Any]:
    if turn.call_id:
        return {"role": "tool", "tool_call_id": turn.call_id, "content": turn.content}
    if not turn.calls:
        return {"role": turn.role, "content": turn.content}
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in turn.calls
    ]
    return {"role": turn.role, "content": turn.content or None, "tool_calls": calls}


EXPORTER: Final = Exporter(
    "openai", "jsonl", "OpenAI's messages, a line a session: for fine-tuning or an API", False, body
)
