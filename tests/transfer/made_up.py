"""Made-up sessions with everything in them that could go wrong on the way out and in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hypothesis import strategies as st

from hfs.persistence import MessageModel, SessionModel, exact_float, render_document
from hfs.transfer.conversation import Conversation
from hfs.transfer.exporters import Exporter
from hfs.transfer.importing.reading import Failed, Reading
from tests.transfer.importers.reading import source_of

_FRAGMENTS: Final = (
    "", "\n", "\n\n", " ", "\t", "  \n", "\r", "\r\n", "\x00", "\x1b[31m", "\x07", "\x7f", "\x85", "\x9b2J",
    "\u2028", "\u202e", "\u200f", "\ufeff", "\ufffd", "\ud800", "\xa0", "\x0b\x0c\x1c", "e\u0301", "日本", "👩🏽‍💻",
    "word", "---", "---\nhfs: 1", "hfs: 1", "# Name", "## user", "## user · 2026-11-24 01:55:12 UTC",
    "<!-- hfs user -->", "<!-- hfs {} -->", "<!-- hfs session -->", "<!-- hfs: note -->", "  <!--hfs user-->",
    "\\<!-- hfs user -->", "\\\\<!-- hfs x", "<!-- hfsx -->", "<!-- HFS", "-->", "--", "-",
    "<details><summary>x</summary>", "</details>", "```", "~~~", "    code", "> quote", '"', "'", "\\",
    "\\u002d", "{}", "null", "name: x", "\\#", "a\\_b",
)  # fmt: skip
_FRAGMENT: Final = st.one_of(st.sampled_from(_FRAGMENTS), st.text(max_size=8))
TEXTS: Final = st.builds(str.join, st.sampled_from(("", "\n", "\n\n", " ")), st.lists(_FRAGMENT, max_size=6).map(tuple))
"""Texts of any characters, and lines that look like the marks of a layout."""
_NUMBERS: Final = st.sampled_from([exact_float(one) for one in ("1.50", "1E5", "0.1", "-0.0", "1e-07", "3.0")])
VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | _NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
_KEYS: Final = (
    st.sampled_from(("hfs", "hfs_", "hfs__", "text", "tags", "true", "a: b", "", "é", "#x", '"q"', "removed")) | TEXTS
)
_SESSION_KEYS: Final = frozenset(("format", "id", "uid", "name", "name_source", "created_at", "updated_at", "messages"))
_MESSAGE_KEYS: Final = frozenset(("id", "role", "created_at", "model", "status", "content"))
_TIMES: Final = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))
_ROLES: Final = st.sampled_from(("user", "assistant", "system", "tool", "developer", "", "a · b"))
_CARRIED: Final = st.fixed_dictionaries(
    {},
    optional={
        "hidden": TEXTS | st.just("tool result"),
        "name": TEXTS,
        "reasoning": TEXTS,
        "tool_calls": st.lists(st.fixed_dictionaries({"name": TEXTS, "arguments": VALUES}), max_size=2) | VALUES,
        "attachments": st.lists(st.fixed_dictionaries({"name": TEXTS, "content": TEXTS}), max_size=2) | VALUES,
    },
)


def _name(text: str) -> str:
    # As hfs stores them: on one line, without half of a surrogate pair.
    return " ".join(text.replace("\ud800", "").split())[:255].strip() or "x"


def _extra(taken: frozenset[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(_KEYS.filter(lambda key: key not in taken), VALUES, max_size=3)


_MESSAGES: Final = st.builds(
    lambda role, content, moment, model, status, carried, extra: MessageModel(
        0, 5, role, content, moment, model, status, {**extra, **carried}
    ),
    _ROLES, TEXTS, _TIMES, st.none() | TEXTS, st.none() | TEXTS, _CARRIED, _extra(_MESSAGE_KEYS),
)  # fmt: skip


@st.composite
def sessions(draw: st.DrawFn) -> SessionModel:
    """Whole sessions."""
    messages = draw(st.lists(_MESSAGES, max_size=4))
    numbers = draw(st.lists(st.integers(1, 10**12), min_size=4, max_size=4, unique=True))
    for message, number in zip(messages, numbers, strict=False):
        message.id = number
    created = draw(_TIMES)
    times = [created, *(message.created_at for message in messages)]
    return SessionModel(
        5,
        draw(st.sampled_from(("0199f3c2-7d1e-7b6a-9a51-0e6a4bb4a1c7", "u", "1234", "null", "[x]"))),
        _name(draw(TEXTS)),
        draw(st.sampled_from(("auto", "user"))),
        created,
        draw(st.none() | st.just(max(times))),
        messages,
        draw(_extra(_SESSION_KEYS)),
    )


def canonical(session: SessionModel) -> bytes:
    """Everything that a session holds, numbers as they are spelled."""
    return render_document(session.id, session.to_document())


def brought_back(exporter: Exporter, path: Path, *exported: SessionModel) -> list[bytes]:
    """What comes back of sessions that are exported to a file, told by its shape; nothing may fail or be left out."""
    frame = exporter.frame(exported[0].name if len(exported) == 1 else None)
    path.write_bytes(frame.before + frame.between.join(map(exporter.body, exported)) + frame.after)
    reading = Reading(source_of(path))
    found = list(reading.conversations())
    assert not [one for one in found if isinstance(one, Failed)], found
    assert not reading.left_out
    assert reading.importer is not None and reading.importer.name == exporter.name
    documents = [one.document for one in found if isinstance(one, Conversation)]
    return [render_document(document["id"], document) for document in documents if document is not None]
