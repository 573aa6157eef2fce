"""The document format: canonical bytes, both forms of a text, unknown keys."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from hfs.persistence._format import PLAIN, TAIL, Layout, parse, render
from hfs.persistence.session_document.layout import SESSION_LAYOUT
from tests.persistence.test_json import VALUES

LINES = st.text(st.sampled_from("ab\n\r\u2028\u0085\x00\x1b\u202e é日"), max_size=30) | st.text()
MESSAGES = st.lists(
    st.fixed_dictionaries({"id": st.integers(1, 99), "role": st.just("user"), "content": LINES | VALUES}),
    max_size=5,
)


def test_a_session_is_laid_out_as_documented() -> None:
    document = {
        "messages": [
            {"role": "user", "content": "hi", "id": 1},
            {"id": 2, "content": "a\n\nb", "role": "assistant", "tokens": {"in": 1, "out": 2}},
        ],
        "id": 12,
        "mood": "é",
        "format": 1,
    }
    assert render(document, SESSION_LAYOUT).decode() == (
        "{\n"
        '  "format": 1,\n'
        '  "id": 12,\n'
        '  "mood": "é",\n'
        '  "messages": [\n'
        '    {"id": 1, "role": "user", "content": "hi"},\n'
        '    {"id": 2, "role": "assistant", "tokens": {"in": 1, "out": 2}, "content": [\n'
        '      "a",\n'
        '      "",\n'
        '      "b"\n'
        "    ]}\n"
        "  ]\n"
        "}\n"
    )


@given(MESSAGES, st.dictionaries(st.text(), VALUES, max_size=4))
def test_any_session_comes_back_equal_and_renders_to_the_same_bytes(
    messages: list[object], extra: dict[str, object]
) -> None:
    document = {**extra, "messages": messages}
    data = render(document, SESSION_LAYOUT)
    again = parse(data, SESSION_LAYOUT)
    for item, original in zip(again["messages"], messages, strict=True):
        assert isinstance(original, dict)
        content = original["content"]
        if not (isinstance(content, list) and all(isinstance(line, str) for line in content)):
            assert item == original
    assert render(again, SESSION_LAYOUT) == data
    assert isinstance(json.loads(data), dict)


@given(LINES)
def test_a_text_is_its_lines_joined(text: str) -> None:
    data = render({"messages": [{"content": text}]}, SESSION_LAYOUT)
    (item,) = json.loads(data)["messages"]
    stored = item["content"]
    assert stored == text if isinstance(stored, str) else "\n".join(stored) == text
    assert isinstance(stored, str) == ("\n" not in text)
    assert parse(data, SESSION_LAYOUT)["messages"][0]["content"] == text


@given(st.dictionaries(st.text(), VALUES))
def test_a_table_that_declares_nothing_gives_back_what_was_put_in(document: dict[str, object]) -> None:
    assert parse(render(document, PLAIN), PLAIN) == document


@given(st.dictionaries(st.text(), VALUES, max_size=3), st.lists(VALUES, max_size=4))
def test_each_item_starts_a_line_and_the_document_ends_in_the_tail(
    rest: dict[str, object], items: list[object]
) -> None:
    layout = Layout(append_field="log")
    data = render({**rest, "log": items}, layout)
    assert parse(data, layout) == {**rest, "log": items}
    assert data.endswith(TAIL if items else b"[]\n}\n")


def test_long_nested_values_are_spread_over_lines() -> None:
    data = render({"tags": [{"name": "x" * 60, "n": at} for at in range(3)]})
    assert max(map(len, data.split(b"\n"))) < 100
    assert parse(data) == {"tags": [{"name": "x" * 60, "n": at} for at in range(3)]}
