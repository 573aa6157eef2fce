"""What installs an extra depends on what made the environment."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hfs.extras import PACKAGES, install_command, installed


@pytest.mark.parametrize(
    ("note", "command"),
    [
        (None, "python3 -m pip install 'hfs-chat[local]'"),
        ("uv-receipt.toml", "uv tool install 'hfs-chat[local]'"),
        ("pipx_metadata.json", "pipx install --force 'hfs-chat[local]'"),
    ],
)
def test_an_extra_is_installed_with_the_program_that_installed_hfs(
    note: str | None, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if note is not None:
        (tmp_path / note).touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert install_command("local") == command


def test_an_extra_that_lacks_a_package_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGES, "local", (("pytest", "pytest"),))
    assert installed("local") == [("pytest", pytest.__version__)]
    monkeypatch.setitem(PACKAGES, "local", (("pytest", "pytest"), ("no_such_module", "nothing")))
    assert installed("local") is None
