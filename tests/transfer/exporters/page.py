"""A page as a browser takes it apart: strict about what may stand in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

TAGS: Final = frozenset(
    (
        *("html", "head", "meta", "title", "style", "body", "main", "article", "section", "header", "nav"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "p", "div", "span", "bdi", "a", "time", "details", "summary"),
        *("figure", "figcaption", "pre", "code", "blockquote", "ul", "ol", "li", "strong", "em", "s", "hr", "br"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    )
)
_EMPTY: Final = frozenset(("meta", "hr", "br"))
_ATTRIBUTES: Final = frozenset(
    (
        *("lang", "charset", "http-equiv", "content", "name", "class", "id", "dir", "href", "rel", "title"),
        *("datetime", "aria-label", "style", "start"),
    )
)
_LINK: Final = re.compile(r"#[\w-]+$|https?://|mailto:", re.IGNORECASE)
_STYLE: Final = re.compile(r"text-align:(left|center|right)$")


class Page(HTMLParser):
    """A page, parsed. It fails where anything stands in it that may run, load something, or break out.

    Args:
        data: Its bytes.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        """What a person reads, also where it is folded."""
        self.policy = ""
        self._open: list[str] = []
        self.feed(data.decode())
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        found = dict(attrs)
        assert len(found) == len(attrs), attrs
        assert found.keys() <= _ATTRIBUTES, attrs
        if "href" in found:
            assert tag == "a"
            link = str(found["href"])
            assert _LINK.match(link), link
            assert link.startswith("#") or found["rel"] == "noopener noreferrer nofollow"
            self.links.append(link)
        assert "style" not in found or _STYLE.match(str(found["style"])), attrs
        assert ("http-equiv" in found) == (found.get("content", "") == "default-src 'none'; style-src 'unsafe-inline'")
        if "http-equiv" in found:
            assert "style" not in self._open
            self.policy = str(found["content"])
        self.ids += [str(found["id"])] if "id" in found else []
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise AssertionError(f"<{tag}/> is no HTML")

    def handle_endtag(self, tag: str) -> None:
        assert self._open
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")
