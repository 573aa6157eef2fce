"""hfs's own JSON, brought in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hfs.transfer.importers.hfs_json import FORMATS
from tests.transfer.exporters.sample import GOLDEN, sample
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import failures, read, source_of

SESSIONS = Path(__file__).parents[3] / "fixtures"


def test_an_export_comes_in_as_the_session_that_it_was() -> None:
    (found,) = read(GOLDEN / "sample.json", "json")
    assert (found.format, found.id) == ("json", sample().uid)
    assert found.document == sample().to_document()


def test_several_sessions_are_a_list() -> None:
    assert [one.id for one in read(GOLDEN / "several.json", "json")] == [
        "0199f3c2-7d1e-7b6a-9a51-000000000013",
        "0199f3c2-7d1e-7b6a-9a51-000000000014",
    ]


@pytest.mark.parametrize("name", ["canonical", "jq", "minified", "plain-strings", "crlf", "bom", "unknown-keys"])
def test_a_file_of_the_home_folder_comes_in_whatever_its_layout(name: str) -> None:
    (found,) = read(SESSIONS / f"{name}.json", "json")
    assert found.document is not None
    assert [item["content"][:4] for item in found.document["messages"]] == ["How ", "Look"]
    assert found.document["messages"][1]["content"].count("\n") == 3


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param({"format": 9, "messages": []}, "this hfs reads up to 1", id="newer"),
        pytest.param({"format": 1, "messages": 5}, 'no list of "messages"', id="no list"),
        pytest.param({"format": 1, "messages": [{"role": "user", "content": "x"}, 5]}, "Message 2 is no", id="item"),
        pytest.param(
            {"format": 1, "messages": [{"role": "user", "content": {}}]}, '"content" of message 1', id="content"
        ),
    ],
)
def test_what_is_no_session_is_refused_with_place_and_reason(document: Any, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(json.dumps([document]))
    (failed,) = failures(tmp_path / "x")
    assert failed.place == "conversation 1"
    assert reason in failed.reason


@pytest.mark.parametrize(
    "record", [[], {}, {"messages": []}, {"format": "x", "messages": []}, {"uid": 1, "messages": []}]
)
def test_shapes_of_others_are_left_to_them(record: Any) -> None:
    assert not FORMATS[0].fits(record)


def test_wrong_types_everywhere_are_refused_or_read_and_break_nothing() -> None:
    source = source_of(GOLDEN / "sample.json")
    survive(lambda record: FORMATS[0].read(record, source), json.loads((GOLDEN / "sample.json").read_bytes()))
