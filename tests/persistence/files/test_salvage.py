"""Every state that an interrupted append can leave: what was saved is there, nothing is invented."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from hfs.persistence._format import TAIL, Document, parse, render, render_item
from hfs.persistence._json import JSONError
from hfs.persistence.files.salvage import salvage
from hfs.persistence.session_document.layout import SESSION_LAYOUT

TEXTS = [
    "hi",
    "two\nlines",
    '"}]}\n  ]\n}\n',
    "é日本\u2028",
    "x" * 700 + "\n" + "y" * 700,
    "",
    "]}\n    {",
    "},\n    {",
]


def shapes() -> Iterator[tuple[list[Document], Document]]:
    for old_count in (1, 2, 4):
        for new_text in TEXTS:
            old: list[Document] = [
                {
                    "id": at + 1,
                    "role": "user",
                    "created_at": f"2026-01-01T00:00:0{at}.000000Z",
                    "content": TEXTS[at],
                }
                for at in range(old_count)
            ]
            yield old, {"id": old_count + 1, "role": "assistant", "status": "x", "content": new_text}


def states(before: bytes, after: bytes, unit: int) -> Iterator[bytes]:
    """Mixes of the old and the new file: prefixes, suffixes, subsets of units, zeros, cut and grown sizes."""
    start = len(before) - len(TAIL)
    grown = before + b"\0" * (len(after) - len(before))
    for cut in range(start, len(after) + 1, 1 if len(after) - start < 400 else 7):
        yield after[:cut]
        yield after[:cut] + grown[cut:]
        yield grown[:cut] + after[cut:]
        if cut < len(before):
            yield after[:cut] + before[cut:]
    chooser = random.Random(unit)
    first = start // unit
    units = range(first, len(after) // unit + 1)
    for _ in range(40):
        mixed = bytearray(grown)
        for number in units:
            if chooser.random() < 0.5:
                mixed[number * unit : (number + 1) * unit] = after[number * unit : (number + 1) * unit]
        yield bytes(mixed)
        yield bytes(mixed[: chooser.randrange(start, len(after) + 1)])


@pytest.mark.parametrize("unit", [16, 64, 512, 4096])
def test_every_state_gives_the_old_messages_and_at_most_the_new_one(unit: int) -> None:
    seen = 0
    for old, new in shapes():
        before = render({"format": 1, "id": 1, "messages": old}, SESSION_LAYOUT)
        after = before[: -len(TAIL)] + b",\n    " + render_item(new, SESSION_LAYOUT) + TAIL
        for state in states(before, after, unit):
            seen += 1
            try:
                document: Document | None = parse(state, SESSION_LAYOUT)
            except JSONError:
                document = salvage(state, SESSION_LAYOUT)
            assert document is not None, (old, new, state)
            assert document["messages"] in (old, [*old, new]), state
    assert seen > 5_000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"content": "hi"}', b'"content": "hi}', id="a quote is missing in an early message"),
        pytest.param(b'"bye"}\n', b'"bye}\n', id="a quote is missing in the last message"),
        pytest.param(b"},\n    {", b"}\n    {", id="a comma is missing"),
        pytest.param(b'"format": 1,', b'"format": 1', id="a comma is missing in the header"),
        pytest.param(b'"format": 1,', b'"format":  1, oops', id="the header is broken"),
    ],
)
def test_an_edit_in_progress_is_no_interrupted_append(old: bytes, new: bytes) -> None:
    messages = [{"id": 1, "content": "hi"}, {"id": 2, "content": "there"}, {"id": 3, "content": "bye"}]
    data = render({"format": 1, "messages": messages}, SESSION_LAYOUT)
    assert data.count(old) >= 1
    assert salvage(data.replace(old, new, 1), SESSION_LAYOUT) is None


def test_a_text_that_is_no_session_is_left_alone() -> None:
    assert salvage(b"hello", SESSION_LAYOUT) is None
    assert salvage(b'{\n  "messages": [\n    {"id"', SESSION_LAYOUT) is None
