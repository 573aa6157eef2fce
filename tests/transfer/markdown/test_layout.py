"""Markdown in hfs's layout: what a person may change in it, and what is told of a mistake."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfs.transfer.markdown.layout import LayoutError, trimmed, write_markdown
from hfs.transfer.markdown.reading import read_markdown, read_markdown_sessions
from tests.transfer.made_up import TEXTS

MOMENT = "2026-11-24T01:55:12.000000Z"
HEADER = {"format": 1, "id": 3, "uid": "u", "name": "Undo *it*", "tags": ["a"]}


def document(*messages: dict[str, Any]) -> dict[str, Any]:
    items = [{"id": at, "created_at": MOMENT, **item} for at, item in enumerate(messages, 1)]
    return {**HEADER, "messages": items}


def user(content: Any = "hi", **more: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **more}


def texts(text: str) -> list[tuple[str, Any]]:
    return [(item["role"], item["content"]) for item in read_markdown(text).document["messages"]]


TALK = write_markdown(document(user(), {"role": "assistant", "model": "m", "content": "one\n\ntwo"}))


def test_the_layout_is_the_documented_one() -> None:
    assert TALK.split("\n") == [
        "---", "hfs: 1", "format: 1", "id: 3", 'uid: "u"', 'name: "Undo *it*"', 'tags: ["a"]', "---", "",
        "# Undo \\*it\\*", "",
        f'<!-- hfs {{"id": 1, "created_at": "{MOMENT}", "role": "user"}} -->',
        "## user · 2026-11-24 01:55:12 UTC", "", "hi", "",
        f'<!-- hfs {{"id": 2, "created_at": "{MOMENT}", "role": "assistant", "model": "m"}} -->',
        "## assistant · 2026-11-24 01:55:12 UTC · m", "", "one", "", "two", "",
    ]  # fmt: skip


@given(TEXTS)
def test_any_text_comes_back_exactly(text: str) -> None:
    assert texts(write_markdown(document(user(text), user("next")))) == [("user", text), ("user", "next")]


@given(TEXTS)
def test_a_text_is_cut_into_blank_lines_and_what_stands_between(text: str) -> None:
    before, core, after = trimmed(text)
    assert before + core + after == text
    assert not core or (core.split("\n")[0].strip() and core.split("\n")[-1].strip())


@pytest.mark.parametrize("content", [None, 5, ["a", "b"], [{"type": "text", "text": "shown"}], {"x": [1]}])
def test_a_content_that_is_no_text_comes_back_too_until_it_is_changed(content: Any) -> None:
    assert texts(write_markdown(document(user(content)))) == [("user", content)]
    text = write_markdown(document(user([{"type": "text", "text": "shown"}])))
    assert texts(text.replace("\nshown\n", "\nother\n")) == [("user", "other")]


@pytest.mark.parametrize("content", ["", "hi", "## hi", "##", "##\n\nhi"])
def test_a_heading_that_says_nothing_is_no_part_of_the_text(content: str) -> None:
    bare = {**HEADER, "messages": [{"id": 1, "created_at": "yesterday", "content": content}]}
    assert read_markdown(write_markdown(bare)).document == bare


def test_what_was_kept_exactly_counts_until_the_shown_text_is_changed() -> None:
    text = write_markdown(document(user("red \x1b[31m\nline\n")))
    assert "\x1b" not in text
    assert texts(text) == [("user", "red \x1b[31m\nline\n")]
    assert texts(text.replace("\nline", "\nother")) == [("user", "red ␛[31m\nother")]


def test_blank_lines_around_a_text_stay_when_it_is_changed_and_may_be_trimmed_by_an_editor() -> None:
    text = write_markdown(document(user("\n\nbody\n")))
    assert texts(text.rstrip()) == [("user", "\n\nbody\n")]
    assert texts(text.replace("\nbody\n", "\n\n\nother\n\n\n")) == [("user", "\n\nother\n")]


def test_a_message_is_added_taken_out_and_moved() -> None:
    front, first, second = TALK.split("<!-- hfs ")
    mine = "user -->\nwhat I say\n\n# with a heading\n\n"
    moved = "<!-- hfs ".join([front, second + "\n", mine, first])
    assert texts(moved) == [("assistant", "one\n\ntwo"), ("user", "what I say\n\n# with a heading"), ("user", "hi")]
    assert read_markdown(moved).document["messages"][1] == {
        "role": "user", "content": "what I say\n\n# with a heading"
    }  # fmt: skip
    assert texts("<!-- hfs ".join([front, second])) == [("assistant", "one\n\ntwo")]
    assert texts(front) == []


@pytest.mark.parametrize("mark", ["<!-- hfs user -->", "<!--hfs User-->", "  <!-- HFS user -->  "])
def test_a_new_message_begins_with_its_role_however_it_is_spaced(mark: str) -> None:
    assert texts(f"{TALK}\n{mark}\n\nmore\n")[-1] == ("user", "more")


@pytest.mark.parametrize(
    ("old", "new", "known", "name"),
    [
        pytest.param('name: "Undo *it*"', 'name: "Other"', "Undo *it*", "Other", id="in the header"),
        pytest.param('name: "Undo *it*"', "name: Other: *name*", "Undo *it*", "Other: *name*", id="as a person types"),
        pytest.param('name: "Undo *it*"', "name: 2026", "Undo *it*", "2026", id="a number"),
        pytest.param("# Undo \\*it\\*", "# Other *name*", "Undo *it*", "Other *name*", id="in the heading"),
        pytest.param("# Undo \\*it\\*", "# Undo *it*", None, "Undo *it*", id="the heading without escapes"),
        pytest.param("# Undo \\*it\\*", "", None, "Undo *it*", id="no heading"),
        pytest.param('name: "Undo *it*"\n', "", None, "Undo *it*", id="no name in the header"),
        pytest.param('name: "Undo *it*"\n', "", "Undo *it*", "Undo *it*", id="nor in an edited one"),
    ],
)
def test_a_session_is_renamed_in_either_place(old: str, new: str, known: str | None, name: str) -> None:
    assert read_markdown(TALK.replace(old, new), known).document["name"] == name


def test_a_header_takes_what_a_person_types() -> None:
    front = '---\nhfs: 1\n\nname: mine\nmood: so: so\nempty:\n"a: b" : [1.50]\nnan: NaN\n---\n'
    found = read_markdown(front).document
    assert found == {"name": "mine", "mood": "so: so", "empty": None, "a: b": [1.5], "nan": "NaN", "messages": []}
    assert str(write_markdown(found)).count("1.50") == 1


def test_windows_line_ends_a_byte_order_mark_and_notes_are_no_part_of_it() -> None:
    noted = "\ufeff<!-- hfs: help -->\n" + TALK.replace("\none\n", "\none\n<!-- hfs: a note without an end\n")
    assert read_markdown(noted.replace("\n", "\r\n")).document == read_markdown(TALK).document


def test_a_formatter_may_put_an_empty_line_above_the_heading_of_a_message() -> None:
    spaced = TALK.replace("-->\n## ", "-->\n\n## ")
    assert read_markdown(spaced).document == read_markdown(TALK).document
    assert texts(TALK.replace("-->\n## user · 2026-11-24 01:55:12 UTC\n", "-->\n\n## user\n"))[0] == (
        "user", "## user\n\nhi"
    )  # fmt: skip


def test_what_is_hidden_is_folded_and_what_is_carried_is_named() -> None:
    result = user("</details>\n\n<details><summary>x</summary>", role="tool", hidden="tool result", name="<b>run")
    calls = user("", role="assistant", hidden="tool call", tool_calls=[{"name": "run", "arguments": "{}"}])
    text = write_markdown(document(result, calls, user("said", reasoning="why --> so")))
    assert "<details><summary>tool result: &lt;b&gt;run (3 lines)</summary>\n\n</details>\n\n<details>" in text
    assert "## assistant · 2026-11-24 01:55:12 UTC · tool call: run (1 line)\n" in text
    assert "## user · 2026-11-24 01:55:12 UTC · reasoning (1 line)\n\nsaid\n" in text
    assert "why \\u002d\\u002d> so" in text
    assert read_markdown(text).document == document(result, calls, user("said", reasoning="why --> so"))


def test_the_details_around_what_is_hidden_may_be_taken_away() -> None:
    text = write_markdown(document(user("text", hidden="context")))
    bare = text.replace("<details><summary>context (1 line)</summary>\n\n", "").replace("\n</details>\n", "")
    assert texts(bare) == [("user", "text")]


def test_keys_named_as_the_mark_are_kept_apart_from_it() -> None:
    made = {"hfs": 5, "hfs_": 6, **document({**user("x\n"), "hfs": [1], "hfs__": 2})}
    assert read_markdown(write_markdown(made)).document == made


MISTAKES = [
    pytest.param("", 1, 'expected "---"', id="empty"),
    pytest.param("hello", 1, 'expected "---"', id="no header"),
    pytest.param("---\nname: x\n---", 2, 'expected "hfs: 1"', id="no mark"),
    pytest.param("---\nhfs: 2\n---", 2, "this is layout 2; this hfs reads layout 1", id="newer"),
    pytest.param("---\nhfs: true\n---", 2, 'expected "hfs: 1"', id="true is not 1"),
    pytest.param("---\nhfs: 1\nname\n---", 3, 'expected "key: value"', id="no colon"),
    pytest.param('---\nhfs: 1\n"a\n---', 3, "expected a closing quote", id="open key"),
    pytest.param("---\nhfs: 1\nname: x\nname: y\n---", 4, '"name" can\'t stand here', id="twice"),
    pytest.param("---\nhfs: 1\nmessages: []\n---", 3, '"messages" can\'t stand here', id="messages"),
    pytest.param("---\nhfs: 1\n\n# x", 4, 'expected "key: value"', id="no end"),
    pytest.param("---\nhfs: 1\n", 3, 'expected "---", which ends the header', id="cut"),
    pytest.param("---\nhfs: 1\n---\nhello", 4, "this belongs to no message", id="text above"),
    pytest.param("---\nhfs: 1\n---\n# x\n\nhello", 6, "this belongs to no message", id="text below the heading"),
    pytest.param("---\nhfs: 1\nname: x\n---\n# y", 5, 'and "name" in line 3 differ', id="two names"),
    pytest.param("---\nhfs: 1\n---\n<!-- hfs human -->", 4, "expected user, assistant", id="no role"),
    pytest.param("---\nhfs: 1\n---\n<!-- hfs user", 4, '"-->" at the end', id="open comment"),
    pytest.param("---\nhfs: 1\n---\n<!-- hfs -->", 4, "expected a role", id="empty comment"),
    pytest.param('---\nhfs: 1\n---\n<!-- hfs {"id" 1} -->', 4, 'column 16: expected ":"', id="colon"),
    pytest.param('---\nhfs: 1\n---\n<!-- hfs {"id": NaN} -->', 4, "NaN is no JSON number", id="nan"),
    pytest.param("---\nhfs: 1\n---\n<!-- hfs user -->\n## assistant\n", 5, 'expected "## user"', id="other heading"),
    pytest.param("---\nhfs: 1\n---\n<!-- hfs user -->\n## Title\n", 5, "leave a line empty", id="a heading said"),
    pytest.param(
        '---\nhfs: 1\n---\n<!-- hfs {"id": 1} -->\n<!-- hfs: x\n<!-- hfs {"id": 1} -->',
        6,
        "stands in line 4",
        id="copied",
    ),
    pytest.param(
        '---\nhfs: 1\n---\n<!-- hfs {"hidden": "x"} -->\n\n<details><summary>x</summary>\ny',
        7,
        "</details>",
        id="unfolded",
    ),
    pytest.param("---\nhfs: 1\n---\n\n<!-- hfs session -->\n---\nhfs: 1\n---", 5, "only one", id="two sessions"),
]


@pytest.mark.parametrize(("text", "line", "reason"), MISTAKES)
def test_a_mistake_is_told_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(LayoutError) as caught:
        read_markdown(text)
    assert caught.value.line == line
    assert reason in caught.value.reason


def test_two_names_in_an_edited_text_are_a_mistake() -> None:
    text = TALK.replace('name: "Undo *it*"', "name: a").replace("# Undo", "# b")
    with pytest.raises(LayoutError, match="differ"):
        read_markdown(text, "Undo *it*")


def test_sessions_in_one_text_are_read_apart_and_a_mistake_in_one_leaves_the_others() -> None:
    bad = TALK.replace("hfs: 1", "hfs: one")
    first, second, third = read_markdown_sessions("\n<!-- hfs session -->\n".join([TALK, bad, TALK]))
    assert isinstance(second, LayoutError)
    assert second.line == TALK.count("\n") + 4
    assert not isinstance(first, LayoutError) and not isinstance(third, LayoutError)
    assert first.document == third.document


def test_where_a_key_and_a_message_stand_is_known() -> None:
    found = read_markdown(TALK)
    lines = TALK.split("\n")
    assert lines[found.lines["uid"] - 1] == 'uid: "u"'
    assert lines[found.lines[1] - 1].startswith('<!-- hfs {"id": 2')


@given(st.text(alphabet=st.sampled_from('-\n #hfs:1<!>userid{}"\\ ')))
def test_no_text_breaks_the_reader(text: str) -> None:
    for begun in (text, f"---\nhfs: 1\n---\n{text}", TALK + text):
        for found in read_markdown_sessions(begun):
            assert isinstance(found, LayoutError) or "messages" in found.document


@pytest.mark.parametrize(
    "line", ["<!-- hfs " + " " * 200_000, "\\" * 200_000, "\n" * 100_000, "<!-- hfs user -->\n" * 20_000]
)
@pytest.mark.timeout(20)
def test_a_hostile_text_is_read_in_no_time(line: str) -> None:
    list(read_markdown_sessions(TALK + line))
