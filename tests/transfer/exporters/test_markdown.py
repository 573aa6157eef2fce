"""Markdown: nothing is lost on the way out and in."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfs.display import display
from hfs.persistence import SessionModel
from hfs.transfer.exporters.markdown import EXPORTER
from tests.transfer.exporters.sample import assert_golden, empty, plain, sample, together
from tests.transfer.made_up import brought_back, canonical, sessions


def test_the_bytes_are_those_of_the_golden_files() -> None:
    assert_golden("sample.md", EXPORTER.render(sample()))
    assert_golden("several.md", together(EXPORTER, plain(), empty()))


def test_the_header_is_yaml_too() -> None:
    _, header, _ = EXPORTER.render(sample()).decode().split("---\n", 2)
    document = sample().to_document()
    del document["messages"]
    assert yaml.safe_load(header) == {"hfs": 1, **document}


def test_no_character_gets_out_that_could_steer_a_terminal() -> None:
    text = EXPORTER.render(sample()).decode()
    assert display(text) == text


@pytest.mark.parametrize("session", [sample(), plain(), empty()], ids=["sample", "plain", "empty"])
def test_a_session_comes_back_as_it_was(session: SessionModel, tmp_path: Path) -> None:
    assert brought_back(EXPORTER, tmp_path / "x", session) == [canonical(session)]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(sessions(), min_size=1, max_size=3))
def test_any_sessions_come_back_as_they_were(tmp_path: Path, exported: list[SessionModel]) -> None:
    assert brought_back(EXPORTER, tmp_path / "x", *exported) == list(map(canonical, exported))


@settings(max_examples=100, deadline=None)
@given(sessions())
def test_nothing_of_any_session_steers_a_terminal_and_every_comment_ends_where_it_should(session: SessionModel) -> None:
    text = EXPORTER.render(session).decode()
    assert display(text) == text
    for line in text.split("\n"):
        if line.startswith("<!-- hfs {"):
            assert line.index("--", 4) == len(line) - 3
