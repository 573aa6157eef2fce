"""Every relative link in the project's pages leads to a file, and to a heading, that is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.docs.pages import ROOT, Page, all_pages

_MARKDOWN: Final = MarkdownIt("commonmark").enable("table")


def _tokens(path: Path) -> list[Token]:
    return _MARKDOWN.parse(path.read_text(encoding="utf-8"))


def _targets(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        for name in ("href", "src"):
            if name in token.attrs:
                yield str(token.attrs[name])
        yield from _targets(token.children or [])


@cache
def _anchors(path: Path) -> frozenset[str]:
    """The anchors of the headings, as code hosts and MyST make them."""
    tokens, seen, found = _tokens(path), Counter[str](), set()
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            parts = tokens[place + 1].children or []
            text = "".join(part.content for part in parts if part.type in ("text", "code_inline"))
            anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
            seen[anchor] += 1
    return frozenset(found)


@pytest.mark.parametrize("page", [pytest.param(page, id=page.name) for page in all_pages()])
def test_every_relative_link_of_a_page_leads_somewhere(page: Page) -> None:
    broken = []
    for target in _targets(_tokens(page.path)):
        parts = urlsplit(target)
        if parts.scheme:
            continue
        file = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
        if not file.is_relative_to(ROOT) or not file.exists():
            broken.append(f"{target}: no such file")
        elif parts.fragment and parts.fragment not in _anchors(file):
            broken.append(f"{target}: no such heading; there are {', '.join(sorted(_anchors(file)))}")
    assert broken == []


def test_a_link_to_a_heading_that_is_not_there_would_be_found() -> None:
    assert "what-comes-in-and-what-the-report-says" in _anchors(ROOT / "docs" / "how-to" / "import.md")
    assert "what-comes-in" not in _anchors(ROOT / "docs" / "how-to" / "import.md")
