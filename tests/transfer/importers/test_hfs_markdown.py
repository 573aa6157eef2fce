"""Markdown of hfs, brought in."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs.persistence import SessionStore
from hfs.transfer.exporters.markdown import EXPORTER
from hfs.transfer.importers import IMPORTERS, TextFormat
from tests.transfer.exporters.sample import GOLDEN, sample, together
from tests.transfer.importers.reading import failures, read


def test_an_export_comes_in_as_the_session_that_it_was(home: Path) -> None:
    (found,) = read(GOLDEN / "sample.md", "md")
    assert (found.format, found.id) == ("md", sample().uid)
    assert found.document == sample().to_document()
    with SessionStore(home) as store:
        made, _ = store.import_document(found.document)
    messages = sample().messages
    for message in messages:
        message.session_id = made.id
    assert made.messages == messages
    assert (made.name, made.name_source, made.extra) == (sample().name, "user", sample().extra)


def test_several_sessions_come_in_and_a_damaged_one_is_told_with_its_line(tmp_path: Path) -> None:
    assert [one.name for one in read(GOLDEN / "several.md")] == [None, None]
    data = together(EXPORTER, sample(), sample(), sample())
    at = data.index(b"## system", len(data) // 3)
    (tmp_path / "x").write_bytes(data[:at] + b"## user" + data[at:])
    (failed,) = failures(tmp_path / "x")
    line = data[:at].count(b"\n") + 1
    assert failed.reason.startswith(f"session 2: line {line}: this heading is not of the message above")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("---\nhfs: 2\n---\n", "line 2: this is layout 2; this hfs reads layout 1", id="newer layout"),
        pytest.param("---\nhfs: 1\nformat: 9\n---\n", "this hfs reads up to 1", id="newer format"),
        pytest.param('---\nhfs: 1\n---\n<!-- hfs {"id": 1} -->\nx', "Message 1 is no message", id="no role"),
        pytest.param('---\nhfs: 1\nname: ""\n---\n', "A name has 1 to 255 characters", id="no name"),
    ],
)
def test_what_makes_no_session_is_refused_with_the_reason(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text(text)
    (failed,) = failures(tmp_path / "x.md")
    assert reason in failed.reason


def test_what_a_person_wrote_by_hand_comes_in(tmp_path: Path) -> None:
    (tmp_path / "x.md").write_text("---\nhfs: 1\n---\n# Mine\n<!-- hfs user -->\nhi\n<!-- hfs assistant -->\nhello")
    (found,) = read(tmp_path / "x.md", "md")
    assert found.id is None
    assert found.document == {
        "name": "Mine",
        "messages": [{"role": "user", "content": "hi", "id": 1}, {"role": "assistant", "content": "hello", "id": 2}],
    }


@pytest.mark.parametrize(
    "head", ["# aider chat started at 2026-01-01 00:00:00\n", "---\ntitle: x\n---\n", "model: x\n", "hfs: 1\n", ""]
)
def test_other_texts_are_left_to_others(head: str) -> None:
    (importer,) = [one for one in IMPORTERS if one.name == "md"]
    assert isinstance(importer, TextFormat)
    assert not importer.fits(head)
