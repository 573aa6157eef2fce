"""What ChatGPT writes into its texts that is no text: marks of citations, names and links in private-use characters."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from hfs.transfer.fields import as_dict, as_dicts, as_name, as_text

_SUSPECT: Final = re.compile("[\u3010\ue200-\ue206]")
_ASCII_MARK: Final = ":contentReference[oaicite:"
# Every repetition has a limit, so that no text takes more than a moment.
_MARK: Final = re.compile(
    r"([ \t]?)(?:"
    "\u3010\\d{1,6}(?::\\d{1,6})?\u2020[^\u3010\u3011\n]{0,300}\u3011"
    "|\ue200([^\ue200\ue201]{0,8000})\ue201"
    r"|:contentReference\[oaicite:\d{1,6}\](?:\{index=\d{1,6}\})?"
    ")|[\ue200-\ue206]"
)
_MOST: Final = 50
"""How many sources are kept of one message."""


def without_marks(text: str) -> str:
    """A text without marks of citations; a mark that stands for a name or a link becomes that."""
    if _ASCII_MARK not in text and (text.isascii() or not _SUSPECT.search(text)):
        return text
    return _MARK.sub(_replaced, text)


def _replaced(mark: re.Match[str]) -> str:
    if mark[2] is None:
        return ""
    kind, _, rest = mark[2].partition("\ue202")
    shown = _name(rest) if kind == "entity" else _link(rest) if kind == "url" else ""
    return f"{mark[1]}{shown}" if shown else ""


def _name(body: str) -> str:
    """Of ``["city","Lisbon","capital of Portugal"]`` the second."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return as_text(found[1]) if isinstance(found, list) and len(found) > 1 else ""


def _link(body: str) -> str:
    label, _, target = body.partition("\ue202")
    return f"[{label}]({target})" if label and target.startswith(("https://", "http://")) else label


def citations(metadata: dict[str, Any]) -> list[dict[str, str]]:
    """The sources that an answer names, each once: ``{"title", "url"}``."""
    found: dict[str, str] = {}
    for citation in as_dicts(metadata.get("citations")):
        _add(found, as_dict(citation.get("metadata")))
    for reference in as_dicts(metadata.get("content_references")):
        _add(found, reference)
        for name in ("items", "sources"):
            for item in as_dicts(reference.get(name)):
                _add(found, item)
    return [{"title": title, "url": url} for url, title in found.items()]


def _add(found: dict[str, str], item: dict[str, Any]) -> None:
    url = as_text(item.get("url"))
    if url.startswith(("https://", "http://")) and (len(found) < _MOST or url in found):
        found.setdefault(url, as_name(item.get("title")) or url)
