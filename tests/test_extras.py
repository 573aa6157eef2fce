"""What installs an extra depends on what made the environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from hfs.extras import PACKAGES, install_command, installed


def installed_from(folder: Path, told: str | None, note: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment as pip, pipx or uv leaves it, whose hfs says where it is from."""
    metadata = folder / "site" / "hfs_chat-0.1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: hfs-chat\nVersion: 0.1.0\n")
    if told is not None:
        (metadata / "direct_url.json").write_text(json.dumps({"url": told, "dir_info": {}}))
    if note is not None:
        (folder / note).touch()
    monkeypatch.setattr(sys, "prefix", str(folder))
    monkeypatch.setattr(sys, "path", [str(metadata.parent), *sys.path])


@pytest.mark.parametrize(
    ("note", "command"),
    [
        (None, "python3 -m pip install 'hfs-chat[local]'"),
        ("uv-receipt.toml", "uv tool install 'hfs-chat[local]'"),
        ("pipx_metadata.json", "pipx install --force 'hfs-chat[local]'"),
    ],
)
@pytest.mark.parametrize("told", [None, "https://example.org/hfs.git", "file:///nowhere/hfs"])
def test_an_extra_is_installed_with_the_program_that_installed_hfs(
    told: str | None, note: str | None, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed_from(tmp_path, told, note, monkeypatch)
    assert install_command("local") == command


@pytest.mark.parametrize(
    ("note", "command"),
    [
        (None, "python3 -m pip install 'hfs-chat[sql]'"),
        ("uv-receipt.toml", "uv tool install '{clone}[sql]'"),
        ("pipx_metadata.json", "pipx install --force '{clone}[sql]'"),
    ],
)
def test_what_was_installed_from_a_clone_gets_its_extra_from_there(
    note: str | None, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "a clone"
    clone.mkdir()
    installed_from(tmp_path, clone.as_uri(), note, monkeypatch)
    assert install_command("sql") == command.format(clone=clone)


def test_an_extra_that_lacks_a_package_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGES, "local", (("pytest", "pytest"),))
    assert installed("local") == [("pytest", pytest.__version__)]
    monkeypatch.setitem(PACKAGES, "local", (("pytest", "pytest"), ("no_such_module", "nothing")))
    assert installed("local") is None
