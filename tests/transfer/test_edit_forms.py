"""Texts in an editor: notes come and go, and a mistake is told where it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from hfs.persistence import SessionModel
from hfs.transfer.edit_forms import JSON, MARKDOWN, EditForm, EditMistake, form_of
from tests.transfer.exporters.sample import sample
from tests.transfer.made_up import sessions

FORMS = pytest.mark.parametrize("form", [MARKDOWN, JSON], ids=["md", "json"])


@FORMS
@settings(max_examples=100, deadline=None)
@given(session=sessions())
def test_any_session_goes_through_an_editor_unchanged(form: EditForm, session: SessionModel) -> None:
    document = session.to_document()
    text = form.write(session.id, document)
    assert form_of(text) is form
    for mistake in (None, EditMistake(1, "x"), EditMistake(3, "y"), EditMistake(10**6, "z")):
        shown, _ = form.shown(text, mistake)
        assert form.taken_back("\ufeff" + shown) == text
        assert form_of(shown) is form
    assert form.read(text, session.name).document == document


@FORMS
def test_a_mistake_stands_above_its_line(form: EditForm) -> None:
    text = form.write(12, sample().to_document())
    for number, line in enumerate(text.split("\n"), 1):
        shown, at = form.shown(text, EditMistake(number, "why\x1b[31m"))
        lines = shown.split("\n")
        assert lines[at - 1] == line
        assert lines[at - 2] == f"{form.note[0]}MISTAKE in the line below: why␛[31m{form.note[1]}"


@FORMS
def test_where_a_message_and_a_key_stand_is_known(form: EditForm) -> None:
    text = form.write(12, sample().to_document())
    lines = text.split("\n")
    found = form.read(text, None)
    for at, message in enumerate(sample().messages):
        assert f'{{"id": {message.id}, ' in lines[found.line_of(at) - 1]
    assert "tags" in lines[found.line_of("tags") - 1]
    assert (found.line_of("nothing"), found.line_of(None), found.line_of(99)) == (1, 1, 1)


def test_a_message_is_found_below_a_header_that_holds_a_list_of_objects() -> None:
    document = sample().to_document()
    text = JSON.write(12, {**document, "seen": [{"at": "x" * 60}, {"at": "y" * 60}]})
    line = JSON.read(text, None).line_of(0)
    assert f'{{"id": {document["messages"][0]["id"]}, ' in text.split("\n")[line - 1]


@pytest.mark.parametrize(
    ("form", "text", "line", "reason"),
    [
        pytest.param(MARKDOWN, "---\nhfs: 1\nname\n---\n", 3, 'expected "key: value"', id="md"),
        pytest.param(MARKDOWN, "---\nhfs: 1\n\udcff\n---\n", 3, "not UTF-8", id="md of other bytes"),
        pytest.param(JSON, '{\n"a" 1}', 2, 'column 5: expected ":"', id="json"),
        pytest.param(JSON, "[]", 1, "expected an object in braces", id="json that is no object"),
        pytest.param(JSON, '{\n"\udcff": 1}', 2, "not UTF-8", id="json of other bytes"),
    ],
)
def test_a_mistake_is_told_with_its_line(form: EditForm, text: str, line: int, reason: str) -> None:
    with pytest.raises(EditMistake, match=reason) as caught:
        form.read(text, None)
    assert caught.value.line == line
