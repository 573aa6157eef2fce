"""Paths completed in the prompt."""

from __future__ import annotations

from pathlib import Path

import pytest

from hfs.tui.commands import completions


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "my chats.zip").touch()
    (tmp_path / "exports" / ".hidden").touch()
    (tmp_path / "talk.json").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("/import t", ["/import talk.json"]),
        ("/import ex", ["/import exports/"]),
        ("/import exports/", ["/import exports/my chats.zip"]),
        ("/import exports/my c", ["/import exports/my chats.zip"]),
        ("/import exports/.h", ["/import exports/.hidden"]),
        ("/import ~/ta", ["/import ~/talk.json"]),
        ("/import nowhere/x", []),
        ("/import nobody\0/x", []),
        ("/import ~nobody-of-that-name/x", []),
        ("/export md exp", ["/export md exports/"]),
        ("/export ta", ["/export talk.json"]),
        ("/new t", []),
    ],
)
def test_a_path_is_completed_as_it_was_begun(typed: str, found: list[str]) -> None:
    assert completions(typed) == found
