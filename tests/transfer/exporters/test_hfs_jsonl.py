"""JSON lines: nothing is lost on the way out and in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfs.persistence import SessionModel
from hfs.transfer.exporters.hfs_jsonl import EXPORTER
from tests.transfer.exporters.sample import assert_golden, empty, plain, sample, together
from tests.transfer.made_up import brought_back, canonical, sessions


def test_the_bytes_are_those_of_the_golden_files() -> None:
    assert_golden("sample.jsonl", EXPORTER.render(sample()))
    assert_golden("several.jsonl", together(EXPORTER, plain(), empty()))


def test_each_message_is_a_line_with_its_text_as_a_plain_string() -> None:
    header, *messages = [json.loads(line) for line in EXPORTER.render(sample()).splitlines()]
    assert (header["hfs"], header["uid"], "messages" in header) == (1, sample().uid, False)
    assert [(one["id"], one["content"]) for one in messages] == [(one.id, one.content) for one in sample().messages]


@pytest.mark.parametrize("session", [sample(), plain(), empty()], ids=["sample", "plain", "empty"])
def test_a_session_comes_back_as_it_was(session: SessionModel, tmp_path: Path) -> None:
    assert brought_back(EXPORTER, tmp_path / "x", session) == [canonical(session)]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(sessions(), min_size=1, max_size=3))
def test_any_sessions_come_back_as_they_were(tmp_path: Path, exported: list[SessionModel]) -> None:
    assert brought_back(EXPORTER, tmp_path / "x", *exported) == list(map(canonical, exported))
