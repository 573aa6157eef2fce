"""hfs's own JSON lines, brought in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hfs.transfer.importers.hfs_jsonl import FORMATS
from tests.transfer.exporters.sample import GOLDEN, sample
from tests.transfer.importers.mutating import survive
from tests.transfer.importers.reading import failures, read, source_of

LINES = (GOLDEN / "sample.jsonl").read_bytes().splitlines()


def test_an_export_comes_in_as_the_session_that_it_was() -> None:
    (found,) = read(GOLDEN / "sample.jsonl", "jsonl")
    assert (found.format, found.id) == ("jsonl", sample().uid)
    assert found.document == sample().to_document()


def test_several_sessions_follow_each_other() -> None:
    first, second = read(GOLDEN / "several.jsonl", "jsonl")
    assert first.document is not None and second.document is not None
    assert [len(first.document["messages"]), len(second.document["messages"])] == [2, 0]


def test_a_session_without_messages_is_one_line(tmp_path: Path) -> None:
    for end in (b"", b"\n"):
        (tmp_path / "x").write_bytes(LINES[0] + end)
        (found,) = read(tmp_path / "x", "jsonl")
        assert found.document is not None and found.document["messages"] == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param({"hfs": 2}, "it has layout 2", id="newer layout"),
        pytest.param({"hfs": 1, "format": 7}, "this hfs reads up to 1", id="newer format"),
        pytest.param({"hfs": 1, "name": 5}, "The name is int", id="name"),
    ],
)
def test_a_session_that_is_none_is_told_and_the_others_come_in(line: Any, reason: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\n".join([*LINES, json.dumps(line).encode(), *LINES]))
    (failed,) = failures(tmp_path / "x")
    assert failed.reason.startswith("session 2: ")
    assert reason in failed.reason


def test_a_line_that_is_no_message_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\n".join([*LINES[:3], b"[5]"]))
    (failed,) = failures(tmp_path / "x")
    assert failed.reason.startswith("session 1: Message 3 is no message")


@pytest.mark.parametrize("records", [[], [5], [{}], [{"hfs": "1"}], [{"hfs": True}], [{"format": 1}, {"hfs": 1}]])
def test_shapes_of_others_are_left_to_them(records: list[Any]) -> None:
    assert not FORMATS[0].fits(records)  # type: ignore[arg-type]


def test_wrong_types_everywhere_are_refused_or_read_and_break_nothing() -> None:
    source = source_of(GOLDEN / "sample.jsonl")

    def once(records: Any) -> Any:
        return FORMATS[0].read(iter(records), source) if FORMATS[0].fits(records[:20]) else []

    survive(once, [json.loads(line) for line in LINES])
