"""One rich session that every export format is tried with, and the golden files that pin the bytes."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from hfs.persistence import MessageModel, SessionModel
from hfs.transfer.exporters._kinds import Exporter

GOLDEN: Final = Path(__file__).parents[3] / "fixtures" / "exports"
UID: Final = "0199f3c2-7d1e-7b6a-9a51-0e6a4bb4a1c7"
_START: Final = datetime(2026, 11, 24, 1, 55, 12, 123456, tzinfo=UTC)

CONTROLS: Final = "red \x1b[31mtext\x1b[0m, bell \x07, null \x00, return \r, delete \x7f, C1 \x9b2J, separator \u2028."
"""What could steer a terminal or split a line."""
BIDI: Final = "file\u202egnp.exe\u202c and \u2066isolated\u2069\u200f"
"""Text whose order a terminal would turn around."""
MARKUP: Final = "[bold red]Rich[/] <script>alert('x')</script> & *stars* `ticks` | pipe | </details>\n\n## user\n\n---"
"""What is markup in Rich, HTML and Markdown, and what looks like the frame of a Markdown export."""
FOREIGN: Final = "日本語のテキスト · مرحبا بالعالم · हिन्दी · Ελληνικά · 👩🏽‍💻 · e\u0301"
CODE: Final = (
    "Look it up in the reflog:\n\n```sh\ngit reflog\n\tgit reset --hard ORIG_HEAD\n```\n\n"
    "````markdown\n```\nA fence in a fence.\n```\n````\n\nDone.  \n"
)

_CALL: Final = {"id": "call_1", "name": "web.run", "arguments": {"query": "git reflog", "limit": 2}}
_FOREIGN_CALL: Final = {
    "id": "call_2",
    "type": "function",
    "function": {"name": "shell", "arguments": '{"command": "git reflog -2"}'},
}
_LOST_CALL: Final = {"id": "call_3", "name": "shell", "arguments": '{"command": "sleep 1000"}'}


def sample() -> SessionModel:
    """The session, made anew each time."""
    name = "Undo a rebase? <b>&[red] 日本 \u202eevil"
    spoken: list[tuple[str, str, dict[str, Any]]] = [
        ("system", "You are terse.", {"hidden": "system prompt"}),
        ("user", "<environment_context>cwd: /work</environment_context>", {"hidden": "context"}),
        ("user", "How do I undo a rebase?\nI have a plan and notes.", {"attachments": _attachments()}),
        ("assistant", "", {"hidden": "tool call", "tool_calls": [_CALL, _FOREIGN_CALL]}),
        ("tool", "1. git-scm.com\n2. example.org", _result("call_1", "web.run")),
        ("tool", "abc123 HEAD@{0}: rebase\nabc122 HEAD@{1}: checkout", _result("call_2", "shell")),
        ("assistant", CODE, {"reasoning": "The reflog has it.\nSay so, with code.", "tokens": {"in": 3, "out": 1.5}}),
        ("user", MARKUP, {}),
        ("assistant", CONTROLS + "\n" + BIDI, {"tool_calls": [_LOST_CALL]}),
        ("user", FOREIGN, {"mood": ["calm", None, True]}),
        ("system", "From here on, answer in one line.", {}),
        ("assistant", "The answer was cut sh", {}),
    ]
    messages = [_message(number, role, text, extra) for number, (role, text, extra) in enumerate(spoken, 1)]
    messages[-1].status = "interrupted"
    extra = {"tags": ["git", "<i>tag</i>"], "mood": {"weather": "rain", "degrees": 7.5}}
    updated = messages[-1].created_at
    return SessionModel(12, UID, name, "user", _START, updated, messages, extra)


def plain() -> SessionModel:
    """A session as most are: a question and an answer."""
    uid = "0199f3c2-7d1e-7b6a-9a51-000000000013"
    messages = [_message(1, "user", "hi", {}), _message(2, "assistant", "hello", {})]
    for message in messages:
        message.session_id = 13
    return SessionModel(13, uid, "hi - 2026-11-24_01-55", "auto", _START, messages[-1].created_at, messages)


def empty() -> SessionModel:
    """A session in which nothing was said yet."""
    return SessionModel(14, "0199f3c2-7d1e-7b6a-9a51-000000000014", "New session", "auto", _START, None, [])


def assert_golden(name: str, written: bytes) -> None:
    """That the bytes are those of a golden file; with ``HFS_TEST_WRITE_GOLDEN=1`` they become it.

    Args:
        name: The file's name in ``fixtures/exports``: ``sample.openai.jsonl``.
        written: What was exported.
    """
    path = GOLDEN / name
    if os.environ.get("HFS_TEST_WRITE_GOLDEN"):
        path.write_bytes(written)
    assert written == path.read_bytes()


def together(exporter: Exporter, *sessions: SessionModel) -> bytes:
    """Sessions in one file, as the command writes them."""
    frame = exporter.frame(None)
    return frame.before + frame.between.join(exporter.body(session) for session in sessions) + frame.after


def _message(number: int, role: str, content: str, extra: dict[str, Any]) -> MessageModel:
    moment = _START + timedelta(seconds=number)
    model = "local/smollm2" if role == "assistant" else None
    return MessageModel(number, 12, role, content, moment, model, extra=extra)


def _result(call: str, name: str) -> dict[str, Any]:
    return {"hidden": "tool result", "name": name, "tool_call_id": call}


def _attachments() -> list[dict[str, Any]]:
    return [
        {"name": "plan.png", "type": "image/png", "size": 48213},
        {"name": "notes <b>.txt", "type": "text/plain", "size": 20, "content": "first note\nlast note"},
    ]
