"""Markdown and code as HTML in which nothing runs, nothing is fetched, and links lead to the web or to mail only.

markdown-it-py and Pygments are imported when something is rendered: other formats don't need them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

from hfs.display import display, one_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

_ALLOWED: Final = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_IMAGE_DATA: Final = re.compile(r"data:image/", re.IGNORECASE)
_REL: Final = "noopener noreferrer nofollow"
_LONGEST_CODE: Final = 40_000
_LONGEST_LINE: Final = 2_000
"""In characters. Longer code, and code of longer lines, stays plain: some lexers take far more than linear time."""
_LONGEST_MARKDOWN: Final = 400_000
"""In characters. A longer text stays plain."""
_PLAIN_TOKENS: Final = frozenset(("", "err", "n", "nv", "nx", "o", "p", "w", "x"))
"""Pygments' classes that look as plain code does: left out, they are most of a page."""
_HEADINGS: Final = 2
"""By how many levels headings in messages lie deeper: above them are the page's own."""


def markdown_html(text: str) -> str:
    """Markdown as HTML."""
    safe = display(text.replace("\r\n", "\n"))
    if len(safe) > _LONGEST_MARKDOWN:
        return plain_html(safe)
    # Entities in Markdown bring characters in that were not there before.
    return display(_parser().render(safe))


def plain_html(text: str) -> str:
    """Text as it is, line breaks kept."""
    safe = escape(display(text.replace("\r\n", "\n")).strip("\n"))
    return f'<div class="plain" dir="auto">{safe}</div>\n' if safe else ""


def code_html(code: str, language: str = "") -> str:
    """Code as a block, coloured where its language is known."""
    name = one_line(language, 30)
    caption = f"<figcaption>{escape(name)}</figcaption>" if name else ""
    return f'<figure class="code">{caption}<pre><code>{_coloured(code, name)}</code></pre></figure>\n'


@functools.cache
def _lexer_names() -> frozenset[str]:
    from pygments.lexers import get_all_lexers

    # Without plugins: what another package brings along doesn't change an export.
    return frozenset(alias for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases)


def _coloured(code: str, language: str) -> str:
    language = language.lower()
    too_long = len(code) > _LONGEST_CODE or max(map(len, code.split("\n"))) > _LONGEST_LINE
    if too_long or language not in _lexer_names():
        return escape(code, quote=False)
    from pygments.lexers import get_lexer_by_name
    from pygments.token import STANDARD_TYPES

    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    spans = []
    for kind, text in lexer.get_tokens(code):
        name = STANDARD_TYPES.get(kind, "")
        safe = escape(text, quote=False)
        spans.append(safe if name in _PLAIN_TOKENS else f'<span class="{name}">{safe}</span>')
    return "".join(spans)


@functools.cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("js-default")
    parser.validateLink = _is_parsed  # type: ignore[method-assign]
    parser.core.ruler.push("tame", _tame)
    rules: dict[str, Any] = {
        "image": _image,
        "fence": _fence,
        "code_block": _fence,
        "table_open": lambda *_: '<div class="table"><table>\n',
        "table_close": lambda *_: "</table></div>\n",
    }
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


def _is_parsed(url: str) -> bool:
    # What is refused here stands in the page as it was written; of an image that would be all its data.
    return _ALLOWED.match(url) is not None or _IMAGE_DATA.match(url) is not None


def _tame(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + _HEADINGS)}"
        elif token.type == "inline":
            _tame_links(token.children or [])


def _tame_links(tokens: Sequence[Token]) -> None:
    depth = 0
    for token in tokens:
        if token.type == "link_open":
            depth += 1
            if _ALLOWED.match(str(token.attrs.get("href", ""))):
                token.attrs["rel"] = _REL
                if token.info == "auto":
                    token.attrs["class"] = "bare"
            else:
                token.attrs.pop("href", None)
        elif token.type == "link_close":
            depth -= 1
        elif token.type == "image":
            token.meta["in_link"] = depth > 0


def _image(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    alt = escape(renderer.renderInlineAsText(token.children or [], options, env).strip()) or "image"
    url = str(token.attrs.get("src", ""))
    if token.meta["in_link"] or not _ALLOWED.match(url):
        return f'<span class="image">{alt}</span>'
    return f'<a class="image" href="{escape(url)}" rel="{_REL}">{alt}</a>'


def _fence(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    from markdown_it.common.utils import unescapeAll

    words = unescapeAll(tokens[at].info).split()
    return code_html(tokens[at].content.rstrip("\n"), words[0] if words else "")
