"""hfs's own JSON: nothing is lost on the way out and in."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfs.persistence import NewMessage, SessionModel, SessionStore
from hfs.transfer.exporters.hfs_json import EXPORTER
from tests.transfer.exporters.sample import assert_golden, empty, plain, sample, together
from tests.transfer.made_up import brought_back, canonical, sessions


def test_the_bytes_are_those_of_the_golden_files() -> None:
    assert_golden("sample.json", EXPORTER.render(sample()))
    assert_golden("several.json", together(EXPORTER, plain(), empty()))


def test_an_export_is_the_file_of_the_session(home: Path) -> None:
    with SessionStore(home) as store:
        made, _ = store.import_document(sample().to_document())
        path = store.path(made.id)
    assert path is not None
    assert EXPORTER.render(made) == path.read_bytes()


@pytest.mark.parametrize("session", [sample(), plain(), empty()], ids=["sample", "plain", "empty"])
def test_a_session_comes_back_as_it_was(session: SessionModel, tmp_path: Path) -> None:
    assert brought_back(EXPORTER, tmp_path / "x", session) == [canonical(session)]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(sessions(), min_size=1, max_size=3))
def test_any_sessions_come_back_as_they_were(tmp_path: Path, exported: list[SessionModel]) -> None:
    assert brought_back(EXPORTER, tmp_path / "x", *exported) == list(map(canonical, exported))


def test_an_export_is_the_file_that_hfs_wrote_message_by_message(home: Path) -> None:
    with SessionStore(home) as store:
        store.create("Kept", messages=[NewMessage("user", "two\nlines", extra={"mine": [1, {"a": 2.5}]})])
        store.add_message(1, "assistant", "yes", model="m")
        found = store.get(1)
        assert found is not None
        assert EXPORTER.render(found) == (home / "sessions" / "1.json").read_bytes()
        store.rename(1, "Renamed afterwards")
        found = store.get(1)
        assert found is not None
        assert EXPORTER.render(found) == (home / "sessions" / "1.json").read_bytes()
