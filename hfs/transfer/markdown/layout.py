"""A session document as Markdown that a person can read and edit, and from which it comes back exactly.

A comment line stands above each message and holds everything about it but its text::

    ---
    hfs: 1
    name: "Undo a rebase"
    ---

    # Undo a rebase

    <!-- hfs {"id": 1, "role": "user", "created_at": "2026-11-24T01:55:12Z"} -->
    ## user · 2026-11-24 01:55:12 UTC

    How do I undo a rebase?

Headings are for people. A text that would not come back exactly, because of what could steer a terminal or of
blank lines around it that an editor may trim, is kept in the comment as well, under the key ``hfs``.
"""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from typing import Any, Final

from hfs.display import display, one_line
from hfs.persistence import MessageModel, render_json
from hfs.transfer.fields import as_time
from hfs.transfer.folding import Fold, folds, shown_folds
from hfs.transfer.markdown.marking import MARK, VERSION, beside_mark

MARKER: Final = re.compile(r"(\\*)([ \t]*<!--[ \t]*hfs(?![\w-]))", re.IGNORECASE)
"""How a comment of ours begins; in a text, such a line has one more backslash in front."""
NEXT_SESSION: Final = "<!-- hfs session -->"
"""The line between two sessions in one file."""
FENCE: Final = "---"
DETAILS_START: Final = "<details><summary>"
DETAILS_END: Final = "</details>"
_PLAIN_KEY: Final = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)\Z)[a-z_][a-z0-9_-]*", re.IGNORECASE)
"""A key that needs no quotes in YAML."""
_SPECIAL: Final = "\\`*_[]<>#&"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class LayoutError(ValueError):
    """A text that is not in the layout; ``str()`` says what was expected."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        """Counted from 1."""
        self.reason = reason


def write_markdown(document: dict[str, Any]) -> str:
    """A session document as Markdown.

    Args:
        document: Its ``messages`` are objects.
    """
    header = beside_mark({key: value for key, value in document.items() if key != "messages"})
    front = [FENCE, f"{MARK}: {VERSION}", *(f"{_key(key)}: {_json(value)}" for key, value in header.items()), FENCE]
    name = document.get("name")
    parts = ["\n".join(front) + "\n", f"# {plain(name if isinstance(name, str) else '')}".rstrip() + "\n"]
    return "\n".join([*parts, *map(_message, document["messages"])])


def _message(item: dict[str, Any]) -> str:
    content = item.get("content")
    text = content if isinstance(content, str) else text_of(content)
    before, core, after = trimmed(text)
    shown = shown_text(text)
    about = beside_mark({key: value for key, value in item.items() if key != "content"})
    if not isinstance(content, str) or shown != core:
        about[MARK] = {"content": content}
    elif before or after:
        about[MARK] = {key: value for key, value in (("before", before), ("after", after)) if value}
    message = MessageModel(0, 0, "", text, _NEVER, extra=item)
    carried = folds(message) if shown else shown_folds(message)
    body = "\n".join(_escaped(line) for line in shown.split("\n"))
    if is_hidden(item) and shown:
        body = f"{DETAILS_START}{html.escape(carried.pop(0).summary)}</summary>\n\n{body}\n\n{DETAILS_END}"
    # A comment ends at the first two hyphens in a row that a reader of HTML finds.
    comment = _json(about).replace("--", "\\u002d\\u002d")
    return f"<!-- hfs {comment} -->\n{_heading(item, carried)}\n" + (f"\n{body}\n" if shown else "")


def _heading(item: dict[str, Any], carried: list[Fold]) -> str:
    moment = as_time(item.get("created_at"))
    parts = [plain(role_of(item)), f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""]
    parts += [plain(value) for value in (item.get("model"), item.get("status")) if isinstance(value, str)]
    parts += [plain(fold.summary) for fold in carried]
    return f"## {' · '.join(part for part in parts if part)}".rstrip()


def role_of(item: dict[str, Any]) -> str:
    """The role of a message; empty where it has none."""
    role = item.get("role")
    return role if isinstance(role, str) else ""


def is_hidden(item: dict[str, Any]) -> bool:
    """Whether a message is kept but no part of the chat: its text is folded."""
    label = item.get("hidden")
    return isinstance(label, str) and label != ""


def text_of(content: object) -> str:
    """A content that is no text, for people."""
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        return "\n".join(part for part in parts if isinstance(part, str))
    return "" if content is None else _json(content)


def plain(text: str) -> str:
    """A name in a heading, so that nothing in it is markup."""
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in one_line(text, 255))


def trimmed(text: str) -> tuple[str, str, str]:
    """The blank lines before a text, the text without them, and the blank lines behind it."""
    if not text.strip():
        return text, "", ""
    lead = text[: len(text) - len(text.lstrip())]
    trail = text[len(text.rstrip()) :]
    start = lead.rfind("\n") + 1
    end = len(text) - len(trail) + trail.find("\n") if "\n" in trail else len(text)
    return text[:start], text[start:end], text[end:]


def shown_text(text: str) -> str:
    """A text as it stands in the file, but for escaped lines."""
    return trimmed(display(text))[1]


def _escaped(line: str) -> str:
    return f"\\{line}" if MARKER.match(line) else line


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else _json(key)


def _json(value: object) -> str:
    text = render_json(value).decode().rstrip("\n")
    if display(text) == text:
        return text
    # Characters that are seen nowhere and are harmless in a file of JSON are not to be met in what people read.
    return "".join(c if display(c) == c else json.dumps(c)[1:-1] for c in text)
