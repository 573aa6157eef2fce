"""Messages in blocks: nothing is lost where they are cut, and nothing is wider than the screen."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from importlib.metadata import version
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.theme import Theme

from hfs.persistence import MessageModel
from hfs.tui.transcript.block import Block, Kind, Look
from hfs.tui.transcript.markdown import split_markdown
from hfs.tui.transcript.message_blocks import content_blocks, message_blocks

CONSOLE = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=80)
LOOK = Look(dict.fromkeys(get_args(Kind), Style()), "monokai", Theme({}))
RICH = int(version("rich").partition(".")[0])
MARKUP = "[@click=app.quit]x[/] [/nope] list[int]"


def drawn(block: Block, width: int = 40) -> list[str]:
    lines = ["".join(segment.text for segment in line) for line in block.lines(CONSOLE, width, LOOK)]
    assert all(cell_len(line) <= width for line in lines), lines
    return lines


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\n ab"), max_size=20_000))
def test_a_users_text_is_cut_without_loss(text: str) -> None:
    blocks = content_blocks("user", text)
    joined = "".join(block.text for block in blocks)
    assert joined.replace("\n", "") == text.replace("\n", "")
    assert all(len(block.text) <= 6_000 for block in blocks)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("one", [(None, "one")]),
        ("a\n```py\nx = 1\n\ny\n```\nb", [(None, "a"), ("py", "x = 1\n\ny"), (None, "b")]),
        ("```\nopen", [("", "open")]),
        ("````md\n```\ninner\n```\n````", [("md", "```\ninner\n```")]),
        ("~~~ sh\nls\n~~~", [("sh", "ls")]),
        ("- a\n  ```\n  x\n  ```", [(None, "- a\n  ```\n  x\n  ```")]),
    ],
)
def test_markdown_is_cut_around_its_code(text: str, parts: list[tuple[str | None, str]]) -> None:
    assert list(split_markdown(text)) == parts


def test_long_markdown_is_cut_between_paragraphs_and_not_inside_lists() -> None:
    paragraphs = [f"{number} " + "word " * 100 for number in range(10)]
    parts = [text for _, text in split_markdown("\n\n".join(paragraphs))]
    assert len(parts) > 4
    assert "\n\n".join(parts).split("\n\n") == paragraphs
    numbered = "\n\n".join(f"{number}. " + "word " * 40 for number in range(1, 9))
    assert len(list(split_markdown(numbered))) == 1


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("width", [1, 7, 40, 200])
@pytest.mark.parametrize(
    "text",
    [
        "",
        MARKUP,
        "wide 漢字かな交じり文 " * 5,
        "👩‍👩‍👧‍👦 emoji 🇩🇪 " * 5,
        "שלום עולם " * 5,
        "x" * 500,
        "a\tb\n\n- c\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    ],
    ids=["empty", "markup", "wide", "emoji", "right to left", "one word", "structure"],
)
def test_every_kind_fits_every_width(kind: Kind, width: int, text: str) -> None:
    block = Block(kind, text, rows=[["a", "b"], [text, text]] if kind == "table" else ())
    lines = ["".join(segment.text for segment in line) for line in block.lines(CONSOLE, width, LOOK)]
    if width > 6:
        assert all(cell_len(line) <= width for line in lines)


def test_markup_and_controls_are_text() -> None:
    for role in ("user", "assistant", "system"):
        message = MessageModel(3, 1, role, f"{MARKUP} \x1b[2J\x9b1m\u202e", datetime.now(UTC))
        said = "\n".join(line for block in message_blocks(message) for line in drawn(block, 80))
        assert MARKUP in said
        assert not set("\x1b\x9b\u202e") & set(said)


def test_entities_bring_in_no_character_that_could_steer_a_terminal() -> None:
    hostile = "&#x202e;a &rlm;b &#x2028;c &#xe0041;d ![&#x2066;e](x)\n\n|&#x202e;f|\n|-|\n|&#x9b;g|"
    for width in (4, 80):
        (block,) = content_blocks("assistant", hostile)
        lines = drawn(block, width)
        said = "".join(lines)
        assert not set("\x9b\u200f\u202e\u2028\u2066\U000e0041") & set(said)
        # Where a table doesn't fit at all, Rich before 15 leaves its cells empty.
        assert set("abcde" if width == 4 and RICH < 15 else "abcdefg") < set(said)
        assert not [line for line in lines if "\n" in line or cell_len(line) > width]


def test_the_first_line_says_who_spoke_and_what_became_of_it() -> None:
    message = MessageModel(3, 1, "assistant", "hi", datetime.now(UTC), "x/y", "interrupted", {"edited_at": "now"})
    assert "3 · x/y  (interrupted, edited)" in "\n".join(drawn(message_blocks(message)[0]))


def test_a_link_shows_where_it_leads_and_is_none_for_the_terminal() -> None:
    (block,) = content_blocks("assistant", "[good](http://evil.invalid)")
    assert "evil.invalid" in "\n".join(drawn(block))
    assert all(
        not (segment.style and segment.style.link) for line in block.lines(CONSOLE, 40, LOOK) for segment in line
    )
